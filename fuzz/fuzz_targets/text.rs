//! Events as text. The input is a text, or an event: its kind, its time, and its body. Whatever core reads, it writes in
//! one way, which it reads as the same event; and what it writes, a JSON parser reads as what was put in.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tink_webhooks::{Delivery, DeliveryId, Event, Kind, Reason, Scheme, StoredEvent, Verification};

fuzz_target!(|input: &[u8]| {
    read(input);
    if let Some((head, body)) = input.split_first_chunk::<14>() {
        write(*head, body);
    }
});

fn read(text: &[u8]) {
    let event = match Event::deserialize(text) {
        Ok(event) => event,
        Err(error) => {
            let of_text = matches!(error.reason(), Reason::InvalidOption);
            assert!(of_text || matches!(error.kind(), Kind::InvalidPayload | Kind::TestWebhook), "{error:?}");
            assert!(StoredEvent::read(text).is_err() || !of_text || text.len() > 1);
            return;
        }
    };
    let written = event.serialize();
    let again = Event::deserialize(&written).expect("what core writes it reads");
    assert_eq!(again.serialize(), written);
    assert_eq!(again.raw_body(), event.raw_body());
    assert_eq!(again.timestamp_millis(), event.timestamp_millis());
    assert_eq!(again.verification(), event.verification());
    assert_eq!(again.idempotency_key(), event.idempotency_key());
}

fn write(head: [u8; 14], body: &[u8]) {
    let [kind, index, time @ .., a, b, c, d] = head;
    let millis = i64::from_le_bytes(time);
    let proved = match kind % 3 {
        0 => None,
        1 => Verification::restore(Scheme::Body, None, index.into(), None).ok(),
        _ => {
            let id = DeliveryId::parse(&format!("{:032x}", u128::from_le_bytes([a; 16])));
            let signed_at = i64::from(u32::from_le_bytes([a, b, c, d]));
            id.and_then(|id| Verification::restore(Scheme::V1, Some(signed_at), index.into(), Some(id))).ok()
        }
    };
    let Ok(delivery) = Delivery::restore(body, millis, proved) else { return };
    let text = Event::from(delivery).serialize();
    assert!(!text.contains(['<', '>', '&', '\n', '\u{2028}', '\u{2029}']));
    let tree: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(tree["version"], 2);
    assert_eq!(tree["timestamp"], millis);
    assert_eq!(tree["body"].as_str().map(str::as_bytes), Some(body));
    assert_eq!(tree["verification"]["scheme"].as_str(), proved.map(|proved| proved.scheme.as_str()));
    assert_eq!(tree["verification"]["signedAt"].as_i64(), proved.and_then(|proved| proved.signed_at));
    let back = Event::deserialize(&text).expect("what core writes it reads");
    assert_eq!((back.raw_body(), back.verification()), (body, proved.as_ref()));
}
