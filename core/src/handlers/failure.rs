//! What is known of handlers that failed, and how an [`Error`] carries it.

use std::error::Error as StdError;
use std::fmt;

use crate::error::Error;
use crate::event::Event;

/// The error of a handler: any error type will do.
pub type HandlerError = Box<dyn StdError + Send + Sync>;

/// The error of a handler that panicked, among [`HandlerFailure::errors`]. The panic hook has run; with
/// `panic = "abort"` the process ends there instead.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{HandlerPanic, WebhookHandler};
///
/// let hooks = WebhookHandler::new("s3cret")?;
/// hooks.on("*", |_event| -> () { panic!("no such account") })?;
/// let error = hooks.dispatch(&hooks.parse_event(r#"{"event":"account:updated"}"#)?).unwrap_err();
/// let failure = error.handler_failure().unwrap();
/// assert_eq!(failure.errors()[0].to_string(), "the handler panicked: no such account");
/// assert!(failure.errors()[0].is::<HandlerPanic>());
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Debug)]
pub struct HandlerPanic(Option<Box<str>>);

impl HandlerPanic {
    pub(crate) fn new(message: Option<&str>) -> Self {
        Self(message.map(Into::into))
    }

    /// The panic's message; `None` where what it carried is not text (`std::panic::panic_any`).
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::{HandlerPanic, WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| -> () { panic!("no such account") }).unwrap();
    /// # let error = hooks.dispatch(&hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap()).unwrap_err();
    /// let panic: &HandlerPanic = error.handler_failure().unwrap().errors()[0].downcast_ref().unwrap();
    /// assert_eq!(panic.message(), Some("no such account"));
    /// ```
    pub fn message(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for HandlerPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handler panicked")?;
        self.message().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

impl StdError for HandlerPanic {}

/// The event of a dispatch in which handlers failed, and what each of them said, in the order they ran.
///
/// Read it with [`Error::handler_failure`]: a worker puts the event back on its queue, an endpoint answers 500 and Tink
/// delivers again.
///
/// # Examples
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
    /// # Examples
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
    /// # Examples
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
    /// # Examples
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

impl fmt::Display for HandlerFailure {
    /// Every handler's error, separated by `; `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl StdError for HandlerFailure {
    /// The first handler's error.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.errors.first().map(|error| &**error as &(dyn StdError + 'static))
    }
}

impl fmt::Debug for HandlerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerFailure").field("event", &self.event).field("errors", &self.errors).finish()
    }
}

/// The error of a dispatch in which these handlers failed.
pub(crate) fn error(event: &Event<'_>, errors: Vec<HandlerError>) -> Error {
    let reasons: Vec<_> = errors.iter().map(|error| error.downcast_ref().map(Error::reason)).collect();
    let failure = HandlerFailure { event: event.clone().into_owned(), errors };
    Error::dispatch_failed(&reasons).with_details(Box::new(failure))
}

impl Error {
    /// For an error from this crate's own dispatch, of [`Kind::HandlerFailed`](crate::Kind::HandlerFailed) or
    /// [`Kind::Unavailable`](crate::Kind::Unavailable): the event and every handler's error.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// assert_eq!(error.handler_failure().unwrap().errors().len(), 1);
    /// ```
    pub fn handler_failure(&self) -> Option<&HandlerFailure> {
        self.details()?.downcast_ref()
    }

    /// Every handler's error, in the order they ran; none for other kinds. [`source`](StdError::source) is the first.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("the database is away")).unwrap();
    /// hooks.on("*", |_| Err::<(), _>("no such account")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// let texts: Vec<String> = error.failures().map(ToString::to_string).collect();
    /// assert_eq!(texts, ["the database is away", "no such account"]);
    /// ```
    pub fn failures(&self) -> impl Iterator<Item = &(dyn StdError + Send + Sync + 'static)> {
        self.handler_failure().into_iter().flat_map(|failure| failure.errors.iter().map(|error| &**error))
    }

    /// The event and every handler's error, by value: to put the event back on a queue.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#).unwrap();
    /// let error = hooks.dispatch(&event).unwrap_err();
    /// let (event, _errors) = error.into_handler_failure().unwrap().into_parts();
    /// assert_eq!(event.name(), "account:updated");
    /// ```
    pub fn into_handler_failure(self) -> Option<HandlerFailure> {
        self.into_details()?.downcast().ok().map(|failure| *failure)
    }
}
