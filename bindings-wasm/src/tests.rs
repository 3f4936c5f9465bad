//! The protocol as a host speaks it, but for addresses. Every test has a thread, and so an instance, of its own.

#![expect(clippy::float_cmp, reason = "numbers that are passed on as they are")]

use std::collections::BTreeSet;

use tink_webhooks::EventType;

use crate::exports;
use crate::memory::host::{arena_has, number, result, write};
use crate::texts::{self, Texts};

const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
const BODY: &[u8] = br#"{"event":"payment:updated","context":{"userId":"u1"},"content":{"id":"p1","updated":1}}"#;
const NOW: f64 = 1_767_225_600_123.0;
const SECONDS: f64 = 1_767_225_600.0;
const SIGNATURE_MISMATCH: u32 = 104;
const MISUSE: u32 = 2;

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn signed(bytes: &[u8]) -> i32 {
    i32::try_from(bytes.len()).unwrap_or(i32::MAX)
}

fn configured(secret: &str) -> u32 {
    let handler = exports::create();
    let texts = Texts::of([secret]);
    write(&[&texts]);
    assert_eq!(exports::configure(handler, 0, 1, 0.0, 0.0, length(&texts)), 0);
    handler
}

fn sign(body: &[u8]) -> Vec<u8> {
    write(&[SECRET.as_bytes(), b"v1", body]);
    assert_eq!(exports::sign(length(SECRET.as_bytes()), 2, length(body), SECONDS), 0);
    result()
}

fn texts_of(mut bytes: &[u8]) -> Vec<Option<String>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let text = texts::take(&mut bytes).unwrap_or_default();
        found.push(text.map(|text| String::from_utf8_lossy(text).into_owned()));
    }
    found
}

#[test]
fn an_authentic_delivery_and_a_forged_one() {
    let handler = configured(SECRET);
    let signature = sign(BODY);
    write(&[&signature, BODY]);
    assert_eq!(exports::construct(handler, signed(&signature), length(BODY), 0, NOW), 0);
    assert_eq!([number(0), number(1), number(2)], [1.0, SECONDS, 0.0]);
    assert_eq!(number(3), f64::from(EventType::PaymentUpdated.number()));
    let (name, content) = (b"payment:updated", br#"{"id":"p1","updated":1}"#);
    let part = |from: usize| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "offsets into a short text")]
        let (start, end) = (number(from) as usize, number(from + 1) as usize);
        &BODY[start..end]
    };
    assert_eq!((part(5), part(8), number(18)), (&name[..], &content[..], 1.0));

    let other = configured("another");
    write(&[&signature, BODY]);
    assert_eq!(exports::construct(other, signed(&signature), length(BODY), 0, NOW), SIGNATURE_MISMATCH);
    assert_eq!(exports::error(), SIGNATURE_MISMATCH);
    assert_eq!((number(0), number(1).is_nan(), number(2).is_nan()), (401.0, true, true));
    let said = texts_of(&result());
    assert_eq!(said[0].as_deref(), Some("invalid_signature"));
    assert_eq!(said[1].as_deref(), Some("signature_mismatch"));
    assert_eq!(said.len(), 5);
    assert_eq!(exports::error(), 0, "once");
}

#[test]
fn the_clock_is_asked_for_where_the_time_is_needed() {
    let handler = configured(SECRET);
    let signature = sign(BODY);
    write(&[&signature, BODY]);
    assert_eq!(exports::verify(handler, signed(&signature), length(BODY), 1, f64::NAN), 1);
    assert_eq!(exports::verify(handler, signed(&signature), length(BODY), 0, NOW), 0);
    write(&[&signature, BODY]);
    let late = exports::verify(handler, signed(&signature), length(BODY), 0, NOW + 301_000.0);
    assert_eq!((late, exports::error()), (105, 105));
    assert_eq!((number(1), number(2)), (301.0, 300.0), "age and tolerance");
    // A forged one needs none.
    write(&[b"t=1,v1=00", BODY]);
    assert_eq!(exports::verify(handler, 9, length(BODY), 1, f64::NAN), 102);
}

#[test]
fn secrets_do_not_stay_in_the_arena() {
    configured(SECRET);
    assert!(!arena_has(SECRET.as_bytes()));
    sign(BODY);
    assert!(!arena_has(SECRET.as_bytes()) && arena_has(BODY));
    // Nor where the call fails, before or behind the protocol.
    write(&[SECRET.as_bytes(), b"v2"]);
    assert_eq!(exports::sign(length(SECRET.as_bytes()), 2, 0, SECONDS), 505);
    assert!(!arena_has(SECRET.as_bytes()));
    let texts = Texts::of([SECRET]);
    write(&[&texts]);
    assert_eq!(exports::configure(99, 0, 1, 0.0, 0.0, length(&texts)), MISUSE);
    assert!(!arena_has(SECRET.as_bytes()));
}

#[test]
fn a_host_that_breaks_the_protocol_is_told() {
    let handler = configured(SECRET);
    assert_eq!(exports::construct(handler, -1, u32::MAX, 0, NOW), MISUSE);
    assert_eq!(exports::construct(handler, i32::MAX, 1, 0, NOW), MISUSE);
    assert_eq!(exports::construct(handler + 1, -1, 1, 0, NOW), MISUSE);
    assert_eq!(exports::stream_update(1, 0), MISUSE);
    write(&[b"\xFF\xFF\xFF\xFF"]);
    assert_eq!(exports::register(handler, 1, 0, 0), MISUSE, "a key that is not UTF-8");
    assert_eq!(exports::configure(handler, 0, 1, 0.0, 0.0, 4), MISUSE, "a secret that is absent");
    exports::release(handler);
    exports::release(handler);
    assert_eq!(exports::construct(handler, -1, 1, 0, NOW), MISUSE);
    assert_eq!(exports::error(), 0, "none of them is an error of the core");
}

#[test]
fn options_are_those_that_were_given() {
    let configure = |given, secrets: &[&str], names: &[&str], tolerance, cap| {
        let handler = exports::create();
        let texts = Texts::of(secrets.iter().chain(names).copied());
        write(&[&texts]);
        let code = exports::configure(
            handler,
            given,
            length(secrets.concat().as_bytes()).min(1),
            tolerance,
            cap,
            length(&texts),
        );
        (code, exports::max_body_bytes(handler))
    };
    assert_eq!(configure(32, &["s"], &[], 0.0, 10.0), (0, 10.0));
    assert_eq!(configure(0, &["s"], &[], -1.0, 10.0), (0, 2_097_152.0));
    assert_eq!(configure(4, &["s"], &[], -1.0, 0.0), (503, -1.0));
    assert_eq!(configure(8 | 4, &["s"], &[], -1.0, 0.0).0, 0);
    assert_eq!(configure(16, &["s"], &["v1", "body"], 0.0, 0.0).0, 0);
    assert_eq!(configure(16, &["s"], &["v2"], 0.0, 0.0).0, 505);
    assert_eq!(configure(16, &["s"], &[], 0.0, 0.0).0, 505);
    assert_eq!(configure(32, &["s"], &[], 0.0, 0.5).0, 505);
    assert_eq!(configure(1, &[], &[], 0.0, 0.0).0, 501);
    assert_eq!(configure(2, &[], &[], 0.0, 0.0).0, 501);
    assert_eq!(configure(2, &["new old"], &[], 0.0, 0.0).0, 0);
    assert_eq!(configure(0, &["s "], &[], 0.0, 0.0).0, 502);
}

#[test]
fn a_stream_says_what_a_whole_body_says() {
    let handler = configured(SECRET);
    let signature = sign(BODY);
    let begin = || {
        write(&[&signature]);
        assert_eq!(exports::stream_begin(handler, signed(&signature)), 0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handle")]
        let stream = number(0) as u32;
        for piece in BODY.chunks(10) {
            write(&[piece]);
            assert_eq!(exports::stream_update(stream, length(piece)), 0);
        }
        stream
    };
    let stream = begin();
    assert_eq!(exports::stream_finish(stream, NOW), 0);
    assert_eq!([number(0), number(1)], [1.0, SECONDS]);
    assert_eq!(exports::stream_finish(stream, NOW), MISUSE, "it is finished");
    let stream = begin();
    write(&[BODY]);
    assert_eq!(exports::stream_finish_event(stream, length(BODY), NOW), 0);
    assert_eq!(number(3), f64::from(EventType::PaymentUpdated.number()));
    let stream = begin();
    write(&[b"{}"]);
    assert_eq!(exports::stream_finish_event(stream, 2, NOW), 505, "another length");
    let stream = begin();
    exports::stream_release(stream);
    assert_eq!(exports::stream_finish(stream, NOW), MISUSE);
}

#[test]
fn an_event_goes_through_its_text() {
    const ID: &[u8] = b"0123456789abcdef0123456789abcdef";
    write(&[ID, BODY]);
    assert_eq!(exports::serialize(32, length(BODY), NOW, 1, SECONDS, 3), 0);
    let text = result();
    write(&[&text]);
    assert_eq!(exports::read_text(length(&text)), 0);
    assert_eq!(result(), BODY);
    assert_eq!([number(0), number(1), number(2), number(4)], [1.0, SECONDS, 3.0, NOW]);
    write(&[ID, BODY]);
    assert_eq!(exports::restore(32, length(BODY), NOW, 1, SECONDS, 3), 0);
    assert_eq!([number(0), number(2), number(4)], [1.0, 3.0, NOW]);
    let (start, end) = (number(8), number(9));
    write(&[BODY]);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "offsets into a short text")]
    let code =
        exports::idempotency_key(EventType::PaymentUpdated.number().into(), length(BODY), start as u32, end as u32);
    assert_eq!((code, result().len()), (0, 32));
    write(&[BODY]);
    assert_eq!(exports::restore(-1, length(BODY), NOW, 1, SECONDS, 3), 505, "v1 has a delivery id");
    assert_eq!(exports::restore(-1, length(BODY), NOW, 9, SECONDS, 3), MISUSE);
}

#[test]
fn handlers_are_registered_by_number() {
    let handler = exports::create();
    let with = |text: &str, call: &dyn Fn(u32) -> u32| {
        write(&[text.as_bytes()]);
        call(length(text.as_bytes()))
    };
    assert_eq!(with("account:updated", &|key| exports::register(handler, key, 7, 0)), 0);
    assert_eq!(number(0), 1.0);
    assert_eq!(with("account_updated", &|key| exports::register(handler, key, 7, 0)), 0);
    assert_eq!(number(0), 0.0);
    assert_eq!(with("*", &|key| exports::register(handler, key, 8, 0)), 0);
    assert_eq!(with("account:updatd", &|key| exports::register(handler, key, 7, 0)), 504);
    assert_eq!(
        with("account:updated", &|name| {
            exports::matching(handler, EventType::AccountUpdated.number().into(), name)
        }),
        0
    );
    assert_eq!(result(), [7, 0, 0, 0, 8, 0, 0, 0]);
    assert_eq!(exports::keys(handler), 0);
    assert_eq!(texts_of(&result()), [Some("account_updated".to_owned()), Some("*".to_owned())]);
    assert_eq!(with("*", &|key| exports::unregister_slot(handler, key, 9)), 0);
    assert!(result().is_empty());
    assert_eq!(with("*", &|key| exports::slots(handler, key)), 0);
    assert_eq!(result(), [8, 0, 0, 0]);
    assert_eq!(with("*", &|key| exports::unregister(handler, key)), 0);
    assert_eq!(result(), [8, 0, 0, 0]);
}

#[test]
fn errors_by_reason_and_of_a_dispatch() {
    write(&[b"body_too_large", b"too large"]);
    assert_eq!(exports::fail(14, 9), 208);
    assert_eq!(exports::error(), 208);
    assert_eq!(texts_of(&result())[2].as_deref(), Some("too large"));
    assert_eq!(exports::fail(4, -1), MISUSE);
    let reasons = Texts::default().with(Some("in_progress")).with(None).into_bytes();
    write(&[&reasons]);
    assert_eq!(exports::dispatch_failed(length(&reasons)), 401);
    assert_eq!(exports::dispatch_failed(15), 701, "the first alone");
}

#[cfg(feature = "explain")]
#[test]
fn a_refusal_is_explained() {
    const NUMBERS: &[u8] = br#"{"event":"a:b","content":{"amount":23.00}}"#;
    const REWRITTEN: &[u8] = br#"{"event":"a:b","content":{"amount":23}}"#;
    let signature = sign(NUMBERS);
    let said = |body: Option<&[u8]>| {
        let texts = texts_of(&result());
        let place = texts[0].as_deref().unwrap_or_default();
        let (fix, text) = (texts[1].as_deref().unwrap_or_default(), texts[2].as_deref().unwrap_or_default());
        assert!(text.contains(place) && fix.lines().all(|line| text.contains(line)));
        assert_eq!(texts[3].as_deref().map(str::as_bytes), body);
        texts[4..].iter().flatten().cloned().collect::<Vec<_>>()
    };
    let secrets =
        Texts::default().with_bytes(Some(b"\xFF not the one, of other bytes")).with(Some(SECRET)).into_bytes();
    write(&[&secrets, &signature, REWRITTEN]);
    assert_eq!(exports::explain(length(&secrets), signed(&signature), length(REWRITTEN), SECONDS), 0);
    assert_eq!([number(0), number(1)], [1.0, 1.0]);
    assert_eq!(said(Some(NUMBERS)), ["numbers_rewritten"]);
    assert!(!arena_has(SECRET.as_bytes()) && arena_has(REWRITTEN));

    // The time, where it is known; a header that is not there.
    write(&[&secrets, &signature, NUMBERS]);
    assert_eq!(exports::explain(length(&secrets), signed(&signature), length(NUMBERS), SECONDS + 301.0), 0);
    assert_eq!(said(None), ["timestamp_too_old"]);
    write(&[&secrets, &signature, NUMBERS]);
    assert_eq!(exports::explain(length(&secrets), signed(&signature), length(NUMBERS), SECONDS + 300.0), 0);
    assert_eq!(said(None), ["verifies"]);
    write(&[NUMBERS]);
    assert_eq!(exports::explain(0, -1, length(NUMBERS), SECONDS), 0);
    assert_eq!((said(None), number(0), number(1)), (vec!["header_missing".to_owned()], 0.0, -1.0));

    // Under the secrets of a handler.
    let handler = configured(SECRET);
    write(&[&signature, REWRITTEN]);
    assert_eq!(exports::explain_refusal(handler, signed(&signature), length(REWRITTEN), SECONDS), 0);
    assert_eq!((said(Some(NUMBERS)), number(1)), (vec!["numbers_rewritten".to_owned()], 0.0));
    assert_eq!(exports::explain_refusal(exports::create(), -1, 0, SECONDS), 501);
    assert_eq!(exports::explain_refusal(99, -1, 0, SECONDS), MISUSE);

    // A host that breaks the protocol.
    write(&[b"\x08\0\0\0short"]);
    assert_eq!(exports::explain(9, -1, 0, SECONDS), MISUSE);
    assert_eq!(exports::explain(u32::MAX, -1, 0, SECONDS), MISUSE);
}

#[cfg(feature = "explain")]
#[test]
fn one_refusal_in_ten_seconds_is_explained_and_none_in_production() {
    let may = |environment: &[&str], seconds: f64| {
        let texts = Texts::of(environment.iter().copied());
        write(&[&texts]);
        assert_eq!(exports::may_explain(length(&texts), seconds), 0);
        number(0) == 1.0
    };
    exports::environments();
    assert!(texts_of(&result()).contains(&Some("NODE_ENV".to_owned())));
    assert!(!may(&["test", "Production"], 100.0), "it does not count as one");
    assert!(may(&["test"], 100.0) && !may(&[], 109.9) && may(&[], 110.0));
    write(&[b"\x08\0\0\0short"]);
    assert_eq!(exports::may_explain(9, 200.0), MISUSE);
}

#[test]
fn every_function_is_in_the_readme() {
    let names = |text: &str, before: &str| -> BTreeSet<String> {
        let found = text.lines().filter_map(|line| line.trim_start().strip_prefix(before));
        found.flat_map(|rest| rest.split(before)).filter_map(|rest| Some(rest.split_once('(')?.0.to_owned())).collect()
    };
    let exported = names(include_str!("exports.rs"), "fn ");
    let table = include_str!("../README.md").lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<_> = table
        .filter_map(|line| line.split(" | ").next())
        .flat_map(|cell| {
            cell.split('`').filter_map(|part| Some(part.split_once('(')?.0.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    assert!(exported.len() > 30, "{exported:?}");
    assert_eq!(exported, documented);
}
