//! Running handlers: one after the other, all of them, and no failure is swallowed.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::error::Error;
use crate::event::Event;
use crate::registry::Snapshot;

/// The error of a handler: any error type will do.
pub type HandlerError = Box<dyn StdError + Send + Sync>;

/// A handler of this language. The same `Arc` registered twice for a key runs once.
///
/// Closures need no `Arc`: [`WebhookHandler::on`](crate::WebhookHandler::on) takes them as they are.
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

/// The event of a dispatch in which handlers failed, and what each of them said, in the order they ran.
///
/// Read it with [`Error::handler_failure`]: a worker puts the event back on its queue, an endpoint answers 500 and Tink
/// delivers again.
///
/// ```
/// use tink_webhooks::WebhookHandler;
///
/// let hooks = WebhookHandler::new("s3cret")?;
/// hooks.on("*", |_event| Err::<(), _>("the database is away"))?;
/// let event = hooks.parse_event(r#"{"event":"account:updated"}"#)?;
/// let error = hooks.dispatch(&event).unwrap_err();
/// let failure = error.handler_failure().unwrap();
/// assert_eq!(failure.event().name(), "account:updated");
/// assert_eq!(failure.errors()[0].to_string(), "the database is away");
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub struct HandlerFailure {
    event: Event<'static>,
    errors: Vec<HandlerError>,
}

impl HandlerFailure {
    /// The event that was dispatched.
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// assert_eq!(error.handler_failure().unwrap().event().name(), "account:updated");
    /// ```
    pub const fn event(&self) -> &Event<'static> {
        &self.event
    }

    /// Every handler's error, at least one.
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// assert_eq!(error.handler_failure().unwrap().errors()[0].to_string(), "away");
    /// ```
    pub fn errors(&self) -> &[HandlerError] {
        &self.errors
    }

    /// Both, by value.
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// let (event, errors) = error.into_handler_failure().unwrap().into_parts();
    /// assert_eq!((event.name(), errors.len()), ("account:updated", 1));
    /// ```
    pub fn into_parts(self) -> (Event<'static>, Vec<HandlerError>) {
        (self.event, self.errors)
    }
}

impl fmt::Debug for HandlerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerFailure").field("event", &self.event).field("errors", &self.errors).finish()
    }
}

/// Runs the handlers of an event, all of them whatever each returns.
pub(crate) fn run(handlers: &Snapshot<Arc<Handler>>, event: &Event<'_>) -> Result<(), Error> {
    let results = handlers.matching(event.event_type(), event.name()).map(|handler| handler(event));
    let errors: Vec<HandlerError> = results.filter_map(Result::err).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let failure = HandlerFailure { event: event.clone().into_owned(), errors };
    Err(Error::handlers_failed(failure.errors.len()).with_failure(failure))
}
