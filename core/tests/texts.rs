//! Events as text: there and back, whatever the payload; and no text ends in a panic.

use proptest::prelude::*;
use tink_webhooks::{Delivery, DeliveryId, Error, Event, Scheme, Verification};

fn verification(kind: u8, seconds: i64, index: u32) -> Result<Option<Verification>, Error> {
    let id = DeliveryId::parse("0123456789abcdef0123456789abcdef")?;
    Ok(match kind {
        0 => None,
        1 => Some(Verification::restore(Scheme::Body, None, index as usize, None)?),
        _ => Some(Verification::restore(Scheme::V1, Some(seconds), index as usize, Some(id))?),
    })
}

proptest! {
    #[test]
    fn an_event_comes_back_as_it_was(
        content in any::<String>(),
        millis in -62_135_596_800_000_i64..253_402_300_799_999,
        kind in 0_u8..3,
        seconds in 0_i64..253_402_300_799,
        index in any::<u32>(),
    ) {
        let body = serde_json::json!({"event": "payment:updated", "content": {"id": content, "updated": 1}}).to_string();
        let proved = verification(kind, seconds, index)?;
        let event = Event::from(Delivery::restore(body.as_bytes(), millis, proved)?);
        let text = event.serialize();
        let escaped = ['<', '>', '&', '\u{2028}', '\u{2029}', '\n'];
        prop_assert!(!text.contains(escaped));
        let back = Event::deserialize(&text)?;
        prop_assert_eq!(back.raw_body(), event.raw_body());
        prop_assert_eq!(back.timestamp_millis(), millis);
        prop_assert_eq!(back.verification(), proved.as_ref());
        prop_assert_eq!(back.idempotency_key(), event.idempotency_key());
        prop_assert_eq!(back.idempotency_key().is_some(), !content.is_empty());
        prop_assert_eq!(back.serialize(), text);
    }

    #[test]
    fn no_text_ends_in_a_panic(text in any::<Vec<u8>>(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let _ = Event::deserialize(&text);
        let delivery = Delivery::restore(br#"{"event":"a:b"}"#, 1, verification(2, 1, 0)?)?;
        let mut valid = Event::from(delivery).serialize().into_bytes();
        let at = cut.index(valid.len());
        valid[at] = byte;
        let _ = Event::deserialize(&valid);
        let _ = Event::deserialize(&valid[..at]);
    }
}

#[test]
fn what_shows_an_event_shows_no_payload() -> Result<(), Error> {
    let event =
        Event::deserialize(r#"{"version":2,"timestamp":1,"body":"{\"event\":\"a:b\",\"content\":\"hidden\"}"}"#)?;
    assert!(!format!("{event:?}").contains("hidden"));
    Ok(())
}
