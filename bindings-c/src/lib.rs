//! The C ABI of tink-webhooks: `libtink_webhooks.so` and `libtink_webhooks.a`.
//!
//! The contract is `include/tink_webhooks.h`, written for C programmers; the build compares it with what is here (see
//! [`proof`]). This crate translates and owns no rule of its own: a caller's pointers become slices and references
//! ([`pointers`]), `tink_webhooks` answers, and the answer becomes a code and an object behind a pointer. No panic leaves it ([`guard`]).

#![expect(
    clippy::missing_safety_doc,
    reason = "what a caller owes each function is said once, in the header; each function is documented as the header's"
)]

mod builder;
mod callback;
mod codes;
mod deliver;
mod error;
mod event;
mod failure;
mod guard;
mod handlers;
mod hooks;
mod numbers;
mod pointers;
mod proof;
mod sign;
mod stream;
mod text;
mod views;

pub use builder::*;
pub use deliver::*;
pub use error::*;
pub use event::*;
pub use failure::ErrorObject;
pub use handlers::*;
pub use hooks::Hooks;
pub use sign::*;
pub use stream::*;
pub use views::{Slice, VerificationView};
