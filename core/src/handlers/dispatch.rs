//! Runs handlers one after the other. All of them run, and every failure is reported.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Reason};
use crate::event::Event;
use crate::handlers::callable::{Handler, RegisteredHandler};
use crate::handlers::failure::{self, HandlerError, HandlerPanic};
use crate::handlers::registry::Snapshot;
use crate::handlers::tally::Tally;

/// Runs the handlers of an event, all of them whatever each returns, and whether or not it panics.
///
/// `sync_only` says that no asynchronous handler was ever registered; else none runs if one of them is.
pub(crate) fn run(handlers: &Snapshot<RegisteredHandler>, event: &Event<'_>, sync_only: bool) -> Result<(), Error> {
    let matching = || handlers.matching(event.event_type(), event.name());
    if !sync_only && matching().any(|handler| handler.is_async()) {
        return Err(awaits());
    }
    Tally::count(matching());
    let results = matching().map(|handler| match &**handler {
        RegisteredHandler::Sync(handler) | RegisteredHandler::Blocking(handler) => call(&**handler, event),
        RegisteredHandler::Async(_) => Err(awaits().into()),
    });
    let errors: Vec<HandlerError> = results.filter_map(Result::err).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(failure::error(event, errors))
}

fn awaits() -> Error {
    Error::with_message(
        Reason::InvalidOption,
        "an asynchronous handler is registered for this event: call handle_webhook_async or dispatch_async; no handler \
         was run",
    )
}

/// A panic is a failure like any other: a server would drop the connection for it, and Tink never retries those.
pub(super) fn call(handler: &Handler, event: &Event<'_>) -> Result<(), HandlerError> {
    caught(|| handler(event)).unwrap_or_else(|panic| Err(panic.into()))
}

/// The result of a function, or what is known of its panic.
pub(super) fn caught<T>(function: impl FnOnce() -> T) -> Result<T, HandlerPanic> {
    // Unwind safe: of this library's state the handler sees the event alone, and cannot change it.
    catch_unwind(AssertUnwindSafe(function)).map_err(|payload| {
        let message =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(|s| &**s));
        let error = HandlerPanic::new(message);
        discard(payload);
        error
    })
}

/// Drops what a panic carried. If that panics as well, what the second one carried is leaked.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
