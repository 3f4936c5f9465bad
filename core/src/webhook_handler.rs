//! The handler object in Rust: verification, registry and dispatch in one object.

use std::fmt;
use std::ops::Deref;

use crate::dispatcher::Dispatcher;
use crate::error::Error;
use crate::event::Event;
use crate::signature::{SignatureHeader, Verification, VerificationStream};
use crate::trace;
use crate::verifier::Verifier;

/// Verifies, parses and dispatches deliveries: a [`Dispatcher`] that also verifies. Make it once, share it between
/// threads, keep it.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
///
/// let hooks = WebhookHandler::builder().secret("s3cret").schemes([Scheme::V1]).build()?;
/// hooks.on("refresh:finished", |event| {
///     println!("{} for {:?}", event.name(), event.user_id());
/// })?;
///
/// // In your HTTP endpoint: the raw body, and the X-Tink-Signature header.
/// let body = br#"{"event":"refresh:finished","context":{"userId":"u1"},"content":{}}"#;
/// let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
/// let event = hooks.handle_webhook(body, &header)?;
/// assert_eq!(event.event_type().as_str(), "refresh_finished");
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub struct WebhookHandler {
    verifier: Verifier,
    dispatcher: Dispatcher,
    clock: Box<Clock>,
}

/// Gives epoch milliseconds.
pub(crate) type Clock = dyn Fn() -> Result<i64, Error> + Send + Sync;

/// What registers and dispatches is that of the [`Dispatcher`] in it.
impl Deref for WebhookHandler {
    type Target = Dispatcher;

    fn deref(&self) -> &Dispatcher {
        &self.dispatcher
    }
}

impl WebhookHandler {
    pub(crate) fn of(verifier: Verifier, dispatcher: Dispatcher, clock: Box<Clock>) -> Self {
        Self { verifier, dispatcher, clock }
    }

    /// Verifies a delivery, reads it, and runs the handlers registered for it. Gives the event back.
    ///
    /// `body` is the raw body of the request: the bytes that were signed.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidSignature`](crate::Kind::InvalidSignature) and
    /// [`Kind::InvalidPayload`](crate::Kind::InvalidPayload);
    /// [`Reason::TestWebhook`](crate::Reason::TestWebhook) for the test ping;
    /// [`Reason::HandlerFailed`](crate::Reason::HandlerFailed) after all handlers ran.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let body = r#"{"event":"account:updated"}"#;
    /// let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
    /// assert_eq!(hooks.handle_webhook(body, &header)?.name(), "account:updated");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn handle_webhook<'a>(
        &self,
        body: &'a (impl AsRef<[u8]> + ?Sized),
        signature: impl SignatureHeader,
    ) -> Result<Event<'a>, Error> {
        let event = self.construct_event(body, signature).inspect_err(|error| trace::refused(error, None))?;
        self.dispatch(&event).inspect_err(|error| trace::refused(error, Some(event.event_type())))?;
        Ok(event)
    }

    /// The same without running handlers.
    ///
    /// # Errors
    /// As [`handle_webhook`](Self::handle_webhook), without `handler_failed`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Reason, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let error = hooks.construct_event(b"{}", None::<&str>).unwrap_err();
    /// assert_eq!(error.reason(), Reason::MissingSignature);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn construct_event<'a>(
        &self,
        body: &'a (impl AsRef<[u8]> + ?Sized),
        signature: impl SignatureHeader,
    ) -> Result<Event<'a>, Error> {
        self.verifier.construct(body.as_ref(), signature.header_value().as_deref(), || self.now()).map(Event::from)
    }

    /// Checks the signature only; the body need not be JSON.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidSignature`](crate::Kind::InvalidSignature), and
    /// [`Reason::BodyTooLarge`](crate::Reason::BodyTooLarge).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::builder().secrets(["new", "old"]).build()?;
    /// let header = generate_signature("not JSON", "old", Scheme::V1, None)?;
    /// assert_eq!(hooks.verify_signature("not JSON", &header)?.secret_index, 1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn verify_signature(
        &self,
        body: &(impl AsRef<[u8]> + ?Sized),
        signature: impl SignatureHeader,
    ) -> Result<Verification, Error> {
        self.verifier.verify_signature(body.as_ref(), signature.header_value().as_deref(), || self.now())
    }

    /// The same for a body that lies in pieces, one after the other: it is not joined.
    ///
    /// # Errors
    /// As [`verify_signature`](Self::verify_signature).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let header = generate_signature("in two pieces", "s3cret", Scheme::V1, None)?;
    /// hooks.verify_signature_scattered(&["in two", " pieces"], &header)?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn verify_signature_scattered(
        &self,
        pieces: &[impl AsRef<[u8]>],
        signature: impl SignatureHeader,
    ) -> Result<Verification, Error> {
        self.verifier.verify_signature_scattered(pieces, signature.header_value().as_deref(), || self.now())
    }

    /// Begins the verification of a body that arrives in pieces: for servers and proxies that need not keep it. The
    /// header is checked at once. [`finish_verification`](Self::finish_verification) gives the verdict.
    ///
    /// # Errors
    /// [`Reason::MissingSignature`](crate::Reason::MissingSignature),
    /// [`Reason::MalformedSignature`](crate::Reason::MalformedSignature) and
    /// [`Reason::SchemeNotAllowed`](crate::Reason::SchemeNotAllowed).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let header = generate_signature("in two pieces", "s3cret", Scheme::V1, None)?;
    /// let mut stream = hooks.begin_verification(&header)?;
    /// for piece in ["in two", " pieces"] {
    ///     stream.update(piece)?;
    /// }
    /// assert_eq!(hooks.finish_verification(stream)?.secret_index, 0);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn begin_verification(&self, signature: impl SignatureHeader) -> Result<VerificationStream, Error> {
        self.verifier.begin_verification(signature.header_value().as_deref())
    }

    /// Gives the verdict on a body that has arrived, by this object's clock.
    ///
    /// # Errors
    /// As [`VerificationStream::finish`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Reason, Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let header = generate_signature("the body", "s3cret", Scheme::V1, None)?;
    /// let stream = hooks.begin_verification(&header)?; // of which nothing arrives
    /// assert_eq!(hooks.finish_verification(stream).unwrap_err().reason(), Reason::SignatureMismatch);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn finish_verification(&self, stream: VerificationStream) -> Result<Verification, Error> {
        stream.finish(|| self.now())
    }

    /// Gives the verdict on a body that has arrived, and reads it. `body` is what the pieces were, kept by the caller.
    ///
    /// # Errors
    /// As [`VerificationStream::finish_delivery`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let body = r#"{"event":"account:updated"}"#;
    /// let mut stream = hooks.begin_verification(generate_signature(body, "s3cret", Scheme::V1, None)?)?;
    /// stream.update(body)?; // as it arrives
    /// let event = hooks.finish_event(stream, body)?;
    /// hooks.dispatch(&event)?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn finish_event<'a>(
        &self,
        stream: VerificationStream,
        body: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Result<Event<'a>, Error> {
        stream.finish_delivery(body.as_ref(), || self.now()).map(Event::from)
    }

    /// Verifies a delivery whose body lies in pieces, one after the other, and reads it. The event has a joined copy.
    ///
    /// # Errors
    /// As [`construct_event`](Self::construct_event).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let header = generate_signature(r#"{"event":"account:updated"}"#, "s3cret", Scheme::V1, None)?;
    /// let event = hooks.construct_event_scattered(&[r#"{"event":"acc"#, r#"ount:updated"}"#], header)?;
    /// assert_eq!(event.name(), "account:updated");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn construct_event_scattered(
        &self,
        pieces: &[impl AsRef<[u8]>],
        signature: impl SignatureHeader,
    ) -> Result<Event<'static>, Error> {
        self.verifier.construct_scattered(pieces, signature.header_value().as_deref(), || self.now())
    }

    /// Verifies a delivery and reads it, as [`construct_event`](Self::construct_event). The event takes the body over: no
    /// copy is made for what outlives the request.
    ///
    /// # Errors
    /// As [`construct_event`](Self::construct_event).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Event, Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let body = br#"{"event":"account:updated"}"#.to_vec();
    /// let header = generate_signature(&body, "s3cret", Scheme::V1, None)?;
    /// let event: Event<'static> = hooks.construct_event_owned(body, header)?;
    /// assert_eq!(event.name(), "account:updated");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn construct_event_owned(
        &self,
        body: impl Into<Vec<u8>>,
        signature: impl SignatureHeader,
    ) -> Result<Event<'static>, Error> {
        let signature = signature.header_value();
        Event::owning(body.into(), |body| self.verifier.construct(body, signature.as_deref(), || self.now()))
    }

    /// Reads a body **without checking any signature**: for bodies that were verified before, such as those of a queue.
    /// Never for what comes from the network.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidPayload`](crate::Kind::InvalidPayload), and
    /// [`Reason::TestWebhook`](crate::Reason::TestWebhook).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = hooks.parse_event(r#"{"type":"credentials.updated","data":{}}"#)?;
    /// assert!(event.verification().is_none());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse_event<'a>(&self, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Event<'a>, Error> {
        self.verifier.parse(body.as_ref(), || self.now()).map(Event::from)
    }

    /// Verifies a delivery, reads it, and runs the handlers registered for it, awaiting those that are asynchronous. Gives
    /// the event back. Nothing happens before the future is polled, on the executor of your choice.
    ///
    /// Dropping the future stops it after the handler that is running at that moment; an asynchronous one is dropped with
    /// it, at the `await` where it stands.
    ///
    /// # Errors
    /// As [`handle_webhook`](Self::handle_webhook) and [`dispatch_async`](Dispatcher::dispatch_async).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     match std::pin::pin!(future).poll(&mut context) { std::task::Poll::Ready(t) => t, _ => unreachable!() }
    /// # }
    /// # block_on(async {
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_async("account:updated", |event| async move { println!("{}", event.name()) })?;
    /// let body = r#"{"event":"account:updated"}"#;
    /// let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
    /// assert_eq!(hooks.handle_webhook_async(body, &header).await?.name(), "account:updated");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn handle_webhook_async<'a>(
        &self,
        body: &'a (impl AsRef<[u8]> + ?Sized),
        signature: impl SignatureHeader,
    ) -> Result<Event<'a>, Error> {
        let event = self.construct_event(body, signature).inspect_err(|error| trace::refused(error, None))?;
        self.dispatch_async(&event).await.inspect_err(|error| trace::refused(error, Some(event.event_type())))?;
        Ok(event)
    }

    /// The cap on a body's size, for receivers that read it from a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// assert_eq!(hooks.max_body_bytes(), 2_097_152);
    /// ```
    pub const fn max_body_bytes(&self) -> usize {
        self.verifier.max_body_bytes()
    }

    /// What to log once about the secrets: [`Verifier::warnings`].
    ///
    /// # Examples
    ///
    /// ```
    /// let hooks = tink_webhooks::WebhookHandler::new("\"s3cret\"").unwrap();
    /// assert!(hooks.warnings()[0].contains("quotes"));
    /// ```
    pub fn warnings(&self) -> &[&'static str] {
        self.verifier.warnings()
    }

    /// Says why a delivery is refused: [`Verifier::explain`], by this object's clock. A clock that fails leaves the time out.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{WebhookHandler, explain::Cause};
    /// let hooks = WebhookHandler::new("67abc1e08fb64c92b450a13e0876330b")?;
    /// assert_eq!(hooks.explain("{}", None::<&str>).cause(), Cause::HeaderMissing);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[cfg(feature = "explain")]
    pub fn explain(&self, body: impl AsRef<[u8]>, signature: impl SignatureHeader) -> crate::explain::Explanation {
        let now = self.now().ok().map(|millis| millis.div_euclid(1_000));
        self.verifier.explain(body.as_ref(), signature.header_value().as_deref(), now)
    }

    /// What this object's clock says, in milliseconds since the epoch.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`](crate::Reason::InvalidOption) for a time outside the years 1 to 9999, and where there is
    /// no clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::UNIX_EPOCH;
    /// let hooks = tink_webhooks::WebhookHandler::builder().secret("s3cret").clock(|| UNIX_EPOCH).build()?;
    /// assert_eq!(hooks.now()?, 0);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn now(&self) -> Result<i64, Error> {
        (self.clock)()
    }
}

impl fmt::Debug for WebhookHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookHandler")
            .field("verifier", &self.verifier)
            .field("dispatcher", &self.dispatcher)
            .finish_non_exhaustive()
    }
}
