//! What is told to `tracing`: what an operator must know of, and neither a body nor a secret.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::{self, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use support::{payment, until};
use tink_webhooks_idempotency::{Claim, OnStoreFailure, Once, Store, StoreFuture};
use tokio::time::sleep;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const LEASE: Duration = Duration::from_secs(1);

/// Of all threads: leases are extended in one of this crate's.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.0, " {field}={:?}", value.source().map(ToString::to_string));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tink_webhooks"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The lines that begin with a level and have a text.
fn told(level: &str, text: &str) -> usize {
    LINES.lock().unwrap().iter().filter(|line| line.starts_with(level) && line.contains(text)).count()
}

/// What a store answers: to a claim it says whether it can be asked, and to the rest, the same.
struct Answers {
    claims: bool,
    /// None: it cannot tell.
    rest: Option<bool>,
}

impl Answers {
    fn rest(&self) -> StoreFuture<'_, bool> {
        Box::pin(async { self.rest.ok_or_else(|| "the server is away".into()) })
    }
}

impl Store for Answers {
    fn claim<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(async { if self.claims { Ok(Claim::Claimed) } else { Err("the server is away".into()) } })
    }

    fn commit<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        self.rest()
    }

    fn release<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> StoreFuture<'a, bool> {
        self.rest()
    }

    fn extend<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str, _: Duration) -> StoreFuture<'a, bool> {
        self.rest()
    }
}

/// In one test, since there is one subscriber.
#[tokio::test]
async fn what_an_operator_must_know_of_is_told() {
    tracing::subscriber::set_global_default(Lines).unwrap();
    let once = |scope: &str, claims, rest| Once::new(Answers { claims, rest }, scope).lease(LEASE);
    let slow = || sleep(Duration::from_millis(400));
    let key = payment().idempotency_key().unwrap().to_string();

    // Another one has claimed it meanwhile.
    once("stolen", true, Some(false)).around(move |_| slow()).unwrap()(payment()).await.unwrap();
    assert_eq!(told("ERROR", "the lease of stolen was lost while its handler runs"), 1);
    assert_eq!(told("ERROR", &format!("commit_lost: the handler of stolen has run for {key}")), 1);
    assert_eq!(told("ERROR", r#"reason="commit_lost""#), 1);

    // The store is away from the claim on.
    once("away", true, None).around(move |_| slow()).unwrap()(payment()).await.unwrap();
    assert!(told("WARN", "the lease of away was not extended: the server is away") > 0);
    assert_eq!(told("ERROR", "commit_lost: the handler of away"), 1);
    let fails = once("failing", true, None).around(|_| std::future::ready(Err::<(), _>("no such account")));
    fails.unwrap()(payment()).await.unwrap_err();
    let text = "the claim of failing was not released, and ends with its lease: the server is away";
    until("it is told", || told("WARN", text) == 1).await;

    // Before it.
    let runs = once("without", false, None).on_store_failure(OnStoreFailure::Run).around(|_| std::future::ready(()));
    runs.unwrap()(payment()).await.unwrap();
    assert_eq!(told("WARN", "the handler of without runs without a claim, since the store cannot be asked"), 1);
    assert_eq!(told("WARN", r#"error=Some("the server is away")"#), 1);

    // It hangs.
    let hangs = once("hanging", true, Some(true)).max_run(Duration::from_millis(250)).around(move |_| slow());
    hangs.unwrap()(payment()).await.unwrap();
    until("it is told", || told("WARN", "the handler of hanging runs longer than max_run") == 1).await;

    let body = String::from_utf8(payment().raw_body().to_vec()).unwrap();
    assert!(!LINES.lock().unwrap().iter().any(|line| line.contains(&body) || line.contains("no such account")));
}
