//! What receivers answer of handlers under `once`: the vectors that every language reads.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tink_webhooks::{EventType, Scheme, WebhookHandler, generate_signature};
use tink_webhooks_http::Receiver;
use tink_webhooks_idempotency::{Claim, MemoryStore, Once, Store, StoreFuture, tink_webhooks};

/// Answers every claim in one way, and else is a store in memory.
struct Answers(String, MemoryStore);

impl Store for Answers {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        match self.0.as_str() {
            "store_unavailable" => Box::pin(ready(Err("away".into()))),
            "done" => Box::pin(ready(Ok(Claim::Done))),
            "in_progress" => Box::pin(ready(Ok(Claim::Busy(Duration::from_secs(60))))),
            _ => self.1.claim(scope, key, token, lease),
        }
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        self.1.commit(scope, key, token, keep)
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        self.1.release(scope, key, token)
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        self.1.extend(scope, key, token, lease)
    }
}

/// Status, the answer's text, and the outcome's kind.
async fn answered(handlers: &[Value]) -> String {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    for (number, what) in handlers.iter().enumerate() {
        let what = what.as_str().unwrap().to_owned();
        let fails = what == "fail";
        let once = Once::new(Answers(what, MemoryStore::new()), format!("scope {number}")).wait(Duration::ZERO);
        let handler = once.around(move |_| ready(if fails { Err("no such account") } else { Ok(()) }));
        hooks.on_async("payment:updated", handler.unwrap()).unwrap();
    }
    let kind = Arc::new(Mutex::new(String::new()));
    let kind_too = Arc::clone(&kind);
    let receiver = Receiver::new(hooks).on_outcome(move |_, outcome| {
        *kind_too.lock().unwrap() = outcome.kind.to_string();
    });
    let body = EventType::PaymentUpdated.example();
    let signature = generate_signature(body, "s3cret", Scheme::V1, None).unwrap();
    let request = http::Request::post("/").header("X-Tink-Signature", signature);
    let answer = receiver.receive(request.body(Full::new(bytes::Bytes::from(body))).unwrap()).await;
    let status = answer.status().as_u16();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let kind = kind.lock().unwrap();
    format!("{status} {} {kind}", std::str::from_utf8(&text).unwrap().trim_end())
}

#[tokio::test]
async fn what_is_answered_in_every_language() {
    let shared: Value = serde_json::from_str(include_str!("../../../tests/vectors/adapters/once.json")).unwrap();
    let vectors = shared["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 13);
    for vector in vectors {
        let expected = ["status", "reason", "outcome"].map(|name| vector["expect"][name].to_string());
        let expected = expected.join(" ").replace('"', "");
        assert_eq!(answered(vector["handlers"].as_array().unwrap()).await, expected, "{}", vector["id"]);
    }
}
