//! Why a call failed, and the error object with the details.

use std::ffi::CString;

use tink_webhooks::{Error, Reason};

use crate::codes::Row;
use crate::numbers::{
    TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT, TINK_WEBHOOKS_ERROR_PANIC,
};
use crate::text::c_string;

/// Why a call failed.
pub(crate) enum Failure {
    /// An error of core.
    Core(Error),
    /// What the handlers that failed returned, in the order they ran.
    Handlers(Vec<u32>),
    /// One of the codes that only C has.
    Call(u32),
}

impl Failure {
    pub(crate) const NULL_ARGUMENT: Self = Self::Call(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT);
    pub(crate) const INVALID_ARGUMENT: Self = Self::Call(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT);
    pub(crate) const PANIC: Self = Self::Call(TINK_WEBHOOKS_ERROR_PANIC);

    pub(crate) fn code(&self) -> u32 {
        match self {
            Self::Core(error) => error.code(),
            Self::Handlers(codes) => dispatch_failed(codes).code(),
            Self::Call(code) => *code,
        }
    }
}

/// Handlers return numbers of their own. Those of the kind `unavailable` are this library's.
fn dispatch_failed(codes: &[u32]) -> Error {
    let reason = |code| Reason::ALL.iter().copied().find(|reason| reason.code() == code);
    let reasons: Vec<_> = codes.iter().map(|&code| reason(code)).collect();
    Error::dispatch_failed(&reasons)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

/// `tink_webhooks_error`
pub struct ErrorObject {
    pub(crate) code: u32,
    pub(crate) message: CString,
    pub(crate) hint: Option<CString>,
    pub(crate) age: Option<i64>,
    pub(crate) tolerance: Option<u64>,
    pub(crate) failure_count: usize,
    pub(crate) first_failure: u32,
}

impl ErrorObject {
    pub(crate) fn new(failure: Failure) -> Self {
        let code = failure.code();
        let (error, failure_count, first_failure) = match failure {
            Failure::Core(error) => (error, 0, 0),
            Failure::Handlers(codes) => (dispatch_failed(&codes), codes.len(), codes.first().copied().unwrap_or(0)),
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
