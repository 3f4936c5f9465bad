//! Values that Tink writes as a number in one place and as text in another. What reads them here takes both, and tells in
//! its errors nothing of what stands there.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::clock;

/// A number as Tink wrote it: `23.00` stays `23.00`. It has no digits where a field that should be there is missing.
///
/// # Examples
///
/// ```
/// use tink_webhooks::data::Number;
/// let amount: Number = "23.00".parse()?;
/// assert_eq!(amount.as_str(), "23.00");
/// assert_eq!(amount.to_f64(), 23.0);
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// The digits as they were sent.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!("10.550".parse::<tink_webhooks::data::Number>()?.as_str(), "10.550");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest double; NaN without digits. Do not compute with it where it is money.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!("1e2".parse::<tink_webhooks::data::Number>()?.to_f64(), 100.0);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// The whole number; none for one with a fraction or an exponent, or that does not fit.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!("10".parse::<tink_webhooks::data::Number>()?.to_i64(), Some(10));
    /// assert_eq!("10.5".parse::<tink_webhooks::data::Number>()?.to_i64(), None);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn to_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The exact decimal number; none where `rust_decimal` cannot hold it exactly (28 digits). Behind the feature
    /// `rust_decimal`.
    ///
    /// # Examples
    ///
    /// ```
    /// let amount: tink_webhooks::data::Number = "23.00".parse()?;
    /// assert_eq!(amount.to_decimal().unwrap().to_string(), "23.00");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[cfg(feature = "rust_decimal")]
    pub fn to_decimal(&self) -> Option<rust_decimal::Decimal> {
        use rust_decimal::Decimal;
        let (digits, exponent) = self.0.split_once(['e', 'E']).unwrap_or((&self.0, "0"));
        let mantissa = Decimal::from_str_exact(digits).ok()?;
        if mantissa.is_zero() {
            return Some(mantissa);
        }
        let exponent: i32 = exponent.parse().ok()?;
        let mut factor = Decimal::ONE;
        for _ in 0..exponent.clamp(0, 29) {
            factor = factor.checked_mul(Decimal::TEN)?;
        }
        let mut scaled = mantissa.checked_mul(factor)?;
        // The product may have been cut to fit.
        if scaled.scale() != mantissa.scale() {
            return None;
        }
        scaled.set_scale(scaled.scale().checked_add(exponent.min(0).unsigned_abs())?).ok()?;
        Some(scaled)
    }

    fn of(text: &str) -> Option<Self> {
        // No other JSON value begins so.
        let begins = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        (begins
            && !text.ends_with(|last: char| last.is_ascii_whitespace())
            && serde_json::from_str::<&RawValue>(text).is_ok())
        .then(|| Self(text.into()))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Number {
    type Err = crate::Error;

    /// Reads a number as JSON writes it; [`Reason::InvalidOption`](crate::Reason::InvalidOption) for any other text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::of(text)
            .ok_or_else(|| crate::Error::with_message(crate::Reason::InvalidOption, "not a number as JSON has it"))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(&Scalar::deserialize(deserializer)?.0).ok_or_else(|| D::Error::custom("not a number"))
    }
}

/// The text of a JSON string or number.
struct Scalar(String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        match text.as_bytes() {
            [b'"', ..] => serde_json::from_str(text).map(Self).map_err(|_| D::Error::custom("not text")),
            [b'-' | b'0'..=b'9', ..] => Ok(Self(text.to_owned())),
            _ => Err(D::Error::custom("neither a number nor text")),
        }
    }
}

/// Text that one of Tink's examples prints as a number, such as an account number; then it is the number's digits.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Scalar::deserialize(deserializer).map(|scalar| scalar.0)
}

/// A whole number.
pub(super) fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    text(deserializer)?.parse().map_err(|_| D::Error::custom("not a whole number"))
}

/// A moment in milliseconds since the epoch, or as RFC 3339 writes it; `0` and empty text stand for none.
pub(super) fn time_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    match Option::<Scalar>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Scalar(text)) if text.is_empty() || text == "0" => Ok(None),
        Some(Scalar(text)) => moment(&text).map(Some).ok_or_else(|| D::Error::custom("not a time")),
    }
}

pub(super) fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<Scalar>::deserialize(deserializer).map(|scalar| scalar.map(|scalar| scalar.0))
}

pub(super) fn int_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = text_or_none(deserializer)?.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(|_| D::Error::custom("not a whole number"))).transpose()
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let moment = match text.parse() {
        Ok(millis) => DateTime::from_timestamp_millis(millis)?,
        Err(_) => DateTime::parse_from_rfc3339(text).ok()?.to_utc(),
    };
    clock::in_range(moment.timestamp_millis()).then_some(moment)
}
