//! Which handlers run for which events. Generic over what a handler is, so that every binding keeps its own callables
//! and the rules of matching stay here.

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;

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

    fn matches(&self, event_type: EventType, name: &str) -> bool {
        match self {
            Self::Type(registered) => *registered == event_type,
            Self::Name(registered) => event_type == EventType::Unknown && **registered == *name,
            Self::Unknown => event_type == EventType::Unknown,
            Self::Any => true,
        }
    }

    /// Where in the order of a dispatch the key stands: type or exact name, then `unknown`, then `*`.
    const fn rank(&self) -> u8 {
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

/// Handlers by key. Safe to change while events are dispatched: a dispatch runs the [`Snapshot`] it began with.
///
/// No lock is held while anything of the caller's runs: neither a comparison nor a handler nor a handler's destructor.
pub struct Registry<H> {
    table: RwLock<Arc<Table<H>>>,
}

/// Groups in the order their keys were first registered; handlers in order of registration.
struct Table<H>(Vec<Group<H>>);

struct Group<H> {
    key: Key,
    handlers: Arc<[Arc<H>]>,
}

impl<H> Clone for Group<H> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), handlers: Arc::clone(&self.handlers) }
    }
}

impl<H> Registry<H> {
    /// An empty registry.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Registry;
    /// let registry: Registry<u32> = Registry::new();
    /// assert_eq!(registry.snapshot().groups().count(), 0);
    /// ```
    pub fn new() -> Self {
        Self { table: RwLock::new(Arc::new(Table(Vec::new()))) }
    }

    /// Adds a handler behind those the key has. If `same` finds it among them nothing changes, and it is handed back.
    ///
    /// # Errors
    /// Only what `same` returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// let same = |a: &u32, b: &u32| Ok::<_, Error>(a == b);
    /// assert_eq!(registry.register(&Key::parse("*", false)?, 7, same)?, None);
    /// assert_eq!(registry.register(&Key::parse("*", false)?, 7, same)?, Some(7));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn register<E>(
        &self,
        key: &Key,
        handler: H,
        mut same: impl FnMut(&H, &H) -> Result<bool, E>,
    ) -> Result<Option<H>, E> {
        let handler = Arc::new(handler);
        loop {
            let seen = Arc::clone(&self.table.read());
            for registered in seen.handlers(key) {
                if same(registered, &handler)? {
                    return Ok(Arc::into_inner(handler));
                }
            }
            // `same` may have taken its time, and may have registered something itself.
            if self.replace_if_unchanged(&seen, seen.with(key, &handler)) {
                return Ok(None);
            }
        }
    }

    /// Removes all handlers of the key and hands them back, so that the caller drops them where it likes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert_eq!(registry.unregister(&Key::Any).len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unregister(&self, key: &Key) -> Vec<Arc<H>> {
        self.remove_where(key, |_| true)
    }

    /// The same for a key as a user writes it. A key that [`Key::parse`] refuses is looked for all the same, as it may
    /// have been registered with `allow_unknown`.
    ///
    /// # Errors
    /// [`Reason::UnknownEventType`] if it is registered nowhere and [`Key::parse`] refuses it: a typo must not leave a
    /// handler running.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert_eq!(registry.unregister_text("*")?.len(), 1);
    /// assert!(registry.unregister_text("refresh:finnished").is_err());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn unregister_text(&self, key: &str) -> Result<Vec<Arc<H>>, Error> {
        self.remove_text_where(key, |_| true)
    }

    /// Removes those handlers of such a key that `remove` picks, and hands them back.
    ///
    /// # Errors
    /// As [`unregister_text`](Self::unregister_text).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert_eq!(registry.remove_text_where("*", |handler| *handler == 8)?.len(), 0);
    /// assert_eq!(registry.remove_text_where("*", |handler| *handler == 7)?.len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove_text_where(&self, key: &str, remove: impl FnMut(&H) -> bool) -> Result<Vec<Arc<H>>, Error> {
        let parsed = Key::parse(key, true)?;
        let removed = self.remove_where(&parsed, remove);
        if removed.is_empty() && self.table.read().handlers(&parsed).is_empty() {
            Key::parse(key, false)?;
        }
        Ok(removed)
    }

    /// Removes those handlers of the key that `remove` picks, and hands them back.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert_eq!(registry.remove_where(&Key::Any, |handler| *handler == 8).len(), 0);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn remove_where(&self, key: &Key, mut remove: impl FnMut(&H) -> bool) -> Vec<Arc<H>> {
        loop {
            let seen = Arc::clone(&self.table.read());
            let (removed, kept): (Vec<_>, Vec<_>) = seen.handlers(key).iter().cloned().partition(|one| remove(one));
            if removed.is_empty() || self.replace_if_unchanged(&seen, seen.with_only(key, &kept)) {
                return removed;
            }
        }
    }

    /// Empties the registry and hands everything back.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert_eq!(registry.clear().len(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn clear(&self) -> Vec<Arc<H>> {
        let old = std::mem::replace(&mut *self.table.write(), Arc::new(Table(Vec::new())));
        old.0.iter().flat_map(|group| group.handlers.iter().cloned()).collect()
    }

    /// What is registered now, unmoved by later changes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// let before = registry.snapshot();
    /// registry.clear();
    /// assert_eq!(before.groups().count(), 1);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn snapshot(&self) -> Snapshot<H> {
        Snapshot { table: Arc::clone(&self.table.read()) }
    }

    /// The same, or `None` while a change is being made: for collectors that must never block.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// assert!(registry.try_snapshot().is_some());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn try_snapshot(&self) -> Option<Snapshot<H>> {
        self.table.try_read().map(|table| Snapshot { table: Arc::clone(&table) })
    }

    fn replace_if_unchanged(&self, seen: &Arc<Table<H>>, next: Table<H>) -> bool {
        let mut table = self.table.write();
        if !Arc::ptr_eq(&table, seen) {
            return false;
        }
        let old = std::mem::replace(&mut *table, Arc::new(next));
        drop(table);
        drop(old);
        true
    }
}

impl<H> Table<H> {
    fn handlers(&self, key: &Key) -> &[Arc<H>] {
        self.0.iter().find(|group| group.key == *key).map_or(&[], |group| &group.handlers)
    }

    fn with(&self, key: &Key, handler: &Arc<H>) -> Self {
        let handlers = self.handlers(key).iter().chain([handler]).cloned().collect();
        let mut groups = self.0.clone();
        match groups.iter_mut().find(|group| group.key == *key) {
            Some(group) => group.handlers = handlers,
            None => groups.push(Group { key: key.clone(), handlers }),
        }
        Self(groups)
    }

    fn with_only(&self, key: &Key, kept: &[Arc<H>]) -> Self {
        let mut groups = self.0.clone();
        if kept.is_empty() {
            groups.retain(|group| group.key != *key);
        } else if let Some(group) = groups.iter_mut().find(|group| group.key == *key) {
            group.handlers = kept.into();
        }
        Self(groups)
    }
}

impl<H> Default for Registry<H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H> fmt::Debug for Registry<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.snapshot();
        f.debug_map().entries(groups.groups().map(|(key, handlers)| (key.as_str(), handlers.len()))).finish()
    }
}

/// The handlers as they were at one moment.
pub struct Snapshot<H> {
    table: Arc<Table<H>>,
}

impl<H> Snapshot<H> {
    /// The handlers for an event, in the order they run: those of its type or, if it is unknown, of its exact name and
    /// then `unknown`; then `*`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, EventType, Key, Registry};
    /// let registry = Registry::new();
    /// for (key, handler) in [("*", 'c'), ("unknown", 'b'), ("some:thing", 'a')] {
    ///     registry.register(&Key::parse(key, false)?, handler, |a, b| Ok::<_, Error>(a == b))?;
    /// }
    /// let order: String = registry.snapshot().matching(EventType::Unknown, "some:thing").map(|h| **h).collect();
    /// assert_eq!(order, "abc");
    /// # Ok::<(), Error>(())
    /// ```
    pub fn matching(&self, event_type: EventType, name: &str) -> impl Iterator<Item = &Arc<H>> {
        // At most one group per rank matches.
        let group = move |rank| {
            self.table.0.iter().find(move |group| group.key.rank() == rank && group.key.matches(event_type, name))
        };
        [group(0), group(1), group(2)].into_iter().flatten().flat_map(|group| group.handlers.iter())
    }

    /// Every key with its handlers, in the order the keys were first registered.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Key, Registry};
    /// let registry = Registry::new();
    /// registry.register(&Key::Any, 7, |a, b| Ok::<_, Error>(a == b))?;
    /// let snapshot = registry.snapshot();
    /// let keys: Vec<_> = snapshot.groups().map(|(key, handlers)| (key.as_str(), handlers.len())).collect();
    /// assert_eq!(keys, [("*", 1)]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn groups(&self) -> impl Iterator<Item = (&Key, &[Arc<H>])> {
        self.table.0.iter().map(|group| (&group.key, &*group.handlers))
    }
}

impl<H> fmt::Debug for Snapshot<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.groups().map(|(key, handlers)| (key.as_str(), handlers.len()))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("refresh.finished", "refresh:finished"), 1);
    }

    #[test]
    fn a_typo_is_refused_and_a_foreign_name_is_not() {
        for typo in ["refresh.finished", "refresh:finish", "refreshfinished", "Refresh:finished", "", "payment", "test"]
        {
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
        for name in NEVER_SENT {
            let warned = |key: Key| key.warning().is_some();
            assert!(Key::parse(name, false).map_or_else(|error| error.hint().is_some(), warned), "{name}");
            assert!(Key::parse(name, true).is_ok_and(warned), "{name}");
        }
        for name in ["credentials.created", "transactions.updated", "transaction:created", "consent:revoked"] {
            assert!(Key::parse(name, false).is_ok_and(|key| key.warning().is_some()), "{name}");
        }
        assert!(EventType::ALL.iter().all(|known| Key::Type(*known).warning().is_none()));
    }

    #[test]
    fn a_comparison_may_register() {
        let registry = Registry::new();
        let same = |a: &u32, b: &u32| Ok::<_, Error>(a == b);
        assert!(registry.register(&Key::Any, 1, same).is_ok_and(|back| back.is_none()));
        let mut nested = false;
        let result = registry.register(&Key::Any, 2, |_, _| {
            if !std::mem::replace(&mut nested, true) {
                registry.register(&Key::Any, 3, same)?;
            }
            Ok::<_, Error>(false)
        });
        assert!(result.is_ok());
        let snapshot = registry.snapshot();
        let order: Vec<u32> = snapshot.matching(EventType::Unknown, "").map(|handler| **handler).collect();
        assert_eq!(order, [1, 3, 2]);
    }
}
