//! What a handler of this language is: a function that returns, one that may block, or one that gives a future.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::event::Event;
use crate::handlers::failure::HandlerError;

/// A handler of this language. The same `Arc` registered twice for a key runs once.
///
/// Closures need no `Arc`: [`Dispatcher::on`](crate::Dispatcher::on) takes them as they are.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use tink_webhooks::Handler;
/// let handler: Arc<Handler> = Arc::new(|event| Ok(println!("{}", event.name())));
/// ```
pub type Handler = dyn Fn(&Event<'_>) -> Result<(), HandlerError> + Send + Sync;

/// What an [`AsyncHandler`] gives: it runs when it is polled, and stops when it is dropped.
///
/// # Examples
///
/// ```
/// use tink_webhooks::HandlerFuture;
/// let done: HandlerFuture = Box::pin(async { Ok(()) });
/// ```
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send>>;

/// An asynchronous handler. It shares the event, so that its future may outlive the call.
///
/// Closures need no `Arc`: [`Dispatcher::on_async`](crate::Dispatcher::on_async) takes them as they are.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use tink_webhooks::AsyncHandler;
/// let handler: Arc<AsyncHandler> = Arc::new(|event| {
///     Box::pin(async move { Ok(println!("{}", event.name())) })
/// });
/// ```
pub type AsyncHandler = dyn Fn(Arc<Event<'static>>) -> HandlerFuture + Send + Sync;

/// A handler as it is registered, of whichever sort.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use tink_webhooks::RegisteredHandler;
/// let one = RegisteredHandler::Sync(Arc::new(|_| Ok(())));
/// assert!(one.same(&one.clone()) && !one.is_async());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum RegisteredHandler {
    /// Runs where it is dispatched.
    Sync(Arc<Handler>),
    /// The same, but an asynchronous dispatch runs it where blocking is allowed.
    Blocking(Arc<Handler>),
    /// Runs in asynchronous dispatches only.
    Async(Arc<AsyncHandler>),
}

impl RegisteredHandler {
    /// Whether both are of one sort and share one `Arc`: such a handler is registered once for a key.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::RegisteredHandler;
    /// let one = RegisteredHandler::Sync(Arc::new(|_| Ok(())));
    /// assert!(!one.same(&RegisteredHandler::Sync(Arc::new(|_| Ok(())))));
    /// ```
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sync(one), Self::Sync(two)) | (Self::Blocking(one), Self::Blocking(two)) => Arc::ptr_eq(one, two),
            (Self::Async(one), Self::Async(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }

    /// Whether only an asynchronous dispatch can run it.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::RegisteredHandler;
    /// assert!(RegisteredHandler::Async(Arc::new(|_| Box::pin(async { Ok(()) }))).is_async());
    /// ```
    pub const fn is_async(&self) -> bool {
        matches!(self, Self::Async(_))
    }
}

impl fmt::Debug for RegisteredHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sync(_) => "Sync",
            Self::Blocking(_) => "Blocking",
            Self::Async(_) => "Async",
        })
    }
}

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
