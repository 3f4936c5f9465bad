//! What is told to `tracing`, if the feature is on.

use tink_webhooks::{Error, Event};

/// Tells `tracing` of a delivery that ended in this error: for adapters, so that they need not know the feature.
///
/// # Examples
///
/// ```
/// use tink_webhooks_http::tink_webhooks::{Error, Reason};
/// tink_webhooks_http::log(&Error::new(Reason::MissingSignature), None);
/// ```
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is nobody to tell"))]
pub fn log(error: &Error, event: Option<&Event<'_>>) {
    #[cfg(feature = "tracing")]
    error.trace(event.map(Event::event_type));
}

#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is nobody to tell"))]
pub(crate) fn hook_panicked(hook: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::error!(target: "tink_webhooks", hook, "tink webhook: the {hook} hook panicked");
}
