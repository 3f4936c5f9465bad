//! Receives the webhooks of [Tink](https://tink.com) with axum 0.8.
//!
//! [`Receiver`] is a service that does everything: it reads the body, verifies, runs the handlers and answers.
//!
//! ```no_run
//! use axum::Router;
//! use tink_webhooks_axum::Receiver;
//! use tink_webhooks_axum::tink_webhooks::{Scheme, WebhookHandler, data::RefreshFinished};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?; // the secret comes from TINK_WEBHOOK_SECRET
//! hooks.on_typed_async(|event, refresh: RefreshFinished| async move {
//!     println!("{:?} {}", event.user_id(), refresh.credentials_status);
//! })?;
//! let app: Router = Router::new().route_service("/webhooks/tink", Receiver::new(hooks));
//! axum::serve(tokio::net::TcpListener::bind("0.0.0.0:8000").await?, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`TinkEvent`] is an extractor for routes of your own, and [`Rejection`] turns an [`Error`] into its answer.
//!
//! What is answered, and what becomes of handlers when a client leaves, is said in [`tink_webhooks_http`].

mod extract;
mod rejection;

pub use extract::TinkEvent;
pub use rejection::Rejection;
#[doc(no_inline)]
pub use tink_webhooks::Error;
pub use tink_webhooks_http::{Outcome, OutcomeKind, Receiver};
pub use {tink_webhooks, tink_webhooks_http};
