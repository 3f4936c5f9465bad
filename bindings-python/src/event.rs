//! The classes `Event` and `Verification`.

use std::sync::OnceLock;

use chrono::{DateTime, Datelike, Timelike};
use pyo3::basic::CompareOp;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDict, PyString, PyTuple, PyType, PyTzInfo};
use tink_webhooks::{Delivery, EventType, Payload, StoredEvent, Text};
use tink_webhooks_python_objects as objects;

use crate::arguments::{self, Word};
use crate::errors::Failure;

/// What is proven about a delivery.
///
/// Immutable, hashable, and comparable with ``==``. It can be pickled.
#[pyclass(frozen, module = "tink_webhooks")]
#[derive(Clone)]
pub(crate) struct Verification(pub(crate) tink_webhooks::Verification);

impl From<tink_webhooks::Verification> for Verification {
    fn from(verification: tink_webhooks::Verification) -> Self {
        Self(verification)
    }
}

#[pymethods]
impl Verification {
    /// The signature scheme that matched: ``v1`` (time and body are signed) or ``body`` (only the body is).
    #[getter]
    fn scheme(&self) -> &'static str {
        self.0.scheme.as_str()
    }

    /// When it was signed: the verified ``t`` of the header, in Unix seconds. ``None`` for scheme ``body``.
    #[getter]
    fn signed_at(&self) -> Option<i64> {
        self.0.signed_at
    }

    /// The position of the secret that matched in the list of secrets, counted from 0.
    ///
    /// During a rotation it shows which secret the deliveries are signed with.
    #[getter]
    fn secret_index(&self) -> usize {
        self.0.secret_index
    }

    /// Names one signed delivery, for logs: the first 32 hex digits of its signature. ``None`` for scheme ``body``.
    ///
    /// It does not recognise the same event: a second delivery of an event can be signed anew.
    #[getter]
    fn delivery_id(&self) -> Option<String> {
        self.0.delivery_id.map(|delivery_id| delivery_id.to_string())
    }

    fn __richcmp__(&self, other: &Self, op: CompareOp, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match op {
            CompareOp::Eq => Ok((self.0 == other.0).into_pyobject(py)?.to_owned().into_any().unbind()),
            CompareOp::Ne => Ok((self.0 != other.0).into_pyobject(py)?.to_owned().into_any().unbind()),
            _ => Ok(py.NotImplemented()),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (self.scheme(), self.0.signed_at, self.0.secret_index, self.delivery_id()).into_pyobject(py)?.hash()
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let state = (self.scheme(), self.0.signed_at, self.0.secret_index, self.delivery_id());
        reduced(py, "_restore_verification", state)
    }

    fn __repr__(&self) -> String {
        let show = |value: Option<String>| value.unwrap_or_else(|| "None".to_owned());
        format!(
            "Verification(scheme='{}', signed_at={}, secret_index={}, delivery_id={})",
            self.scheme(),
            show(self.0.signed_at.map(|seconds| seconds.to_string())),
            self.0.secret_index,
            show(self.delivery_id().map(|delivery_id| format!("'{delivery_id}'"))),
        )
    }
}

/// A function of the native module and its arguments, as `__reduce__` gives them.
fn reduced<'py, A>(py: Python<'py>, function: &str, arguments: A) -> PyResult<Bound<'py, PyTuple>>
where
    A: IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
{
    let function = py.import(intern!(py, "tink_webhooks._native"))?.getattr(function)?;
    (function, arguments.into_pyobject(py)?).into_pyobject(py)
}

/// The snake_case type and the name; none where the event has one that this library does not know. They are made once,
/// and are the same objects as such literals in a program: so they are read and compared fast.
fn known_names(py: Python<'_>, event_type: EventType) -> (Py<PyString>, Option<Py<PyString>>) {
    /// By the number of the type.
    type Names = Vec<Option<(Py<PyString>, Option<Py<PyString>>)>>;
    static NAMES: PyOnceLock<Names> = PyOnceLock::new();
    let intern = |text| PyString::intern(py, text).unbind();
    let names = NAMES.get_or_init(py, || {
        let mut names = Names::new();
        for known in [EventType::Unknown].iter().chain(EventType::ALL) {
            let number = usize::from(*known as u16);
            names.resize_with(names.len().max(number + 1), || None);
            names[number] = Some((intern(known.as_str()), known.name().map(intern)));
        }
        names
    });
    match names.get(usize::from(event_type as u16)) {
        Some(Some((r#type, name))) => (r#type.clone_ref(py), name.as_ref().map(|name| name.clone_ref(py))),
        _ => (intern(event_type.as_str()), None),
    }
}

/// An object that is made at the first access. If two threads make it at once, the first one's is kept.
type Cache = OnceLock<Py<PyAny>>;

fn cached(py: Python<'_>, cache: &Cache, make: impl FnOnce() -> PyResult<Py<PyAny>>) -> PyResult<Py<PyAny>> {
    if let Some(object) = cache.get() {
        return Ok(object.clone_ref(py));
    }
    let object = make()?;
    Ok(cache.get_or_init(|| object).clone_ref(py))
}

/// One event. The handler object makes it from the body of a delivery.
///
/// ``serialize`` makes a text of it, to be dispatched by another process, in any language of this library; it can be
/// pickled too. It is then as trustworthy as the way it took.
/// ``Event[RefreshFinished]`` tells a type checker what ``data`` holds (see ``tink_webhooks.types``), and
/// ``match`` statements take it apart by ``type`` and ``data``.
// It keeps the `bytes` it was made from; what the core found is offsets into them.
#[pyclass(frozen, weakref, module = "tink_webhooks")]
pub(crate) struct Event {
    /// The type in snake_case, such as ``refresh_finished``; ``unknown`` for a name this library does not know.
    #[pyo3(get)]
    r#type: Py<PyString>,
    /// The event's name exactly as Tink sends it, such as ``refresh:finished``.
    #[pyo3(get)]
    name: Py<PyString>,
    /// The body exactly as it was delivered. ``bytes`` that were passed in are kept; other types are copied.
    #[pyo3(get)]
    raw_body: Py<PyBytes>,
    payload: Payload,
    timestamp_millis: i64,
    verification: Option<tink_webhooks::Verification>,
    decimals: bool,
    data: Cache,
    context: Cache,
    raw: Cache,
}

impl Event {
    /// Joins a delivery and the `bytes` it was made from. Gives the object: it is so large that moving the value about
    /// until somebody makes the object takes longer than all else here.
    #[inline]
    pub(crate) fn object<'py>(
        body: &Bound<'py, PyBytes>,
        delivery: Delivery<'_>,
        decimals: bool,
    ) -> PyResult<Bound<'py, Self>> {
        let py = body.py();
        let (r#type, name) = known_names(py, delivery.payload.event_type);
        let event = Self {
            r#type,
            name: name.unwrap_or_else(|| PyString::new(py, &delivery.payload.name(delivery.text)).unbind()),
            raw_body: body.clone().unbind(),
            payload: delivery.payload,
            timestamp_millis: delivery.timestamp_millis,
            verification: delivery.verification,
            decimals,
            data: Cache::new(),
            context: Cache::new(),
            raw: Cache::new(),
        };
        Bound::new(py, event)
    }

    /// Makes an event from its text.
    pub(crate) fn of_text<'py>(text: &Bound<'py, PyAny>, decimals: bool) -> Result<Bound<'py, Self>, Failure> {
        let text = arguments::text(text)?;
        let stored = StoredEvent::read(text.as_bytes())?;
        let body = PyBytes::new(text.py(), stored.body.as_bytes());
        let delivery = Delivery::restore(body.as_bytes(), stored.timestamp_millis, stored.verification)?;
        Ok(Self::object(&body, delivery, decimals)?)
    }

    pub(crate) fn event_type(&self) -> EventType {
        self.payload.event_type
    }

    /// Passes the wire name to `run`.
    pub(crate) fn with_name<R>(&self, py: Python<'_>, run: impl FnOnce(&str) -> R) -> R {
        let name = self.payload.event_type.name();
        run(name.unwrap_or_else(|| self.name.bind(py).to_str().unwrap_or_default()))
    }

    /// A string of the body.
    fn string<'py>(&self, py: Python<'py>, text: Option<Text>) -> PyResult<Option<Bound<'py, PyString>>> {
        let Some(Text { span, escaped }) = text else { return Ok(None) };
        let json = self.raw_body.as_bytes(py).get(span.start..span.end).unwrap_or_default();
        objects::string(py, json, escaped).map(Some)
    }

    /// Builds the object of the value that begins here in the body.
    fn build(&self, py: Python<'_>, start: usize) -> PyResult<Py<PyAny>> {
        let json = self.raw_body.as_bytes(py).get(start..).unwrap_or_default();
        objects::build(py, json, self.decimals).map(Bound::unbind)
    }
}

#[pymethods]
impl Event {
    #[classattr]
    #[expect(non_upper_case_globals, reason = "the name is Python's")]
    const __match_args__: (&'static str, &'static str) = ("type", "data");

    /// The payload's ``content`` (Events v2) or ``data`` (community events); ``{}`` where there is none.
    ///
    /// Usually a ``dict``. It is made from the body at the first access and then kept, so changes to it stay.
    /// Numbers with a fraction are ``float``, or ``decimal.Decimal`` with ``float_mode="decimal"``.
    #[getter]
    fn data(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        cached(py, &self.data, || match self.payload.data {
            Some(span) => self.build(py, span.start),
            None => Ok(PyDict::new(py).into_any().unbind()),
        })
    }

    /// The payload's ``context`` as a ``dict``; ``None`` where it is missing or no object.
    ///
    /// It is made from the body at the first access and then kept.
    #[getter]
    fn context(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(span) = self.payload.context else { return Ok(None) };
        cached(py, &self.context, || self.build(py, span.start)).map(Some)
    }

    /// The whole payload as a ``dict``. It is made from the body at the first access and then kept.
    #[getter]
    fn raw(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        cached(py, &self.raw, || self.build(py, 0))
    }

    /// ``userId`` from the context, else from the data: a non-empty ``str``, or ``None``.
    #[getter]
    fn user_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.string(py, self.payload.user_id)
    }

    /// ``externalUserId`` from the context, else from the data: a non-empty ``str``, or ``None``.
    #[getter]
    fn external_user_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        self.string(py, self.payload.external_user_id)
    }

    /// When it happened: an aware ``datetime`` in UTC.
    ///
    /// It is the time that the payload states, else the time of the signature, else the time of receipt.
    #[getter]
    #[expect(clippy::cast_possible_truncation, reason = "parts of a date are small")]
    fn timestamp<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDateTime>> {
        let time = DateTime::from_timestamp_millis(self.timestamp_millis).unwrap_or_default();
        PyDateTime::new(
            py,
            time.year(),
            time.month() as u8,
            time.day() as u8,
            time.hour() as u8,
            time.minute() as u8,
            time.second() as u8,
            time.timestamp_subsec_micros(),
            Some(&*PyTzInfo::utc(py)?),
        )
    }

    /// What was proven about the delivery; ``None`` for an event from ``parse_event``.
    #[getter]
    fn verification(&self) -> Option<Verification> {
        self.verification.map(Verification)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let time = self.timestamp(py)?.call_method0("isoformat")?;
        Ok(format!("<Event {} at {time}>", self.name.bind(py).repr()?))
    }

    /// What names the occurrence that the event is about: 32 hex digits, or ``None``.
    ///
    /// It is the same for a copy, for a retry whatever its time of signing, and under every secret, as long as Tink
    /// sends the same bytes: what an effect is done once under. ``None`` for events whose content names no occurrence:
    /// signals, which say "go and look" and of which two true ones can have equal bytes, the events of the community
    /// envelope, names that this library does not know, and where a field that names the occurrence is missing or
    /// empty (docs/events.md lists the fields). Handle those each time they come. It is computed at each access.
    #[getter]
    fn idempotency_key(&self, py: Python<'_>) -> Option<String> {
        // Only the name was read of it, and it is UTF-8.
        let body = str::from_utf8(self.raw_body.as_bytes(py)).ok()?;
        self.payload.idempotency_key(body).map(|key| key.to_string())
    }

    /// The event as one JSON text, for a queue: its body, its timestamp and its verification, with a version.
    ///
    /// It is the same text in every language of this library, each of which reads it. It holds the payload, and no
    /// secret.
    ///
    /// Returns:
    ///     The text, for ``Event.deserialize``.
    fn serialize(&self, py: Python<'_>) -> String {
        let body = str::from_utf8(self.raw_body.as_bytes(py)).unwrap_or_default();
        StoredEvent::of(body, self.timestamp_millis, self.verification).write()
    }

    /// Makes an event from the text that ``serialize`` gave, in Python or in another language of this library.
    ///
    /// CHECKS NO SIGNATURE: the event is as trustworthy as the queue. Type, timestamp and verification are as they
    /// were.
    ///
    /// Args:
    ///     text: The text, as ``str``, ``bytes``, ``bytearray`` or ``memoryview``.
    ///     float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal``.
    ///
    /// Returns:
    ///     The event, for ``dispatch``.
    ///
    /// Raises:
    ///     InvalidConfigError: ``invalid_option``: it is another text.
    ///     InvalidPayloadError: The text is not UTF-8 or is too large, or its body is no event.
    ///     TestWebhookError: Its body is the test ping.
    ///     TypeError: It is neither text nor bytes.
    #[staticmethod]
    #[pyo3(signature = (text, *, float_mode = Word::from("float")), text_signature = "(text, *, float_mode='float')")]
    fn deserialize<'py>(text: &Bound<'py, PyAny>, float_mode: Word) -> Result<Bound<'py, Self>, Failure> {
        Self::of_text(text, arguments::decimals(float_mode)?)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        reduced(py, "_deserialize_event", (self.serialize(py), self.decimals))
    }

    /// ``Event[RefreshFinished]``: the type of ``data``, for type checkers. It is not looked at here.
    #[classmethod]
    fn __class_getitem__<'py>(class: &Bound<'py, PyType>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let alias = class.py().import(intern!(class.py(), "types"))?.getattr(intern!(class.py(), "GenericAlias"))?;
        alias.call1((class, data))
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        // The caches hold plain data, to which the caller may have added any object.
        for cache in [&self.data, &self.context, &self.raw] {
            if let Some(object) = cache.get() {
                visit.call(object)?;
            }
        }
        Ok(())
    }
}
