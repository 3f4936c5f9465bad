//! `explain` names the cause, the variable that fits, and what to change.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use support::{SECRET, command, folder, run_with};
use tink_webhooks::{Scheme, generate_signature};

const BODY: &str = r#"{"event":"payment:updated","content":{"id":"p1","amount":23.00}}"#;

fn signed() -> String {
    generate_signature(BODY, SECRET, Scheme::V1, Some(1_700_000_000)).unwrap()
}

/// The cause of what was received, and the status.
fn cause(received: &[u8], more: &[&str]) -> (String, bool, i32) {
    let signature = signed();
    let arguments = ["explain", "--json", "--at", "1700000010", "--signature", &signature];
    let ended = run_with(command(&[&arguments[..], more].concat()), received);
    let report = ended.json();
    (report["cause"].as_str().unwrap().to_owned(), report["proved"].as_bool().unwrap(), ended.status)
}

#[test]
fn what_verifies_is_said_to_verify() {
    assert_eq!(cause(BODY.as_bytes(), &[]), ("verifies".to_owned(), true, 0));
}

#[test]
fn what_was_written_again_is_proved() {
    let (word, proved, status) = cause(BODY.replace("23.00", "23").as_bytes(), &[]);
    assert!(proved && status == 1, "{word}");
    let (word, proved, status) = cause(format!("{BODY}\n").as_bytes(), &[]);
    assert!(proved && status == 1, "{word}");
    let (word, proved, status) = cause(b"", &[]);
    assert!(!proved && status == 1, "{word}");
}

#[test]
fn the_bytes_that_were_signed_are_written() {
    let file = folder("original").join("body");
    let (_, proved, _) = cause(format!("{BODY}\n").as_bytes(), &["--write-original", file.to_str().unwrap()]);
    assert!(proved);
    assert_eq!(std::fs::read_to_string(file).unwrap(), BODY);
}

#[test]
fn the_variable_that_fits_is_named() {
    let file = folder("variables").join(".env");
    std::fs::write(
        &file,
        format!("NODE_ENV=production\nTINK_WEBHOOK_SECRET=0000000000000000000000\nTINK_HOOKS_STAGING={SECRET}\n"),
    )
    .unwrap();
    let arguments = ["explain", "--at", "1700000010", "--signature", &signed(), "--env-file", file.to_str().unwrap()];
    let ended = run_with(command(&arguments), BODY.as_bytes());
    assert_eq!(ended.status, 1, "{}", ended.out);
    assert!(ended.out.contains("TINK_HOOKS_STAGING"), "{}", ended.out);
    assert!(ended.out.contains("TINK_WEBHOOK_SECRET is another one"), "{}", ended.out);
}

/// What is shorter than 16 bytes is tried no more than guessed.
#[test]
fn a_short_value_proves_nothing() {
    let file = folder("short").join(".env");
    std::fs::write(&file, "NODE_ENV=production\n").unwrap();
    let signature = generate_signature(BODY, "production", Scheme::V1, Some(1_700_000_000)).unwrap();
    let arguments =
        ["explain", "--json", "--at", "1700000010", "--signature", &signature, "--env-file", file.to_str().unwrap()];
    let ended = run_with(command(&arguments), BODY.as_bytes());
    let report = ended.json();
    assert_eq!((ended.status, &report["proved"], &report["secret_source"]), (1, &false.into(), &().into()));
}

#[test]
fn a_header_of_another_name_is_found_in_a_dump() {
    let dump = format!("POST / HTTP/1.1\r\nX-Forwarded-Tink-Signature: {}\r\n\r\n{BODY}", signed());
    let ended = run_with(command(&["explain", "--at", "1700000010"]), dump.as_bytes());
    assert_eq!(ended.status, 1);
    assert!(ended.out.contains("X-Forwarded-Tink-Signature, which no receiver reads"), "{}", ended.out);
}
