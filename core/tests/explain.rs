//! Why a delivery does not verify: what is proved, what is only named, and what a search may cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use tink_webhooks::explain::{Cause, Explanation, Limit, explain};
use tink_webhooks::{EventType, Scheme, generate_signature, hmac_sha256};

const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
const T: i64 = 1_767_225_600;
const BODY: &str = r#"{"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"användare-42"},"content":{"amount":23.00,"count":3,"note":"a/b <c> & d","at":1767225600000},"event":"payment:updated"}"#;

fn signed(body: impl AsRef<[u8]>) -> String {
    generate_signature(body, SECRET, Scheme::V1, Some(T)).unwrap()
}

/// Of a body that is received in place of the signed one.
fn received(body: impl AsRef<[u8]>) -> Explanation {
    explain(body, signed(BODY), [SECRET], Some(T))
}

#[track_caller]
fn proves(explanation: &Explanation, causes: &[Cause]) {
    assert!(explanation.proved(), "{explanation}");
    assert_eq!(explanation.causes(), causes);
    assert_eq!(explanation.secret_index(), Some(0));
}

#[test]
fn what_verifies_verifies() {
    let explanation = received(BODY);
    proves(&explanation, &[Cause::Verifies]);
    assert!(explanation.verifies() && explanation.original_body().is_none());
    let bare = generate_signature(BODY, SECRET, Scheme::Body, None).unwrap();
    proves(&explain(BODY, &bare, [SECRET], Some(0)), &[Cause::Verifies]);
}

#[test]
fn the_clock() {
    for (now, cause) in [
        (T + 300, Cause::Verifies),
        (T + 301, Cause::TimestampTooOld),
        (T - 300, Cause::Verifies),
        (T - 301, Cause::TimestampInFuture),
    ] {
        proves(&explain(BODY, signed(BODY), [SECRET], Some(now)), &[cause]);
    }
    let millis = generate_signature(BODY, SECRET, Scheme::V1, Some(T * 1_000));
    assert!(millis.is_err(), "such a time must be signed by hand");
    let mac = hex::encode(hmac_sha256(SECRET.as_bytes())([format!("{}.{BODY}", T * 1_000).as_bytes()]));
    proves(&explain(BODY, format!("t={},v1={mac}", T * 1_000), [SECRET], Some(T)), &[Cause::TimeInMilliseconds]);
    proves(&explain(BODY, format!("t={T},v1={mac}"), [SECRET], Some(T)), &[Cause::TimeInMilliseconds]);
    let text = explain(BODY, signed(BODY), [SECRET], Some(T + 1_000)).to_string();
    assert!(text.contains("1000 seconds ago"), "{text}");
}

#[test]
fn arguments_in_the_wrong_order() {
    proves(&explain(signed(BODY), BODY, [SECRET], Some(T)), &[Cause::ArgumentsSwapped]);
}

#[test]
fn the_original_is_given_back() {
    let explanation = received(BODY.replace("23.00", "23"));
    proves(&explanation, &[Cause::NumbersRewritten]);
    assert_eq!(explanation.original_body(), Some(BODY.as_bytes()));
}

#[test]
fn changes_that_come_together() {
    // What `json.dumps(json.loads(body), sort_keys=True)` makes of it.
    let sorted = r#"{"content": {"amount": 23.0, "at": 1767225600000, "count": 3, "note": "a/b <c> & d"}, "context": {"externalUserId": "anv\u00e4ndare-42", "userId": "5f0c2a9be1d84f7ea0b6c3d2918e7a40"}, "event": "payment:updated"}"#;
    let explanation = received(sorted);
    // Nested keys that no documentation orders cannot be put back.
    assert!(!explanation.proved());
    let body = EventType::SettlementTransactionCreated.example();
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    // serde_json sorts keys, and writes 23.00 as 23.0.
    let explanation = explain(serde_json::to_string_pretty(&value).unwrap(), signed(body), [SECRET], Some(T));
    proves(&explanation, &[Cause::KeysReordered, Cause::JsonIndented, Cause::NumbersRewritten]);
    let base64 = "eyJ0eXBlIjoiYSIsImRhdGEiOnt9fQ==";
    let lambda = format!(r#"{{"version":"2.0","body":"{base64}","isBase64Encoded":true}}"#);
    let header = signed(r#"{"type":"a","data":{}}"#);
    proves(&explain(&lambda, &header, [SECRET], Some(T)), &[Cause::WrappedInEvent, Cause::Base64Encoded]);
    let spaced = format!("{}\n", BODY.replace("23.00", "23"));
    proves(&received(&spaced), &[Cause::WhitespaceAdded, Cause::NumbersRewritten]);
    let quoted = format!("'{SECRET}'");
    proves(
        &explain(&spaced[..spaced.len() - 1], signed(BODY), [&quoted], Some(T)),
        &[Cause::NumbersRewritten, Cause::SecretQuoted],
    );
}

#[test]
fn a_large_body() {
    let body = format!(r#"{{"event":"a:b","content":{{"amount":1.50,"text":"{}"}}}}"#, "\u{e5}/<a".repeat(50_000));
    for (received, cause) in [
        (body.replace("1.50", "1.5"), Cause::NumbersRewritten),
        (format!("{body}\n"), Cause::WhitespaceAdded),
        (format!("{{\"body\":{}}}", serde_json::to_string(&body).unwrap()), Cause::WrappedInEvent),
    ] {
        proves(&explain(received, signed(&body), [SECRET], Some(T)), &[cause]);
    }
}

#[test]
fn every_event_in_another_order() {
    for event in EventType::ALL {
        let body = event.example();
        let value: serde_json::Value = serde_json::from_str(body).unwrap();
        let sorted = value.to_string();
        let explanation = explain(&sorted, signed(body), [SECRET], Some(T));
        assert!(explanation.proved(), "{event}: {explanation}");
        assert_eq!(explanation.original_body().unwrap_or(sorted.as_bytes()), body.as_bytes(), "{event}");
    }
}

#[test]
fn a_short_secret_proves_nothing() {
    for secret in ["production", "8080", "", "123456789012345"] {
        for (body, distorted) in [("{}", "{}"), (r#"{"a":1.00}"#, r#"{"a":1}"#), ("{}", "{}\n")] {
            // With any key at all, as `generate_signature` refuses to sign without one.
            let mac = hex::encode(hmac_sha256(secret.as_bytes())([format!("{T}.{body}").as_bytes()]));
            let header = format!("t={T},v1={mac}");
            for given in [secret.to_owned(), format!("\"{secret}\""), format!("NODE_ENV={secret}")] {
                assert!(!explain(distorted, &header, [&given], Some(T)).proved(), "{given}");
                assert!(!explain(distorted, &header, [SECRET, &given], Some(T)).proved(), "{given}");
            }
        }
    }
    let header = generate_signature("{}", "production", Scheme::V1, Some(T)).unwrap();
    let explanation = explain("{}", &header, ["production"], Some(T));
    assert!(explanation.verifies() && !explanation.proved());
    assert!(explanation.to_string().contains("16 bytes"), "{explanation}");
}

/// Different numbers from a fixed seed, by xorshift.
fn numbers() -> impl FnMut() -> u64 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn ten_thousand_wrong_secrets() {
    let mut next = numbers();
    let body = r#"{"a":"b"}"#;
    let secrets: Vec<String> = (0..10_000).map(|_| format!("{:016x}{:016x}", next(), next())).collect();
    // Each as it is, and as many in other forms and over other bodies as the bounds allow.
    let explanation = explain(body, signed(body), &secrets, Some(T));
    assert!(!explanation.proved() && explanation.macs() > 10_000, "{explanation}");
    for few in secrets.chunks(5).take(40) {
        assert!(!explain(body, signed(body), few, Some(T)).proved());
    }
}

#[test]
fn bodies_tampered_with_and_forged_signatures() {
    let mut next = numbers();
    let body = r#"{"a":"b"}"#;
    for at in 0..body.len() {
        // Not the bit that changes the case of a letter: that can be undone.
        for bit in 0..5 {
            let mut tampered = body.as_bytes().to_vec();
            tampered[at] ^= 1 << bit;
            let explanation = explain(tampered, signed(body), [SECRET], Some(T));
            assert!(!explanation.proved(), "{at} {bit}: {explanation}");
        }
    }
    for at in (0..BODY.len()).step_by(61).filter(|&at| BODY.as_bytes()[at].is_ascii_alphanumeric()) {
        let mut tampered = BODY.as_bytes().to_vec();
        tampered[at] = if tampered[at] == b'7' { b'8' } else { b'7' };
        assert!(!explain(tampered, signed(BODY), [SECRET], Some(T)).proved(), "{at}");
    }
    for _ in 0..100 {
        let mac = format!("{:016x}{:016x}{:016x}{:016x}", next(), next(), next(), next());
        assert!(!explain(body, format!("t={T},v1={mac}"), [SECRET], Some(T)).proved());
    }
}

/// The bounds, as the counters of the search show them. With lower ones, in all ways, in `explain`'s own tests.
#[test]
fn a_search_has_bounds() {
    let many: Vec<String> = (0..2_000).map(|number| format!("{number:032}")).collect();
    let wrong = format!("t={T},v1={}", "0".repeat(64));
    let explanation = explain(BODY, &wrong, &many, Some(T));
    assert!(explanation.macs() > 49_000 && explanation.to_string().contains("stopped at its bounds"), "{explanation}");
    assert!(explanation.macs() <= 50_000 && explanation.hashed_bytes() <= 128 << 20);
}

#[test]
fn nothing_secret_is_shown() {
    let quoted = format!("\"{SECRET}\"");
    let header = signed(BODY);
    let mac = header.rsplit('=').next().unwrap();
    for (body, secret) in
        [(BODY, SECRET), (&BODY.replace("23.00", "23"), SECRET), (BODY, &quoted), ("tampered", SECRET)]
    {
        let explanation = explain(body, &header, [secret], Some(T));
        for shown in [explanation.to_string(), format!("{explanation:?}"), format!("{explanation:#?}")] {
            for hidden in [SECRET, mac, &mac[..12], "externalUserId", "tampered", "användare"] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}

#[test]
fn causes_have_words_and_texts() {
    for &cause in Cause::ALL {
        assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        assert!(!cause.what().is_empty() && !cause.place().is_empty() && !cause.fix().is_empty());
        assert!(cause.place().starts_with("usually") || cause == Cause::Verifies, "{cause}: never more than usually");
        assert!(!cause.what().ends_with('.') && !cause.place().ends_with('.'), "{cause}");
    }
    assert_eq!(Cause::parse("nothing"), None);
}

#[test]
fn one_limit_for_all() {
    let limit = Limit::default();
    let allowed = (0..100).filter(|&second| limit.allows(second)).count();
    assert_eq!(allowed, 10);
    let limit = Limit::new();
    let at_once = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| u32::from(limit.allows(5)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
    });
    assert_eq!(at_once, 1);
}

/// Bytes that look like what is looked for.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        "\\u00e5",
        "\\ud83d\\ude00",
        "\\/",
        "å",
        ":",
        ",",
        "null",
        "1.0",
        "23.00",
        "1e5",
        "-",
        "true",
        "None",
        "b'",
        "'",
        "\\x",
        "\\xe5",
        "=",
        "&",
        "&amp;",
        "%7B",
        "+",
        " ",
        "\n",
        "\r\n",
        "\"body\":",
        "\"event\":\"payment:updated\"",
        "[object Object]",
        "\u{FFFD}",
        "\u{FEFF}",
        "a",
        "t=1,v1=",
    ]);
    let text = prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat().into_bytes());
    let json = "[a-z]{0,4}"
        .prop_map(|text| format!(r#"{{"event":"payment:updated","content":{{"amount":1.5,"a":"{text}"}}}}"#));
    prop_oneof![2 => text, 1 => json.prop_map(String::into_bytes), 1 => prop::collection::vec(any::<u8>(), 0..64)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_input_is_too_strange(
        body in body(),
        header in prop_oneof![
            "t=[0-9]{0,20},v1=[0-9a-f]{60,66}",
            "[\"']?(X-Tink-Signature: )?(sha256=)?[0-9a-fA-F]{64}[\"']?",
            "[A-Za-z0-9+/]{40,44}=?",
            "\\PC{0,80}",
        ],
        secrets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..4),
        now: Option<i64>,
    ) {
        let explanation = explain(&body, &header, &secrets, now);
        prop_assert!(!explanation.proved() && !explanation.causes().is_empty());
        prop_assert!(explanation.macs() <= 50_000 && explanation.hashed_bytes() <= 128 << 20);
        prop_assert!(!explanation.to_string().is_empty());
    }

    /// Whatever is reported as proved is true: the original body, signed, gives the claimed MAC.
    #[test]
    fn what_is_proved_is_true(original in body(), change in 0..6_usize) {
        prop_assume!(!original.is_empty());
        let received = match change {
            0 => [&original[..], b"\n"].concat(),
            1 => original.trim_ascii().to_vec(),
            2 => String::from_utf8_lossy(&original).into_owned().into_bytes(),
            3 => serde_json::to_vec(&String::from_utf8_lossy(&original)).unwrap(),
            4 => format!("{{\"body\":{}}}", serde_json::to_string(&String::from_utf8_lossy(&original)).unwrap()).into_bytes(),
            _ => original.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes(),
        };
        let header = signed(&original);
        let explanation = explain(&received, &header, [SECRET], Some(T));
        if explanation.proved() {
            let found = explanation.original_body().unwrap_or(&received);
            prop_assert_eq!(found, &original[..]);
        } else {
            prop_assert!(change == 1 || String::from_utf8(original).is_err());
        }
    }
}
