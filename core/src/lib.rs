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
//! Start at [`WebhookHandler`]. A worker that takes events from a queue ([`Event::serialize`]) has a [`Dispatcher`], which
//! needs no secret. [`Verifier`], [`Registry`] and [`Payload`] are what they are made of, and what the bindings for C,
//! Python, Node and Go are made of.
//!
//! # How a delivery is handled
//!
//! [`Verifier`] checks the size of the body, reads the header, computes the MAC, checks the time window, and only then
//! reads the payload: nothing of it is looked at before the MAC holds. The payload is scanned once, and the result is a
//! [`Payload`] of numbers and offsets into the body. With what was proved it becomes a [`Delivery`], and for Rust users
//! an [`Event`], which makes objects of `data`, `context` and `raw` when they are asked for. [`Registry`] then gives the
//! handlers of the event's type. They run one after the other, and their failures become one [`Error`].

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// From the ground up: each module knows only those above it.
mod error;

pub mod clock;

mod signature;

mod payload;

mod delivery;

mod event;

mod occurrence_fields;

mod occurrence;

mod serialize;

#[cfg(feature = "data")]
pub mod data;

#[cfg(feature = "explain")]
pub mod explain;

mod verifier;

mod handlers;

mod trace;

mod text_forms;

mod dispatcher;

mod registration;

#[cfg(feature = "data")]
mod typed_registration;

mod webhook_handler;
mod webhook_handler_builder;

pub use delivery::Delivery;
pub use dispatcher::Dispatcher;
pub use error::{Error, Kind, Reason};
pub use event::Event;
pub use handlers::{
    AsyncHandler, BlockingWork, Handler, HandlerError, HandlerFailure, HandlerFuture, HandlerPanic, HandlerResult, Key,
    RegisteredHandler, Registry, RunBlocking, Snapshot, Tally,
};
pub use occurrence::IdempotencyKey;
/// For the command, which makes events that are new occurrences.
#[doc(hidden)]
pub use occurrence_fields::{Named, names_of};
pub use payload::{Entries, Entry, EventType, InvalidPointer, JsonValue, Payload, Span, Text, ValueKind};
pub use serialize::StoredEvent;
pub use signature::{
    DeliveryId, Scheme, SignatureHeader, Tolerance, Verification, VerificationStream, generate_signature, hmac_sha256,
};
pub use verifier::{Verifier, VerifierBuilder};
pub use webhook_handler::WebhookHandler;
pub use webhook_handler_builder::WebhookHandlerBuilder;

#[cfg(feature = "http")]
pub use http;
#[cfg(feature = "rust_decimal")]
pub use rust_decimal;
pub use {chrono, serde_json};

/// The version of this library, the same for every language.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
