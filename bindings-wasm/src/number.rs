//! Numbers as JavaScript has them: doubles.

use tink_webhooks::{Error, Reason};

/// The cap of a body: a whole number of bytes that JavaScript can count.
///
/// # Errors
/// [`Reason::InvalidOption`] for any other number.
pub fn cap(bytes: f64) -> Result<usize, Error> {
    const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;
    if bytes.fract() != 0.0 || !(0.0..=MAX_SAFE_INTEGER).contains(&bytes) {
        return Err(Error::with_message(Reason::InvalidOption, "maxBodyBytes must be a positive whole number"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "just checked")]
    Ok(bytes as usize)
}

/// Unix seconds, floored. The core checks the range.
///
/// # Errors
/// [`Reason::InvalidOption`] for a number that is not finite.
pub fn whole_seconds(seconds: f64) -> Result<i64, Error> {
    if !seconds.is_finite() {
        return Err(Error::with_message(Reason::InvalidOption, "the time of signing is not finite"));
    }
    Ok(whole(seconds))
}

/// A number whose range the core checks, floored.
#[expect(clippy::cast_possible_truncation, reason = "saturates; the core refuses what is out of range")]
pub(crate) fn whole(number: f64) -> i64 {
    number.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_a_whole_number() {
        assert_eq!(cap(2_097_152.0).ok(), Some(2_097_152));
        for no in [-1.0, 0.5, f64::NAN, f64::INFINITY, 1e16] {
            assert_eq!(cap(no).err().map(|error| error.reason()), Some(Reason::InvalidOption), "{no}");
        }
    }

    #[test]
    fn seconds_are_floored() {
        assert_eq!(whole_seconds(1.9).ok(), Some(1));
        assert_eq!(whole_seconds(-0.1).ok(), Some(-1));
        assert!(whole_seconds(f64::NAN).is_err());
    }
}
