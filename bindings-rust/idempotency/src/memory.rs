//! A store in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::store::{Claim, Store, StoreFuture};

/// How many records are kept, unless said otherwise.
const MOST: usize = 100_000;

/// Records in this process's memory: for tests, and for programs of one process that may run twice after a restart.
///
/// Records that were kept long enough make room; so do, beyond the cap, the oldest done ones. Clones share everything.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::{MemoryStore, once};
/// let book = once(MemoryStore::new(), "book-payment", |event| async move { println!("{}", event.name()) })?;
/// # let _ = book;
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Records>>);

struct Records {
    most: usize,
    found: HashMap<String, Record>,
    /// Their names in the order in which they were last claimed or committed.
    order: BTreeMap<u64, String>,
    next: u64,
}

struct Record {
    done: bool,
    token: String,
    /// None is after all that this machine's clock can tell.
    until: Option<Instant>,
    place: u64,
}

impl Record {
    fn runs(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl MemoryStore {
    /// Without records, of which it keeps 100,000 at most.
    ///
    /// # Examples
    ///
    /// See [`MemoryStore`].
    pub fn new() -> Self {
        Self::with_max_records(NonZeroUsize::new(MOST).unwrap_or(NonZeroUsize::MAX))
    }

    /// With another cap. A claim that runs stays, whatever the cap.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// let store = tink_webhooks_idempotency::MemoryStore::with_max_records(NonZeroUsize::MIN);
    /// ```
    pub fn with_max_records(most: NonZeroUsize) -> Self {
        let records = Records { most: most.get(), found: HashMap::new(), order: BTreeMap::new(), next: 0 };
        Self(Arc::new(Mutex::new(records)))
    }

    /// How many records there are.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks_idempotency::MemoryStore::new().len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.records().found.len()
    }

    /// Whether there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks_idempotency::MemoryStore::new().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes records that were kept long enough, and says how many.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks_idempotency::MemoryStore::new().prune(), 0);
    /// ```
    pub fn prune(&self) -> usize {
        let (mut records, now) = (self.records(), Instant::now());
        let before = records.found.len();
        records.found.retain(|_, record| record.runs(now));
        let Records { found, order, .. } = &mut *records;
        order.retain(|_, name| found.contains_key(name));
        before - records.found.len()
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        // Whoever panicked had not begun to change anything.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("records", &self.len()).finish()
    }
}

impl Records {
    fn claim(&mut self, scope: &str, key: &str, token: &str, lease: Duration) -> Claim {
        let (name, now) = (name(scope, key), Instant::now());
        if let Some(record) = self.found.get(&name).filter(|record| record.runs(now)) {
            if record.done {
                return Claim::Done;
            }
            if record.token != token {
                return Claim::Busy(record.until.map_or(Duration::MAX, |until| until - now));
            }
        }
        self.put(name, false, token, now.checked_add(lease));
        self.make_room(now);
        Claim::Claimed
    }

    fn commit(&mut self, scope: &str, key: &str, token: &str, keep: Duration) -> bool {
        let name = name(scope, key);
        let can = self.found.get(&name).is_none_or(|record| record.token == token);
        if can {
            self.put(name, true, token, Instant::now().checked_add(keep));
        }
        can
    }

    fn release(&mut self, scope: &str, key: &str, token: &str) -> bool {
        let name = name(scope, key);
        let Some(place) = self.held(&name, token).map(|record| record.place) else { return false };
        self.found.remove(&name);
        self.order.remove(&place);
        true
    }

    fn extend(&mut self, scope: &str, key: &str, token: &str, lease: Duration) -> bool {
        let until = Instant::now().checked_add(lease);
        self.held(&name(scope, key), token).map(|record| record.until = until).is_some()
    }

    fn held(&mut self, name: &str, token: &str) -> Option<&mut Record> {
        self.found.get_mut(name).filter(|record| !record.done && record.token == token)
    }

    fn put(&mut self, name: String, done: bool, token: &str, until: Option<Instant>) {
        let place = self.next;
        self.next += 1;
        self.order.insert(place, name.clone());
        if let Some(before) = self.found.insert(name, Record { done, token: token.to_owned(), until, place }) {
            self.order.remove(&before.place);
        }
    }

    fn make_room(&mut self, now: Instant) {
        if self.found.len() <= self.most {
            return;
        }
        let may_go = |name: &&String| self.found.get(*name).is_some_and(|record| record.done || !record.runs(now));
        let Some(name) = self.order.values().find(may_go).cloned() else { return };
        if let Some(record) = self.found.remove(&name) {
            self.order.remove(&record.place);
        }
    }
}

/// One text for both, whatever characters a scope has.
fn name(scope: &str, key: &str) -> String {
    format!("{}:{scope}{key}", scope.len())
}

impl Store for MemoryStore {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        Box::pin(ready(Ok(self.records().claim(scope, key, token, lease))))
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.records().commit(scope, key, token, keep))))
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.records().release(scope, key, token))))
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        Box::pin(ready(Ok(self.records().extend(scope, key, token, lease))))
    }
}
