//! A receiver on axum. The secret comes from `TINK_WEBHOOK_SECRET`, the port from `PORT` (8000).

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tink_webhooks::{Scheme, WebhookHandler};
use tokio::signal::unix::{SignalKind, signal};

/// The handlers. They run on a thread that may block.
fn make_hooks() -> Result<WebhookHandler, tink_webhooks::Error> {
    let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?;

    // A refresh of credentials ended, well or not.
    hooks.on("refresh:finished", |event| -> serde_json::Result<()> {
        let data: serde_json::Value = event.data()?;
        println!("refresh of user {}: {}", event.user_id().unwrap_or_default(), data["credentialsStatus"]);
        Ok(())
    })?;

    // A payment has a new status. It may be older than one you have: store it only if its `updated` is newer.
    hooks.on("payment:updated", |event| -> serde_json::Result<()> {
        let payment: serde_json::Value = event.data()?;
        println!("payment {}: {}, at {}", payment["id"], payment["status"], payment["updated"]);
        Ok(())
    })?;
    Ok(hooks)
}

/// One delivery: the raw body and the header's bytes, as they came.
async fn receive(State(hooks): State<Arc<WebhookHandler>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let signature = headers.get("x-tink-signature").map(|value| value.as_bytes().to_vec());
    let handled = tokio::task::spawn_blocking(move || hooks.handle_webhook(&body, signature).map(drop)).await;
    match handled {
        Ok(Ok(())) => (StatusCode::OK, "ok".into()),
        Ok(Err(error)) => {
            eprintln!("tink webhook: {} ({}): {error}", error.reason(), error.http_status());
            for cause in error.handler_failure().map_or(&[][..], |failure| failure.errors()) {
                eprintln!("  a handler: {cause}");
            }
            let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.reason().to_string())
        }
        // The task did not run: 500, so that Tink delivers again.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "handler_failed".into()),
    }
}

/// A delivery that takes too long, such as a body that does not end, gets 408. Tink delivers again.
async fn time_limit(request: Request, next: Next) -> Response {
    match tokio::time::timeout(Duration::from_secs(30), next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/webhooks/tink", post(receive))
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .layer(from_fn(time_limit))
        .with_state(Arc::new(make_hooks()?));
    let port = std::env::var("PORT").unwrap_or_else(|_| "8000".into());
    let listener = tokio::net::TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    // On SIGTERM: no new deliveries, and those under way are answered.
    let mut terminated = signal(SignalKind::terminate())?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            terminated.recv().await;
        })
        .await?;
    Ok(())
}
