//! Functions that read codes and error objects.

use std::ffi::{CStr, c_char};
use std::ptr;

use crate::codes::Row;
use crate::failure::ErrorObject;
use crate::guard::{self, guard};
use crate::numbers::TINK_WEBHOOKS_ERROR_NULL_ARGUMENT;

/// The name of a code.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_name(code: u32) -> *const c_char {
    guard(c"unknown_code".as_ptr(), || Row::of(code).name.as_ptr())
}

/// The kind of a code.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_kind(code: u32) -> *const c_char {
    guard(c"unknown_code".as_ptr(), || Row::of(code).kind.as_ptr())
}

/// The HTTP status to answer with.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_http_status(code: u32) -> u32 {
    guard(500, || Row::of(code).http_status)
}

/// What a code means, in one sentence.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_message(code: u32) -> *const c_char {
    guard(c"".as_ptr(), || Row::of(code).message.as_ptr())
}

/// Frees an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_free(error: *mut ErrorObject) {
    // SAFETY: NULL, or an error that the caller owns.
    unsafe { guard::free(error) };
}

/// The code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_code(error: *const ErrorObject) -> u32 {
    // SAFETY: NULL, or a live error.
    unsafe { guard::ask(error, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, |error| error.code) }
}

/// What went wrong, without the hint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_message(error: *const ErrorObject) -> *const c_char {
    let no_error = c"there is no error object".as_ptr();
    // SAFETY: NULL, or a live error.
    unsafe { guard::ask(error, no_error, |error| error.message.as_ptr()) }
}

/// What to try next, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_hint(error: *const ErrorObject) -> *const c_char {
    // SAFETY: NULL, or a live error.
    unsafe { guard::ask(error, ptr::null(), |error| error.hint.as_deref().map_or(ptr::null(), CStr::as_ptr)) }
}

/// Seconds between signing and now, for errors of the time window.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_age(error: *const ErrorObject, seconds: *mut i64) -> bool {
    // SAFETY: NULL, or a live error, and NULL, or valid for writing.
    unsafe { tell(error, seconds, |error| error.age) }
}

/// The tolerance in force in seconds, for errors of the time window.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_tolerance(error: *const ErrorObject, seconds: *mut u64) -> bool {
    // SAFETY: NULL, or a live error, and NULL, or valid for writing.
    unsafe { tell(error, seconds, |error| error.tolerance) }
}

/// # Safety
/// `error` is NULL, or points to a live error; `out` is NULL, or valid for writing.
unsafe fn tell<T>(error: *const ErrorObject, out: *mut T, question: impl FnOnce(&ErrorObject) -> Option<T>) -> bool {
    let answer = |error: &ErrorObject| match question(error) {
        Some(answer) if !out.is_null() => {
            // SAFETY: not NULL, so valid.
            unsafe { out.write(answer) };
            true
        }
        _ => false,
    };
    // SAFETY: as the caller says.
    unsafe { guard::ask(error, false, answer) }
}

/// How many handlers failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_failure_count(error: *const ErrorObject) -> usize {
    // SAFETY: NULL, or a live error.
    unsafe { guard::ask(error, 0, |error| error.failure_count) }
}

/// What the first handler that failed returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_first_failure(error: *const ErrorObject) -> u32 {
    // SAFETY: NULL, or a live error.
    unsafe { guard::ask(error, 0, |error| error.first_failure) }
}
