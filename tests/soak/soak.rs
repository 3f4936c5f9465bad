//! `soak COUNT`: COUNT deliveries in Rust; prints `DONE RESIDENT_KIB` at intervals.

#![expect(clippy::print_stdout, reason = "the samples are what this program has to say")]

use std::error::Error;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use tink_webhooks::{Event, EventType, HandlerError, Kind, Scheme, WebhookHandler, generate_signature};

type Failure = Box<dyn Error>;
/// Body, header, and the kind of error expected.
type Delivery = (Vec<u8>, String, Option<Kind>);

const SECRETS: [&str; 2] = ["67abc1e08fb64c92b450a13e0876330b", "5a1d9c3e7b2f48069e0c4d8b6a3f1e27"];
const SAMPLES: u64 = 50;
/// After this many deliveries the handlers are registered anew, and at times the object is created anew.
const ANEW: u64 = 5_000;

fn resident_kib() -> Result<u64, Failure> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    Ok(statm.split(' ').nth(1).ok_or("no second field")?.parse::<u64>()? * 4)
}

/// One delivery of every kind; the same in the programs of all languages.
fn deliveries() -> Result<Vec<Delivery>, Failure> {
    let v1 = |body: &[u8], secret, at| generate_signature(body, secret, Scheme::V1, at);
    let payment = EventType::PaymentUpdated.example().as_bytes().to_vec();
    let failing = EventType::AccountUpdated.example().as_bytes().to_vec();
    let escaped = br#"{"event":"a\u003ab","context":{"userId":"u\u00e41"},"content":{"x":[1,2,{"y":null}]}}"#.to_vec();
    let padding = "x".repeat(10_000);
    let large = format!(r#"{{"event":"payment:updated","content":{{"amount":1,"padding":"{padding}"}}}}"#).into_bytes();
    let bare = generate_signature(&payment, SECRETS[0], Scheme::Body, None)?;
    Ok(vec![
        (payment.clone(), v1(&payment, SECRETS[0], None)?, None),
        (payment.clone(), v1(&payment, SECRETS[1], None)?, None),
        (payment.clone(), bare, None),
        (escaped.clone(), v1(&escaped, SECRETS[0], None)?, None),
        (large.clone(), v1(&large, SECRETS[0], None)?, None),
        (failing.clone(), v1(&failing, SECRETS[0], None)?, Some(Kind::HandlerFailed)),
        (payment.clone(), v1(b"another", SECRETS[0], None)?, Some(Kind::InvalidSignature)),
        (payment.clone(), v1(&payment, SECRETS[0], Some(1))?, Some(Kind::InvalidSignature)),
        (payment, "t=1,v1=".to_owned(), Some(Kind::InvalidSignature)),
        (b"{".to_vec(), v1(b"{", SECRETS[0], None)?, Some(Kind::InvalidPayload)),
        (br#"{"event":"test"}"#.to_vec(), v1(br#"{"event":"test"}"#, SECRETS[0], None)?, Some(Kind::TestWebhook)),
    ])
}

fn hooks(ran: &Arc<AtomicU64>, awaits: bool) -> Result<WebhookHandler, Failure> {
    // Headers are made once, at the start, so the window is as long as the longest run.
    let window = std::time::Duration::from_secs(1_000_000);
    let hooks = WebhookHandler::builder().secrets(SECRETS).tolerance(window).build()?;
    handlers(&hooks, ran, awaits)?;
    Ok(hooks)
}

/// Reads the data and counts, in an asynchronous handler or in one that is not; and one that fails, or panics.
fn handlers(hooks: &WebhookHandler, ran: &Arc<AtomicU64>, awaits: bool) -> Result<(), Failure> {
    let counter = Arc::clone(ran);
    let count = move |event: &Event<'_>| -> Result<(), HandlerError> {
        let data: serde_json::Value = event.data()?;
        counter.fetch_add(u64::from(!data.is_null()), Ordering::Relaxed);
        Ok(())
    };
    if !awaits {
        hooks.on("*", count)?;
        hooks.on("account:updated", |_| Err::<(), _>("the database is away"))?;
        return Ok(());
    }
    let count = Arc::new(count);
    hooks.on_async("*", move |event| {
        let count = Arc::clone(&count);
        async move { count(&event) }
    })?;
    let panics = |_| async { resume_unwind(Box::new("the database is away")) as () };
    hooks.on_async("account:updated", panics)?;
    Ok(())
}

/// Handlers here wait for nothing, so one poll is enough.
fn poll<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err("a handler waits".into()),
    }
}

fn main() -> Result<(), Failure> {
    let count: u64 = std::env::args().nth(1).ok_or("how many?")?.parse()?;
    let (deliveries, ran) = (deliveries()?, Arc::new(AtomicU64::new(0)));
    // Every other delivery is handled asynchronously.
    let mut objects = [hooks(&ran, false)?, hooks(&ran, true)?];
    let mut expected = 0;
    let every = (count / SAMPLES).max(1);
    for (done, (body, header, kind)) in (1..=count).zip(deliveries.iter().cycle()) {
        let [now, awaiting] = &mut objects;
        let result = if done % 2 == 0 {
            now.handle_webhook(body, header)
        } else {
            poll(awaiting.handle_webhook_async(body, header))?
        };
        let ended = result.map(drop).map_err(|error| error.kind());
        if ended.err() != *kind {
            return Err(format!("delivery {done} ended in {ended:?} and not in {kind:?}").into());
        }
        expected += u64::from(matches!(kind, None | Some(Kind::HandlerFailed)));
        for (one, awaits) in [(now, false), (awaiting, true)] {
            if done % (10 * ANEW) == 0 {
                *one = hooks(&ran, awaits)?;
            } else if done % ANEW == 0 {
                one.unregister_handlers("*")?;
                one.unregister_handlers("account:updated")?;
                handlers(one, &ran, awaits)?;
            }
        }
        if done % every == 0 {
            println!("{done} {}", resident_kib()?);
        }
    }
    if ran.load(Ordering::Relaxed) == expected { Ok(()) } else { Err("a handler did not run".into()) }
}
