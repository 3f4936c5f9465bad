//! `sign`, `verify`, `send`, `events` and what is generated.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says what it skips")]

mod support;

use std::sync::Mutex;

use support::{Receiver, SECRET, command, end, folder, right, run, run_with};
use tink_webhooks::{Payload, Scheme, generate_signature};

const BODY: &str = r#"{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}"#;

fn signed(body: &str, at: i64) -> String {
    generate_signature(body, SECRET, Scheme::V1, Some(at)).unwrap()
}

#[test]
fn the_vector_of_tinks_documentation() {
    let mut sign = command(&["sign", "--at", "1620198421", "--print", "value"]);
    sign.env("TINK_WEBHOOK_SECRET", "top_secret_top_secret_top_secret");
    let ended = run_with(sign, br#"{"context": {...}, "event": "...",  "content": {...}}"#);
    assert_eq!(ended.out, "t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb\n");
}

#[test]
fn what_is_signed_verifies() {
    let folder = folder("sign");
    let file = folder.join("it's a body.json");
    std::fs::write(&file, BODY).unwrap();
    let header = run(&["sign", file.to_str().unwrap()]).out;
    assert!(header.starts_with("X-Tink-Signature: t="), "{header}");
    let verified = run(&["verify", file.to_str().unwrap(), "--signature", header.trim()]);
    assert_eq!(verified.status, 0, "{}", verified.out);
    assert!(verified.out.contains("authentic") && verified.out.contains("account:updated"), "{}", verified.out);
    assert!(!verified.out.contains('\x1b'), "colours go to terminals only");
    let coloured = run(&["verify", file.to_str().unwrap(), "--signature", header.trim(), "--color", "always"]);
    assert!(coloured.out.contains("\x1b["));
    let curl = run(&["sign", file.to_str().unwrap(), "--print", "curl", "--url", "http://localhost:1/a b"]).out;
    assert!(curl.contains(r"'http://localhost:1/a b'") && curl.contains(r"it'\''s a body.json'"), "{curl}");
}

/// The command that is printed is run.
#[test]
fn the_curl_command_is_accepted() {
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        println!("skipped: curl is not installed");
        return;
    }
    let receiver = Receiver::start(right(SECRET));
    let ended = run_with(
        command(&["sign", "--print", "curl", "--url", &receiver.url()]),
        "{\"event\":\"a:b\",\"content\":{\"s\":\"it's\"}}\n".as_bytes(),
    );
    let shell = std::process::Command::new("sh").arg("-c").arg(ended.out).output().unwrap();
    assert!(String::from_utf8_lossy(&shell.stdout).contains("200"), "{shell:?}");
}

#[test]
fn a_dump_is_verified() {
    let at = 1_700_000_000;
    let dump = format!("POST /hooks HTTP/1.1\r\nHost: a\r\nX-Tink-Signature: {}\r\n\r\n{BODY}", signed(BODY, at));
    let ended = run_with(command(&["verify", "--at", "1700000010", "--json"]), dump.as_bytes());
    let report = ended.json();
    assert_eq!(
        (ended.status, &report["authentic"], &report["signed_at"]),
        (0, &true.into(), &at.into()),
        "{}",
        ended.out
    );
    assert_eq!(
        (&report["event"], &report["secret_source"]),
        (&"account:updated".into(), &"TINK_WEBHOOK_SECRET".into())
    );
    let old = run_with(command(&["verify", "--json"]), dump.as_bytes());
    assert_eq!((old.status, &old.json()["reason"]), (1, &"timestamp_too_old".into()));
    let stored = run_with(command(&["verify", "--tolerance", "off"]), dump.as_bytes());
    assert_eq!(stored.status, 0, "{}", stored.out);
    let forged = run_with(command(&["verify", "--json", "--tolerance", "off"]), dump.replace("u1", "u2").as_bytes());
    assert_eq!((forged.status, &forged.json()["reason"]), (1, &"signature_mismatch".into()));
}

#[test]
fn an_authentic_body_that_is_no_event_is_authentic() {
    let mut verify = command(&["verify", "--json", "--signature", &signed("[]", 1_700_000_000), "--tolerance", "off"]);
    verify.env("TINK_WEBHOOK_SECRET", format!("{SECRET}-old {SECRET}"));
    let ended = run_with(verify, b"[]");
    let report = ended.json();
    assert_eq!((&report["authentic"], &report["reason"]), (&true.into(), &"not_an_object".into()));
    assert_eq!((ended.status, &report["secret_source"]), (1, &"TINK_WEBHOOK_SECRET, 2 of 2".into()));
}

#[test]
fn where_the_secret_comes_from() {
    let folder = folder("secrets");
    let (file, env) = (folder.join("secret"), folder.join(".env"));
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    std::fs::write(&env, format!("# mine\nNODE_ENV=production\nexport HOOKS=\"{SECRET}\" # new\n")).unwrap();
    let signature = signed(BODY, 1_700_000_000);
    let verify = |more: &[&str]| {
        let arguments = ["verify", "--tolerance", "off", "--signature", &signature];
        let mut command = command(&[&arguments[..], more].concat());
        command.env_remove("TINK_WEBHOOK_SECRET");
        run_with(command, BODY.as_bytes())
    };
    assert_eq!(verify(&["--secret-file", file.to_str().unwrap()]).status, 0);
    assert_eq!(verify(&["--env-file", env.to_str().unwrap(), "--secret-env", "HOOKS"]).status, 0);
    let none = verify(&[]);
    assert_eq!((none.status, none.err.contains("--env-file")), (2, true), "{}", none.err);
    let absent = verify(&["--env-file", env.to_str().unwrap()]);
    assert_eq!(
        (absent.status, absent.err.contains("has no variable TINK_WEBHOOK_SECRET")),
        (2, true),
        "{}",
        absent.err
    );
    assert_eq!(verify(&["--secret-file", "/nowhere/at/all"]).status, 3);
}

#[test]
fn fields_are_set_and_digits_stay() {
    let receiver = Receiver::start(right(SECRET));
    let ended = run(&[
        "send",
        &receiver.url(),
        "settlement-transaction:created",
        "--set",
        "content.amount=7.10",
        "--set",
        "content.reference=å 5",
        "--unset",
        "content.metadata",
    ]);
    assert_eq!(ended.status, 0, "{}", ended.out);
    let bodies = receiver.requests();
    let text = String::from_utf8(bodies[0].body.clone()).unwrap();
    assert!(text.contains(r#""amount":7.10,"#) && text.contains(r#""accountBalance":123.50,"#), "{text}");
    assert!(text.contains(r#""reference":"å 5""#) && !text.contains("metadata"), "{text}");
}

#[test]
fn every_event_is_sent_as_a_new_occurrence() {
    let receiver = Receiver::start(right(SECRET));
    let ended = run(&["send", &receiver.url(), "payment_updated", "--repeat", "3", "--copies", "2", "--json"]);
    assert_eq!(ended.json()["deliveries"].as_array().unwrap().len(), 6);
    let keys: Vec<_> = receiver
        .requests()
        .iter()
        .map(|request| {
            let text = str::from_utf8(&request.body).unwrap();
            Payload::parse(&request.body).unwrap().idempotency_key(text).unwrap()
        })
        .collect();
    assert!(keys[0] == keys[1] && keys[2] == keys[3] && keys[4] == keys[5]);
    assert!(keys[0] != keys[2] && keys[2] != keys[4] && keys[0] != keys[4]);
    let fixed = run(&["send", &receiver.url(), "payment_updated", "--fixed"]);
    assert_eq!(fixed.status, 0);
    assert_eq!(receiver.requests()[6].body, tink_webhooks::EventType::PaymentUpdated.example().as_bytes());
}

/// The statuses of the attempts of one delivery to a receiver that answers these, one after the other.
fn attempts(answers: &'static [u16], arguments: &[&str]) -> (Vec<u64>, i32, Receiver) {
    let left = Mutex::new(answers.iter());
    let receiver = Receiver::start(move |_| (left.lock().unwrap().next().copied().unwrap_or(299), String::new()));
    let url = receiver.url();
    let ended =
        run(&[&["send", &url, "account:updated", "--json", "--retry-interval", "1", "--as-tink"], arguments].concat());
    let report = ended.json();
    let attempts = report["deliveries"][0]["attempts"].as_array().unwrap();
    (attempts.iter().map(|attempt| attempt["status"].as_u64().unwrap()).collect(), ended.status, receiver)
}

#[test]
fn as_tink_delivers_again() {
    let (statuses, status, receiver) = attempts(&[503, 429, 200], &[]);
    assert_eq!((statuses, status), (vec![503, 429, 200], 0));
    let requests = receiver.requests();
    assert!(
        requests
            .iter()
            .all(|request| request.body == requests[0].body && request.signature() == requests[0].signature())
    );
    assert_eq!(attempts(&[500, 500, 500, 504, 200], &[]).0, [500, 500, 500, 504]);
    for last in [400, 401, 404, 412, 501, 302] {
        let answers: &'static [u16] = Vec::leak(vec![last, 200]);
        let (statuses, status, _) = attempts(answers, &[]);
        assert_eq!((statuses, status), (vec![u64::from(last)], 1), "{last}");
    }
}

#[test]
fn a_failed_connection_is_never_tried_again() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let ended = run(&["send", &format!("http://127.0.0.1:{port}/"), "account:updated", "--as-tink", "--json"]);
    let attempts = ended.json()["deliveries"][0]["attempts"].as_array().unwrap().clone();
    assert_eq!((ended.status, attempts.len(), &attempts[0]["tink"]), (3, 1, &"never_again".into()));
}

#[test]
fn of_a_long_answer_the_beginning_is_shown() {
    let receiver = Receiver::start(|_| (200, format!("beginning\u{1b}[2J{}", "x".repeat(1_000_000))));
    let ended = run(&["send", &receiver.url(), "account:updated"]);
    assert!(ended.status == 0 && ended.out.len() < 500, "{}", ended.out);
    assert!(ended.out.contains("beginning\\u{1b}[2Jxxx"), "{}", ended.out);
    let report = run(&["send", &receiver.url(), "account:updated", "--json"]).json();
    assert_eq!(report["deliveries"][0]["attempts"][0]["answer"].as_str().unwrap().len(), 4_096);
}

#[test]
fn no_color_takes_the_colours_out() {
    let coloured = |variables: &[(&str, &str)]| {
        let mut events = command(&["events"]);
        events.envs(variables.iter().copied());
        run_with(events, b"").out.contains('\x1b')
    };
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&[]));
}

#[test]
fn a_typo_is_no_event() {
    let ended = run(&["send", "localhost:1", "payment:update"]);
    assert_eq!((ended.status, ended.err.contains("did you mean \"payment:updated\"?")), (2, true), "{}", ended.err);
    let ended = run(&["send", "localhost:1", "payment:updated", "--set", "content.amount"]);
    assert_eq!((ended.status, ended.err.contains("FIELD=VALUE")), (2, true), "{}", ended.err);
}

#[test]
fn a_file_is_sent_as_it_is() {
    let receiver = Receiver::start(right(SECRET));
    let file = folder("send").join("body.json");
    std::fs::write(&file, format!(" {BODY}\n")).unwrap();
    let ended = run(&["send", &receiver.url(), &format!("@{}", file.display())]);
    assert_eq!((ended.status, &receiver.requests()[0].body), (0, &format!(" {BODY}\n").into_bytes()), "{}", ended.err);
}

#[test]
fn the_catalogue_is_listed() {
    let listed = run(&["events"]);
    assert_eq!(listed.out.lines().count(), tink_webhooks::EventType::ALL.len());
    let one = run(&["events", "account:updated"]).out;
    assert_eq!(one.trim_end(), tink_webhooks::EventType::AccountUpdated.example());
}

#[test]
fn completions_and_pages_are_generated() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = run(&["completions", shell]);
        assert!(ended.status == 0 && ended.out.contains("tink-webhooks"), "{shell}");
    }
    assert!(run(&["man"]).out.contains(".SH SYNOPSIS"));
    let pages = folder("man");
    assert_eq!(run(&["man", "--dir", pages.to_str().unwrap()]).status, 0);
    assert!(pages.join("tink-webhooks-check.1").is_file());
}

#[test]
fn a_reader_that_leaves_is_no_failure_to_talk_of() {
    let mut events = command(&["events"]);
    let mut child = events.spawn().unwrap();
    drop(child.stdout.take());
    let ended = end(child, b"");
    assert_eq!(ended.err, "");
}
