//! The tokens of a JSON text: a function is given where one begins, and passes over it or says what is wrong with it.

#![expect(clippy::inline_always, reason = "in one piece a small event is scanned twice as fast")]

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
    let text = bytes.get(start..pos).and_then(|bytes| std::str::from_utf8(bytes).ok());
    if text.and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite) {
        Ok(pos)
    } else {
        Err(invalid("a number beyond the range of a double", pos))
    }
}

#[cold]
pub(crate) fn invalid(what: &str, pos: usize) -> Error {
    Error::new(Reason::InvalidJson).hint_text(format!("{what}, at byte {pos}"))
}
