//! Numbers, as `json.loads` makes them.

#![expect(clippy::inline_always, reason = "most numbers are short integers")]

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt};
use pyo3::{PyTypeInfo, intern};

use super::text;
use super::words::{self, byte, not_json};

/// So many digits are always below 2^63.
const SHORT: usize = 18;
/// So many are always below 2^64.
const LONG: usize = 19;
/// So many are always below 2^127.
const LONGER: usize = 38;
/// Integers up to here are doubles.
const EXACT: u64 = 1 << 53;
/// The powers of ten below 2^64. All of them are doubles.
const TENS: [u64; LONG + 1] = {
    let mut tens = [1; LONG + 1];
    let mut power = 1;
    while power < tens.len() {
        tens[power] = 10 * tens[power - 1];
        power += 1;
    }
    tens
};

/// The number that begins here, and the place behind it. With a fraction or an exponent it is a `Decimal` where that class
/// is given.
#[inline(always)]
pub(super) fn number<'py>(
    py: Python<'py>,
    json: &[u8],
    start: usize,
    decimal: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, usize)> {
    let negative = byte(json, start) == b'-';
    let first = start + usize::from(negative);
    let (value, end) = digits(json, first, 0);
    if end - first > SHORT || matches!(byte(json, end), b'.' | b'e' | b'E') {
        return long_or_broken(py, json, start, (value, end), decimal);
    }
    #[expect(clippy::cast_possible_wrap, reason = "18 digits are below 2^63")]
    let value = if negative { -(value as i64) } else { value as i64 };
    Ok((value.into_pyobject(py)?.into_any(), end))
}

/// Appends the digits that begin here to `value`, which wraps if they are too many. Gives also the place behind them.
#[inline(always)]
fn digits(json: &[u8], mut at: usize, mut value: u64) -> (u64, usize) {
    while let Some((some, count)) = words::digits(json, at) {
        value = value.wrapping_mul(TENS[count]).wrapping_add(some);
        at += count;
        if count < 8 {
            return (value, at);
        }
    }
    while let digit @ b'0'..=b'9' = byte(json, at) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    (value, at)
}

/// The same for a number of many digits, or with a fraction or an exponent. `whole` is the value of the digits in front
/// of those, unless it wrapped, and the place behind them.
fn long_or_broken<'py>(
    py: Python<'py>,
    json: &[u8],
    start: usize,
    whole: (u64, usize),
    decimal: Option<&Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyAny>, usize)> {
    let (mut value, point) = whole;
    let mut end = point;
    let mut scale = 0;
    if byte(json, end) == b'.' {
        (value, end) = digits(json, point + 1, value);
        scale = end - point - 1;
    }
    let count = end - start - usize::from(byte(json, start) == b'-') - usize::from(end > point);
    let has_exponent = matches!(byte(json, end), b'e' | b'E');
    if has_exponent {
        let sign = usize::from(matches!(byte(json, end + 1), b'+' | b'-'));
        (_, end) = digits(json, end + 1 + sign, 0);
    }
    let number = json.get(start..end).unwrap_or_default();
    let object = if end == point {
        integer(py, number)?
    } else if let Some(decimal) = decimal {
        exact(decimal, number)?
    } else if !has_exponent && count <= LONG {
        let double = quotient(value, scale);
        PyFloat::new(py, if number.starts_with(b"-") { -double } else { double }).into_any()
    } else {
        let text = std::str::from_utf8(number).map_err(|_| not_json())?;
        PyFloat::new(py, text.parse().map_err(|_| not_json())?).into_any()
    };
    Ok((object, end))
}

/// A number divided by a power of ten, as the double next to it; of two equally near ones that with an even last digit.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "the comments say what is lost")]
fn quotient(value: u64, scale: usize) -> f64 {
    let tens = TENS[scale];
    if value <= EXACT {
        // Both are doubles, so the division alone rounds.
        return value as f64 / tens as f64;
    }
    let (up, down) = (value.leading_zeros(), tens.leading_zeros());
    let (dividend, divisor) = (u128::from(value << up) << 63, u128::from(tens << down));
    // It has 63 or 64 bits: the dividend 127, the divisor 64. A double takes 53 of them: what is left over counts only
    // where the others that are lost are just half of its last one.
    let whole = dividend / divisor;
    let bits = whole as u64 | u64::from(whole * divisor != dividend);
    // This conversion alone rounds: a power of two changes no digit.
    let exponent = u64::from(f64::MAX_EXP.unsigned_abs() - 1 + down - up - 63);
    bits as f64 * f64::from_bits(exponent << (f64::MANTISSA_DIGITS - 1))
}

/// An `int` of any length that the core accepts, which is less than the least limit that a program can set for `int`.
#[cold]
fn integer<'py>(py: Python<'py>, number: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    if number.len() <= LONGER {
        let text = std::str::from_utf8(number).map_err(|_| not_json())?;
        if let Ok(value) = text.parse::<u64>() {
            return Ok(value.into_pyobject(py)?.into_any());
        }
        return Ok(text.parse::<i128>().map_err(|_| not_json())?.into_pyobject(py)?.into_any());
    }
    PyInt::type_object(py).call1((text::string(py, number, true)?,))
}

/// `Decimal` of a number, given that class.
fn exact<'py>(decimal: &Bound<'py, PyAny>, number: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let py = decimal.py();
    let text = text::string(py, number, true)?;
    if let Ok(made) = decimal.call1((&text,)) {
        return Ok(made);
    }
    py.import(intern!(py, "tink_webhooks._decimal_json"))?.call_method1(intern!(py, "number"), (text,))
}
