//! Reads the text once, from left to right, and makes what it says.

#![expect(clippy::inline_always, reason = "in one piece it is faster, as the scanner of the core")]

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

use super::cache::{self, Strings};
use super::words::{self, behind_white_space, byte, not_json};
use super::{number, text};

/// The object of the JSON value that the text begins with, in UTF-8, with or without white space before it. What comes
/// behind it is not looked at, but lets the last strings be read as fast as the others.
///
/// Numbers with a fraction or an exponent are `decimal.Decimal` where `decimals`, else `float`. Of keys that stand twice
/// in one object the last counts.
///
/// # Errors
///
/// What Python raises, most often for want of memory; `ValueError` for what is no JSON.
pub fn build<'py>(py: Python<'py>, json: &[u8], decimals: bool) -> PyResult<Bound<'py, PyAny>> {
    // Asked for each time: every interpreter of a process has a class of its own.
    let decimal =
        if decimals { Some(py.import(intern!(py, "decimal"))?.getattr(intern!(py, "Decimal"))?) } else { None };
    cache::with_strings(py, |strings| value(py, json, decimal.as_ref(), strings))
}

/// The `str` between the quotes of a JSON string.
///
/// # Errors
///
/// As [`build`].
pub fn string<'py>(py: Python<'py>, json: &[u8], has_escapes: bool) -> PyResult<Bound<'py, PyString>> {
    if has_escapes {
        text::escaped(py, json).map(|(string, _)| string)
    } else {
        text::string(py, json, json.is_ascii())
    }
}

/// A container whose end was not reached yet.
enum Open<'py> {
    /// A dict, and the key of the value that is read.
    Dict(Bound<'py, PyDict>, Bound<'py, PyString>),
    /// A list, and how many items had been waiting for other lists.
    List(usize),
}

/// Without recursion. What is rarely needed is given positions, and not where they are kept, so that the compiler can
/// keep them in registers.
fn value<'py>(
    py: Python<'py>,
    json: &[u8],
    decimal: Option<&Bound<'py, PyAny>>,
    strings: &mut Strings,
) -> PyResult<Bound<'py, PyAny>> {
    let mut open: Vec<Open<'py>> = Vec::with_capacity(8);
    let mut items: Vec<Bound<'py, PyAny>> = Vec::new();
    let mut at = behind_white_space(json, 0);
    'value: loop {
        let mut value = match byte(json, at) {
            b'"' => {
                let (string, behind) = string_at(py, json, at, strings)?;
                at = behind;
                string.into_any()
            }
            b'{' => {
                at = behind_white_space(json, at + 1);
                let dict = PyDict::new(py);
                if byte(json, at) != b'}' {
                    let (key, behind) = key_at(py, json, at, strings)?;
                    at = behind;
                    open.push(Open::Dict(dict, key));
                    continue 'value;
                }
                at += 1;
                dict.into_any()
            }
            b'[' => {
                at = behind_white_space(json, at + 1);
                if byte(json, at) != b']' {
                    open.push(Open::List(items.len()));
                    continue 'value;
                }
                at += 1;
                PyList::empty(py).into_any()
            }
            b't' => {
                at += 4;
                PyBool::new(py, true).to_owned().into_any()
            }
            b'f' => {
                at += 5;
                PyBool::new(py, false).to_owned().into_any()
            }
            b'n' => {
                at += 4;
                py.None().into_bound(py)
            }
            _ => {
                let (number, behind) = number::number(py, json, at, decimal)?;
                at = behind;
                number
            }
        };
        // Where it belongs; and if that ends here too, where that belongs.
        while let Some(container) = open.last_mut() {
            at = behind_white_space(json, at);
            let goes_on = byte(json, at) == b',';
            at += 1;
            match container {
                Open::Dict(dict, key_of_value) => {
                    dict.set_item(&*key_of_value, value)?;
                    if goes_on {
                        at = behind_white_space(json, at);
                        (*key_of_value, at) = key_at(py, json, at, strings)?;
                        continue 'value;
                    }
                    let Some(Open::Dict(dict, _)) = open.pop() else { return Err(not_json()) };
                    value = dict.into_any();
                }
                Open::List(waiting) => {
                    items.push(value);
                    if goes_on {
                        at = behind_white_space(json, at);
                        continue 'value;
                    }
                    value = PyList::new(py, items.drain(*waiting..))?.into_any();
                    open.pop();
                }
            }
        }
        return Ok(value);
    }
}

/// The key that begins here, and the place of its value.
#[inline(always)]
fn key_at<'py>(
    py: Python<'py>,
    json: &[u8],
    at: usize,
    strings: &mut Strings,
) -> PyResult<(Bound<'py, PyString>, usize)> {
    let (key, behind) = string_at(py, json, at, strings)?;
    let colon = behind_white_space(json, behind);
    Ok((key, behind_white_space(json, colon + 1)))
}

/// The string whose opening quote is here, and the place behind it.
#[inline(always)]
fn string_at<'py>(
    py: Python<'py>,
    json: &[u8],
    at: usize,
    strings: &mut Strings,
) -> PyResult<(Bound<'py, PyString>, usize)> {
    let start = at + 1;
    let rest = json.get(start..).unwrap_or_default();
    let text = words::run(rest);
    let length = text.bytes().len();
    let end = start + length;
    if byte(json, end) == b'"' {
        let string = match words::short(rest, length) {
            Some(words) => strings.get(py, words, text)?,
            None => text::string(py, text.bytes(), text.is_ascii())?,
        };
        return Ok((string, end + 1));
    }
    let (string, length) = text::escaped(py, rest)?;
    Ok((string, start + length + 1))
}
