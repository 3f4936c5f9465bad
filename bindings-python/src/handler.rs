//! The handler object: verification, registry and synchronous dispatch. Python code awaits coroutines.

use std::sync::Arc;

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyType};
use pyo3::{PyTraverseError, PyVisit, intern};
use tink_webhooks::{Error, Key, Registry, Verifier, VerifierBuilder, clock};

use crate::arguments::{self, Given, Number, Word, type_error, type_name};
use crate::errors::{Failure, invalid_option};
use crate::event::{Event, Verification};

/// From this many bytes on, the GIL is released while a body is verified; for less, releasing it costs more.
const DETACH_FROM_BYTES: usize = 2_048;

/// A callable, and whether calling it only makes a coroutine.
struct Callable {
    object: Py<PyAny>,
    is_coroutine_function: bool,
}

/// The part of ``tink_webhooks.WebhookHandler`` that is not written in Python.
#[pyclass(frozen, subclass, weakref, module = "tink_webhooks._native")]
pub(crate) struct WebhookHandler {
    /// Made with the object; of the default handler, at the first verification.
    verifier: PyOnceLock<Verifier>,
    registry: Registry<Callable>,
    clock: Option<Py<PyAny>>,
    decimals: bool,
}

impl WebhookHandler {
    fn verifier(&self, py: Python<'_>) -> Result<&Verifier, Failure> {
        self.verifier
            .get_or_try_init(py, || Ok(arguments::secrets_from_environment(VerifierBuilder::default(), py)?.build()?))
    }

    /// Epoch milliseconds, of the user's clock if there is one. Its exceptions pass through.
    fn now(&self) -> Result<i64, Failure> {
        let Some(user_clock) = &self.clock else { return Ok(clock::now()?) };
        Python::attach(|py| match arguments::number(user_clock.bind(py).call0()?.as_any()) {
            Number::Is(seconds) => Ok(clock::from_seconds(seconds)?),
            Number::OutOfRange | Number::Not => Err(invalid_option("the clock did not return a number of seconds")),
        })
    }

    /// Runs `work` on the body, without the GIL if the body is large.
    fn detached<T: Send>(
        py: Python<'_>,
        body: &[u8],
        work: impl FnOnce() -> Result<T, Failure> + Send,
    ) -> Result<T, Failure> {
        if body.len() < DETACH_FROM_BYTES { work() } else { py.detach(work) }
    }

    fn construct(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Event, Failure> {
        let py = body.py();
        let body = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let delivery = Self::detached(py, bytes, || verifier.construct(bytes, signature, || self.now()))?;
        Ok(Event::new(&body, delivery, self.decimals))
    }

    /// Runs all handlers. Only what is no `Exception`, such as an interrupt or a cancellation, stops it.
    fn run(&self, event: &Bound<'_, Event>) -> Result<(), Failure> {
        let py = event.py();
        let handlers = self.matching(event);
        if handlers.iter().any(|handler| handler.is_coroutine_function) {
            return Err(invalid_option(
                "a handler of this event is a coroutine function: use handle_webhook_async or dispatch_async",
            ));
        }
        let mut errors = Vec::new();
        for handler in &handlers {
            match handler.object.bind(py).call1((event,)).and_then(|result| refuse_awaitable(&result)) {
                Err(error) if !error.is_instance_of::<PyException>(py) => return Err(error.into()),
                Err(error) => errors.push(error.into_value(py)),
                Ok(()) => {}
            }
        }
        if errors.is_empty() {
            return Ok(());
        }
        let error = handlers_failed(py, event, &PyList::new(py, errors)?)?;
        Err(PyErr::from_value(error).into())
    }

    /// The handlers for an event. Later registrations do not change a dispatch that has begun.
    fn matching(&self, event: &Bound<'_, Event>) -> Vec<Arc<Callable>> {
        let (event, snapshot) = (event.get(), self.registry.snapshot());
        Python::attach(|py| event.with_name(py, |name| snapshot.matching(event.event_type(), name).cloned().collect()))
    }
}

/// A synchronous call cannot await: a handler that returned an awaitable has failed, and the awaitable is closed.
fn refuse_awaitable(result: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = result.py();
    if result.is_none() || !is_awaitable(result)? {
        return Ok(());
    }
    for method in [intern!(py, "close"), intern!(py, "cancel")] {
        if let Ok(end) = result.getattr(method) {
            end.call0()?;
            break;
        }
    }
    Err(PyRuntimeError::new_err(
        "the handler returned an awaitable in a synchronous call: use handle_webhook_async or dispatch_async",
    ))
}

/// The `HandlerError` of a dispatch in which handlers failed.
#[pyfunction(name = "_handlers_failed")]
pub(crate) fn handlers_failed<'py>(
    py: Python<'py>,
    event: &Bound<'py, Event>,
    errors: &Bound<'py, PyList>,
) -> PyResult<Bound<'py, PyAny>> {
    let message = Error::handlers_failed(errors.len()).message().to_owned();
    let class = py.import(intern!(py, "tink_webhooks._errors"))?.getattr(intern!(py, "HandlerError"))?;
    class.call1((message, errors, event))
}

/// As `inspect.isawaitable`: an object with `__await__`, or a generator that `types.coroutine` has made one.
#[pyfunction(name = "_is_awaitable")]
pub(crate) fn is_awaitable(result: &Bound<'_, PyAny>) -> PyResult<bool> {
    const ITERABLE_COROUTINE: u32 = 0x100;
    static GENERATOR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = result.py();
    // Looking up a missing attribute costs more than calling a handler.
    if result.is_exact_instance_of::<PyString>()
        || result.is_exact_instance_of::<PyBool>()
        || result.is_exact_instance_of::<PyInt>()
        || result.is_exact_instance_of::<PyDict>()
        || result.is_exact_instance_of::<PyList>()
    {
        return Ok(false);
    }
    if result.get_type().is(GENERATOR.import(py, "types", "GeneratorType")?) {
        let flags: u32 = result.getattr(intern!(py, "gi_code"))?.getattr(intern!(py, "co_flags"))?.extract()?;
        return Ok(flags & ITERABLE_COROUTINE != 0);
    }
    result.hasattr(intern!(py, "__await__"))
}

#[pymethods]
impl WebhookHandler {
    #[new]
    #[pyo3(signature = (
        secret = Given::Not, *, tolerance = Given::Not, schemes = Given::Not, max_body_bytes = Given::Not, clock = None,
        float_mode = Word::from("float"), _deferred = false
    ), text_signature = "(secret=..., *, tolerance=300, schemes=('v1', 'body'), max_body_bytes=2097152, clock=None, \
        float_mode='float', _deferred=False)")]
    #[expect(clippy::too_many_arguments, reason = "they are keyword arguments in Python")]
    #[expect(clippy::used_underscore_binding, reason = "the underscore says private in Python")]
    fn new(
        py: Python<'_>,
        secret: Given<'_>,
        tolerance: Given<'_>,
        schemes: Given<'_>,
        max_body_bytes: Given<'_>,
        clock: Option<Bound<'_, PyAny>>,
        float_mode: Word,
        _deferred: bool,
    ) -> Result<Self, Failure> {
        let verifier = PyOnceLock::new();
        if _deferred {
            return Ok(Self { verifier, registry: Registry::new(), clock: None, decimals: false });
        }
        let mut builder = Verifier::builder();
        if let Given::Value(tolerance) = tolerance {
            builder = arguments::tolerance(builder, &tolerance)?;
        }
        if let Given::Value(schemes) = schemes {
            builder = arguments::schemes(builder, &schemes)?;
        }
        if let Given::Value(bytes) = max_body_bytes {
            builder = arguments::max_body_bytes(builder, &bytes)?;
        }
        if let Some(clock) = clock.as_ref().filter(|clock| !clock.is_callable()) {
            return Err(type_error(&format!("clock must be callable, not {}", type_name(clock))));
        }
        let Word(float_mode) = float_mode;
        let decimals = match float_mode.as_str() {
            "float" => false,
            "decimal" => true,
            _ => return Err(invalid_option("float_mode is either \"float\" or \"decimal\"")),
        };
        builder = match secret {
            Given::Value(secret) => arguments::secrets(builder, &secret)?,
            Given::Not => arguments::secrets_from_environment(builder, py)?,
        };
        // A new cell is empty, so the verifier is always taken.
        let _ = verifier.set(py, builder.build()?);
        Ok(Self { verifier, registry: Registry::new(), clock: clock.map(Bound::unbind), decimals })
    }

    /// The largest body that is accepted, in bytes. A receiver that reads a body from a stream can stop there.
    ///
    /// Raises:
    ///     InvalidConfigError: On the default handler: ``TINK_WEBHOOK_SECRET`` is not set or not usable.
    #[getter]
    fn max_body_bytes(&self, py: Python<'_>) -> Result<usize, Failure> {
        Ok(self.verifier(py)?.max_body_bytes())
    }

    /// Verifies a delivery, reads it, and runs the handlers registered for its event.
    ///
    /// All handlers run, in the order of their registration, even if some of them fail.
    ///
    /// Args:
    ///     body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
    ///     signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
    ///
    /// Returns:
    ///     The event, after all handlers have returned.
    ///
    /// Raises:
    ///     InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
    ///     InvalidPayloadError: The body is too large, or it is authentic but no event.
    ///     TestWebhookError: It is the authentic test ping. No handler was run.
    ///     HandlerError: At least one handler raised an ``Exception``.
    ///     InvalidConfigError: A handler of this event is a coroutine function, or the clock or secret is not usable.
    ///     TypeError: The body or the signature is of another type, such as a payload that was parsed before.
    fn handle_webhook<'py>(
        &self,
        body: &Bound<'py, PyAny>,
        signature: &Bound<'py, PyAny>,
    ) -> Result<Bound<'py, Event>, Failure> {
        let event = Bound::new(body.py(), self.construct(body, signature)?)?;
        self.run(&event)?;
        Ok(event)
    }

    /// Verifies a delivery and reads it, without running handlers.
    ///
    /// Args:
    ///     body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
    ///     signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
    ///
    /// Returns:
    ///     The event. ``dispatch`` runs its handlers, now or later, here or in another process.
    ///
    /// Raises:
    ///     InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
    ///     InvalidPayloadError: The body is too large, or it is authentic but no event.
    ///     TestWebhookError: It is the authentic test ping.
    ///     InvalidConfigError: The clock or the secret is not usable.
    ///     TypeError: The body or the signature is of another type, such as a payload that was parsed before.
    fn construct_event(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Event, Failure> {
        self.construct(body, signature)
    }

    /// Reads a body WITHOUT CHECKING ANY SIGNATURE: only for bodies that were verified before.
    ///
    /// Args:
    ///     body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
    ///
    /// Returns:
    ///     The event; its ``verification`` is ``None``.
    ///
    /// Raises:
    ///     InvalidPayloadError: The body is too large, or no event.
    ///     TestWebhookError: It is the test ping.
    ///     InvalidConfigError: The clock or the secret is not usable.
    ///     TypeError: The body is of another type, such as a payload that was parsed before.
    fn parse_event(&self, body: &Bound<'_, PyAny>) -> Result<Event, Failure> {
        let py = body.py();
        let body = arguments::body(body)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let delivery = Self::detached(py, bytes, || verifier.parse(bytes, || self.now()))?;
        Ok(Event::new(&body, delivery, self.decimals))
    }

    /// Checks the signature only. The body need not be JSON.
    ///
    /// Args:
    ///     body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
    ///     signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
    ///
    /// Returns:
    ///     What was proven.
    ///
    /// Raises:
    ///     InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
    ///     InvalidPayloadError: The body is too large.
    ///     InvalidConfigError: The clock or the secret is not usable.
    ///     TypeError: The body or the signature is of another type, such as a payload that was parsed before.
    fn verify_signature(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Verification, Failure> {
        let py = body.py();
        let body: Bound<'_, PyBytes> = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let proven = Self::detached(py, bytes, || verifier.verify_signature(bytes, signature, || self.now()))?;
        Ok(proven.into())
    }

    /// Runs the handlers of an event that was made earlier. No signature is checked.
    ///
    /// All handlers run, in the order of their registration, even if some of them fail.
    ///
    /// Args:
    ///     event: An event from ``construct_event``, ``parse_event``, or a pickle.
    ///
    /// Raises:
    ///     HandlerError: At least one handler raised an ``Exception``.
    ///     InvalidConfigError: A handler of this event is a coroutine function. No handler was run.
    fn dispatch(&self, event: &Bound<'_, Event>) -> Result<(), Failure> {
        self.run(event)
    }

    /// Registers a handler. Registering it again for the same key changes nothing.
    ///
    /// Args:
    ///     event_type: A wire name (``refresh:finished``) or a snake_case type (``refresh_finished``); ``unknown`` for
    ///         events this library does not know; ``*`` for every event.
    ///     handler: Called with the ``Event``. Coroutine functions need ``handle_webhook_async`` or ``dispatch_async``.
    ///     allow_unknown: Accept a name that is most likely a typo.
    ///
    /// Raises:
    ///     InvalidConfigError: ``unknown_event_type``: the name is most likely a typo.
    ///     TypeError: The handler is not callable, or it is a generator function.
    #[pyo3(signature = (event_type, handler, *, allow_unknown = false))]
    fn register_handler(
        &self,
        event_type: &Bound<'_, PyString>,
        handler: &Bound<'_, PyAny>,
        allow_unknown: bool,
    ) -> Result<(), Failure> {
        let py = event_type.py();
        if !handler.is_callable() {
            return Err(type_error(&format!("the handler must be callable, not {}", type_name(handler))));
        }
        let key = Key::parse(arguments::event_type(event_type)?, allow_unknown)?;
        let is_coroutine_function = py
            .import(intern!(py, "tink_webhooks._coroutines"))?
            .call_method1(intern!(py, "is_coroutine_function"), (handler,))?
            .extract()?;
        let callable = Callable { object: handler.clone().unbind(), is_coroutine_function };
        self.registry.register(&key, callable, |registered, new| {
            let (registered, new) = (registered.object.bind(py), new.object.bind(py));
            if registered.is(new) { Ok::<_, Failure>(true) } else { Ok(registered.eq(new)?) }
        })?;
        Ok(())
    }

    /// Removes all handlers of a key. A key without handlers is no error.
    ///
    /// Args:
    ///     event_type: The key, in any form that ``register_handler`` takes.
    ///
    /// Raises:
    ///     InvalidConfigError: ``unknown_event_type``: it is no key.
    fn unregister_handlers(&self, event_type: &Bound<'_, PyString>) -> Result<(), Failure> {
        self.registry.unregister_text(arguments::event_type(event_type)?)?;
        Ok(())
    }

    /// The handlers by key: the snake_case type, a wire name, ``unknown`` or ``*``.
    ///
    /// Returns:
    ///     A new ``dict`` of new lists; changing it does not change the registrations.
    fn get_handlers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let groups = PyDict::new(py);
        for (key, handlers) in self.registry.snapshot().groups() {
            groups.set_item(key.as_str(), PyList::new(py, handlers.iter().map(|handler| &handler.object))?)?;
        }
        Ok(groups)
    }

    fn _matching<'py>(&self, event: &Bound<'py, Event>) -> PyResult<Bound<'py, PyList>> {
        let handlers = self.matching(event);
        PyList::new(event.py(), handlers.iter().map(|handler| &handler.object))
    }

    fn __repr__(&self) -> String {
        let count: usize = self.registry.snapshot().groups().map(|(_, handlers)| handlers.len()).sum();
        format!("<WebhookHandler with {count} handlers>")
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(clock) = &self.clock {
            visit.call(clock)?;
        }
        // During a registration the registry is locked; the collector comes again.
        if let Some(snapshot) = self.registry.try_snapshot() {
            for handler in snapshot.groups().flat_map(|(_, handlers)| handlers) {
                visit.call(&handler.object)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        drop(self.registry.clear());
    }
}
