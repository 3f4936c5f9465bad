//! The C ABI of tink-webhooks: `libtink_webhooks.so` and `libtink_webhooks.a`.
//!
//! The contract is `include/tink_webhooks.h`, written for C programmers; the build compares it with this crate (see
//! [`proof`]). The crate only translates, and has no rules of its own: it turns a caller's pointers into slices and
//! references ([`pointers`]), calls `tink_webhooks`, and turns the result into a code and an object behind a pointer. No
//! panic leaves it ([`guard`]).

#![expect(clippy::missing_safety_doc, reason = "the header says what a caller must guarantee to each function")]

mod builder;
mod callback;
mod codes;
mod deliver;
mod error;
mod event;
mod explain;
mod failure;
mod guard;
mod handlers;
mod hooks;
mod numbers;
mod pointers;
mod proof;
mod serialize;
mod sign;
mod stream;
mod text;
mod value;
mod views;

pub use builder::*;
pub use deliver::*;
pub use error::*;
pub use event::*;
pub use explain::*;
pub use failure::ErrorObject;
pub use handlers::*;
pub use hooks::Hooks;
pub use serialize::*;
pub use sign::*;
pub use stream::*;
pub use value::*;
pub use views::{IteratorView, Slice, ValueView, VerificationView};
