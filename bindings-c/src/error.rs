//! Codes, and the object that tells more than its code.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use tink_webhooks::{Error, Reason};

use crate::ffi;
use crate::header::{
    TINK_WEBHOOKS_ERROR_ALREADY_BUILT, TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL,
    TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, TINK_WEBHOOKS_ERROR_PANIC,
    TINK_WEBHOOKS_OK,
};

/// The codes of C alone: number, name, message.
pub(crate) const CALLS: [(u32, &str, &str); 6] = [
    (TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, "null_argument", "an argument is NULL that must not be"),
    (TINK_WEBHOOKS_ERROR_PANIC, "panic", "a mistake inside libtink_webhooks; nothing was verified; please report it"),
    (
        TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT,
        "invalid_argument",
        "a length no buffer can have, an unknown flag, or an index out of range",
    ),
    (TINK_WEBHOOKS_ERROR_ALREADY_BUILT, "already_built", "the builder was built before, and is empty"),
    (TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, "buffer_too_small", "the buffer is too small"),
    (TINK_WEBHOOKS_ERROR_ALREADY_FINISHED, "already_finished", "the verification was finished before, and is used up"),
];

/// Static text with a NUL at its end, made by the compiler from one without.
pub(crate) struct Text<const SIZE: usize>([u8; SIZE]);

impl<const SIZE: usize> Text<SIZE> {
    /// A text of `SIZE` or more bytes does not compile in a constant.
    pub(crate) const fn new(text: &str) -> Self {
        let mut bytes = [0; SIZE];
        let mut at = 0;
        assert!(text.len() < SIZE);
        while at < text.len() {
            bytes[at] = text.as_bytes()[at];
            at += 1;
        }
        Self(bytes)
    }

    pub(crate) const fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// What there is to say about a code.
struct Row {
    code: u32,
    name: Text<32>,
    kind: Text<32>,
    http_status: u32,
    message: Text<256>,
}

impl Row {
    const UNKNOWN: Self = Self::new(u32::MAX, "unknown_code", "unknown_code", 500, "not a code of this library");

    const fn new(code: u32, name: &str, kind: &str, http_status: u32, message: &str) -> Self {
        Self { code, name: Text::new(name), kind: Text::new(kind), http_status, message: Text::new(message) }
    }

    fn of(code: u32) -> &'static Self {
        static UNKNOWN: Row = Row::UNKNOWN;
        ROWS.iter().find(|row| row.code == code).unwrap_or(&UNKNOWN)
    }
}

/// Success, core's table, and the codes of C alone.
static ROWS: [Row; 1 + Reason::ALL.len() + CALLS.len()] = {
    let mut rows = [const { Row::UNKNOWN }; 1 + Reason::ALL.len() + CALLS.len()];
    rows[0] = Row::new(TINK_WEBHOOKS_OK, "ok", "ok", 200, "no error");
    let mut at = 0;
    while at < Reason::ALL.len() {
        let reason = Reason::ALL[at];
        let kind = reason.kind().as_str();
        rows[1 + at] = Row::new(reason.code(), reason.as_str(), kind, reason.http_status() as u32, reason.message());
        at += 1;
    }
    at = 0;
    while at < CALLS.len() {
        let (code, name, message) = CALLS[at];
        rows[1 + Reason::ALL.len() + at] = Row::new(code, name, "invalid_call", 500, message);
        at += 1;
    }
    rows
};

/// Why a call failed.
pub(crate) enum Failure {
    /// What core said.
    Core(Error),
    /// How many handlers failed, and what the first of them returned.
    Handlers(usize, u32),
    /// One of the [`CALLS`].
    Call(u32),
}

impl Failure {
    pub(crate) const NULL_ARGUMENT: Self = Self::Call(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT);
    pub(crate) const INVALID_ARGUMENT: Self = Self::Call(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT);
    pub(crate) const PANIC: Self = Self::Call(TINK_WEBHOOKS_ERROR_PANIC);

    pub(crate) fn code(&self) -> u32 {
        match self {
            Self::Core(error) => error.code(),
            Self::Handlers(..) => Reason::HandlerFailed.code(),
            Self::Call(code) => *code,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

/// `tink_webhooks_error`
pub struct ErrorObject {
    code: u32,
    message: CString,
    hint: Option<CString>,
    age: Option<i64>,
    tolerance: Option<u64>,
    failure_count: usize,
    first_failure: u32,
}

impl ErrorObject {
    pub(crate) fn new(failure: Failure) -> Self {
        let code = failure.code();
        let (error, failure_count, first_failure) = match failure {
            Failure::Core(error) => (error, 0, 0),
            Failure::Handlers(count, first) => (Error::handlers_failed(count), count, first),
            Failure::Call(code) => return Self::plain(code, Row::of(code).message.as_c_str().to_owned()),
        };
        Self {
            hint: error.hint().map(c_string),
            age: error.age(),
            tolerance: error.tolerance(),
            failure_count,
            first_failure,
            ..Self::plain(code, c_string(error.message()))
        }
    }

    const fn plain(code: u32, message: CString) -> Self {
        Self { code, message, hint: None, age: None, tolerance: None, failure_count: 0, first_failure: 0 }
    }
}

/// Core's messages hold no NUL; if one ever did, the text would end there.
fn c_string(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// The name of a code.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_name(code: u32) -> *const c_char {
    ffi::guard(c"unknown_code".as_ptr(), || Row::of(code).name.as_ptr())
}

/// The kind of a code.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_kind(code: u32) -> *const c_char {
    ffi::guard(c"unknown_code".as_ptr(), || Row::of(code).kind.as_ptr())
}

/// The HTTP status to answer.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_http_status(code: u32) -> u32 {
    ffi::guard(500, || Row::of(code).http_status)
}

/// What a code means, in one sentence.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_code_message(code: u32) -> *const c_char {
    ffi::guard(c"".as_ptr(), || Row::of(code).message.as_ptr())
}

/// Ends an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_free(error: *mut ErrorObject) {
    // SAFETY: NULL, or an error that the caller owns.
    unsafe { ffi::free(error) };
}

/// The code.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_code(error: *const ErrorObject) -> u32 {
    // SAFETY: NULL, or a live error.
    unsafe { ffi::ask(error, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, |error| error.code) }
}

/// What went wrong, without the hint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_message(error: *const ErrorObject) -> *const c_char {
    let no_error = c"there is no error object".as_ptr();
    // SAFETY: NULL, or a live error.
    unsafe { ffi::ask(error, no_error, |error| error.message.as_ptr()) }
}

/// What to try next, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_hint(error: *const ErrorObject) -> *const c_char {
    // SAFETY: NULL, or a live error.
    unsafe { ffi::ask(error, ptr::null(), |error| error.hint.as_deref().map_or(ptr::null(), CStr::as_ptr)) }
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
    unsafe { ffi::ask(error, false, answer) }
}

/// How many handlers failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_failure_count(error: *const ErrorObject) -> usize {
    // SAFETY: NULL, or a live error.
    unsafe { ffi::ask(error, 0, |error| error.failure_count) }
}

/// What the first handler that failed returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_error_first_failure(error: *const ErrorObject) -> u32 {
    // SAFETY: NULL, or a live error.
    unsafe { ffi::ask(error, 0, |error| error.first_failure) }
}
