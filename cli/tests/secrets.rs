//! The secret is in no output and on no command line, whatever a command is asked.

mod support;

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use support::{Ended, Receiver, SECRET, command, end, folder, right, run_with};

const BODY: &str = r#"{"event":"account:updated","content":{"id":"a1"}}"#;

/// Neither the secret nor its usual encodings.
fn holds_no_secret(what: &str, text: &str) {
    // As it is, and the beginning of its hex digits and of its base64.
    for form in [SECRET, "6d61726b65722d7365637265", "bWFya2VyLXNlY3Jl"] {
        assert!(!text.contains(form), "{what} shows the secret");
    }
}

fn check(what: &str, ended: &Ended) {
    holds_no_secret(&format!("{what}: standard output"), &ended.out);
    holds_no_secret(&format!("{what}: standard error"), &ended.err);
}

/// Every command, with the secret in each place it may come from, and with what makes it fail.
#[test]
fn no_output_shows_it() {
    let folder = folder("marker");
    let (file, env) = (folder.join("secret"), folder.join(".env"));
    fs::write(&file, SECRET).unwrap();
    fs::write(&env, format!("TINK_WEBHOOK_SECRET={SECRET}\nOTHER={SECRET}-2\n")).unwrap();
    let (file, env) = (file.to_str().unwrap(), env.to_str().unwrap());
    let receiver = Receiver::start(right(SECRET));
    let url = receiver.url();
    let signature = "t=1700000000,v1=69bfac13ae3092e5d0b26beaadc897227650124e36de2bd8d326a4f7a27579be";
    let commands: &[&[&str]] = &[
        &["sign"],
        &["sign", "--print", "curl"],
        &["verify", "--signature", signature],
        &["explain", "--signature", signature],
        &["send", &url, "payment:updated"],
        &["send", &url, "payment:updated", "--fault", "forged"],
        &["check", &url],
        &["events"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["sign", "--help"],
    ];
    // No command is forgotten; `listen` and `replay` have tests of their own.
    let listed = run_with(command(&["--help"]), b"").out;
    let names = listed.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        let is_asked = commands.iter().any(|arguments| arguments[0] == name);
        assert!(is_asked || ["listen", "replay", "help"].contains(&name), "{name}");
    }
    for arguments in commands {
        let takes_secrets = !["events", "completions", "man"].contains(&arguments[0]) && !arguments.contains(&"--help");
        let places: &[&[&str]] =
            if takes_secrets { &[&[], &["--secret-file", file], &["--env-file", env], &["--json"]] } else { &[&[]] };
        for place in places {
            let all = [arguments, *place].concat();
            let ended = run_with(command(&all), BODY.as_bytes());
            assert!((0..=2).contains(&ended.status), "{all:?}: {}", ended.err);
            check(&all.join(" "), &ended);
        }
    }
}

#[test]
fn errors_do_not_show_it() {
    let mut with_a_newline = command(&["sign"]);
    with_a_newline.env("TINK_WEBHOOK_SECRET", format!("\u{a0}{SECRET}"));
    let ended = run_with(with_a_newline, BODY.as_bytes());
    assert_eq!(ended.status, 2, "{}", ended.err);
    check("a secret that is not usable", &ended);
    for arguments in [
        &["sign", "--secret", SECRET][..],
        &["sign", &format!("--secret={SECRET}")],
        &["check", "localhost:1", "--secret", SECRET],
    ] {
        let ended = run_with(command(arguments), BODY.as_bytes());
        assert_eq!((ended.status, ended.err.contains("not taken from the command line")), (2, true), "{}", ended.err);
        check("a secret on the command line", &ended);
    }
}

/// What `ps` shows while a request is on its way.
#[cfg(target_os = "linux")]
#[test]
fn the_command_line_does_not_show_it() {
    let (arrived, is_there) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let (arrived, may_go) = (std::sync::Mutex::new(arrived), std::sync::Mutex::new(may_go));
    let receiver = Receiver::start(move |_| {
        let _ = arrived.lock().unwrap().send(());
        let _ = may_go.lock().unwrap().recv();
        (200, String::new())
    });
    let folder = folder("ps");
    let env = folder.join(".env");
    fs::write(&env, format!("TINK_WEBHOOK_SECRET={SECRET}\n")).unwrap();
    let url = receiver.url();
    let mut send = command(&["send", &url, "account:updated", "--env-file", env.to_str().unwrap()]);
    let child = send.spawn().unwrap();
    is_there.recv_timeout(Duration::from_secs(60)).expect("the request arrives");
    let shown = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    go.send(()).unwrap();
    let ended = end(child, b"");
    assert_eq!(ended.status, 0, "{}", ended.err);
    let shown = String::from_utf8_lossy(&shown).into_owned();
    assert!(shown.contains("account:updated"), "{shown}");
    holds_no_secret("ps", &shown);
}
