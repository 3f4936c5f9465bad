//! Receives the webhooks of [Tink](https://tink.com) with actix-web 4.
//!
//! [`Receiver`] is a route that does everything: it reads the body, verifies, runs the handlers and answers.
//!
//! ```no_run
//! use actix_web::{App, HttpServer};
//! use tink_webhooks_actix::Receiver;
//! use tink_webhooks_actix::tink_webhooks::{Scheme, WebhookHandler, data::RefreshFinished};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let hooks = WebhookHandler::builder().schemes([Scheme::V1]).build()?; // the secret comes from TINK_WEBHOOK_SECRET
//!     hooks.on_typed_async(|event, refresh: RefreshFinished| async move {
//!         println!("{:?} {}", event.user_id(), refresh.credentials_status);
//!     })?;
//!     let receiver = Receiver::new(hooks); // clones share everything
//!     HttpServer::new(move || App::new().route("/webhooks/tink", receiver.clone().route()))
//!         .bind("0.0.0.0:8000")?
//!         .run()
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! [`TinkEvent`] is an extractor for routes of your own, and [`Rejection`] turns an [`Error`] into its answer.
//!
//! What is answered is said in [`tink_webhooks_http`]. A client that leaves stops no handler.

mod body;
mod extract;
mod receiver;
mod rejection;

pub use extract::TinkEvent;
pub use receiver::Receiver;
pub use rejection::Rejection;
#[doc(no_inline)]
pub use tink_webhooks::Error;
pub use tink_webhooks_http::{Outcome, OutcomeKind};
pub use {tink_webhooks, tink_webhooks_http};
