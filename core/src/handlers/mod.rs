//! The handlers: which are registered, which run for an event, and what is known of those that failed.

mod asynchronous;
mod callable;
mod dispatch;
mod failure;
mod key;
mod registry;
mod tally;

pub use asynchronous::{BlockingWork, RunBlocking};
pub(crate) use asynchronous::{Given, run_async};
pub use callable::{AsyncHandler, Handler, HandlerFuture, HandlerResult, RegisteredHandler};
pub(crate) use dispatch::run;
pub use failure::{HandlerError, HandlerFailure, HandlerPanic};
pub use key::Key;
pub use registry::{Registry, Snapshot};
pub use tally::Tally;
