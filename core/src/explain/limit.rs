//! How often receivers explain what they refuse: one limit for all clients, so that who sends forgeries cannot make a
//! receiver search.

use std::sync::atomic::{AtomicI64, Ordering};

/// Seconds between two searches.
const INTERVAL: i64 = 10;

/// Allows one search in ten seconds, whoever caused it: for receivers that log explanations while they are developed.
/// Share one between all of a receiver's requests.
///
/// # Examples
///
/// ```
/// use tink_webhooks::explain::Limit;
/// let limit = Limit::new();
/// assert!(limit.allows(1_000));
/// assert!(!limit.allows(1_009));
/// assert!(limit.allows(1_010));
/// ```
#[derive(Debug)]
pub struct Limit(AtomicI64);

impl Limit {
    /// Nothing has been explained yet.
    ///
    /// # Examples
    ///
    /// ```
    /// static LIMIT: tink_webhooks::explain::Limit = tink_webhooks::explain::Limit::new();
    /// assert!(LIMIT.allows(0));
    /// ```
    pub const fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Whether a search may be made now, in seconds since any fixed moment; if so it counts as made. A clock that goes
    /// back allows one at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::explain::Limit;
    /// let limit = Limit::new();
    /// assert!(limit.allows(60) && !limit.allows(61) && limit.allows(0));
    /// ```
    pub fn allows(&self, seconds: i64) -> bool {
        let last = self.0.load(Ordering::Relaxed);
        let waits = last <= seconds && seconds.saturating_sub(last) < INTERVAL;
        // Of several at once, one.
        !waits && self.0.compare_exchange(last, seconds, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::new()
    }
}
