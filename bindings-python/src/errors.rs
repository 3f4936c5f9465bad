//! Errors of the core become exceptions of `tink_webhooks._errors`.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tink_webhooks::{Error, Kind, Reason};

use crate::event::Event;

/// What a call can end with: an error of the core, or an exception that passes through.
pub(crate) enum Fault {
    Core(Error),
    Python(PyErr),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Core(error) => Python::attach(|py| to_exception(py, &error).unwrap_or_else(|error| error)),
            Fault::Python(error) => error,
        }
    }
}

/// The exception for an option that only this binding can judge.
pub(crate) fn invalid_option(message: &'static str) -> Fault {
    Fault::Core(Error::with_message(Reason::InvalidOption, message))
}

fn to_exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let class = match error.kind() {
        Kind::InvalidSignature => intern!(py, "InvalidSignatureError"),
        Kind::InvalidPayload => intern!(py, "InvalidPayloadError"),
        Kind::TestWebhook => intern!(py, "TestWebhookError"),
        Kind::InvalidConfig => intern!(py, "InvalidConfigError"),
        _ => intern!(py, "WebhookError"),
    };
    let fields = PyDict::new(py);
    fields.set_item(intern!(py, "kind"), error.kind().as_str())?;
    fields.set_item(intern!(py, "reason"), error.reason().as_str())?;
    fields.set_item(intern!(py, "http_status"), error.http_status())?;
    fields.set_item(intern!(py, "age"), error.age())?;
    fields.set_item(intern!(py, "tolerance"), error.tolerance())?;
    fields.set_item(intern!(py, "hint"), error.hint())?;
    let exception = module(py)?.getattr(class)?.call((error.to_string(),), Some(&fields))?;
    Ok(PyErr::from_value(exception))
}

fn module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "tink_webhooks._errors"))
}

/// An error of the table for what only an adapter sees, such as a body over the cap or one that was read before.
#[pyfunction(name = "_refusal")]
#[pyo3(signature = (reason, message = None))]
pub(crate) fn refusal(py: Python<'_>, reason: &str, message: Option<String>) -> PyResult<Py<PyAny>> {
    let reason = Reason::parse(reason).ok_or_else(|| PyValueError::new_err("no such reason"))?;
    let error = message.map_or_else(|| Error::new(reason), |message| Error::with_message(reason, message));
    Ok(to_exception(py, &error)?.into_value(py).into_any())
}

/// The `HandlerError` of a dispatch in which handlers failed.
#[pyfunction(name = "_handlers_failed")]
pub(crate) fn handlers_failed<'py>(
    py: Python<'py>,
    event: &Bound<'py, Event>,
    errors: &Bound<'py, PyList>,
) -> PyResult<Bound<'py, PyAny>> {
    let message = Error::handlers_failed(errors.len()).message().to_owned();
    module(py)?.getattr(intern!(py, "HandlerError"))?.call1((message, errors, event))
}
