//! The clock: one representation of time (epoch milliseconds), and the check of what an injected clock returns.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Reason};

/// Last second of the year 9999: `9999-12-31T23:59:59Z`.
pub(crate) const MAX_SECONDS: i64 = 253_402_300_799;
/// First millisecond of the year 1.
const MIN_MILLIS: i64 = -62_135_596_800_000;
/// Last millisecond of the year 9999.
const MAX_MILLIS: i64 = MAX_SECONDS * 1_000 + 999;

/// Whether the instant lies in the years 1 to 9999, which every language's date type can hold.
pub(crate) const fn in_range(millis: i64) -> bool {
    MIN_MILLIS <= millis && millis <= MAX_MILLIS
}

/// The system's clock, in milliseconds since the epoch.
///
/// # Errors
/// [`Reason::InvalidOption`] if the clock stands outside the years 1 to 9999, or if there is none: on
/// `wasm32-unknown-unknown` Rust's own `SystemTime::now` would end the program, so give a clock there.
///
/// # Examples
///
/// ```
/// assert!(tink_webhooks::clock::now()? > 1_700_000_000_000);
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub fn now() -> Result<i64, Error> {
    read_if(HAS_CLOCK)
}

/// Whether Rust can ask the system for the time.
const HAS_CLOCK: bool = !cfg!(all(target_family = "wasm", target_os = "unknown"));

fn read_if(has_clock: bool) -> Result<i64, Error> {
    if has_clock {
        return from_system_time(SystemTime::now());
    }
    Err(Error::with_message(Reason::InvalidOption, "this system has no clock that Rust can read: give a clock"))
}

/// A `SystemTime` in milliseconds since the epoch.
///
/// # Errors
/// [`Reason::InvalidOption`] if it lies outside the years 1 to 9999.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// assert_eq!(tink_webhooks::clock::from_system_time(UNIX_EPOCH + Duration::from_secs(1))?, 1_000);
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub fn from_system_time(time: SystemTime) -> Result<i64, Error> {
    let millis = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).ok(),
        Err(before) => {
            // Floor: a fraction of a millisecond before the epoch belongs to the millisecond below.
            let nanos = before.duration().as_nanos();
            i64::try_from(nanos.div_ceil(1_000_000)).ok().map(|millis| -millis)
        }
    };
    millis.filter(|&millis| in_range(millis)).ok_or_else(unusable)
}

/// What a clock that counts seconds (Python's `time.time`) returned, in milliseconds.
///
/// # Errors
/// [`Reason::InvalidOption`] if it is not finite or outside the years 1 to 9999.
///
/// # Examples
///
/// ```
/// assert_eq!(tink_webhooks::clock::from_seconds(1.5)?, 1_500);
/// assert!(tink_webhooks::clock::from_seconds(f64::NAN).is_err());
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub fn from_seconds(seconds: f64) -> Result<i64, Error> {
    // Whole seconds first: multiplying a fraction by 1,000 may round up into the next second.
    let whole = from_millis(seconds.floor() * 1_000.0)?;
    let millis = ((seconds - seconds.floor()) * 1_000.0).floor();
    from_millis(f64::min(millis, 999.0)).map(|millis| whole + millis)
}

/// What a clock that counts milliseconds (JavaScript's `Date.now`) returned.
///
/// # Errors
/// [`Reason::InvalidOption`] if it is not finite or outside the years 1 to 9999.
///
/// # Examples
///
/// ```
/// assert_eq!(tink_webhooks::clock::from_millis(1_500.9)?, 1_500);
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub fn from_millis(millis: f64) -> Result<i64, Error> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN becomes 0: both are judged below")]
    let whole = millis.floor() as i64;
    if millis.is_finite() && in_range(whole) { Ok(whole) } else { Err(unusable()) }
}

fn unusable() -> Error {
    Error::with_message(Reason::InvalidOption, "the clock's value is not finite, or outside the years 1 to 9999")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_system_without_a_clock() {
        let error = read_if(false).err();
        assert!(error.is_some_and(|error| {
            error.reason() == Reason::InvalidOption && error.message().ends_with("give a clock")
        }));
        assert!(read_if(true).is_ok_and(in_range));
    }

    #[test]
    fn fractions_are_floored_on_both_sides_of_the_epoch() {
        assert_eq!(from_seconds(1.9999).ok(), Some(1_999));
        assert_eq!(from_seconds(-0.5).ok(), Some(-500));
        assert_eq!(from_millis(-0.5).ok(), Some(-1));
        let before = UNIX_EPOCH.checked_sub(Duration::from_nanos(1));
        assert_eq!(before.and_then(|time| from_system_time(time).ok()), Some(-1));
    }

    #[test]
    fn a_fraction_never_carries_into_the_next_second() {
        assert_eq!(from_seconds(1_700_000_000.999_999_5).ok(), Some(1_700_000_000_999));
    }

    #[test]
    fn values_no_calendar_holds_are_refused() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e18, -1e18] {
            assert!(from_seconds(value).is_err());
            assert!(from_millis(value).is_err());
        }
    }
}
