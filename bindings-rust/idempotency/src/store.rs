//! What a store is.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A store's answer to a claim.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::Claim;
/// assert_ne!(Claim::Claimed, Claim::Done);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The token that asked holds it.
    Claimed,
    /// It was committed before.
    Done,
    /// Another token holds it, for so long if it is not extended.
    Busy(Duration),
}

impl Claim {
    /// The answer of the Lua and SQL texts: 0, -1, or milliseconds.
    #[cfg(any(feature = "redis", feature = "postgres", feature = "sqlite"))]
    pub(crate) fn of(answer: i64) -> Self {
        match u64::try_from(answer) {
            Err(_) => Self::Done,
            Ok(0) => Self::Claimed,
            Ok(milliseconds) => Self::Busy(Duration::from_millis(milliseconds)),
        }
    }
}

/// Why a store could not tell. It becomes the source of [`StoreUnavailable`](tink_webhooks::Reason::StoreUnavailable),
/// and is logged: it must hold no secret.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::StoreError;
/// let away: StoreError = "the server is away".into();
/// ```
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// What the methods of a [`Store`] give.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::StoreFuture;
/// let held: StoreFuture<'_, bool> = Box::pin(async { Ok(true) });
/// ```
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Where [`once`](crate::once) keeps its records. The feature `conformance` has a suite for a store of yours.
///
/// A record has a state (claimed or done), the token of its holder, and a time. Each method is one atomic step inside the
/// store: it decides by the record as it is, and by the store's own clock, whatever other processes do meanwhile. Methods
/// are called many at once. One that cannot tell gives an error.
///
/// A future that is dropped may have had its effect or not, and must leave nothing behind that the next call trips over,
/// such as a connection in the middle of an answer.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tink_webhooks_idempotency::{Claim, MemoryStore, Store, StoreFuture};
///
/// /// Asks a store of ours, and counts.
/// struct Counted(MemoryStore);
///
/// impl Store for Counted {
///     fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
///         Box::pin(async move {
///             println!("one more claim of {scope}");
///             self.0.claim(scope, key, token, lease).await
///         })
///     }
///     fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
///         self.0.commit(scope, key, token, keep)
///     }
///     fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
///         self.0.release(scope, key, token)
///     }
///     fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
///         self.0.extend(scope, key, token, lease)
///     }
/// }
/// ```
pub trait Store: Send + Sync {
    /// Claims a record that is not there, or whose lease has ended. Claiming again with the same token extends the lease.
    ///
    /// `scope` is what is done once, such as `book-payment`; `key` the event's idempotency key; `token` names the claim,
    /// new for each try; `lease` is how long it holds if it is not extended.
    ///
    /// # Examples
    ///
    /// See [`Store`].
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim>;

    /// Marks a record as done, and keeps it for so long. Says whether it is done now: not where another token has it.
    ///
    /// A token whose lease has ended still commits, unless another one has claimed the record. So does one whose claim the
    /// store has forgotten: the effect was done. Committing again with the same token gives true again.
    ///
    /// # Examples
    ///
    /// See [`Store`].
    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool>;

    /// Removes a claim, so that the next one need not wait for the end of its lease. Says whether the token held it, and
    /// it was not done. Called as [`extend`](Self::extend) is.
    ///
    /// # Examples
    ///
    /// See [`Store`].
    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool>;

    /// Extends a lease: it ends so long from now. Says whether the token held it, and it was not done.
    ///
    /// It is called from a runtime of tokio that this crate runs in a thread of its own, and must not wait for what
    /// handlers use: it needs a connection of its own.
    ///
    /// # Examples
    ///
    /// See [`Store`].
    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn claim<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, Claim> {
        (**self).claim(scope, key, token, lease)
    }

    fn commit<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, keep: Duration) -> StoreFuture<'a, bool> {
        (**self).commit(scope, key, token, keep)
    }

    fn release<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str) -> StoreFuture<'a, bool> {
        (**self).release(scope, key, token)
    }

    fn extend<'a>(&'a self, scope: &'a str, key: &'a str, token: &'a str, lease: Duration) -> StoreFuture<'a, bool> {
        (**self).extend(scope, key, token, lease)
    }
}

/// Whole milliseconds, at least one, as the texts want them.
#[cfg(any(feature = "redis", feature = "postgres", feature = "sqlite"))]
pub(crate) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4).clamp(1, i64::MAX / 4)
}
