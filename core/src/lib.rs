//! Verify, parse and dispatch the webhooks of [Tink](https://tink.com).
//!
//! A **delivery** is one HTTP POST from Tink: the body's exact bytes and the value of the `X-Tink-Signature` header.
//! The header is of **scheme** `v1` (Events v2: `t=<unix seconds>,v1=<64 hex digits>`, HMAC-SHA256 over `<t>.<body>`) or
//! `body` (64 hex digits, HMAC-SHA256 over the body alone). The **envelope** is `{"event","content","context"?}`
//! (Events v2) or `{"type","data","timestamp"?}` (community). An event's **name** is its exact wire name
//! (`refresh:finished`), its **event type** the name in `snake_case` if known, else `unknown`. A **handler** is your
//! closure for an event type.
//!
//! ```
//! use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
//!
//! let hooks = WebhookHandler::builder().secret("s3cret").schemes([Scheme::V1]).build()?;
//! hooks.on("refresh:finished", |event| println!("refreshed: {:?}", event.user_id()))?;
//!
//! let body = r#"{"event":"refresh:finished","context":{"userId":"u1"},"content":{}}"#;
//! let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
//! let event = hooks.handle_webhook(body, &header)?;
//! assert_eq!(event.name(), "refresh:finished");
//! # Ok::<(), tink_webhooks::Error>(())
//! ```
//!
//! Start at [`WebhookHandler`]. [`Verifier`], [`Registry`] and [`Payload`] are what it is made of, and what the bindings
//! for C, Python, Node and Go are made of.

#![forbid(unsafe_code)]

mod carry;
mod claim;
pub mod clock;
mod dispatch;
mod error;
mod event;
mod event_type;
mod handler;
mod header;
mod hmac;
mod json;
mod payload;
mod registry;
mod scheme;
mod secret;
mod stream;
mod swar;
mod timestamp;
mod verifier;
mod window;

pub use dispatch::{Handler, HandlerError, HandlerFailure, HandlerResult};
pub use error::{Error, Kind, Reason};
pub use event::Event;
pub use event_type::EventType;
pub use handler::{SignatureHeader, WebhookHandler, WebhookHandlerBuilder};
pub use json::{Span, Text};
pub use payload::Payload;
pub use registry::{Key, Registry, Snapshot};
pub use scheme::Scheme;
pub use stream::VerificationStream;
pub use verifier::{Delivery, DeliveryId, Verification, Verifier, VerifierBuilder, generate_signature, hmac_sha256};
pub use window::Tolerance;

/// The version of this library, the same for every language.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
