//! Runs handlers one after the other. All of them run, and every failure is reported.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::Error;
use crate::event::Event;
use crate::handlers::failure::{self, HandlerError, HandlerPanic};
use crate::handlers::registry::Snapshot;

/// A handler of this language. The same `Arc` registered twice for a key runs once.
///
/// Closures need no `Arc`: [`WebhookHandler::on`](crate::WebhookHandler::on) takes them as they are.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use tink_webhooks::Handler;
/// let handler: Arc<Handler> = Arc::new(|event| Ok(println!("{}", event.name())));
/// ```
pub type Handler = dyn Fn(&Event<'_>) -> Result<(), HandlerError> + Send + Sync;

/// What a handler may return: nothing, or a `Result` of nothing with any error.
pub trait HandlerResult {
    /// The result as [`Handler`] states it.
    ///
    /// # Errors
    /// The handler's own.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::HandlerResult;
    /// assert!(().into_result().is_ok());
    /// assert!(Err::<(), _>("away").into_result().is_err());
    /// ```
    fn into_result(self) -> Result<(), HandlerError>;
}

impl HandlerResult for () {
    fn into_result(self) -> Result<(), HandlerError> {
        Ok(())
    }
}

impl<E: Into<HandlerError>> HandlerResult for Result<(), E> {
    fn into_result(self) -> Result<(), HandlerError> {
        self.map_err(Into::into)
    }
}

/// Runs the handlers of an event, all of them whatever each returns, and whether or not it panics.
pub(crate) fn run(handlers: &Snapshot<Arc<Handler>>, event: &Event<'_>) -> Result<(), Error> {
    let results = handlers.matching(event.event_type(), event.name()).map(|handler| call(&***handler, event));
    let errors: Vec<HandlerError> = results.filter_map(Result::err).collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(failure::error(event, errors))
}

/// A panic is a failure like any other: a server would drop the connection for it, and Tink never retries those.
fn call(handler: &Handler, event: &Event<'_>) -> Result<(), HandlerError> {
    // Unwind safe: of this library's state the handler sees the event alone, and cannot change it.
    catch_unwind(AssertUnwindSafe(|| handler(event))).unwrap_or_else(|payload| {
        let message =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(|s| &**s));
        let error = HandlerPanic::new(message);
        discard(payload);
        Err(error.into())
    })
}

/// Drops what a panic carried. If that panics as well, what the second one carried is leaked.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
