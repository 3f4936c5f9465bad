//! The handler object: a dispatcher that also verifies.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};
use tink_webhooks::{Verifier, clock};

use crate::arguments::{self, Given, Number, Options, Word, type_error, type_name};
use crate::dispatcher::Dispatcher;
use crate::errors::{Failure, invalid_option, warn};
use crate::event::{Event, Verification};
use crate::explain::{self, Parts};

/// From this many bytes on, the GIL is released while a body is verified; for less, releasing it costs more.
const DETACH_FROM_BYTES: usize = 2_048;

/// What an event is made with.
struct Settings {
    verifier: Verifier,
    clock: Option<Py<PyAny>>,
    decimals: bool,
}

/// Settings whose secret is asked for at the first verification.
struct Late {
    options: Options,
    /// Gives the secret. `None`: it is in the environment.
    secret: Option<Py<PyAny>>,
    clock: Option<Py<PyAny>>,
    decimals: bool,
}

/// The part of ``tink_webhooks.WebhookHandler`` that is not written in Python.
#[pyclass(frozen, subclass, extends = Dispatcher, module = "tink_webhooks._native")]
pub(crate) struct WebhookHandler {
    /// Set once, and never changed.
    settings: OnceLock<Settings>,
    /// What they are made of, where they are not set yet.
    late: Mutex<Option<Late>>,
}

impl WebhookHandler {
    fn settings(&self, py: Python<'_>) -> Result<&Settings, Failure> {
        match self.settings.get() {
            Some(settings) => Ok(settings),
            None => self.first_verification(py),
        }
    }

    /// Asks for the secret. If two threads do so at once, the first one's is kept.
    #[cold]
    fn first_verification(&self, py: Python<'_>) -> Result<&Settings, Failure> {
        let late = self.late().as_ref().map(|late| Late {
            options: late.options.clone(),
            secret: late.secret.as_ref().map(|secret| secret.clone_ref(py)),
            clock: late.clock.as_ref().map(|clock| clock.clone_ref(py)),
            decimals: late.decimals,
        });
        let Some(Late { options, secret, clock, decimals }) = late else {
            // Another thread was faster, or `__init__` of a subclass does not call that of its base.
            return self.settings.get().ok_or_else(|| {
                invalid_option(
                    "the handler object has no options: call super().__init__() in the __init__ of its class",
                )
            });
        };
        let builder = options.builder();
        let builder = match secret {
            None => arguments::secrets_from_environment(builder, py)?,
            Some(give) => arguments::secrets(builder, &give.bind(py).call0()?)?,
        };
        self.settle(py, Settings { verifier: builder.build()?, clock, decimals })
    }

    fn settle(&self, py: Python<'_>, settings: Settings) -> Result<&Settings, Failure> {
        for warning in settings.verifier.warnings() {
            warn(py, warning)?;
        }
        let kept = self.settings.get_or_init(|| settings);
        let used = self.late().take();
        drop(used);
        Ok(kept)
    }

    fn late(&self) -> MutexGuard<'_, Option<Late>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn construct<'py>(
        &self,
        body: &Bound<'py, PyAny>,
        signature: &Bound<'_, PyAny>,
    ) -> Result<Bound<'py, Event>, Failure> {
        let py = body.py();
        let body = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let settings = self.settings(py)?;
        let bytes = body.as_bytes();
        let delivery = detached(py, bytes, || settings.verifier.construct(bytes, signature, || settings.now()))?;
        Ok(Event::object(&body, delivery, settings.decimals)?)
    }
}

impl Settings {
    /// Epoch milliseconds, of the user's clock if there is one. Its exceptions pass through.
    fn now(&self) -> Result<i64, Failure> {
        let Some(user_clock) = &self.clock else { return Ok(clock::now()?) };
        Python::attach(|py| match arguments::number(user_clock.bind(py).call0()?.as_any()) {
            Number::Is(seconds) => Ok(clock::from_seconds(seconds)?),
            Number::OutOfRange | Number::Not => Err(invalid_option("the clock did not return a number of seconds")),
        })
    }
}

/// Runs `work` on the body, without the GIL if the body is large.
fn detached<T: Send>(
    py: Python<'_>,
    body: &[u8],
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    if body.len() < DETACH_FROM_BYTES { work() } else { py.detach(work) }
}

#[pymethods]
impl WebhookHandler {
    /// Takes anything: a subclass may have arguments of its own. ``__init__`` gives the options to ``_configure``.
    #[new]
    #[pyo3(signature = (*_args, **_options), text_signature = "(*args, **options)")]
    fn new(_args: &Bound<'_, PyTuple>, _options: Option<&Bound<'_, PyDict>>) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Dispatcher::empty())
            .add_subclass(Self { settings: OnceLock::new(), late: Mutex::new(None) })
    }

    /// Sets the options. A secret that is left out is looked for in the environment: now, or at the first verification
    /// if `late`. One that is callable is called at the first verification.
    #[pyo3(name = "_configure", signature = (
        secret = Given::Not, *, tolerance = Given::Not, schemes = Given::Not, max_body_bytes = Given::Not, clock = None,
        float_mode = Word::from("float"), late = false
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keyword arguments in Python")]
    fn configure(
        &self,
        py: Python<'_>,
        secret: Given<'_>,
        tolerance: Given<'_>,
        schemes: Given<'_>,
        max_body_bytes: Given<'_>,
        clock: Option<Bound<'_, PyAny>>,
        float_mode: Word,
        late: bool,
    ) -> Result<(), Failure> {
        let options = Options::new(tolerance, schemes, max_body_bytes)?;
        if let Some(clock) = clock.as_ref().filter(|clock| !clock.is_callable()) {
            return Err(type_error(&format!("clock must be callable, not {}", type_name(clock))));
        }
        let clock = clock.map(Bound::unbind);
        let decimals = arguments::decimals(float_mode)?;
        if self.settings.get().is_some() {
            return Err(invalid_option(
                "the options are in use: give them once, and before the first delivery is verified",
            ));
        }
        let secret = match secret {
            Given::Value(secret) if secret.is_callable() => Some(secret.unbind()),
            Given::Value(secret) => {
                let verifier = arguments::secrets(options.builder(), &secret)?.build()?;
                return self.settle(py, Settings { verifier, clock, decimals }).map(drop);
            }
            Given::Not if late => None,
            Given::Not => {
                let verifier = arguments::secrets_from_environment(options.builder(), py)?.build()?;
                return self.settle(py, Settings { verifier, clock, decimals }).map(drop);
            }
        };
        // The other options are checked now.
        options.builder().secret("none yet").build()?;
        let replaced = self.late().replace(Late { options, secret, clock, decimals });
        drop(replaced);
        Ok(())
    }

    /// The largest body that is accepted, in bytes. A receiver that reads a body from a stream can stop there.
    ///
    /// Raises:
    ///     InvalidConfigError: On the default handler: ``TINK_WEBHOOK_SECRET`` is not set or not usable.
    #[getter]
    fn max_body_bytes(&self, py: Python<'_>) -> Result<usize, Failure> {
        Ok(self.settings(py)?.verifier.max_body_bytes())
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
    fn construct_event<'py>(
        &self,
        body: &Bound<'py, PyAny>,
        signature: &Bound<'_, PyAny>,
    ) -> Result<Bound<'py, Event>, Failure> {
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
    fn parse_event<'py>(&self, body: &Bound<'py, PyAny>) -> Result<Bound<'py, Event>, Failure> {
        let py = body.py();
        let body = arguments::body(body)?;
        let settings = self.settings(py)?;
        let bytes = body.as_bytes();
        let delivery = detached(py, bytes, || settings.verifier.parse(bytes, || settings.now()))?;
        Ok(Event::object(&body, delivery, settings.decimals)?)
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
        let settings = self.settings(py)?;
        let bytes = body.as_bytes();
        let proven = detached(py, bytes, || settings.verifier.verify_signature(bytes, signature, || settings.now()))?;
        Ok(proven.into())
    }

    /// The parts of an explanation, for adapters that log it.
    fn _explain<'py>(&self, body: &Bound<'py, PyAny>, signature: &Bound<'py, PyAny>) -> Result<Parts<'py>, Failure> {
        let py = body.py();
        let body: Bound<'_, PyBytes> = arguments::body(body)?;
        let signature = arguments::signature(signature)?;
        let settings = self.settings(py)?;
        let (bytes, now) = (body.as_bytes(), settings.now()?.div_euclid(1_000));
        let found = py.detach(|| settings.verifier.explain(bytes, signature, Some(now)));
        explain::parts(py, &found)
    }

    /// Seconds since the epoch, of the clock in force: for the age of deliveries in logs and metrics.
    fn _now(&self, py: Python<'_>) -> Result<i64, Failure> {
        Ok(self.settings(py)?.now()?.div_euclid(1_000))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(clock) = self.settings.get().and_then(|settings| settings.clock.as_ref()) {
            visit.call(clock)?;
        }
        // What is locked is being changed; the collector comes again.
        if let Ok(late) = self.late.try_lock() {
            for object in late.iter().flat_map(|late| [&late.secret, &late.clock]).flatten() {
                visit.call(object)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let late = self.late().take();
        drop(late);
    }
}
