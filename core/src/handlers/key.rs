//! What a handler is registered for, and how a user writes it.

use crate::error::{Error, Reason};
use crate::payload::EventType;

/// What a handler can be registered for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// A known event type, by either of its spellings.
    Type(EventType),
    /// The exact wire name of an event this library does not know.
    Name(Box<str>),
    /// Every event this library does not know: `unknown`.
    Unknown,
    /// Every event: `*`.
    Any,
}

impl Key {
    /// Reads a key: a known type or wire name, `unknown`, `*`, or any other name with a `:`, `.` or `-`, unless it is
    /// within two edits of a known one. With `allow_unknown` any other name that is not empty.
    ///
    /// # Errors
    /// [`Reason::UnknownEventType`], with the nearest known name as the hint: a typo must not become a handler that
    /// never runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, Key};
    /// assert_eq!(Key::parse("refresh_finished", false)?, Key::Type(EventType::RefreshFinished));
    /// assert_eq!(Key::parse("consent:created", false)?, Key::Name("consent:created".into()));
    /// let error = Key::parse("refresh:finnished", false).unwrap_err();
    /// assert_eq!(error.hint(), Some("did you mean \"refresh:finished\"?"));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse(text: &str, allow_unknown: bool) -> Result<Self, Error> {
        match text {
            "*" => return Ok(Self::Any),
            "unknown" => return Ok(Self::Unknown),
            _ => {}
        }
        if let Some(known) = EventType::from_snake_case(text) {
            return Ok(Self::Type(known));
        }
        match EventType::from_name(text) {
            EventType::Unknown => {}
            known => return Ok(Self::Type(known)),
        }
        let (nearest, edits) = nearest(text);
        let is_a_name = text.contains([':', '.', '-']) && edits > 2;
        if !text.is_empty() && (allow_unknown || is_a_name) {
            return Ok(Self::Name(text.into()));
        }
        // What other libraries and brokers write for every event.
        let meant = if ["", "all", "any"].iter().any(|every| text.eq_ignore_ascii_case(every)) { "*" } else { nearest };
        Err(Error::new(Reason::UnknownEventType).hint_text(format!("did you mean \"{meant}\"?")))
    }

    /// What to log when a handler is registered for this key, where something is likely to be wrong with it: a name from
    /// guides and other libraries that Tink does not send. The registration holds all the same.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Key;
    /// assert!(Key::parse("transaction:created", false)?.warning().is_some());
    /// assert!(Key::parse("consent:signed", false)?.warning().is_none());
    /// assert!(Key::parse("refresh:finished", false)?.warning().is_none());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn warning(&self) -> Option<&'static str> {
        matches!(self, Self::Name(name) if NEVER_SENT.contains(&&**name)).then_some(
            "Tink's documentation knows no event of this name, though guides use it: the handler most likely never runs",
        )
    }

    /// The key as `get_handlers` shows it: the `snake_case` type, the wire name, `unknown` or `*`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Key;
    /// assert_eq!(Key::parse("refresh:finished", false)?.as_str(), "refresh_finished");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn as_str(&self) -> &str {
        match self {
            Self::Type(event_type) => event_type.as_str(),
            Self::Name(name) => name,
            Self::Unknown => "unknown",
            Self::Any => "*",
        }
    }

    pub(super) fn matches(&self, event_type: EventType, name: &str) -> bool {
        match self {
            Self::Type(registered) => *registered == event_type,
            Self::Name(registered) => event_type == EventType::Unknown && **registered == *name,
            Self::Unknown => event_type == EventType::Unknown,
            Self::Any => true,
        }
    }

    /// Where in the order of a dispatch the key stands: type or exact name, then `unknown`, then `*`.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Type(_) | Self::Name(_) => 0,
            Self::Unknown => 1,
            Self::Any => 2,
        }
    }
}

/// Names that guides and other libraries register, and that Tink's documentation does not have.
const NEVER_SENT: [&str; 12] = [
    "account.balance_updated",
    "account:balance_updated",
    "consent:created",
    "consent:revoked",
    "credentials.created",
    "credentials.deleted",
    "credentials:created",
    "credentials:updated",
    "payment.status-updated",
    "transaction:created",
    "transactions.updated",
    "transfer.updated",
];

/// The known wire name nearest to the text, in either spelling, and how many edits away it is.
fn nearest(text: &str) -> (&'static str, usize) {
    let known = EventType::ALL.iter().filter_map(|event_type| Some((event_type.name()?, event_type.as_str())));
    let distances = known.map(|(name, snake)| (name, edits(text, name).min(edits(text, snake))));
    distances.min_by_key(|(_, edits)| *edits).unwrap_or_default()
}

/// Levenshtein's distance in characters.
fn edits(text: &str, known: &str) -> usize {
    // A text this long is no typo of a name of 40 characters, and is not worth measuring.
    if text.len() > 256 { usize::MAX } else { strsim::levenshtein(text, known) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Under Miri, which interprets, few must do.
    const STEP: usize = if cfg!(miri) { 6 } else { 1 };

    #[test]
    fn distance() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("refresh.finished", "refresh:finished"), 1);
    }

    #[test]
    fn a_typo_is_refused_and_a_foreign_name_is_not() {
        let typos =
            ["refresh.finished", "refresh:finish", "refreshfinished", "Refresh:finished", "", "payment", "test"];
        for typo in typos.into_iter().step_by(STEP) {
            let error = Key::parse(typo, false).err();
            assert!(error.is_some_and(|error| error.reason() == Reason::UnknownEventType), "{typo}");
        }
        assert_eq!(Key::parse("risk-insights:created", false).ok().map(|key| key.rank()), Some(0));
        assert_eq!(Key::parse("payment", true).ok(), Some(Key::Name("payment".into())));
        assert!(Key::parse("", true).is_err());
    }

    #[test]
    fn a_wildcard_of_others_is_answered_with_ours() {
        for every in ["", "all", "any", "ALL", "Any"] {
            let error = Key::parse(every, false).err();
            assert_eq!(error.as_ref().and_then(Error::hint), Some("did you mean \"*\"?"), "{every}");
        }
    }

    #[test]
    fn names_that_tink_never_sends_register_and_are_warned_of() {
        for name in NEVER_SENT.into_iter().step_by(STEP) {
            let warned = |key: Key| key.warning().is_some();
            assert!(Key::parse(name, false).map_or_else(|error| error.hint().is_some(), warned), "{name}");
            assert!(Key::parse(name, true).is_ok_and(warned), "{name}");
        }
        for name in ["credentials.created", "transactions.updated", "transaction:created", "consent:revoked"] {
            assert!(Key::parse(name, false).is_ok_and(|key| key.warning().is_some()), "{name}");
        }
        assert!(EventType::ALL.iter().all(|known| Key::Type(*known).warning().is_none()));
    }
}
