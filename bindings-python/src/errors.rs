//! Errors of the core become exceptions of `tink_webhooks._error_kinds`.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tink_webhooks::{Error, Kind, Reason};

/// How a call fails: with an error of the core, or with an exception that passes through.
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(fault: Failure) -> Self {
        match fault {
            Failure::Core(error) => Python::attach(|py| to_exception(py, &error).unwrap_or_else(|error| error)),
            Failure::Python(error) => error,
        }
    }
}

/// The error for an option that only this binding can check.
pub(crate) fn invalid_option(message: &'static str) -> Failure {
    Failure::Core(Error::with_message(Reason::InvalidOption, message))
}

fn to_exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = match error.kind() {
        Kind::InvalidSignature => intern!(py, "InvalidSignatureError"),
        Kind::InvalidPayload => intern!(py, "InvalidPayloadError"),
        Kind::TestWebhook => intern!(py, "TestWebhookError"),
        Kind::InvalidConfig => intern!(py, "InvalidConfigError"),
        Kind::InvalidRequest => intern!(py, "InvalidRequestError"),
        Kind::Unavailable => intern!(py, "UnavailableError"),
        _ => intern!(py, "WebhookError"),
    };
    let fields = PyDict::new(py);
    fields.set_item(intern!(py, "kind"), error.kind().as_str())?;
    fields.set_item(intern!(py, "reason"), error.reason().as_str())?;
    fields.set_item(intern!(py, "http_status"), error.http_status())?;
    fields.set_item(intern!(py, "age"), error.age())?;
    fields.set_item(intern!(py, "tolerance"), error.tolerance())?;
    fields.set_item(intern!(py, "hint"), error.hint())?;
    let exception = py
        .import(intern!(py, "tink_webhooks._error_kinds"))?
        .getattr(class)?
        .call((error.to_string(),), Some(&fields))?;
    Ok(PyErr::from_value(exception))
}

/// The exception for a reason, for what only an adapter sees: a body over the cap, or one that was read before.
#[pyfunction(name = "_refusal")]
#[pyo3(signature = (reason, message = None))]
pub(crate) fn refusal(py: Python<'_>, reason: &str, message: Option<String>) -> PyResult<Py<PyAny>> {
    let reason = Reason::parse(reason).ok_or_else(|| PyValueError::new_err("no such reason"))?;
    let error = message.map_or_else(|| Error::new(reason), |message| Error::with_message(reason, message));
    Ok(to_exception(py, &error)?.into_value(py).into_any())
}

/// Message, kind, reason and status of a `HandlerError`, from the reason of each handler's error where it has one.
#[pyfunction(name = "_dispatch_failed")]
pub(crate) fn dispatch_failed(reasons: Vec<Option<String>>) -> (String, &'static str, &'static str, u16) {
    let reasons: Vec<_> = reasons.into_iter().map(|reason| reason.as_deref().and_then(Reason::parse)).collect();
    let error = Error::dispatch_failed(&reasons);
    (error.message().to_owned(), error.kind().as_str(), error.reason().as_str(), error.http_status())
}

/// Logs a warning of the core, to the logger of the package.
pub(crate) fn warn(py: Python<'_>, text: &str) -> Result<(), Failure> {
    py.import(intern!(py, "tink_webhooks._logging"))?.call_method1(intern!(py, "warn"), (text,))?;
    Ok(())
}
