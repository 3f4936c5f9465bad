//! Values inside an event's data, read where they stand.

#![expect(clippy::inline_always, reason = "in one piece with core's walk")]

use std::borrow::Cow;
use std::ptr;
use std::slice;

use tink_webhooks::{Entries, JsonValue, ValueKind};

use crate::event::EventObject;
use crate::failure::Failure;
use crate::guard::{guard, guard_code};
use crate::numbers::{
    TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, TINK_WEBHOOKS_OK, TINK_WEBHOOKS_VALUE_ARRAY, TINK_WEBHOOKS_VALUE_BOOL,
    TINK_WEBHOOKS_VALUE_NONE, TINK_WEBHOOKS_VALUE_NULL, TINK_WEBHOOKS_VALUE_NUMBER, TINK_WEBHOOKS_VALUE_OBJECT,
    TINK_WEBHOOKS_VALUE_STRING,
};
use crate::pointers::{array, bytes, reference, write};
use crate::views::{IteratorView, Slice, ValueView};

impl ValueView {
    #[inline]
    fn of(value: JsonValue<'_>) -> Self {
        let kind = match value.kind() {
            ValueKind::Null => TINK_WEBHOOKS_VALUE_NULL,
            ValueKind::Bool => TINK_WEBHOOKS_VALUE_BOOL,
            ValueKind::Number => TINK_WEBHOOKS_VALUE_NUMBER,
            ValueKind::String => TINK_WEBHOOKS_VALUE_STRING,
            ValueKind::Array => TINK_WEBHOOKS_VALUE_ARRAY,
            ValueKind::Object => TINK_WEBHOOKS_VALUE_OBJECT,
        };
        Self { kind, escaped: value.is_escaped().into(), json: Slice::of(value.json()) }
    }

    fn of_optional(value: Option<JsonValue<'_>>) -> Self {
        value.map_or(Self::NONE, Self::of)
    }

    /// The value, if there is one.
    ///
    /// # Safety
    /// This library made it, from an event that lives.
    unsafe fn get<'e>(&self) -> Option<JsonValue<'e>> {
        if self.kind == TINK_WEBHOOKS_VALUE_NONE {
            return None;
        }
        // SAFETY: as the caller says.
        unsafe { text(self.json) }.map(|text| JsonValue::of_checked_text(text, self.escaped != 0))
    }

    /// What stands between the quotes of a string without escapes.
    #[inline]
    fn plain_string(&self) -> Option<Slice> {
        let is_plain = self.kind == TINK_WEBHOOKS_VALUE_STRING && self.escaped == 0 && self.json.len >= 2;
        is_plain.then(|| Slice { ptr: self.json.ptr.wrapping_add(1), len: self.json.len - 2 })
    }
}

/// The text of a slice, `None` for nothing.
///
/// # Safety
/// The slice is nothing, or a part of an event's text that begins and ends with whole characters.
unsafe fn text<'a>(slice: Slice) -> Option<&'a str> {
    if slice.ptr.is_null() {
        return None;
    }
    // SAFETY: as the caller says; an event's text was read as UTF-8, and does not change.
    Some(unsafe { str::from_utf8_unchecked(slice::from_raw_parts(slice.ptr, slice.len)) })
}

/// A JSON pointer from the caller.
///
/// # Safety
/// As [`bytes`].
unsafe fn pointer<'a>(ptr: *const u8, len: usize) -> Result<&'a str, Failure> {
    // SAFETY: as the caller says.
    str::from_utf8(unsafe { bytes(ptr, len) }?).map_err(|_| Failure::INVALID_ARGUMENT)
}

/// Asks something of a value; `None` for NULL, for a value that is none, and after a panic.
///
/// # Safety
/// `value` is NULL, or points to a value that this library made, from an event that lives, or to zeros.
unsafe fn ask<'e, R>(value: *const ValueView, question: impl FnOnce(JsonValue<'e>) -> Option<R>) -> Option<R> {
    // SAFETY: as the caller says.
    guard(None, || unsafe { value.as_ref()?.get() }.and_then(question))
}

/// Writes an answer to an out-parameter that must not be NULL; false if there is none.
///
/// # Safety
/// `out` is NULL, or valid for writing.
unsafe fn tell<T>(out: *mut T, answer: Option<T>) -> bool {
    match answer {
        Some(answer) if !out.is_null() => {
            // SAFETY: not NULL, so valid.
            unsafe { out.write(answer) };
            true
        }
        _ => false,
    }
}

/// The value of the data at a JSON pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_data_get(
    event: *const EventObject,
    path: *const u8,
    path_len: usize,
    out: *mut ValueView,
) -> u32 {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        write(out, ValueView::NONE);
        guard_code(ptr::null_mut(), || {
            let (event, path) = (reference(event)?, pointer(path, path_len)?);
            let found = event.data_at(path).map_err(|_| Failure::INVALID_ARGUMENT)?;
            reference(out.cast_const())?;
            write(out, ValueView::of_optional(found));
            Ok(())
        })
    }
}

/// The value at a JSON pointer that begins at another value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_get(
    value: *const ValueView,
    path: *const u8,
    path_len: usize,
    out: *mut ValueView,
) -> u32 {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        // A copy first: `out` may be `value`.
        let from = value.as_ref().copied();
        write(out, ValueView::NONE);
        guard_code(ptr::null_mut(), || {
            let (from, path) = (from.ok_or(Failure::NULL_ARGUMENT)?, pointer(path, path_len)?);
            // The pointer is judged wherever it begins.
            let start = from.get();
            let at = start.unwrap_or(JsonValue::of_checked_text("null", false));
            let found = at.pointer(path).map_err(|_| Failure::INVALID_ARGUMENT)?;
            reference(out.cast_const())?;
            write(out, ValueView::of_optional(start.and(found)));
            Ok(())
        })
    }
}

/// A key of the caller's.
#[repr(transparent)]
struct Key(Slice);

impl AsRef<[u8]> for Key {
    #[inline(always)]
    fn as_ref(&self) -> &[u8] {
        match self.0.len {
            0 => &[],
            // SAFETY: as the caller of `Wanted::new` said, which has looked at each key; it makes all that there are.
            len => unsafe { slice::from_raw_parts(self.0.ptr, len) },
        }
    }
}

/// The keys that a caller looks for, and where the values go.
struct Wanted<'a> {
    keys: &'a [Key],
    out: *mut ValueView,
}

impl Wanted<'_> {
    /// Writes "none" for every key.
    ///
    /// # Safety
    /// `keys` is as for [`array`], and each of its slices as for [`bytes`]; `out` is NULL, or valid for writing as many
    /// values. All live until the last use of this.
    #[inline(always)]
    unsafe fn new(keys: *const Slice, count: usize, out: *mut ValueView) -> Result<Self, Failure> {
        // SAFETY: as the caller says; a key is a slice.
        unsafe {
            let keys = array(keys.cast::<Key>(), count)?;
            if out.is_null() && count > 0 {
                return Err(Failure::NULL_ARGUMENT);
            }
            let mut result = Ok(());
            for (at, Key(key)) in keys.iter().enumerate() {
                out.add(at).write(ValueView::NONE);
                if let Err(failure) = bytes(key.ptr, key.len) {
                    result = Err(failure);
                }
            }
            result.map(|()| Self { keys, out })
        }
    }

    #[inline(always)]
    fn found(&self, key: usize, value: JsonValue<'_>) {
        // SAFETY: as the caller of `new` said: there is an `out` for each key.
        unsafe { self.out.add(key).write(ValueView::of(value)) };
    }
}

/// The members of an object that have these keys.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_members(
    value: *const ValueView,
    keys: *const Slice,
    count: usize,
    out: *mut ValueView,
) -> u32 {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        // A copy first: `value` may be one of `out`.
        let from = value.as_ref().copied();
        guard_code(ptr::null_mut(), || {
            let wanted = Wanted::new(keys, count, out)?;
            if let Some(value) = from.ok_or(Failure::NULL_ARGUMENT)?.get() {
                value.members_of(wanted.keys, |key, value| wanted.found(key, value));
            }
            Ok(())
        })
    }
}

/// The next element's members that have these keys.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_iterator_next_members(
    iterator: *mut IteratorView,
    keys: *const Slice,
    count: usize,
    out: *mut ValueView,
) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        let next = || {
            let wanted = Wanted::new(keys, count, out).ok()?;
            let at = iterator.as_mut()?;
            let mut entries = at.entries()?;
            let more = entries.next_members_of(wanted.keys, |key, value| wanted.found(key, value));
            *at = IteratorView::of(&entries);
            Some(more)
        };
        guard(None, next) == Some(true)
    }
}

/// How many elements or members a value has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_count(value: *const ValueView) -> usize {
    // SAFETY: NULL, or a value as the header says.
    unsafe { ask(value, |value| Some(value.entries().count())) }.unwrap_or(0)
}

/// An iterator in front of the first element or member.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_iterate(value: *const ValueView) -> IteratorView {
    let begin = |value: JsonValue<'_>| {
        let kind = value.kind();
        matches!(kind, ValueKind::Array | ValueKind::Object).then(|| IteratorView::of(&value.entries()))
    };
    // SAFETY: NULL, or a value as the header says.
    unsafe { ask(value, begin) }.unwrap_or(IteratorView::NONE)
}

impl IteratorView {
    fn of(entries: &Entries<'_>) -> Self {
        let kind = if entries.are_members() { TINK_WEBHOOKS_VALUE_OBJECT } else { TINK_WEBHOOKS_VALUE_ARRAY };
        Self { rest: Slice::of(entries.rest()), kind, reserved: entries.is_after_short().into() }
    }

    /// # Safety
    /// This library made it, from an event that lives.
    unsafe fn entries<'a>(&self) -> Option<Entries<'a>> {
        // SAFETY: as the caller says.
        let rest = unsafe { text(self.rest) }?;
        Some(Entries::resume(rest, self.kind == TINK_WEBHOOKS_VALUE_OBJECT).after_short(self.reserved != 0))
    }
}

/// The next element or member.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_iterator_next(
    iterator: *mut IteratorView,
    key: *mut ValueView,
    value: *mut ValueView,
) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        let next = || {
            let at = iterator.as_mut()?;
            let mut entries = at.entries()?;
            let entry = entries.next()?;
            at.rest = Slice::of(entries.rest());
            write(key, ValueView::of_optional(entry.key));
            write(value, ValueView::of(entry.value));
            Some(())
        };
        let more = guard(None, next).is_some();
        if !more {
            write(key, ValueView::NONE);
            write(value, ValueView::NONE);
        }
        more
    }
}

/// The next elements that are strings without escapes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_iterator_next_strings(
    iterator: *mut IteratorView,
    out: *mut Slice,
    count: usize,
) -> usize {
    // SAFETY: each pointer is NULL, or valid as the header says: `out` for `count` slices, which is how often the
    // closure is called at most.
    unsafe {
        let next = || {
            let at = iterator.as_mut().filter(|_| !out.is_null())?;
            let mut entries = at.entries()?;
            let mut found = 0;
            entries.next_plain_strings(count, |string| {
                out.add(found).write(Slice::of(string));
                found += 1;
            });
            at.rest = Slice::of(entries.rest());
            Some(found)
        };
        guard(None, next).unwrap_or(0)
    }
}

/// The text of a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_string(
    value: *const ValueView,
    buffer: *mut u8,
    buffer_size: usize,
    out: *mut Slice,
) -> u32 {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        // Most strings: nothing is called that could panic. `out` need not be initialised, so it is never borrowed.
        let plain = value.as_ref().and_then(ValueView::plain_string);
        let is_asked_wrongly = out.is_null() || buffer.is_null() && buffer_size > 0;
        if let Some(text) = plain.filter(|_| !is_asked_wrongly) {
            write(out, text);
            return TINK_WEBHOOKS_OK;
        }
        write(out, Slice::NOTHING);
        guard_code(ptr::null_mut(), || {
            let value = reference(value)?;
            // It need not be initialised, so it is never a slice.
            if buffer.is_null() && buffer_size > 0 {
                return Err(Failure::NULL_ARGUMENT);
            }
            reference(out.cast_const())?;
            let Some(found) = value.get().and_then(JsonValue::as_str) else { return Ok(()) };
            let text = match found {
                Cow::Borrowed(text) => Slice::of(text),
                Cow::Owned(decoded) if decoded.len() <= buffer_size => {
                    // Not empty, as an escape stands for something; so the buffer is not NULL.
                    ptr::copy_nonoverlapping(decoded.as_ptr(), buffer, decoded.len());
                    Slice { ptr: buffer, len: decoded.len() }
                }
                Cow::Owned(_) => return Err(Failure::Call(TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL)),
            };
            write(out, text);
            Ok(())
        })
    }
}

/// Whether a value is this string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_is_string(
    value: *const ValueView,
    other: *const u8,
    other_len: usize,
) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe {
        let other = guard(None, || bytes(other, other_len).ok());
        ask(value, |value| Some(value.as_str()?.as_bytes() == other?)).unwrap_or(false)
    }
}

/// An integer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_int64(value: *const ValueView, out: *mut i64) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe { tell(out, ask(value, JsonValue::as_i64)) }
}

/// A number as a double.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_double(value: *const ValueView, out: *mut f64) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe { tell(out, ask(value, JsonValue::as_f64)) }
}

/// A truth value.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_value_bool(value: *const ValueView, out: *mut bool) -> bool {
    // SAFETY: each pointer is NULL, or valid as the header says.
    unsafe { tell(out, ask(value, JsonValue::as_bool)) }
}
