//! `str` objects. Almost all unsafe code of the binding is here: `PyO3` makes a `str` by asking `CPython` to decode
//! UTF-8, which takes twice as long for the short ASCII strings that JSON consists of.

#![expect(clippy::inline_always, reason = "as the builder")]

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::words::{self, byte, not_json};

/// A longer string that is not ASCII is left to `CPython`: it takes less memory, and no more time.
const LONG: usize = 1_024;

/// The `str` of UTF-8 as it stands; a backslash is a backslash.
#[inline(always)]
pub(super) fn string<'py>(py: Python<'py>, text: &[u8], is_ascii: bool) -> PyResult<Bound<'py, PyString>> {
    // CPython has one object for the empty string, and one for each of one character.
    if is_ascii && text.len() > 1 { ascii(py, text) } else { utf8(py, text) }
}

/// The `str` of ASCII.
#[inline(always)]
fn ascii<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyString>> {
    debug_assert!(text.is_ascii() && text.len() > 1, "see the comments below");
    let length = text.len().cast_signed();
    // SAFETY: `py` proves that this thread may call CPython, and 127 is the largest character of ASCII. What comes back
    // is a new reference, or null and an exception.
    let string = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyUnicode_New(length, 0x7F))? };
    // SAFETY: the object is a `str` of `length` characters of one byte each, with room for as many bytes, as its maximum
    // is 127; such a one has its characters right behind this struct. Being new and not the empty one, nobody else has
    // it. All its bytes are written, with ASCII, and the zero behind them is there. `text` is not part of it.
    unsafe {
        let characters = string.as_ptr().cast::<ffi::PyASCIIObject>().add(1).cast::<u8>();
        std::ptr::copy_nonoverlapping(text.as_ptr(), characters, text.len());
        Ok(string.cast_into_unchecked())
    }
}

/// The `str` of any UTF-8.
fn utf8<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyString>> {
    let text = std::str::from_utf8(text).map_err(|_| not_json())?;
    if text.len() > LONG {
        return Ok(PyString::new(py, text));
    }
    let mut characters: Vec<u32> = Vec::with_capacity(text.len());
    characters.extend(text.chars().map(u32::from));
    let kind = ffi::PyUnicode_4BYTE_KIND.cast_signed();
    // SAFETY: `py` proves that this thread may call CPython, which copies so many characters of four bytes each from
    // the vector; its pointer is aligned for them, and not null if there are none. What comes back is a new reference
    // to a `str`, or null and an exception.
    unsafe {
        let string = ffi::PyUnicode_FromKindAndData(kind, characters.as_ptr().cast(), characters.len().cast_signed());
        Ok(Bound::from_owned_ptr_or_err(py, string)?.cast_into_unchecked())
    }
}

/// The `str` of a string with escapes, which ends at a quote or with the text; and how many bytes it is made of.
#[cold]
pub(super) fn escaped<'py>(py: Python<'py>, json: &[u8]) -> PyResult<(Bound<'py, PyString>, usize)> {
    let mut decoded = Vec::new();
    let length = decode(json, &mut decoded).ok_or_else(not_json)?;
    Ok((string(py, &decoded, decoded.is_ascii())?, length))
}

/// Decodes a string up to a quote or the end. Gives its length; `None` if an escape is none.
fn decode(json: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let mut at = 0;
    loop {
        let plain = words::run(json.get(at..)?).bytes();
        into.extend_from_slice(plain);
        at += plain.len();
        if byte(json, at) != b'\\' {
            return Some(at);
        }
        let letter = *json.get(at + 1)?;
        at += 2;
        match letter {
            b'u' => {
                let mut code = code_unit(json, at)?;
                at += 4;
                if let 0xD800..0xDC00 = code {
                    let second = code_unit(json, at + 2)?.checked_sub(0xDC00)?;
                    code = 0x1_0000 + ((code - 0xD800) << 10) + second;
                    at += 6;
                }
                into.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
            }
            b'b' => into.push(0x08),
            b'f' => into.push(0x0C),
            b'n' => into.push(b'\n'),
            b'r' => into.push(b'\r'),
            b't' => into.push(b'\t'),
            itself => into.push(itself),
        }
    }
}

/// The value of the four hex digits that begin here.
fn code_unit(json: &[u8], at: usize) -> Option<u32> {
    let digits = json.get(at..at + 4)?;
    digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}
