//! What all adapters share: the way from a delivery to its answer.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tink_webhooks::{Error, Event, Reason, SignatureHeader, Tally, WebhookHandler};
use tokio::runtime::Handle;

use crate::log;
use crate::outcome::Outcome;

/// How long a body may take, unless said otherwise.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

type OnError<H> = dyn Fn(&H, &Error) + Send + Sync;
type OnOutcome<H> = dyn Fn(&H, &Outcome<'_>) + Send + Sync;

/// A handler object and the options of a receiver, for frameworks whose requests have heads of the type `H`: what
/// [`Receiver`](crate::Receiver) and the receiver for actix-web are made of. Clones share everything.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Instant;
/// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
/// use tink_webhooks_http::Endpoint;
///
/// struct Head; // of a framework of your own
///
/// let endpoint: Endpoint<Head> = Endpoint::new(WebhookHandler::new("s3cret")?);
/// let body = br#"{"event":"account:updated"}"#.to_vec();
/// let signature = generate_signature(&body, "s3cret", Scheme::V1, None)?;
/// let answer = endpoint.handle(Head, Instant::now(), Ok((body, signature))).await;
/// assert_eq!((answer.status, answer.text), (200, "ok"));
/// # Ok::<(), tink_webhooks::Error>(())
/// # }).unwrap();
/// ```
pub struct Endpoint<H> {
    hooks: Arc<WebhookHandler>,
    /// One count for a clone, whatever the options.
    options: Arc<Options<H>>,
}

struct Options<H> {
    body_timeout: Option<Duration>,
    on_error: Option<Arc<OnError<H>>>,
    on_outcome: Option<Arc<OnOutcome<H>>>,
    #[cfg(feature = "explain")]
    explain_failures: bool,
}

impl<H> Clone for Endpoint<H> {
    fn clone(&self) -> Self {
        Self { hooks: Arc::clone(&self.hooks), options: Arc::clone(&self.options) }
    }
}

impl<H> Clone for Options<H> {
    fn clone(&self) -> Self {
        Self {
            body_timeout: self.body_timeout,
            on_error: self.on_error.clone(),
            on_outcome: self.on_outcome.clone(),
            #[cfg(feature = "explain")]
            explain_failures: self.explain_failures,
        }
    }
}

impl<H> fmt::Debug for Endpoint<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("hooks", &self.hooks)
            .field("body_timeout", &self.options.body_timeout)
            .finish_non_exhaustive()
    }
}

/// An answer: a status, and a fixed text, which is `ok` or the reason, and never a handler's message.
///
/// # Examples
///
/// ```
/// use tink_webhooks_http::{Answer, tink_webhooks::{Error, Reason}};
/// let answer = Answer::from(&Error::new(Reason::SignatureMismatch));
/// assert_eq!((answer.status, answer.body()), (401, "signature_mismatch\n".into()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The text without its line end.
    pub text: &'static str,
}

impl Answer {
    /// Of a delivery that was handled.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks_http::Answer::OK.status, 200);
    /// ```
    pub const OK: Self = Self { status: 200, text: "ok" };

    /// The text as it is sent, with its line end.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks_http::Answer::OK.body(), "ok\n");
    /// ```
    pub fn body(&self) -> Bytes {
        if *self == Self::OK {
            return Bytes::from_static(b"ok\n"); // almost every answer
        }
        Bytes::from(format!("{}\n", self.text))
    }

    /// The headers that belong to it; the server adds the length.
    ///
    /// # Examples
    ///
    /// ```
    /// let headers: Vec<_> = tink_webhooks_http::Answer::OK.headers().collect();
    /// assert_eq!(headers[0], ("content-type", "text/plain; charset=utf-8"));
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let always = [("content-type", "text/plain; charset=utf-8"), ("x-content-type-options", "nosniff")];
        always.into_iter().chain((self.status == 405).then_some(("allow", "POST")))
    }
}

impl From<&Error> for Answer {
    fn from(error: &Error) -> Self {
        Self { status: error.http_status(), text: error.reason().as_str() }
    }
}

impl<H> Endpoint<H> {
    /// With the defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret")?);
    /// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
    /// ```
    pub fn new(hooks: impl Into<Arc<WebhookHandler>>) -> Self {
        let options = Options {
            body_timeout: Some(BODY_TIMEOUT),
            on_error: None,
            on_outcome: None,
            #[cfg(feature = "explain")]
            explain_failures: false,
        };
        Self { hooks: hooks.into(), options: Arc::new(options) }
    }

    /// The handler object.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap());
    /// assert_eq!(endpoint.hooks().max_body_bytes(), 2_097_152);
    /// ```
    pub const fn hooks(&self) -> &Arc<WebhookHandler> {
        &self.hooks
    }

    /// How long a body may take; none is no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap());
    /// assert_eq!(endpoint.body_timeout().unwrap().as_secs(), 30);
    /// ```
    pub fn body_timeout(&self) -> Option<Duration> {
        self.options.body_timeout
    }

    /// The same with another time limit for bodies, or with none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap()).with_body_timeout(None);
    /// assert_eq!(endpoint.body_timeout(), None);
    /// ```
    #[must_use]
    pub fn with_body_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        Arc::make_mut(&mut self.options).body_timeout = timeout.into();
        self
    }

    /// The same with a hook that gets the error of each request that was not answered `ok`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap())
    ///     .with_on_error(|_head, error| println!("{}", error.reason()));
    /// ```
    #[must_use]
    pub fn with_on_error(mut self, hook: impl Fn(&H, &Error) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.options).on_error = Some(Arc::new(hook));
        self
    }

    /// The same with a hook that gets what came of each request, once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap())
    ///     .with_on_outcome(|_head, outcome| println!("{} {}", outcome.kind, outcome.status));
    /// ```
    #[must_use]
    pub fn with_on_outcome(mut self, hook: impl Fn(&H, &Outcome<'_>) + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.options).on_outcome = Some(Arc::new(hook));
        self
    }

    /// The same that tells `tracing` why deliveries were refused, as
    /// [`explain`](tink_webhooks::explain::explain) says it, for development: in a thread beside the answer, at most once
    /// in ten seconds, of all clients together, and never where
    /// [the environment says](tink_webhooks::explain::in_production) that it is production. Behind the feature `explain`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Endpoint, tink_webhooks::WebhookHandler};
    /// let endpoint: Endpoint<()> = Endpoint::new(WebhookHandler::new("s3cret").unwrap()).with_explain_failures(true);
    /// ```
    #[cfg(feature = "explain")]
    #[must_use]
    pub fn with_explain_failures(mut self, explain: bool) -> Self {
        Arc::make_mut(&mut self.options).explain_failures = explain;
        self
    }

    /// Handles a delivery that an adapter has read (the body and the signature), or could not read, logs what was not
    /// handled, calls the hooks, and gives the answer. `began` is when the request came.
    ///
    /// # Examples
    ///
    /// See [`Endpoint`].
    pub async fn handle<S: SignatureHeader>(
        self,
        head: H,
        began: Instant,
        delivery: Result<(Vec<u8>, S), Error>,
    ) -> Answer {
        // For the hook alone.
        let asked = self.options.on_outcome.as_ref().map(|_| (self.received(), Tally::new()));
        #[cfg(feature = "explain")]
        let why = delivery
            .as_ref()
            .ok()
            .filter(|_| self.options.explain_failures)
            .map(|(body, signature)| crate::why::Why::new(&self.hooks, body, signature));
        let event = self.constructed(delivery);
        let (event, error) = match event {
            Ok(event) => {
                let event = Arc::new(event);
                let dispatched = self.dispatched(&event);
                let done = match &asked {
                    Some((_, tally)) => tally.scope(dispatched).await,
                    None => dispatched.await,
                };
                (Some(event), done.err())
            }
            Err(error) => (None, Some(error)),
        };
        let answer = error.as_ref().map_or(Answer::OK, Answer::from);
        if let Some(error) = error.as_ref().filter(|_| answer.status != 405) {
            log::log(error, event.as_deref());
            #[cfg(feature = "explain")]
            if let Some(why) = why {
                why.tell(error.reason());
            }
        }
        if let Some((hook, error)) = self.options.on_error.as_ref().zip(error.as_ref()) {
            call("on_error", || hook(&head, error));
        }
        if let Some((hook, (received, tally))) = self.options.on_outcome.as_ref().zip(asked) {
            let outcome = Outcome::of(event.as_deref(), error.as_ref(), &tally, received, began.elapsed());
            call("on_outcome", || hook(&head, &outcome));
        }
        answer
    }

    /// The time of receipt, if the user's clock gives one.
    fn received(&self) -> Option<i64> {
        catch_unwind(AssertUnwindSafe(|| self.hooks.now().ok())).unwrap_or_default()
    }

    /// Neither the user's clock nor a bug of this library may take the connection along.
    fn constructed<S: SignatureHeader>(&self, delivery: Result<(Vec<u8>, S), Error>) -> Result<Event<'static>, Error> {
        let construct = || delivery.and_then(|(body, signature)| self.hooks.construct_event_owned(body, signature));
        catch_unwind(AssertUnwindSafe(construct)).unwrap_or_else(|_| {
            Err(Error::with_message(Reason::InvalidOption, "a function of the receiver's, such as its clock, panicked"))
        })
    }

    async fn dispatched(&self, event: &Arc<Event<'static>>) -> Result<(), Error> {
        if Handle::try_current().is_err() {
            return self.hooks.dispatch_shared(event, None).await;
        }
        let blocking = |work| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            // An error is that it was not run, which the dispatch sees.
            Box::pin(async { drop(tokio::task::spawn_blocking(work).await) })
        };
        self.hooks.dispatch_shared(event, Some(&blocking)).await
    }
}

/// Calls a hook. One that panics changes no answer.
fn call(name: &'static str, hook: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(hook)).is_err() {
        log::hook_panicked(name);
    }
}
