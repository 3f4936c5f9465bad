//! What must never happen, whatever the input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use tink_webhooks::{Error, Reason, Scheme, WebhookHandler, generate_signature};

const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
const NOW: u64 = 1_700_000_000;

fn hooks() -> WebhookHandler {
    let clock = || UNIX_EPOCH + Duration::from_secs(NOW);
    WebhookHandler::builder().secret(SECRET).clock(clock).build().unwrap()
}

fn sign(body: &[u8]) -> String {
    generate_signature(body, SECRET, Scheme::V1, Some(NOW.cast_signed())).unwrap()
}

fn reason<T: Debug>(result: Result<T, Error>) -> Reason {
    result.unwrap_err().reason()
}

/// Every message of scheme `v1` begins with a digit, and no bare MAC over such a body is made or accepted.
#[test]
fn no_mac_is_valid_in_both_schemes() {
    let body = br#"{"event":"refresh:finished","content":{}}"#;
    let header = sign(body);
    let captured = header.split_once("v1=").unwrap().1;
    let replayed = [format!("{NOW}.").as_bytes(), body].concat();

    assert_eq!(reason(hooks().verify_signature(&replayed, captured)), Reason::SignatureMismatch);
    assert_eq!(reason(generate_signature(&replayed, SECRET, Scheme::Body, None)), Reason::InvalidOption);
}

#[test]
fn output_shows_neither_secret_nor_body() {
    let hooks = hooks();
    hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    let body = r#"{"event":"account:updated","context":{"userId":"hunter2"},"content":{"iban":"FI2112345600000785"}}"#;
    let header = sign(body.as_bytes());
    let event = hooks.construct_event(body, &header).unwrap();
    let failure = hooks.handle_webhook(body, &header).unwrap_err();
    let broken = hooks.parse_event(r#"{"event":"hunter2"#).unwrap_err();
    let mistaken = WebhookHandler::new("hunter2\n").unwrap_err();
    // The error for a wrong MAC knows the right one, and an attacker who learned it could sign.
    let forged = hooks.verify_signature("hunter2", &header).unwrap_err();
    let right = sign(b"hunter2");
    let shown = format!("{hooks:?} {event:?} {failure:?} {failure} {broken:?} {broken} {mistaken:?} {forged:?}");
    let [mac, right] = [&header, &right].map(|header| header.split_once("v1=").unwrap().1);
    for hidden in [SECRET, "hunter2", "FI2112345600000785", mac, right] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}

#[test]
fn the_delivery_id_is_too_short_to_be_a_signature() {
    let body = b"{}";
    let verification = hooks().verify_signature(body, sign(body)).unwrap();
    let delivery_id = verification.delivery_id.unwrap().to_string();
    assert_eq!(delivery_id.len(), 32);
    assert!(sign(body).contains(&delivery_id));
    let replayed = format!("t={NOW},v1={delivery_id}");
    assert_eq!(reason(hooks().verify_signature(body, replayed)), Reason::MalformedSignature);
}

proptest! {
    #[test]
    fn nothing_panics(body in any::<Vec<u8>>(), header in any::<Option<Vec<u8>>>(), secret in any::<Vec<u8>>()) {
        let _ = hooks().handle_webhook(&body, header);
        let _ = hooks().parse_event(&body);
        let _ = hooks().handle_webhook(&body, sign(&body));
        let _ = WebhookHandler::new(secret);
    }

    #[test]
    fn nothing_panics_in_headers_that_are_nearly_right(header in "(t=|v1=|[0-9a-fA-F]{1,80}|,| |=){0,12}") {
        let _ = hooks().verify_signature(b"{}", header);
    }

    #[test]
    fn what_was_signed_verifies(body in any::<Vec<u8>>()) {
        let verification = hooks().verify_signature(&body, sign(&body)).unwrap();
        prop_assert_eq!(verification.signed_at, Some(NOW.cast_signed()));
    }

    #[test]
    fn any_flipped_bit_of_the_body_is_noticed(mut body in prop::collection::vec(any::<u8>(), 1..300), at in any::<prop::sample::Index>(), bit in 0..8) {
        let header = sign(&body);
        let at = at.index(body.len());
        body[at] ^= 1_u8 << bit;
        prop_assert_eq!(reason(hooks().verify_signature(&body, header)), Reason::SignatureMismatch);
    }

    #[test]
    fn any_changed_digit_of_the_signature_is_noticed(body in any::<Vec<u8>>(), at in 0..64_usize, change in 1..16_u32) {
        let header = sign(&body);
        let (before, digits) = header.split_at(header.len() - 64);
        let changed = digits.char_indices().map(|(index, digit)| {
            let value = digit.to_digit(16).unwrap();
            char::from_digit(if index == at { value ^ change } else { value }, 16).unwrap()
        });
        let forged = format!("{before}{}", changed.collect::<String>());
        prop_assert_eq!(reason(hooks().verify_signature(&body, forged)), Reason::SignatureMismatch);
    }

    /// The body cannot be shifted into the time or out of it.
    #[test]
    fn any_changed_time_is_noticed(body in any::<Vec<u8>>(), shift in 1..300_u64) {
        let header = sign(&body).replace(&format!("t={NOW}"), &format!("t={}", NOW - shift));
        prop_assert_eq!(reason(hooks().verify_signature(&body, header)), Reason::SignatureMismatch);
    }
}

/// The core judges numbers by the standard library's reading; the objects must say the same.
#[test]
fn numbers_are_read_as_in_every_other_language() {
    for text in ["1.7976931348623158e308", "122.416294033786585", "5e-324", "-0.1", "23.00"] {
        let body = format!(r#"{{"event":"a:b","content":{{"n":{text}}}}}"#);
        let data: serde_json::Value = hooks().parse_event(&body).unwrap().data().unwrap();
        assert_eq!(data["n"].as_f64(), text.parse().ok(), "{text}");
    }
}
