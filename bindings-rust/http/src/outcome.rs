//! What came of one request, for hooks.

use std::fmt;
use std::time::Duration;

use tink_webhooks::{Error, Event, EventType, Kind, Reason, Tally};

/// What came of a request, in a word.
///
/// # Examples
///
/// ```
/// assert_eq!(tink_webhooks_http::OutcomeKind::Handled.as_str(), "handled");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// The handlers ran, or there were none for the event. HTTP 200.
    Handled,
    /// Every handler of the event was skipped, because what it does was done for another copy. HTTP 200.
    Duplicate,
    /// Another copy of the event is being handled, and has not ended while this one waited. HTTP 503, so that Tink delivers
    /// again.
    InProgress,
    /// The test ping. HTTP 200.
    Test,
    /// No delivery, or none that is authentic and readable. HTTP 4xx.
    Refused,
    /// A handler failed, or the receiver is not usable. HTTP 5xx.
    Failed,
}

impl OutcomeKind {
    /// The word, as metrics have it.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks_http::OutcomeKind::Test.as_str(), "test");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::Duplicate => "duplicate",
            Self::InProgress => "in_progress",
            Self::Test => "test",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of one request, whatever it was. It has neither the payload nor the signature.
///
/// # Examples
///
/// ```
/// use tink_webhooks_http::Outcome;
/// fn count(outcome: &Outcome<'_>) -> String {
///     format!("{} {} {:?}", outcome.kind, outcome.status, outcome.reason())
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<'e> {
    /// The outcome in a word.
    pub kind: OutcomeKind,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The event's type; none where the delivery was refused, and for the test ping.
    pub event_type: Option<EventType>,
    /// Which secret matched, counted from 0; none where there is no event.
    pub secret_index: Option<usize>,
    /// Whole seconds between signing and receipt, negative if the signature is from the future. None for scheme `body`, and
    /// where there is no event and the error does not concern the time window.
    pub age: Option<i64>,
    /// From the request to the answer, with the reading of the body and the handlers.
    pub duration: Duration,
    /// The error; none for [`OutcomeKind::Handled`] and [`OutcomeKind::Duplicate`].
    pub error: Option<&'e Error>,
    /// A handler under `once` has run, and its store has no record of it: another copy of the event runs it again.
    pub commit_lost: bool,
}

impl<'e> Outcome<'e> {
    /// Of an event, if there is one, and an error, if there is one; `now` is the time of receipt in milliseconds.
    pub(crate) fn of(
        event: Option<&Event<'_>>,
        error: Option<&'e Error>,
        tally: &Tally,
        now: Option<i64>,
        duration: Duration,
    ) -> Self {
        let status = error.map_or(200, Error::http_status);
        let kind = match error {
            None if tally.is_duplicate() => OutcomeKind::Duplicate,
            None => OutcomeKind::Handled,
            Some(error) if error.reason() == Reason::InProgress => OutcomeKind::InProgress,
            Some(error) if error.kind() == Kind::TestWebhook => OutcomeKind::Test,
            Some(_) if status >= 500 => OutcomeKind::Failed,
            Some(_) => OutcomeKind::Refused,
        };
        let verification = event.and_then(Event::verification);
        let signed_at = verification.and_then(|proof| proof.signed_at);
        let since = signed_at.zip(now).map(|(signed_at, now)| now.div_euclid(1_000) - signed_at);
        Self {
            kind,
            status,
            event_type: event.map(Event::event_type),
            secret_index: verification.map(|proof| proof.secret_index),
            age: since.or_else(|| error.and_then(Error::age)),
            duration,
            error,
            commit_lost: tally.commit_lost(),
        }
    }

    /// The reason of the error; none for [`OutcomeKind::Handled`] and [`OutcomeKind::Duplicate`].
    ///
    /// # Examples
    ///
    /// ```
    /// fn is_forged(outcome: &tink_webhooks_http::Outcome<'_>) -> bool {
    ///     outcome.reason() == Some(tink_webhooks_http::tink_webhooks::Reason::SignatureMismatch)
    /// }
    /// ```
    pub fn reason(&self) -> Option<Reason> {
        self.error.map(Error::reason)
    }
}
