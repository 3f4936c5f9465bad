//! Typed data: of every event, with what Tink's tables and examples have differently, and with what it may add.

use std::sync::{Arc, Mutex};

use tink_webhooks::data::{
    CredentialsStatus, CredentialsUpdated, DataError, EventData, KnownData, MandatePaymentUpdated, Number,
    PaymentUpdated, RefreshFinished,
};
use tink_webhooks::{EventType, WebhookHandler};

fn hooks() -> WebhookHandler {
    WebhookHandler::new("s3cret").unwrap_or_else(|error| unreachable!("{error}"))
}

/// An event of this name whose content is this text.
fn with<T>(name: &str, content: &str, look: impl FnOnce(&tink_webhooks::Event<'_>) -> T) -> T {
    let body = format!(r#"{{"event":"{name}","content":{content}}}"#);
    look(&hooks().parse_event(&body).unwrap_or_else(|error| unreachable!("{error}")))
}

#[test]
fn the_documented_example_of_every_event_is_of_its_type() {
    for known in EventType::ALL {
        let hooks = hooks();
        let event = hooks.parse_event(known.example()).unwrap();
        let data: EventData = event.typed_data().unwrap_or_else(|error| panic!("{known:?}: {error}"));
        // The variant of the event's own name.
        assert!(format!("{data:?}").starts_with(&format!("{known:?}(")), "{data:?}");
    }
    with("balance-check:completed", r#"{"id":1}"#, |event| {
        assert_eq!(event.typed_data(), Ok(EventData::Unknown(serde_json::json!({"id": 1}))));
    });
}

#[test]
fn the_fields_are_those_of_the_example() {
    let hooks = hooks();
    let event = hooks.parse_event(EventType::PaymentUpdated.example()).unwrap();
    let payment: PaymentUpdated = event.typed_data().unwrap();
    assert_eq!((payment.id.as_str(), payment.amount.as_str()), ("c0ffee00112233445566778899aabbcc", "10.55"));
    assert_eq!(payment.destination.type_, "iban");
    assert_eq!(payment.updated.unwrap().timestamp_millis(), 1_767_225_660_000);
    assert_eq!(payment.metadata.unwrap()["orderId"], "55");
    assert!(payment.source.is_none());
    let event = hooks.parse_event(EventType::RefreshFinished.example()).unwrap();
    let refresh: RefreshFinished = event.typed_data().unwrap();
    assert_eq!(refresh.finished.unwrap().timestamp_millis(), 1_767_225_600_123);
}

#[test]
fn new_fields_and_values_are_taken() {
    let content = r#"{"credentialsId":"c1","credentialsStatus":"STATUS_UPDATED","status":"NEW","finished":"2026-01-05T08:06:45Z",
        "sessionExpiryDate":0,"added":{"by":["Tink"]},"detailedError":null}"#;
    with("refresh:finished", content, |event| {
        let refresh: RefreshFinished = event.typed_data().unwrap();
        assert_eq!(refresh.credentials_status, CredentialsStatus::Other("STATUS_UPDATED".into()));
        assert_eq!(refresh.credentials_status.to_string(), "STATUS_UPDATED");
        assert_eq!("UPDATED".parse(), Ok(CredentialsStatus::Updated));
        assert_eq!(refresh.finished.unwrap().timestamp(), 1_767_600_405);
        assert_eq!((refresh.session_expiry_date, refresh.detailed_error), (None, None));
    });
}

/// As in Go, Python and Node: an event that lacks a field is not lost for it.
#[test]
fn what_is_missing_is_empty_and_never_a_number() {
    with("payment:updated", "{}", |event| {
        let payment: PaymentUpdated = event.typed_data().unwrap();
        assert_eq!((payment.id.as_str(), payment.status.as_str(), payment.amount.as_str()), ("", "", ""));
        assert!(payment.amount.to_f64().is_nan() && payment.amount.to_i64().is_none());
        assert_eq!((payment.updated, payment.source), (None, None));
    });
}

#[test]
fn numbers_and_text_are_taken_for_each_other() {
    for (value, text) in
        [(r#"{"unscaledValue":"1055","scale":2}"#, "1055"), (r#"{"unscaledValue":1055,"scale":"2"}"#, "1055")]
    {
        let example: serde_json::Value = serde_json::from_str(EventType::MandatePaymentUpdated.example()).unwrap();
        let mut content = example["content"].clone();
        content["amount"]["value"] = serde_json::from_str(value).unwrap();
        content["payeeAccount"]["number"] = 12_345.into();
        with("mandate-payment:updated", &content.to_string(), |event| {
            let payment: MandatePaymentUpdated = event.typed_data().unwrap();
            let amount = format!("{:?}", payment.amount);
            assert!(amount.contains(text), "{amount}");
            assert!(format!("{:?}", payment.payee_account).contains("12345"));
        });
    }
    for wrong in ["", " 1", "1 ", "01", "1.", "+1", "NaN", "\"1\"", "true", "1,2", "0x1"] {
        assert!(wrong.parse::<Number>().is_err(), "{wrong}");
    }
    for right in ["0", "-0.0", "1e400", "23.00", "123456789012345678901234567890"] {
        assert_eq!(right.parse::<Number>().unwrap().as_str(), right);
    }
}

#[test]
#[cfg(feature = "rust_decimal")]
fn decimals_are_exact_or_none() {
    let decimal = |text: &str| text.parse::<Number>().unwrap().to_decimal().map(|decimal| decimal.to_string());
    for (text, expected) in [
        ("23.00", Some("23.00")),
        ("-0.10", Some("-0.10")),
        ("1.5e2", Some("150.0")),
        ("15E-1", Some("1.5")),
        ("1e-28", Some("0.0000000000000000000000000001")),
        ("0e999", Some("0")),
        ("7922816251426433759354395033", Some("7922816251426433759354395033")),
        ("1e-29", None),
        ("1e29", None),
        ("1.0000000000000000000000000001e20", None),
        ("0.12345678901234567890123456789", None),
        ("123456789012345678901234567890", None),
    ] {
        assert_eq!(decimal(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn an_error_shows_nothing_of_the_data() {
    let told =
        |content: &str| with("payment:updated", content, |event| event.typed_data::<PaymentUpdated>().unwrap_err());
    let example: serde_json::Value = serde_json::from_str(EventType::PaymentUpdated.example()).unwrap();
    let mut wrong = example["content"].clone();
    wrong["amount"] = "top secret".into();
    let error = told(&wrong.to_string());
    let texts = format!("{error} {error:?}");
    assert!(!texts.contains("secret") && texts.contains("PaymentUpdated"), "{texts}");
    assert!(error.line_and_column().1 > 1);
    let error = told(r#"{"id":"p1","paymentRequestId":987654}"#);
    assert!(!format!("{error} {error:?}").contains("987654"));
    assert!(std::error::Error::source(&error).is_none());
}

#[test]
fn only_an_object_is_a_struct() {
    with("payment:updated", r#"["p1", "r1"]"#, |event| {
        assert!(event.typed_data::<PaymentUpdated>().is_err());
        assert_eq!(event.typed_data::<(String, String)>(), Ok(("p1".into(), "r1".into())));
        assert_eq!(event.typed_data::<Option<Vec<String>>>().map(|some| some.map(|list| list.len())), Ok(Some(2)));
    });
    with("payment:updated", "7", |event| {
        assert_eq!(event.typed_data::<Number>(), "7".parse().map_err(|_| unreachable!()));
    });
}

#[test]
fn handlers_get_the_data_and_fail_where_there_is_none() {
    let (hooks, seen) = (hooks(), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&seen);
    hooks
        .on_typed(move |event, payment: PaymentUpdated| {
            log.lock().unwrap().push(format!("{} {}", event.name(), payment.id));
        })
        .unwrap();
    let log = Arc::clone(&seen);
    hooks
        .on_typed(move |_, credentials: CredentialsUpdated| {
            log.lock().unwrap().push(credentials.user_id.clone().unwrap_or_default());
        })
        .unwrap();
    let log = Arc::clone(&seen);
    hooks
        .on_data("*", move |_, data: EventData| {
            log.lock()
                .unwrap()
                .push(if matches!(data, EventData::PaymentUpdated(_)) { "a payment" } else { "another" }.into());
        })
        .unwrap();
    hooks.dispatch(&hooks.parse_event(EventType::PaymentUpdated.example()).unwrap()).unwrap();
    hooks.dispatch(&hooks.parse_event(EventType::CredentialsUpdated.example()).unwrap()).unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "payment:updated c0ffee00112233445566778899aabbcc",
            "a payment",
            "5f0c2a9be1d84f7ea0b6c3d2918e7a40",
            "another"
        ]
    );
    let event = hooks.parse_event(r#"{"event":"payment:updated","content":[]}"#).unwrap();
    let error = hooks.dispatch(&event).unwrap_err();
    // Both handlers read the data, each for itself.
    assert_eq!(error.failures().filter(|failure| failure.is::<DataError>()).count(), 2);
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(CredentialsUpdated::EVENT_TYPE, EventType::CredentialsUpdated);
}
