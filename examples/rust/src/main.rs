//! A receiver on axum. The secret comes from `TINK_WEBHOOK_SECRET`, the port from `PORT` (8000).

use std::error::Error;

use axum::Router;
use tink_webhooks::data::{PaymentUpdated, RefreshFinished};
use tink_webhooks::{Scheme, WebhookHandler};
use tink_webhooks_axum::Receiver;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

fn make_hooks() -> Result<WebhookHandler, tink_webhooks::Error> {
    let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?;
    for warning in hooks.warnings() {
        eprintln!("tink webhook: {warning}");
    }

    // A refresh of credentials ended, well or not. An asynchronous handler is awaited.
    hooks.on_typed_async(|event, refresh: RefreshFinished| async move {
        println!("refresh of user {}: {}", event.user_id().unwrap_or_default(), refresh.credentials_status);
    })?;

    // A payment has a new status. It may be older than one you have: store it only if its `updated` is newer.
    hooks.on_typed(|_event, payment: PaymentUpdated| {
        println!("payment {}: {} {}, at {:?}", payment.id, payment.amount, payment.status, payment.updated);
    })?;

    // What asks a database and blocks runs on a thread that may. If it fails, the answer is 500, and Tink delivers again.
    hooks.on_blocking("account:created", |event| std::fs::write("/dev/null", event.raw_body()))?;
    Ok(hooks)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // What is refused and what fails is logged with `tracing`.
    tracing_subscriber::fmt().with_ansi(false).init();
    let app = Router::new().route_service("/webhooks/tink", Receiver::new(make_hooks()?));
    let port = std::env::var("PORT").unwrap_or_else(|_| "8000".into());
    let listener = TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    // On SIGTERM: no new deliveries, and those under way are answered.
    let mut terminated = signal(SignalKind::terminate())?;
    let ended = async move { _ = terminated.recv().await };
    axum::serve(listener, app).with_graceful_shutdown(ended).await?;
    Ok(())
}
