//! The demo's receiver on axum: `receiver PORT`, with the secret in `TINK_WEBHOOK_SECRET`. Port 0 takes a free one. It
//! prints where it listens, and a line for every handler that runs. One handler fails on purpose, and bare signatures are
//! accepted: receivers to copy are in examples/.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what it prints is what the demo reads")]

use std::error::Error as StdError;

use axum::Router;
use tink_webhooks_axum::tink_webhooks::{Event, WebhookHandler};
use tink_webhooks_axum::{Error, Receiver};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

fn hooks() -> Result<WebhookHandler, Error> {
    let hooks = WebhookHandler::from_env()?;
    let say = |handler: &'static str| move |event: &Event<'_>| println!("ran {handler} {}", event.name());
    hooks.on_async("refresh:finished", |event| async move { println!("ran on_refresh {}", event.name()) })?;
    hooks.on_blocking("payment_updated", say("on_payment"))?;
    hooks.on("unknown", say("on_unknown"))?;
    hooks.on("*", say("on_any"))?;
    hooks.on("account:updated", move |event| {
        say("failing")(event);
        Err("the database is away") // the receiver answers 500, and Tink delivers again
    })?;
    Ok(hooks)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "8000".into());
    let receiver = Receiver::new(hooks()?).on_error(|_, error| eprintln!("refused: {error}"));
    let app = Router::new().fallback_service(receiver); // on any path
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}/", listener.local_addr()?);
    let mut terminated = signal(SignalKind::terminate())?;
    let ended = async move { _ = terminated.recv().await };
    axum::serve(listener, app).with_graceful_shutdown(ended).await?;
    Ok(())
}
