//! The handler object: verification, registry and synchronous dispatch. Coroutines are awaited in Python.

use std::sync::Arc;

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyType};
use pyo3::{PyTraverseError, PyVisit, intern};
use tink_webhooks::{Key, Registry, Verifier, VerifierBuilder, clock};

use crate::arguments::{self, Given, Number, Word, type_error, type_name};
use crate::errors::{Fault, handlers_failed, invalid_option};
use crate::event::{Event, Verification};

/// From this many bytes on, other threads run while a body is hashed and read; below, letting them costs more.
const DETACH_FROM_BYTES: usize = 2_048;

/// A callable, and whether calling it only makes a coroutine.
struct Callable {
    object: Py<PyAny>,
    is_coroutine_function: bool,
}

/// See `_handler.py` and `_native.pyi` for the documentation of the members.
#[pyclass(frozen, subclass, weakref, module = "tink_webhooks._native")]
pub(crate) struct WebhookHandler {
    /// Made with the object, or at the first verification for the default handler.
    verifier: PyOnceLock<Verifier>,
    registry: Registry<Callable>,
    clock: Option<Py<PyAny>>,
    decimals: bool,
}

impl WebhookHandler {
    fn verifier(&self, py: Python<'_>) -> Result<&Verifier, Fault> {
        self.verifier
            .get_or_try_init(py, || Ok(arguments::secrets_from_environment(VerifierBuilder::default(), py)?.build()?))
    }

    /// Epoch milliseconds of the user's clock, whose own exceptions pass through, or of the system's.
    fn now(&self) -> Result<i64, Fault> {
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
        work: impl FnOnce() -> Result<T, Fault> + Send,
    ) -> Result<T, Fault> {
        if body.len() < DETACH_FROM_BYTES { work() } else { py.detach(work) }
    }

    fn construct(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Event, Fault> {
        let py = body.py();
        let body = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let delivery = Self::detached(py, bytes, || verifier.construct(bytes, signature, || self.now()))?;
        Ok(Event::new(&body, delivery, self.decimals))
    }

    /// Runs the handlers, all of them, unless one raises what is no `Exception`: an interrupt or a cancellation.
    fn run(&self, event: &Bound<'_, Event>) -> Result<(), Fault> {
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

    /// What a dispatch that begins now runs, whatever is registered meanwhile.
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

/// As `inspect.isawaitable`: an object with `__await__`, or a generator that `types.coroutine` has made one.
#[pyfunction(name = "_is_awaitable")]
pub(crate) fn is_awaitable(result: &Bound<'_, PyAny>) -> PyResult<bool> {
    const ITERABLE_COROUTINE: u32 = 0x100;
    static GENERATOR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = result.py();
    // Asking for an attribute that is not there costs more than a call of a handler.
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
    ) -> Result<Self, Fault> {
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

    #[getter]
    fn max_body_bytes(&self, py: Python<'_>) -> Result<usize, Fault> {
        Ok(self.verifier(py)?.max_body_bytes())
    }

    fn handle_webhook<'py>(
        &self,
        body: &Bound<'py, PyAny>,
        signature: &Bound<'py, PyAny>,
    ) -> Result<Bound<'py, Event>, Fault> {
        let event = Bound::new(body.py(), self.construct(body, signature)?)?;
        self.run(&event)?;
        Ok(event)
    }

    fn construct_event(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Event, Fault> {
        self.construct(body, signature)
    }

    fn parse_event(&self, body: &Bound<'_, PyAny>) -> Result<Event, Fault> {
        let py = body.py();
        let body = arguments::body(body)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let delivery = Self::detached(py, bytes, || verifier.parse(bytes, || self.now()))?;
        Ok(Event::new(&body, delivery, self.decimals))
    }

    fn verify_signature(&self, body: &Bound<'_, PyAny>, signature: &Bound<'_, PyAny>) -> Result<Verification, Fault> {
        let py = body.py();
        let body: Bound<'_, PyBytes> = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let verifier = self.verifier(py)?;
        let bytes = body.as_bytes();
        let proven = Self::detached(py, bytes, || verifier.verify_signature(bytes, signature, || self.now()))?;
        Ok(proven.into())
    }

    fn dispatch(&self, event: &Bound<'_, Event>) -> Result<(), Fault> {
        self.run(event)
    }

    #[pyo3(signature = (event_type, handler, *, allow_unknown = false))]
    fn register_handler(
        &self,
        event_type: &Bound<'_, PyString>,
        handler: &Bound<'_, PyAny>,
        allow_unknown: bool,
    ) -> Result<(), Fault> {
        let py = event_type.py();
        if !handler.is_callable() {
            return Err(type_error(&format!("the handler must be callable, not {}", type_name(handler))));
        }
        let key = Key::parse(arguments::event_type(event_type)?, allow_unknown)?;
        let is_coroutine_function = py
            .import(intern!(py, "tink_webhooks._callables"))?
            .call_method1(intern!(py, "is_coroutine_function"), (handler,))?
            .extract()?;
        let callable = Callable { object: handler.clone().unbind(), is_coroutine_function };
        self.registry.register(&key, callable, |registered, new| {
            let (registered, new) = (registered.object.bind(py), new.object.bind(py));
            if registered.is(new) { Ok::<_, Fault>(true) } else { Ok(registered.eq(new)?) }
        })?;
        Ok(())
    }

    fn unregister_handlers(&self, event_type: &Bound<'_, PyString>) -> Result<(), Fault> {
        self.registry.unregister_text(arguments::event_type(event_type)?)?;
        Ok(())
    }

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
        // While a change is being made there is nothing to visit; the collector comes again.
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
