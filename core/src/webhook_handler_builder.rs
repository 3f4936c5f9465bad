//! How a handler object is made: its options, one by one.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::dispatcher::Dispatcher;
use crate::error::Error;
use crate::handlers::BlockingWork;
use crate::signature::Scheme;
use crate::verifier::{Verifier, VerifierBuilder};
use crate::webhook_handler::{Clock, WebhookHandler};

impl WebhookHandler {
    /// With one secret and the defaults.
    ///
    /// # Errors
    /// [`Reason::SecretNotConfigured`](crate::Reason::SecretNotConfigured) if it is empty,
    /// [`Reason::InvalidSecret`](crate::Reason::InvalidSecret) if it is not usable.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks::WebhookHandler::new("s3cret").is_ok());
    /// assert!(tink_webhooks::WebhookHandler::new("s3cret\n").is_err());
    /// ```
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::builder().secret(secret).build()
    }

    /// With the secrets of `TINK_WEBHOOK_SECRET`, separated by white space, and the defaults.
    ///
    /// # Errors
    /// [`Reason::SecretNotConfigured`](crate::Reason::SecretNotConfigured) if the variable holds none,
    /// [`Reason::InvalidSecret`](crate::Reason::InvalidSecret) if one is not usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Reason, WebhookHandler};
    /// # if std::env::var_os("TINK_WEBHOOK_SECRET").is_none() {
    /// let error = WebhookHandler::from_env().unwrap_err();
    /// assert_eq!(error.reason(), Reason::SecretNotConfigured);
    /// # }
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Options, one by one. Without a secret, those of `TINK_WEBHOOK_SECRET`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use tink_webhooks::{Scheme, WebhookHandler};
    /// let hooks = WebhookHandler::builder()
    ///     .secrets(["the new one", "the old one"])
    ///     .schemes([Scheme::V1])
    ///     .tolerance(Duration::from_secs(600))
    ///     .build()?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn builder() -> WebhookHandlerBuilder {
        WebhookHandlerBuilder {
            verifier: Verifier::builder(),
            dispatcher: Dispatcher::new(),
            clock: Box::new(clock::now),
        }
    }
}

/// Makes a [`WebhookHandler`]. A mistake in any option is reported by [`build`](Self::build).
#[must_use]
pub struct WebhookHandlerBuilder {
    verifier: VerifierBuilder,
    dispatcher: Dispatcher,
    clock: Box<Clock>,
}

impl WebhookHandlerBuilder {
    /// As [`VerifierBuilder::secret`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// assert!(WebhookHandler::builder().secret("s3cret").build().is_ok());
    /// ```
    pub fn secret(self, secret: impl AsRef<[u8]>) -> Self {
        Self { verifier: self.verifier.secret(secret), ..self }
    }

    /// As [`VerifierBuilder::secrets`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// assert!(WebhookHandler::builder().secrets(["new", "old"]).build().is_ok());
    /// ```
    pub fn secrets<S: AsRef<[u8]>>(self, secrets: impl IntoIterator<Item = S>) -> Self {
        Self { verifier: self.verifier.secrets(secrets), ..self }
    }

    /// As [`VerifierBuilder::tolerance`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// assert!(WebhookHandler::builder().secret("s3cret").tolerance(None).build().is_ok());
    /// ```
    pub fn tolerance(self, tolerance: impl Into<Option<Duration>>) -> Self {
        Self { verifier: self.verifier.tolerance(tolerance), ..self }
    }

    /// As [`VerifierBuilder::schemes`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// use tink_webhooks::Scheme;
    /// assert!(WebhookHandler::builder().secret("s3cret").schemes([Scheme::V1]).build().is_ok());
    /// ```
    pub fn schemes(self, schemes: impl IntoIterator<Item = Scheme>) -> Self {
        Self { verifier: self.verifier.schemes(schemes), ..self }
    }

    /// As [`VerifierBuilder::max_body_bytes`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::builder().secret("s3cret").max_body_bytes(65_536).build().unwrap();
    /// assert_eq!(hooks.max_body_bytes(), 65_536);
    /// ```
    pub fn max_body_bytes(self, bytes: usize) -> Self {
        Self { verifier: self.verifier.max_body_bytes(bytes), ..self }
    }

    /// The options of a [`VerifierBuilder`], in place of those set so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// use tink_webhooks::Verifier;
    /// let hooks = WebhookHandler::builder().verifier(Verifier::builder().secret("s3cret")).build();
    /// assert!(hooks.is_ok());
    /// ```
    pub fn verifier(self, verifier: VerifierBuilder) -> Self {
        Self { verifier, ..self }
    }

    /// A clock in place of the system's, for tests. A time outside the years 1 to 9999 is
    /// [`Reason::InvalidOption`](crate::Reason::InvalidOption) at the verification that reads it.
    ///
    /// On `wasm32-unknown-unknown` Rust knows no clock: there, without one of yours, what needs the time is
    /// [`Reason::InvalidOption`](crate::Reason::InvalidOption).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// use std::time::UNIX_EPOCH;
    /// let hooks = WebhookHandler::builder().secret("s3cret").clock(|| UNIX_EPOCH).build().unwrap();
    /// assert_eq!(hooks.parse_event(r#"{"event":"a:b"}"#).unwrap().timestamp_millis(), 0);
    /// ```
    pub fn clock(self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(move || clock::from_system_time(clock())), ..self }
    }

    /// Where an asynchronous dispatch runs the handlers of [`on_blocking`](Dispatcher::on_blocking): the runtime's own
    /// function for that. The web adapters of this library know tokio's, and need none. A handler that this does not run,
    /// because the runtime is being shut down, has failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::builder()
    ///     .secret("s3cret")
    ///     // With tokio: `drop(tokio::task::spawn_blocking(work).await)`.
    ///     .run_blocking(|work| async { work() })
    ///     .build()?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn run_blocking<F>(self, run: impl Fn(BlockingWork) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { dispatcher: self.dispatcher.with_run_blocking(run), ..self }
    }

    /// Checks the options.
    ///
    /// # Errors
    /// As [`VerifierBuilder::build`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::builder().secret("s3cret").build()?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn build(self) -> Result<WebhookHandler, Error> {
        Ok(WebhookHandler::of(self.verifier.build()?, self.dispatcher, self.clock))
    }
}

impl fmt::Debug for WebhookHandlerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookHandlerBuilder").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
