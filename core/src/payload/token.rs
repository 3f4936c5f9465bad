//! The tokens of a JSON text: a function is given where one begins, and passes over it or says what is wrong with it.

#![expect(clippy::inline_always, reason = "in one piece a small event is scanned twice as fast")]

use std::cmp::Ordering;

use crate::error::{Error, Reason};
use crate::payload::lanes;

/// Longest number: Python's `int` refuses more than 4,300 digits.
const MAX_NUMBER_BYTES: usize = 4_000;

/// What kind of value was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    Bool,
    Number,
    String { escaped: bool },
    Array,
    Object,
}

/// Passes over the white space that is here, if any is.
#[inline(always)]
pub(crate) fn behind_white_space(bytes: &[u8], pos: usize) -> usize {
    if bytes.get(pos).is_none_or(|&byte| byte > b' ') {
        return pos;
    }
    match (bytes.get(pos), bytes.get(pos + 1)) {
        (Some(b' '), Some(b'!'..)) => pos + 1,
        _ => behind_much_white_space(bytes, pos),
    }
}

/// Where the next token begins, and its first byte: zero at the text's end, which no token begins with.
#[inline(always)]
pub(crate) fn token_at(bytes: &[u8], mut pos: usize) -> (usize, u8) {
    let byte_at = |pos: usize| bytes.get(pos).copied().unwrap_or_default();
    let mut byte = byte_at(pos);
    if byte <= b' ' {
        pos = behind_white_space(bytes, pos);
        byte = byte_at(pos);
    }
    (pos, byte)
}

#[inline(never)]
fn behind_much_white_space(bytes: &[u8], pos: usize) -> usize {
    lanes::white_space_end(bytes, pos)
}

/// Passes over the colon, and the white space around it: where the next token begins, and its first byte.
#[inline(always)]
pub(crate) fn behind_colon(bytes: &[u8], mut pos: usize) -> Result<(usize, u8), Error> {
    if bytes.get(pos) != Some(&b':') {
        pos = behind_white_space(bytes, pos);
        if bytes.get(pos) != Some(&b':') {
            return Err(invalid("expected `:`", pos));
        }
    }
    Ok(token_at(bytes, pos + 1))
}

/// Passes over the number or the literal that begins here.
#[inline(always)]
pub(crate) fn word(bytes: &[u8], pos: usize) -> Result<(Shape, usize), Error> {
    let literal = |word: &[u8], shape| match bytes.get(pos..pos + word.len()) {
        Some(found) if found == word => Ok((shape, pos + word.len())),
        _ => Err(invalid("expected a value", pos)),
    };
    match bytes.get(pos) {
        Some(b'1'..=b'9') => {
            let behind = lanes::digits_end(bytes, pos);
            // Almost every number is one without point and exponent, and below 10^308.
            if behind - pos <= 308 && !matches!(bytes.get(behind), Some(b'.' | b'e' | b'E')) {
                return Ok((Shape::Number, behind));
            }
            behind_number(bytes, pos).map(|behind| (Shape::Number, behind))
        }
        Some(b'-' | b'0') => behind_number(bytes, pos).map(|behind| (Shape::Number, behind)),
        Some(b't') => literal(b"true", Shape::Bool),
        Some(b'f') => literal(b"false", Shape::Bool),
        Some(b'n') => literal(b"null", Shape::Null),
        Some(_) => Err(invalid("expected a value", pos)),
        None => Err(invalid("the text ends too early", pos)),
    }
}

/// Passes over the escape whose backslash is here. Surrogates must come in pairs, as UTF-8 has no other use for them.
#[cold]
pub(crate) fn behind_escape(bytes: &[u8], pos: usize) -> Result<usize, Error> {
    match bytes.get(pos + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(pos + 2),
        Some(b'u') => {
            let behind = pos + 6;
            match code_unit(bytes, pos)? {
                0xDC00..=0xDFFF => Err(invalid("a lone surrogate", behind)),
                0xD800..=0xDBFF => {
                    if bytes.get(behind..behind + 2) == Some(b"\\u")
                        && matches!(code_unit(bytes, behind)?, 0xDC00..=0xDFFF)
                    {
                        Ok(behind + 6)
                    } else {
                        Err(invalid("a lone surrogate", behind))
                    }
                }
                _ => Ok(behind),
            }
        }
        _ => Err(invalid("an unknown escape", pos)),
    }
}

/// The value of the `\uXXXX` that begins here.
pub(crate) fn code_unit(bytes: &[u8], pos: usize) -> Result<u32, Error> {
    let digits = bytes.get(pos + 2..pos + 6).unwrap_or_default();
    let unit = digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?));
    match unit {
        Some(unit) if digits.len() == 4 => Ok(unit),
        _ => Err(invalid("`\\u` without four hex digits", pos)),
    }
}

/// Passes over the number that begins here: JSON's grammar, at most 4,000 bytes, and within the range of a double.
#[inline]
fn behind_number(bytes: &[u8], start: usize) -> Result<usize, Error> {
    let digits_from = |pos: usize| lanes::digits_end(bytes, pos) - pos;
    let mut pos = start + usize::from(bytes.get(start) == Some(&b'-'));
    let leading_zero = bytes.get(pos) == Some(&b'0');
    let whole_digits = digits_from(pos);
    pos += whole_digits;
    if whole_digits == 0 || (leading_zero && whole_digits > 1) {
        return Err(invalid("not a number as JSON writes it", pos));
    }
    if bytes.get(pos) == Some(&b'.') {
        let digits = digits_from(pos + 1);
        pos += 1 + digits;
        if digits == 0 {
            return Err(invalid("a number needs a digit after its point", pos));
        }
    }
    let mut has_exponent = false;
    if let Some(b'e' | b'E') = bytes.get(pos) {
        has_exponent = true;
        pos += 1;
        pos += usize::from(matches!(bytes.get(pos), Some(b'+' | b'-')));
        let digits = digits_from(pos);
        pos += digits;
        if digits == 0 {
            return Err(invalid("a number needs a digit in its exponent", pos));
        }
    }
    if pos - start > MAX_NUMBER_BYTES {
        return Err(invalid("a number of more than 4,000 bytes", pos));
    }
    // Below 10^308 without looking closer: almost every number.
    if !has_exponent && whole_digits <= 308 {
        return Ok(pos);
    }
    if is_finite(bytes.get(start..pos).unwrap_or_default()) {
        Ok(pos)
    } else {
        Err(invalid("a number beyond the range of a double", pos))
    }
}

/// Half way between the largest double and 2^1024, which would be the next one: from here on a number is rounded to
/// infinity (IEEE 754, 7.4).
const OVERFLOW: &[u8; 309] =
    b"1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070\
    9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447\
    5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904\
    174497792";

/// Whether a double can hold a number of JSON's grammar. Digits are compared, not computed: the tables that a parser of
/// doubles needs would be a tenth of the WebAssembly module.
#[cold]
fn is_finite(number: &[u8]) -> bool {
    let number = number.strip_prefix(b"-").unwrap_or(number);
    let (mantissa, exponent) = match number.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &b"0"[..]),
    };
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let mut digits = mantissa.iter().copied().filter(u8::is_ascii_digit).peekable();
    let mut zeros = 0_i64;
    while digits.next_if_eq(&b'0').is_some() {
        zeros += 1;
    }
    if digits.peek().is_none() {
        return true;
    }
    // With the digits as the fraction 0.ddd, the number is that times ten to this power. No length exceeds 4,000.
    let power = i64::try_from(point).unwrap_or(i64::MAX) - zeros;
    match power.saturating_add(exponent_of(exponent)).cmp(&309) {
        Ordering::Less => true,
        Ordering::Greater => false,
        Ordering::Equal => {
            let differing =
                OVERFLOW.iter().map(|&limit| (digits.next().unwrap_or(b'0'), limit)).find(|(one, limit)| one != limit);
            differing.is_some_and(|(digit, limit)| digit < limit)
        }
    }
}

/// The value of an exponent; one of very many digits is as large as a number can be.
fn exponent_of(text: &[u8]) -> i64 {
    let value = |digits: &[u8]| {
        digits.iter().fold(0_i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')))
    };
    match text {
        [b'-', digits @ ..] => -value(digits),
        [b'+', digits @ ..] | digits => value(digits),
    }
}

#[cold]
pub(crate) fn invalid(what: &str, pos: usize) -> Error {
    Error::new(Reason::InvalidJson).hint_text(format!("{what}, at byte {pos}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_std(number: &str) -> bool {
        number.parse::<f64>().is_ok_and(f64::is_finite)
    }

    #[test]
    fn the_first_number_that_is_infinite() {
        let limit = str::from_utf8(OVERFLOW).unwrap_or_default();
        let below = format!("{}1.999", &limit[..308]);
        let (last, digits) = (&limit[308..], &limit[1..]);
        assert_eq!(last, "2");
        for (number, finite) in [
            (limit.to_owned(), false),
            (below, true),
            (format!("-{limit}.0"), false),
            (format!("1.{digits}e308"), false),
            (format!("0.000{limit}E+3"), true),
            (format!("0.000{limit}e312"), false),
            (format!("0.000{limit}e311"), true),
            ("1.7976931348623157e308".to_owned(), true),
            ("1.7976931348623159e308".to_owned(), false),
            ("9e99999999999999999999".to_owned(), false),
            ("9e-99999999999999999999".to_owned(), true),
            ("0e99999999999999999999".to_owned(), true),
            ("-0.000e400".to_owned(), true),
            (format!("0.{}1e400", "0".repeat(400)), true),
            (format!("1{}e-400", "0".repeat(400)), true),
        ] {
            assert_eq!((is_finite(number.as_bytes()), by_std(&number)), (finite, finite), "{number}");
        }
    }

    proptest! {
        #[test]
        fn it_is_what_rounding_says(
            number in "-?(0|[1-9][0-9]{0,20}|[1-9][0-9]{295,312}|17976931348623158[0-9]{292})(\\.[0-9]{1,20})?([eE][+-]?(0?[0-9]{1,2}|2[89][0-9]|3[01][0-9]))?"
        ) {
            prop_assert_eq!(is_finite(number.as_bytes()), by_std(&number));
        }
    }
}
