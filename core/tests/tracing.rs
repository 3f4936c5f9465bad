//! What is told to `tracing`: fields, the causes, and nothing of a body, a signature or a secret.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Every event as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let chain = std::iter::successors(Some(value), |error| error.source());
        let _ = write!(self.0, " {field}={:?}", chain.map(ToString::to_string).collect::<Vec<_>>());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        if let Ok(mut lines) = self.0.lock() {
            lines.push(line.0);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_delivery_that_is_not_handled_is_told_once() {
    const BODY: &str = r#"{"event":"account:updated","content":{"id":"hidden"}}"#;
    const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let hooks = WebhookHandler::new(SECRET).unwrap();
        let sign = |body: &str, at| generate_signature(body, SECRET, Scheme::V1, at).unwrap();
        let header = sign(BODY, None);
        assert!(hooks.handle_webhook(BODY, &header).is_ok());
        assert!(hooks.handle_webhook(BODY, "nonsense").is_err());
        assert!(hooks.handle_webhook(BODY, sign(BODY, Some(1))).is_err());
        let ping = r#"{"type":"test","data":{}}"#;
        assert!(hooks.handle_webhook(ping, sign(ping, None)).is_err());
        hooks.on("*", |_| Err(std::io::Error::other("the database is away"))).unwrap();
        assert!(hooks.handle_webhook(BODY, &header).is_err());
        hooks.on("*", |_| Err("no such account")).unwrap();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::pin::pin!(hooks.handle_webhook_async(BODY, &header)).poll(&mut context).is_ready());
        // Told by whoever calls them.
        assert!(hooks.construct_event(BODY, "nonsense").is_err());
        assert!(hooks.dispatch(&hooks.construct_event(BODY, &header).unwrap()).is_err());
    });
    let lines = lines.0.lock().unwrap();
    let begins = [
        "WARN tink_webhooks message=tink webhook: malformed_signature kind=\"invalid_signature\" \
         reason=\"malformed_signature\" status=401 error=",
        "WARN tink_webhooks message=tink webhook: timestamp_too_old kind=\"invalid_signature\" \
         reason=\"timestamp_too_old\" status=401 age=",
        "INFO tink_webhooks message=tink webhook: test_webhook kind=\"test_webhook\" reason=\"test_webhook\" status=200 ",
        "ERROR tink_webhooks message=tink webhook: handler_failed kind=\"handler_failed\" reason=\"handler_failed\" \
         status=500 event=\"account_updated\" error=[\"1 handler failed; the other handlers were run all the same\", \
         \"the database is away\"]",
        "ERROR tink_webhooks message=tink webhook: handler_failed kind=\"handler_failed\" reason=\"handler_failed\" \
         status=500 event=\"account_updated\" error=[\"2 handlers failed; the other handlers were run all the same\", \
         \"the database is away\"] failures=the database is away; no such account",
    ];
    assert_eq!(lines.len(), begins.len(), "{lines:#?}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}\n{begin}");
        assert!(!line.contains("hidden") && !line.contains(SECRET), "{line}");
    }
}
