//! The time of an event, as its payload states it.

use chrono::DateTime;

use crate::clock;

/// RFC 3339 with an offset, in epoch milliseconds; finer digits are cut. `None` for anything else, and outside the
/// years 1 to 9999.
pub(crate) fn from_text(text: &str) -> Option<i64> {
    let millis = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
    clock::in_range(millis).then_some(millis)
}

/// The text of a JSON number, if it is an integer: epoch milliseconds. `None` for anything else, and out of range.
pub(crate) fn from_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|&millis| clock::in_range(millis))
}

#[cfg(test)]
mod tests {
    use super::{from_number, from_text};

    #[test]
    fn offsets_are_required_and_applied() {
        assert_eq!(from_text("1970-01-01T00:00:01.2345Z"), Some(1_234));
        assert_eq!(from_text("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(from_text("1970-01-01T00:00:00"), None);
        assert_eq!(from_text("1970-01-01"), None);
    }

    #[test]
    fn years_1_to_9999() {
        assert!(from_text("0001-01-01T00:00:00Z").is_some());
        assert_eq!(from_text("0001-01-01T00:00:00+01:00"), None);
        assert_eq!(from_text("0000-12-31T00:00:00Z"), None);
        assert!(from_text("9999-12-31T23:59:59.999Z").is_some());
        assert_eq!(from_text("9999-12-31T23:59:59-01:00"), None);
    }

    #[test]
    fn numbers_must_be_integers() {
        assert_eq!(from_number("1767225600123"), Some(1_767_225_600_123));
        assert_eq!(from_number("-1"), Some(-1));
        for text in ["1.0", "1e3", "99999999999999999999", "253402300800000"] {
            assert_eq!(from_number(text), None);
        }
    }
}
