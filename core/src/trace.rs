//! What is told to `tracing`: one event for each delivery that is not handled, with fields and without the body.

use crate::error::Error;
use crate::payload::EventType;

#[cfg(not(feature = "tracing"))]
pub(crate) const fn refused(_error: &Error, _event_type: Option<EventType>) {}

#[cfg(feature = "tracing")]
pub(crate) fn refused(error: &Error, event_type: Option<EventType>) {
    error.trace(event_type);
}

#[cfg(feature = "tracing")]
impl Error {
    /// Tells `tracing` of a delivery that ended in this error, as [`handle_webhook`](crate::WebhookHandler::handle_webhook)
    /// does by itself: for endpoints that call `construct_event`. Behind the feature `tracing`.
    ///
    /// The level is `ERROR` where the answer is 500, `WARN` where it is 4xx, and `INFO` for the test ping. The fields are
    /// `kind`, `reason`, `status`, `age` (seconds), `event` (the type), `error` with its sources, and `failures` where
    /// several handlers failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// if let Err(error) = hooks.construct_event("{}", "nonsense") {
    ///     error.trace(None);
    /// }
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn trace(&self, event_type: Option<EventType>) {
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: "tink_webhooks",
                    tracing::Level::$level,
                    kind = self.kind().as_str(),
                    reason = self.reason().as_str(),
                    status = self.http_status(),
                    age = self.age(),
                    event = event_type.map(EventType::as_str),
                    error = self as &(dyn std::error::Error + 'static),
                    failures = self
                        .handler_failure()
                        .filter(|failure| failure.errors().len() > 1)
                        .map(tracing::field::display),
                    "tink webhook: {}",
                    self.reason(),
                )
            };
        }
        match self.http_status() {
            500.. => event!(ERROR),
            400..500 => event!(WARN),
            _ => event!(INFO),
        }
    }
}
