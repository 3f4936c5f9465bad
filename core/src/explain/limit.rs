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

/// The variables whose value can say that this is production; see [`in_production`].
///
/// # Examples
///
/// ```
/// assert!(tink_webhooks::explain::ENVIRONMENTS.contains(&"NODE_ENV"));
/// ```
pub const ENVIRONMENTS: [&str; 8] =
    ["NODE_ENV", "APP_ENV", "ENVIRONMENT", "ENV", "PYTHON_ENV", "GO_ENV", "DJANGO_ENV", "RAILS_ENV"];

/// Whether the environment says that this is production, where receivers explain nothing: one of `NODE_ENV`, `APP_ENV`,
/// `ENVIRONMENT`, `ENV`, `PYTHON_ENV`, `GO_ENV`, `DJANGO_ENV` and `RAILS_ENV` is `production` or `prod`, in any case.
///
/// # Examples
///
/// ```
/// // Nothing in the environment of a test says so.
/// assert!(!tink_webhooks::explain::in_production());
/// ```
pub fn in_production() -> bool {
    ENVIRONMENTS.iter().any(|name| std::env::var(name).is_ok_and(|value| is_production(&value)))
}

/// Whether the value of one of the [`ENVIRONMENTS`] says that this is production: for who has to read them elsewhere.
///
/// # Examples
///
/// ```
/// use tink_webhooks::explain::is_production;
/// assert!(is_production("Production") && !is_production("preproduction"));
/// ```
pub fn is_production(value: &str) -> bool {
    ["production", "prod"].iter().any(|word| value.eq_ignore_ascii_case(word))
}
