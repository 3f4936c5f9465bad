//! Receives the webhooks of [Tink](https://tink.com) over HTTP: a [`tower`](tower_service) service, [`Receiver`], over the
//! types of the crate [`http`]. hyper, tonic, warp, `lambda_http` and whatever else speaks tower take it; for axum there is
//! `tink-webhooks-axum`, for actix-web `tink-webhooks-actix`.
//!
//! ```
//! use tink_webhooks::{Scheme, WebhookHandler};
//! use tink_webhooks_http::Receiver;
//!
//! let hooks = WebhookHandler::builder().secret("67abc1e08fb64c92b450a13e0876330b").schemes([Scheme::V1]).build()?;
//! hooks.on_async("refresh:finished", |event| async move { println!("{:?}", event.user_id()) })?;
//! let service = Receiver::new(hooks); // clones share everything
//! # let _ = service;
//! # Ok::<(), tink_webhooks::Error>(())
//! ```
//!
//! # What it answers
//!
//! | what happened | answer |
//! |---|---|
//! | verified, handlers ran or there were none | 200 `ok` |
//! | the test ping | 200 `test_webhook`; no handler runs |
//! | refused | the error's status and reason, such as 401 `signature_mismatch` |
//! | a handler failed or panicked | 500 `handler_failed`: Tink delivers again |
//! | not a POST | 405 `method_not_allowed` |
//! | the client left, or the body took more than 30 s | 408 `unreadable_body` |
//! | another layer had read the body | 500 `invalid_option`, and the log names the fix |
//!
//! The answer never has a handler's message. No more than `max_body_bytes` of a body is read.
//!
//! # Handlers, and clients that leave
//!
//! Synchronous handlers run on the thread that polls, those of `on_blocking` in tokio's pool for blocking work, and
//! asynchronous ones are awaited. A client that leaves stops no handler: as soon as a handler waits, the delivery becomes a
//! task of its own. Tink does not deliver again after a connection that broke.
//!
//! # The runtime
//!
//! Tokio is used for the time limit of bodies, for blocking work, and for that task. Outside a tokio runtime there is
//! none of the three: bodies have no time limit, `on_blocking` needs the builder's `run_blocking`, and a server that drops
//! the future stops the handler.

mod body;
mod endpoint;
mod log;
mod outcome;
mod receiver;
mod task;
#[cfg(feature = "explain")]
mod why;

pub use body::{BodyBuffer, read_body, within};
pub use endpoint::{Answer, Endpoint};
pub use log::log;
pub use outcome::{Outcome, OutcomeKind};
pub use receiver::{Receiver, construct_event};
pub use task::{run_to_end, run_to_end_with};
pub use tink_webhooks;

/// The name of the header that carries the signature.
pub const SIGNATURE_HEADER: &str = "x-tink-signature";
