//! Which handlers run for which events. Generic over what a handler is, so that every binding keeps its own callables
//! and the rules of matching stay here.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use crate::error::Error;
use crate::handlers::key::Key;
use crate::payload::EventType;

/// Handlers by key. Safe to change while events are dispatched: a dispatch runs the [`Snapshot`] it began with.
///
/// There is no lock that a comparison, a handler or a handler's destructor could hold. Reading writes nothing that threads
/// share, so that deliveries on several of them do not slow each other down.
pub struct Registry<H> {
    /// Never changed in place: a change puts another table here.
    table: ArcSwap<Table<H>>,
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
        Self { table: ArcSwap::from_pointee(Table(Vec::new())) }
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
            let seen = self.table.load();
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
    /// [`Reason::UnknownEventType`](crate::Reason::UnknownEventType) if it is registered nowhere and [`Key::parse`] refuses
    /// it: a typo must not leave a handler running.
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
        if removed.is_empty() && self.table.load().handlers(&parsed).is_empty() {
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
            let seen = self.table.load();
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
        let old = self.table.swap(Arc::new(Table(Vec::new())));
        old.0.iter().flat_map(|group| group.handlers.iter().cloned()).collect()
    }

    /// What is registered now, unmoved by later changes. Never waits, not even while a change is being made.
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
        Snapshot { table: self.table.load() }
    }

    fn replace_if_unchanged(&self, seen: &Arc<Table<H>>, next: Table<H>) -> bool {
        // While `seen` is held no other table can have its address.
        Arc::ptr_eq(&self.table.compare_and_swap(seen, Arc::new(next)), seen)
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
    table: Guard<Arc<Table<H>>>,
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

    /// A count that every delivery raised would be the one thing that threads share.
    #[test]
    fn a_snapshot_counts_nothing_and_keeps_its_handlers() {
        let (registry, handler) = (Registry::new(), Arc::new(()));
        let same = |a: &Arc<()>, b: &Arc<()>| Ok::<_, Error>(Arc::ptr_eq(a, b));
        assert!(registry.register(&Key::Any, Arc::clone(&handler), same).is_ok());
        let seen = registry.snapshot();
        assert_eq!((Arc::strong_count(&seen.table), Arc::strong_count(&handler)), (1, 2));
        // More than a thread has places for.
        let many: Vec<_> = (0..20).map(|_| registry.snapshot()).collect();
        assert_eq!(registry.clear().len(), 1);
        drop(seen);
        assert_eq!(Arc::strong_count(&handler), 2);
        assert!(many.iter().all(|one| one.matching(EventType::Unknown, "").count() == 1));
        assert!(std::thread::spawn(move || drop(many)).join().is_ok());
        assert_eq!(Arc::strong_count(&handler), 1);
        assert_eq!(registry.snapshot().matching(EventType::Unknown, "").count(), 0);
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
