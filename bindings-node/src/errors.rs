//! Errors of the core as plain objects, from which `ts/errors.ts` makes error objects.

use napi_derive::napi;
use tink_webhooks::Error;

/// The fields of an error.
#[napi(object)]
pub struct ErrorFields {
    /// The coarse kind.
    pub kind: String,
    /// The exact reason.
    pub reason: String,
    /// The HTTP status to answer.
    pub status: u32,
    /// The message with the hint.
    pub message: String,
    /// What to try next.
    pub hint: Option<String>,
    /// Errors of the time window: seconds since signing, negative in the future.
    pub age: Option<f64>,
    /// Errors of the time window: the tolerance in force, seconds.
    pub tolerance: Option<f64>,
}

impl ErrorFields {
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53, or so large that it does not matter")]
    pub(crate) fn new(error: &Error) -> Self {
        Self {
            kind: error.kind().as_str().to_owned(),
            reason: error.reason().as_str().to_owned(),
            status: error.http_status().into(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            age: error.age().map(|age| age as f64),
            tolerance: error.tolerance().map(|tolerance| tolerance as f64),
        }
    }
}
