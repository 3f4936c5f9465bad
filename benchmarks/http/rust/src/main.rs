//! A receiver on axum: `rust_receiver library|peer|none`, with the secret in `TINK_WEBHOOK_SECRET`. It prints where it
//! listens; GET /handled gives the number of deliveries whose data was read.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::Sha256;
use tink_webhooks_axum::Receiver;
use tink_webhooks_axum::tink_webhooks::data::{ActionableInsightsCreated, RefreshFinished};
use tink_webhooks_axum::tink_webhooks::{Scheme, WebhookHandler};

static HANDLED: AtomicU64 = AtomicU64::new(0);

// Reads a field of the event's data, made into the same struct in every case.

fn refreshed(data: &RefreshFinished) {
    HANDLED.fetch_add(u64::from(!data.credentials_status.as_str().is_empty()), Ordering::Relaxed);
}

fn advised(data: &ActionableInsightsCreated) {
    HANDLED.fetch_add(u64::from(!data.insights.is_empty()), Ordering::Relaxed);
}

fn library() -> Result<Router, Box<dyn Error>> {
    let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?;
    hooks.on_typed(|_, data: RefreshFinished| refreshed(&data))?;
    hooks.on_typed(|_, data: ActionableInsightsCreated| advised(&data))?;
    Ok(Router::new().route_service("/webhooks/tink", Receiver::new(hooks)))
}

#[derive(Deserialize)]
struct Envelope<'b> {
    event: &'b str,
    #[serde(borrow)]
    content: &'b RawValue,
}

/// What a user writes: the keyed state is made once.
fn check(keyed: &Hmac<Sha256>, headers: &HeaderMap, body: &[u8]) -> Option<()> {
    let signature = headers.get("x-tink-signature")?.to_str().ok()?;
    let (t, v1) = signature.strip_prefix("t=")?.split_once(",v1=")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    if now.abs_diff(t.parse().ok()?) > 300 {
        return None;
    }
    let mut mac = keyed.clone();
    mac.update(t.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.verify_slice(&hex::decode(v1).ok()?).ok()?;
    let envelope: Envelope<'_> = serde_json::from_slice(body).ok()?;
    match envelope.event {
        "refresh:finished" => refreshed(&serde_json::from_str(envelope.content.get()).ok()?),
        "actionable-insights:created" => advised(&serde_json::from_str(envelope.content.get()).ok()?),
        _ => {}
    }
    Some(())
}

async fn by_hand(State(keyed): State<Hmac<Sha256>>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
    match check(&keyed, &headers, &body) {
        Some(()) => (StatusCode::OK, "ok\n"),
        None => (StatusCode::BAD_REQUEST, "refused\n"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let limit = DefaultBodyLimit::max(2 << 20);
    let app = match std::env::args().nth(1).as_deref() {
        Some("library") => library()?,
        Some("peer") => {
            let keyed = Hmac::new_from_slice(std::env::var("TINK_WEBHOOK_SECRET")?.as_bytes())?;
            Router::new().route("/webhooks/tink", post(by_hand)).layer(limit).with_state(keyed)
        }
        Some("none") => Router::new().route("/webhooks/tink", post(|_body: Bytes| async { "ok\n" })).layer(limit),
        _ => return Err("rust_receiver library|peer|none".into()),
    };
    let app = app.route("/handled", get(|| async { HANDLED.load(Ordering::Relaxed).to_string() }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}/", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}
