//! Promises of the API that types alone do not keep.

use std::fmt::Debug;
use std::str::FromStr;

use tink_webhooks::{
    AsyncHandler, Delivery, DeliveryId, Error, Event, EventType, Handler, HandlerFailure, HandlerPanic, Key, Kind,
    Payload, Reason, RegisteredHandler, Registry, RunBlocking, Scheme, Snapshot, Verification, VerificationStream,
    Verifier, VerifierBuilder, WebhookHandler, WebhookHandlerBuilder, generate_signature,
};

const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
const BODY: &str = r#"{"event":"payment:updated","context":{"userId":"hidden-user"},"content":{"id":"hidden-id"}}"#;

#[test]
fn everything_may_be_sent_and_shared() {
    fn both<T: Send + Sync + ?Sized>() {}
    fn send<T: Send>(_: T) {}
    both::<WebhookHandler>();
    both::<Verifier>();
    both::<Registry<RegisteredHandler>>();
    both::<Snapshot<RegisteredHandler>>();
    both::<RegisteredHandler>();
    both::<Handler>();
    both::<AsyncHandler>();
    both::<RunBlocking>();
    both::<Event<'_>>();
    both::<Delivery<'_>>();
    both::<Payload>();
    both::<Verification>();
    both::<VerificationStream>();
    both::<VerifierBuilder>();
    both::<Error>();
    both::<HandlerFailure>();
    both::<HandlerPanic>();
    both::<Key>();
    #[cfg(feature = "data")]
    both::<(tink_webhooks::data::EventData, tink_webhooks::data::DataError, tink_webhooks::data::Number)>();
    let hooks = WebhookHandler::new(SECRET).unwrap();
    send(hooks.handle_webhook_async("", "t=1"));
    send(WebhookHandler::builder());
}

#[test]
fn what_is_written_is_read() {
    fn again<T: FromStr<Err = Error> + ToString + PartialEq + Debug>(value: &T) {
        assert_eq!(T::from_str(&value.to_string()).as_ref().ok(), Some(value));
        let wrong = T::from_str("no such thing").err().map(|error| error.kind());
        assert_eq!(wrong, Some(Kind::InvalidConfig));
    }
    again(&Scheme::V1);
    again(&Scheme::Body);
    again(&EventType::Unknown);
    EventType::ALL.iter().for_each(again);
    Reason::ALL.iter().for_each(again);
    Reason::ALL.iter().map(|reason| reason.kind()).for_each(|kind| again(&kind));
    assert_eq!("refresh:finished".parse::<EventType>().ok(), Some(EventType::RefreshFinished));
    let id = "00112233445566778899aabbccddeeff";
    assert_eq!(id.parse::<DeliveryId>().unwrap().to_string(), id);
    assert!("xyz".parse::<DeliveryId>().is_err());
}

#[test]
fn debug_output_hides_secrets_and_bodies() {
    let hooks = WebhookHandler::builder().secret(SECRET).run_blocking(|work| async { work() }).build().unwrap();
    hooks.on_async("*", |_| async {}).unwrap();
    let header = generate_signature(BODY, SECRET, Scheme::V1, None).unwrap();
    let event = hooks.construct_event(BODY, &header).unwrap();
    let builder: WebhookHandlerBuilder = WebhookHandler::builder().secret(SECRET);
    let shown = [
        format!("{hooks:?} {:?}", hooks.get_handlers()),
        format!("{builder:?}"),
        format!("{event:?}"),
        format!("{:?}", hooks.construct_event(BODY, "t=1,v1=00").unwrap_err()),
    ];
    let mac = header.rsplit('=').next().unwrap();
    for text in shown {
        for hidden in [SECRET, "hidden", mac] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}

#[cfg(feature = "http")]
#[test]
fn the_signature_is_taken_from_http_headers() {
    use tink_webhooks::http::{HeaderMap, HeaderValue};
    let hooks = WebhookHandler::new(SECRET).unwrap();
    let header = generate_signature(BODY, SECRET, Scheme::V1, None).unwrap();
    let mut headers = HeaderMap::new();
    let reason = |headers: &HeaderMap| hooks.construct_event(BODY, headers).err().map(|error| error.reason());
    assert_eq!(reason(&headers), Some(Reason::MissingSignature));
    headers.insert("X-Tink-Signature", HeaderValue::from_str(&header).unwrap());
    assert_eq!(reason(&headers), None);
    assert!(hooks.construct_event(BODY, headers.get("x-tink-signature")).is_ok());
    // Several fields are one with several values: of two times neither can be meant.
    headers.append("x-tink-signature", HeaderValue::from_static("t=1"));
    assert_eq!(reason(&headers), Some(Reason::MalformedSignature));
    let (t, mac) = header.split_once(',').unwrap();
    headers.insert("x-tink-signature", HeaderValue::from_str(t).unwrap());
    headers.append("x-tink-signature", HeaderValue::from_str(mac).unwrap());
    assert_eq!(reason(&headers), None);
    headers.insert("x-tink-signature", HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(reason(&headers), Some(Reason::MalformedSignature));
}
