//! Converts arguments for the core. A wrong type is a `TypeError`; a wrong value is an error of the library.

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PySequence, PyString};
use tink_webhooks::{Error, Reason, VerifierBuilder};

use crate::errors::{Failure, invalid_option};

/// An argument that can be left out, where `None` means something else.
pub(crate) enum Given<'py> {
    Value(Bound<'py, PyAny>),
    Not,
}

impl<'py> Given<'py> {
    fn map<T>(self, convert: impl FnOnce(&Bound<'py, PyAny>) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        match self {
            Self::Value(value) => convert(&value).map(Some),
            Self::Not => Ok(None),
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Value(value.to_owned()))
    }
}

/// One of a few words, such as the name of a scheme. Text that UTF-8 cannot encode is none of them: it becomes empty.
pub(crate) struct Word(pub(crate) String);

impl From<&str> for Word {
    fn from(word: &str) -> Self {
        Self(word.to_owned())
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Word {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(value.cast::<PyString>()?.to_str().unwrap_or_default().into())
    }
}

/// Whether numbers with a fraction become `decimal.Decimal`.
pub(crate) fn decimals(Word(float_mode): Word) -> Result<bool, Failure> {
    match float_mode.as_str() {
        "float" => Ok(false),
        "decimal" => Ok(true),
        _ => Err(invalid_option("float_mode is either \"float\" or \"decimal\"")),
    }
}

/// The body as `bytes`. Other types are copied, since a buffer can change between check and use.
pub(crate) fn body<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyBytes>, Failure> {
    content(value)?.ok_or_else(|| {
        type_error(&format!(
            "the body must be the raw bytes of the request (or its text), not {}: pass `await request.body()` \
             (FastAPI, Starlette), `request.get_data()` (Flask) or `request.body` (Django), and not what a framework \
             has parsed",
            type_name(value)
        ))
    })
}

/// The text of an event, as `bytes`.
pub(crate) fn text<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyBytes>, Failure> {
    content(value)?.ok_or_else(|| {
        type_error(&format!("Event.deserialize takes the text that event.serialize() gave, not {}", type_name(value)))
    })
}

/// Bytes or text, as `bytes`; nothing for any other type.
fn content<'py>(value: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyBytes>>, Failure> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Some(bytes.clone()));
    }
    let py = value.py();
    if let Ok(text) = value.cast::<PyString>() {
        // Only lone surrogates cannot be encoded.
        let text = text.to_str().map_err(|_| Error::new(Reason::InvalidUtf8))?;
        return Ok(Some(PyBytes::new(py, text.as_bytes())));
    }
    if let Ok(array) = value.cast::<PyByteArray>() {
        return Ok(Some(PyBytes::new(py, &array.to_vec())));
    }
    if value.is_instance_of::<PyMemoryView>() {
        let copied = value.call_method0("tobytes").ok().and_then(|bytes| bytes.cast_into::<PyBytes>().ok());
        return copied.map(Some).ok_or_else(|| type_error("the body is a memoryview that was released"));
    }
    Ok(None)
}

/// The header's bytes. Text that UTF-8 cannot encode is not ASCII, so it is malformed like any other such text.
pub(crate) fn signature<'a>(value: &'a Bound<'_, PyAny>) -> Result<Option<&'a [u8]>, Failure> {
    const NOT_ASCII: &[u8] = b"\x80";
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Some(text.to_str().map_or(NOT_ASCII, str::as_bytes)));
    }
    if value.is_none() {
        return Ok(None);
    }
    match value.cast::<PyBytes>() {
        Ok(bytes) => Ok(Some(bytes.as_bytes())),
        Err(_) => Err(type_error(&format!(
            "the signature must be the value of the X-Tink-Signature header as str or bytes, or None, not {}",
            type_name(value)
        ))),
    }
}

/// The options of a verifier but its secret, checked for their types.
#[derive(Clone)]
pub(crate) struct Options {
    #[expect(clippy::option_option, reason = "left out, or `None`, or seconds")]
    tolerance: Option<Option<f64>>,
    schemes: Option<Vec<String>>,
    max_body_bytes: Option<usize>,
}

impl Options {
    pub(crate) fn new(tolerance: Given<'_>, schemes: Given<'_>, max_body_bytes: Given<'_>) -> Result<Self, Failure> {
        Ok(Self {
            tolerance: tolerance.map(tolerance_seconds)?,
            schemes: schemes.map(scheme_names)?,
            max_body_bytes: max_body_bytes.map(bytes)?,
        })
    }

    pub(crate) fn builder(&self) -> VerifierBuilder {
        let mut builder = VerifierBuilder::default();
        if let Some(seconds) = self.tolerance {
            builder = builder.tolerance_seconds(seconds);
        }
        if let Some(names) = &self.schemes {
            builder = builder.scheme_names(names);
        }
        if let Some(bytes) = self.max_body_bytes {
            builder = builder.max_body_bytes(bytes);
        }
        builder
    }
}

/// Sets the secret or the secrets.
pub(crate) fn secrets(builder: VerifierBuilder, value: &Bound<'_, PyAny>) -> Result<VerifierBuilder, Failure> {
    if value.is_none() {
        return Ok(builder.secret(""));
    }
    if let Some(secret) = secret(value)? {
        return Ok(builder.secret(secret));
    }
    let expected = || {
        type_error(&format!(
            "secret must be str, bytes, a list of those, or a callable that gives them, not {}{}",
            type_name(value),
            way_out(value)
        ))
    };
    let sequence = value.cast::<PySequence>().ok().filter(|_| !is_buffer(value)).ok_or_else(expected)?;
    let items = sequence.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    let mut secrets = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let Some(bytes) = secret(item)? else {
            return Err(type_error(&format!(
                "secret {index} must be str or bytes, not {}{}",
                type_name(item),
                way_out(item)
            )));
        };
        secrets.push(bytes);
    }
    Ok(builder.secrets(secrets))
}

/// What to write for pydantic's `SecretStr` and `SecretBytes`.
fn way_out(value: &Bound<'_, PyAny>) -> &'static str {
    let wraps_secret = value.hasattr(intern!(value.py(), "get_secret_value")).unwrap_or_default();
    if wraps_secret { ": pass what its get_secret_value() returns" } else { "" }
}

/// Bytes that can change. Python takes them for a sequence, of which no argument is meant.
fn is_buffer(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyMemoryView>() || value.is_instance_of::<PyByteArray>()
}

/// One secret's bytes; `None` if it is neither text nor bytes.
pub(crate) fn secret<'a>(value: &'a Bound<'_, PyAny>) -> Result<Option<&'a [u8]>, Failure> {
    if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str().map_err(|_| {
            Error::with_message(Reason::InvalidSecret, "a webhook secret holds a lone surrogate, and has no bytes")
        })?;
        return Ok(Some(text.as_bytes()));
    }
    Ok(value.cast::<PyBytes>().ok().map(PyBytesMethods::as_bytes))
}

/// Reads `TINK_WEBHOOK_SECRET` from `os.environ`, which can differ from the environment of the process.
pub(crate) fn secrets_from_environment(builder: VerifierBuilder, py: Python<'_>) -> Result<VerifierBuilder, Failure> {
    let environment = py.import(intern!(py, "os"))?.getattr(intern!(py, "environ"))?;
    let value = environment.call_method1(intern!(py, "get"), (intern!(py, "TINK_WEBHOOK_SECRET"),))?;
    if value.is_none() {
        return Ok(builder.secrets_from_environment(None));
    }
    match value.cast::<PyString>().ok().and_then(|text| text.to_str().ok()) {
        Some(text) => Ok(builder.secrets_from_environment(Some(text))),
        None => Err(Error::with_message(Reason::InvalidSecret, "TINK_WEBHOOK_SECRET is not UTF-8").into()),
    }
}

/// Seconds, or `None` for no window. What no double can hold is no number, which the core refuses.
fn tolerance_seconds(value: &Bound<'_, PyAny>) -> Result<Option<f64>, Failure> {
    if value.is_none() {
        return Ok(None);
    }
    match number(value) {
        Number::Is(seconds) => Ok(Some(seconds)),
        Number::OutOfRange => Ok(Some(f64::NAN)),
        Number::Not => Err(type_error(&format!("tolerance must be a number or None, not {}", type_name(value)))),
    }
}

/// Names of schemes.
fn scheme_names(value: &Bound<'_, PyAny>) -> Result<Vec<String>, Failure> {
    if value.is_instance_of::<PyString>() {
        return Err(invalid_option("schemes must be a list of names, such as [\"v1\"], and not one name"));
    }
    if is_buffer(value) {
        return Err(type_error(&format!("schemes must be a list of names, not {}", type_name(value))));
    }
    let name = |item: PyResult<Bound<'_, PyAny>>| {
        let item = item?;
        match item.cast::<PyString>() {
            // Text that UTF-8 cannot encode is no name of a scheme.
            Ok(name) => Ok(name.to_str().unwrap_or_default().to_owned()),
            Err(_) => Err(type_error(&format!("the name of a scheme must be str, not {}", type_name(&item)))),
        }
    };
    value.try_iter()?.map(name).collect()
}

/// A cap in bytes.
fn bytes(value: &Bound<'_, PyAny>) -> Result<usize, Failure> {
    match value.extract::<usize>() {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Err(invalid_option("max_body_bytes must be positive, and no larger than memory"))
        }
        Err(_) => Err(type_error(&format!("max_body_bytes must be int, not {}", type_name(value)))),
    }
}

/// A number of Python as a double.
pub(crate) enum Number {
    Is(f64),
    /// A number that no double can hold, or a signalling NaN.
    OutOfRange,
    Not,
}

/// Anything that converts to `float`.
pub(crate) fn number(value: &Bound<'_, PyAny>) -> Number {
    match value.extract::<f64>() {
        Ok(number) => Number::Is(number),
        Err(error) if error.is_instance_of::<PyTypeError>(value.py()) => Number::Not,
        Err(_) => Number::OutOfRange,
    }
}

/// A key to register for. Text that UTF-8 cannot encode is no event type.
pub(crate) fn event_type<'a>(value: &'a Bound<'_, PyString>) -> Result<&'a str, Failure> {
    value.to_str().map_err(|_| Error::new(Reason::UnknownEventType).into())
}

pub(crate) fn type_error(message: &str) -> Failure {
    Failure::Python(PyTypeError::new_err(message.to_owned()))
}

pub(crate) fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "that".to_owned(), |name| name.to_string())
}
