//! The registry of handlers. Python code calls the handlers: no frame of Rust is ever below one.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit, intern};
use tink_webhooks::{Key, Registry};

use crate::arguments::{self, type_error, type_name};
use crate::errors::{Failure, invalid_option, warn};
use crate::event::Event;

/// A callable, and whether calling it only makes a coroutine.
struct Callable {
    object: Py<PyAny>,
    is_coroutine_function: bool,
}

/// The part of ``tink_webhooks.Dispatcher`` that is not written in Python.
#[pyclass(frozen, subclass, weakref, module = "tink_webhooks._native")]
pub(crate) struct Dispatcher {
    registry: Registry<Callable>,
}

impl Dispatcher {
    pub(crate) fn empty() -> Self {
        Self { registry: Registry::new() }
    }
}

/// As `inspect.isawaitable`: an object with `__await__`, or a generator that `types.coroutine` has made one.
#[pyfunction(name = "_is_awaitable")]
pub(crate) fn is_awaitable(result: &Bound<'_, PyAny>) -> PyResult<bool> {
    const ITERABLE_COROUTINE: u32 = 0x100;
    static GENERATOR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = result.py();
    if result.get_type().is(GENERATOR.import(py, "types", "GeneratorType")?) {
        let flags: u32 = result.getattr(intern!(py, "gi_code"))?.getattr(intern!(py, "co_flags"))?.extract()?;
        return Ok(flags & ITERABLE_COROUTINE != 0);
    }
    result.hasattr(intern!(py, "__await__"))
}

#[pymethods]
impl Dispatcher {
    /// Takes anything: a subclass may have arguments of its own.
    #[new]
    #[pyo3(signature = (*_args, **_options), text_signature = "(*args, **options)")]
    fn new(_args: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) -> Self {
        Self::empty()
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
        key.warning().map_or(Ok(()), |warning| warn(py, warning))
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

    /// The handlers for an event, in the order in which they run. Later registrations do not change the list.
    ///
    /// A coroutine function among them is an error where `sync`.
    fn _matching<'py>(&self, event: &Bound<'py, Event>, sync: bool) -> Result<Bound<'py, PyList>, Failure> {
        let (py, snapshot) = (event.py(), self.registry.snapshot());
        let event = event.get();
        let handlers: Vec<&Arc<Callable>> =
            event.with_name(py, |name| snapshot.matching(event.event_type(), name).collect());
        if sync && handlers.iter().any(|handler| handler.is_coroutine_function) {
            return Err(invalid_option(
                "a handler of this event is a coroutine function: use handle_webhook_async or dispatch_async",
            ));
        }
        Ok(PyList::new(py, handlers.iter().map(|handler| &handler.object))?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let count: usize = slf.get().registry.snapshot().groups().map(|(_, handlers)| handlers.len()).sum();
        Ok(format!("<{} with {count} handlers>", slf.get_type().name()?))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for handler in self.registry.snapshot().groups().flat_map(|(_, handlers)| handlers) {
            visit.call(&handler.object)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        drop(self.registry.clear());
    }
}
