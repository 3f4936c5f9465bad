//! The time window: how far the signed time `t` may be from now, in both directions.

use crate::clock::MAX_SECONDS;
use crate::error::{Error, Reason};

/// How many seconds a signature may be old, or ahead. The default is 300: Tink advises no less than five minutes, so
/// that its retries still pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance(Option<u64>);

impl Tolerance {
    /// No window at all: a captured delivery can be replayed for ever.
    pub const OFF: Self = Self(None);

    /// A tolerance of whole seconds; a fraction is cut off. 0 means 0.
    ///
    /// # Errors
    /// [`Reason::InvalidTolerance`] if it is negative, NaN or infinite.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Tolerance;
    /// assert_eq!(Tolerance::from_seconds(300.0)?, Tolerance::default());
    /// assert!(Tolerance::from_seconds(-1.0).is_err());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn from_seconds(seconds: f64) -> Result<Self, Error> {
        if !seconds.is_finite() || seconds < 0.0 {
            return Err(Error::new(Reason::InvalidTolerance));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "finite and not negative; the cast cuts the fraction off and saturates"
        )]
        Ok(Self(Some(seconds as u64)))
    }

    /// The tolerance in whole seconds; `None` where the window is off.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::Tolerance::default().seconds(), Some(300));
    /// ```
    pub const fn seconds(self) -> Option<u64> {
        self.0
    }

    /// Whether checking `signed_at` needs the current time.
    pub(crate) const fn needs_clock(self, signed_at: u64) -> bool {
        self.0.is_some() || signed_at > MAX_SECONDS.unsigned_abs()
    }

    /// Checks `signed_at`, in seconds, against the clock, in milliseconds.
    pub(crate) fn check(self, signed_at: u64, now_millis: i64) -> Result<(), Error> {
        // 19 digits may exceed an i64; no date does, so what is cut here is refused below.
        let age = now_millis.div_euclid(1_000).saturating_sub(i64::try_from(signed_at).unwrap_or(i64::MAX));
        let reason = if signed_at > MAX_SECONDS.unsigned_abs() {
            Reason::TimestampInFuture
        } else {
            match self.0 {
                Some(tolerance) if age.unsigned_abs() > tolerance => {
                    if age > 0 {
                        Reason::TimestampTooOld
                    } else {
                        Reason::TimestampInFuture
                    }
                }
                _ => return Ok(()),
            }
        };
        let error = Error::outside_window(reason, age, self.0);
        if looks_like_milliseconds(signed_at) {
            return Err(error.hint_text("`t` looks like milliseconds; Tink signs seconds"));
        }
        Err(match reason {
            Reason::TimestampTooOld => error
                .hint_text("an old delivery replayed, a queue in front of the check, or this machine's clock is ahead"),
            _ => error.hint_text("is this machine's clock behind?"),
        })
    }
}

impl Default for Tolerance {
    fn default() -> Self {
        Self(Some(300))
    }
}

/// Between the years 2001 and 9999 if read as milliseconds, and after the year 33,000 if read as seconds.
const fn looks_like_milliseconds(t: u64) -> bool {
    1_000_000_000_000 <= t && t <= MAX_SECONDS.unsigned_abs() * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(tolerance: Tolerance, t: u64, now_seconds: i64) -> Option<Reason> {
        tolerance.check(t, now_seconds * 1_000).err().map(|error| error.reason())
    }

    #[test]
    fn both_edges_are_inside() {
        let window = Tolerance::default();
        assert_eq!(reason(window, 1_000, 1_300), None);
        assert_eq!(reason(window, 1_000, 1_301), Some(Reason::TimestampTooOld));
        assert_eq!(reason(window, 1_000, 700), None);
        assert_eq!(reason(window, 1_000, 699), Some(Reason::TimestampInFuture));
    }

    #[test]
    fn the_clock_is_floored_to_seconds() {
        let window = Tolerance(Some(0));
        assert!(window.check(10, 10_999).is_ok());
        assert!(window.check(10, 11_000).is_err());
        assert!(window.check(10, 9_999).is_err());
    }

    #[test]
    fn after_the_year_9999_is_the_future_even_with_the_window_off() {
        assert_eq!(reason(Tolerance::OFF, 253_402_300_799, 0), None);
        assert_eq!(reason(Tolerance::OFF, 253_402_300_800, 0), Some(Reason::TimestampInFuture));
        assert_eq!(reason(Tolerance::OFF, u64::MAX, 0), Some(Reason::TimestampInFuture));
    }

    #[test]
    fn milliseconds_are_pointed_out() {
        let error = Tolerance::default().check(1_700_000_000_000, 1_700_000_000_000).err();
        assert!(error.is_some_and(|error| error.hint().is_some_and(|hint| hint.contains("milliseconds"))));
    }
}
