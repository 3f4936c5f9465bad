//! `check` finds what is wrong with a receiver, and nothing where nothing is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::HashSet;
use std::sync::Mutex;

use support::{Receiver, SECRET, command, folder, right, run, run_with};
use tink_webhooks::{Payload, Reason, Verifier, clock};

/// The cases that a receiver fails, after a run of `check`.
fn failed(receiver: &Receiver) -> Vec<String> {
    let ended = run(&["check", &receiver.url(), "--json"]);
    let report = ended.json();
    let cases = report["cases"].as_array().unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case["passed"] == false)
        .map(|case| case["case"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ended.status, i32::from(!wrong.is_empty()), "{}", ended.out);
    assert_eq!(report["total"].as_u64().unwrap() - report["passed"].as_u64().unwrap(), wrong.len() as u64);
    wrong
}

#[test]
fn a_receiver_of_this_library_passes() {
    let receiver = Receiver::start(right(SECRET));
    assert_eq!(failed(&receiver), [] as [&str; 0]);
    let ended = run(&["check", &receiver.url(), "--every-event"]);
    assert_eq!(ended.status, 0, "{}", ended.out);
    assert!(ended.out.contains("settlement-payout:updated"), "{}", ended.out);
}

#[test]
fn occurrences_are_new_in_every_run_and_case() {
    let receiver = Receiver::start(right(SECRET));
    assert_eq!(failed(&receiver).len() + failed(&receiver).len(), 0);
    let mut keys = HashSet::new();
    let (mut named, mut copies) = (0, 0);
    for request in receiver.requests() {
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let Ok(payload) = Payload::parse(text.as_bytes()) else { continue };
        if let Some(key) = payload.idempotency_key(&text) {
            named += 1;
            copies += usize::from(!keys.insert(key));
        }
    }
    // The case that sends a delivery twice does so in each run, and no other one repeats any.
    assert_eq!(copies, 2);
    assert!(named > 20);
}

/// A receiver that handles each occurrence once, and says so when it is asked again in another way than by a copy.
#[test]
fn a_receiver_that_handles_each_occurrence_once_passes_twice() {
    let (seen, answer) = (Mutex::new(HashSet::new()), right(SECRET));
    let receiver = Receiver::start(move |request| {
        let (status, text) = answer(request);
        if status == 200 && !seen.lock().unwrap().insert(request.body.clone()) {
            return (200, "duplicate".to_owned());
        }
        (status, text)
    });
    assert_eq!(failed(&receiver), [] as [&str; 0]);
    assert_eq!(failed(&receiver), [] as [&str; 0]);
}

/// Verifies with changes, as receivers in the wild do.
fn wrong(change: impl Fn(&support::Request) -> Option<(u16, Vec<u8>)> + Send + Sync + 'static) -> Receiver {
    let verifier = Verifier::builder().secret(SECRET).build().unwrap();
    Receiver::start(move |request| {
        let body = match change(request) {
            Some((0, body)) => body,
            Some((status, _)) => return (status, "its own answer".to_owned()),
            None => request.body.clone(),
        };
        if request.method != "POST" {
            return (405, String::new());
        }
        match verifier.construct(&body, request.signature().map(str::as_bytes), clock::now) {
            Ok(_) => (200, String::new()),
            Err(error) => (error.http_status(), error.reason().to_string()),
        }
    })
}

#[test]
fn a_missing_header_that_skips_the_check() {
    let receiver = wrong(|request| request.signature().is_none().then_some((200, Vec::new())));
    assert_eq!(failed(&receiver), ["no-header"]);
    let ended = run(&["check", &receiver.url(), "--only", "no-header"]);
    assert!(ended.out.contains("anybody can send events"), "{}", ended.out);
}

#[test]
fn a_receiver_that_needs_a_context() {
    let receiver = wrong(|request| {
        let is_refused = request.method == "POST" && !request.body.windows(9).any(|part| part == b"\"context\"");
        is_refused.then_some((500, Vec::new()))
    });
    assert_eq!(failed(&receiver), ["no-context"]);
}

#[test]
fn a_receiver_that_serializes_again() {
    let receiver = wrong(|request| {
        let value: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
        let text = value.to_string().replace("23.0,", "23,");
        Some((0, text.into_bytes()))
    });
    let failed = failed(&receiver);
    assert!(failed.contains(&"number-23.00".to_owned()) && failed.contains(&"white-space".to_owned()), "{failed:?}");
}

#[test]
fn a_crash_is_no_refusal() {
    let receiver = wrong(|request| (request.signature() == Some("")).then_some((500, Vec::new())));
    assert_eq!(failed(&receiver), ["empty-header"]);
    let ended = run(&["check", &receiver.url(), "--only", "empty-header"]);
    assert!(ended.out.contains("delivers again"), "{}", ended.out);
}

#[test]
fn a_limit_for_bodies() {
    let receiver = wrong(|request| (request.body.len() > 100_000).then_some((413, Vec::new())));
    assert_eq!(failed(&receiver), ["large"]);
}

#[test]
fn a_receiver_with_another_secret() {
    let receiver = Receiver::start(right("another-secret-of-another-endpoint"));
    let said = run(&["check", &receiver.url()]).out;
    assert_eq!((said.matches("raw bytes").count(), said.matches("like the ordinary").count()), (1, 11), "{said}");
    let failed = failed(&receiver);
    assert!(failed.contains(&"plain".to_owned()) && !failed.contains(&"forged".to_owned()), "{failed:?}");
}

#[test]
fn the_report_for_continuous_integration() {
    let file = folder("junit").join("report.xml");
    let receiver = wrong(|request| (request.body.len() > 100_000).then_some((413, Vec::new())));
    let ended = run(&["check", &receiver.url(), "--junit", file.to_str().unwrap()]);
    assert_eq!(ended.status, 1);
    let report = std::fs::read_to_string(file).unwrap();
    assert_eq!(report.matches("<testcase ").count(), 20, "{report}");
    assert_eq!(report.matches("<failure ").count(), 1);
    assert!(report.contains("expected to accept it: status 413"), "{report}");
}

#[test]
fn nobody_listens() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let ended = run(&["check", &format!("127.0.0.1:{port}")]);
    assert_eq!(ended.status, 3);
    assert!(ended.err.contains("start the receiver first"), "{}", ended.err);
}

#[test]
fn cases_are_chosen_by_name() {
    let receiver = Receiver::start(right(SECRET));
    let ended = run(&["check", &receiver.url(), "--json", "--only", "plain,forged,get", "--skip", "get"]);
    assert_eq!(ended.json()["total"], 2);
    let ended = run(&["check", &receiver.url(), "--only", "plane"]);
    assert_eq!((ended.status, ended.err.contains("no case \"plane\"")), (2, true), "{}", ended.err);
    let listed = run_with(command(&["check", "--list"]), b"");
    assert_eq!((listed.status, listed.out.lines().count()), (0, 20));
}

#[test]
fn what_is_refused_is_refused_for_its_reason() {
    let receiver = Receiver::start(right(SECRET));
    let report = run(&["check", &receiver.url(), "--json"]).json();
    let cases = report["cases"].as_array().unwrap();
    let reason =
        |name: &str| cases.iter().find(|case| case["case"] == name).map(|case| case["answer"].clone()).unwrap();
    for (name, expected) in [
        ("no-header", Reason::MissingSignature),
        ("empty-header", Reason::MissingSignature),
        ("malformed-header", Reason::MalformedSignature),
        ("forged", Reason::SignatureMismatch),
        ("tampered", Reason::SignatureMismatch),
        ("stale", Reason::TimestampTooOld),
        ("ahead", Reason::TimestampInFuture),
        ("get", Reason::MethodNotAllowed),
    ] {
        assert_eq!(reason(name), expected.as_str());
    }
}
