//! Why deliveries are refused, told to `tracing`. One test, as the limit is one of the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tink_webhooks_http::Endpoint;
use tink_webhooks_http::tink_webhooks::{Scheme, WebhookHandler, generate_signature};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const SECRET: &str = "67abc1e08fb64c92b450a13e0876330b";
const SIGNED: &str = r#"{"event":"a:b","content":{"amount":23.00,"who":"Anna"}}"#;
const RECEIVED: &str = r#"{"event":"a:b","content":{"amount":23,"who":"Anna"}}"#;

/// The events, a line each.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Line<'a>(&'a mut String);
        impl Visit for Line<'_> {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                let _ = write!(self.0, "{field}={value:?} ");
            }
        }
        let mut told = self.0.lock().unwrap();
        event.record(&mut Line(&mut told));
        told.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn a_refusal_is_explained_beside_its_answer() {
    let told = Told::default();
    tracing::subscriber::set_global_default(told.clone()).unwrap();
    let receive = async |body: &str, explain: bool| {
        let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new(SECRET).unwrap()).with_explain_failures(explain);
        let signature = generate_signature(SIGNED, SECRET, Scheme::V1, None).unwrap();
        endpoint.handle((), Instant::now(), Ok((body.as_bytes().to_vec(), signature))).await.status
    };
    assert_eq!(receive(RECEIVED, false).await, 401);
    assert_eq!(receive(SIGNED, true).await, 200);
    assert!(!told.0.lock().unwrap().contains("explained"));
    assert_eq!(receive(RECEIVED, true).await, 401);
    let until = Instant::now() + Duration::from_secs(30);
    while !told.0.lock().unwrap().contains("explained") && Instant::now() < until {
        sleep(Duration::from_millis(10));
    }
    let text = told.0.lock().unwrap().clone();
    assert!(text.contains("numbers_rewritten") && text.contains("proved=true"), "{text}");
    assert!(!text.contains(SECRET) && !text.contains("Anna"), "{text}");
    // A second time at once is one too many.
    assert_eq!(receive(RECEIVED, true).await, 401);
    assert_eq!(told.0.lock().unwrap().matches("explained").count(), 1);
}
