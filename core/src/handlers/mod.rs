//! The handlers: which are registered, which run for an event, and what is known of those that failed.

mod dispatch;
mod failure;
mod key;
mod registry;

pub(crate) use dispatch::run;
pub use dispatch::{Handler, HandlerResult};
pub use failure::{HandlerError, HandlerFailure, HandlerPanic};
pub use key::Key;
pub use registry::{Registry, Snapshot};
