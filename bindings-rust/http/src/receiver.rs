//! The tower service.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::Full;
use tink_webhooks::{Error, Event, Reason, WebhookHandler};
use tower_service::Service;

use crate::body::read_body;
use crate::endpoint::{Answer, Endpoint};
use crate::outcome::Outcome;
use crate::task::run_to_end;

/// Receives deliveries: a service that takes a request, on any path, and answers it. See [the crate](crate) for what it
/// answers. Clones share everything.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use http::Request;
/// use http_body_util::Full;
/// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
/// use tink_webhooks_http::Receiver;
///
/// let receiver = Receiver::new(WebhookHandler::new("s3cret")?)
///     .on_outcome(|_request, outcome| println!("{} {}", outcome.kind, outcome.status));
/// let body = r#"{"event":"account:updated"}"#;
/// let request = Request::post("/webhooks/tink")
///     .header("X-Tink-Signature", generate_signature(body, "s3cret", Scheme::V1, None)?)
///     .body(Full::new(bytes::Bytes::from(body)))
///     .unwrap();
/// assert_eq!(receiver.receive(request).await.status(), 200);
/// # Ok::<(), tink_webhooks::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Receiver {
    endpoint: Endpoint<Parts>,
}

impl Receiver {
    /// With the defaults. Takes a handler object, or one in an `Arc`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_http::{Receiver, tink_webhooks::WebhookHandler};
    /// let receiver = Receiver::new(WebhookHandler::new("s3cret")?);
    /// # Ok::<(), tink_webhooks_http::tink_webhooks::Error>(())
    /// ```
    pub fn new(hooks: impl Into<Arc<WebhookHandler>>) -> Self {
        Self { endpoint: Endpoint::new(hooks) }
    }

    /// How long a body may take to arrive, 30 s by default, after which the answer is 408; `None` is no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks).body_timeout(std::time::Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn body_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        Self { endpoint: self.endpoint.with_body_timeout(timeout) }
    }

    /// A hook that gets the error of each request that was not answered `ok`, the test ping's too. It is called before the
    /// answer is sent, and must not block. One that panics changes no answer.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks).on_error(|request, error| eprintln!("{} {}", request.uri, error.reason()));
    /// ```
    #[must_use]
    pub fn on_error(self, hook: impl Fn(&Parts, &Error) + Send + Sync + 'static) -> Self {
        Self { endpoint: self.endpoint.with_on_error(hook) }
    }

    /// A hook that gets what came of each request, once: for metrics. See [`on_error`](Self::on_error).
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks)
    ///     .on_outcome(|_request, outcome| println!("{} in {:?}", outcome.kind, outcome.duration));
    /// ```
    #[must_use]
    pub fn on_outcome(self, hook: impl Fn(&Parts, &Outcome<'_>) + Send + Sync + 'static) -> Self {
        Self { endpoint: self.endpoint.with_on_outcome(hook) }
    }

    /// Tells `tracing` why deliveries were refused, for development: beside the answer, at most once in ten seconds, of all
    /// clients together, and never in production. Behind the feature `explain`; see
    /// [`Endpoint::with_explain_failures`](crate::Endpoint::with_explain_failures).
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_http::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks).explain_failures(true);
    /// ```
    #[cfg(feature = "explain")]
    #[must_use]
    pub fn explain_failures(self, explain: bool) -> Self {
        Self { endpoint: self.endpoint.with_explain_failures(explain) }
    }

    /// Receives one request, for servers without tower.
    ///
    /// # Examples
    ///
    /// See [`Receiver`].
    pub async fn receive<B>(&self, request: Request<B>) -> Response<Full<Bytes>>
    where
        B: Body,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let (hooks, timeout) = (self.endpoint.hooks(), self.endpoint.body_timeout());
        let read = read(hooks, &parts, body, timeout).await;
        // HTTP/2 ends the stream, and the connection stays.
        let close = read.is_err() && parts.version < Version::HTTP_2;
        let delivery = read.map(|body| (body, signature(&parts.headers)));
        let handled = run_to_end(self.endpoint.clone().handle(parts, began, delivery)).await;
        respond(handled.unwrap_or_else(|| Answer::from(&Error::new(Reason::HandlerFailed))), close)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.endpoint).finish()
    }
}

impl<B> Service<Request<B>> for Receiver
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let receiver = self.clone();
        Box::pin(async move { Ok(receiver.receive(request).await) })
    }
}

/// Reads and verifies the delivery of a request, and runs no handler: for endpoints of your own.
///
/// # Errors
/// Whatever [`WebhookHandler::construct_event`] has; [`Reason::MethodNotAllowed`], [`Reason::UnreadableBody`], and
/// [`Reason::InvalidOption`] for a body that another layer has read.
///
/// # Examples
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use tink_webhooks::{Reason, WebhookHandler};
/// let hooks = WebhookHandler::new("s3cret")?;
/// let request = http::Request::get("/").body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap();
/// let error = tink_webhooks_http::construct_event(&hooks, request, None).await.unwrap_err();
/// assert_eq!(error.reason(), Reason::MethodNotAllowed);
/// # Ok::<(), tink_webhooks::Error>(())
/// # }).unwrap();
/// ```
pub async fn construct_event<B>(
    hooks: &WebhookHandler,
    request: Request<B>,
    body_timeout: Option<Duration>,
) -> Result<Event<'static>, Error>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let (parts, body) = request.into_parts();
    let body = read(hooks, &parts, body, body_timeout).await?;
    hooks.construct_event_owned(body, &parts.headers)
}

async fn read<B>(hooks: &WebhookHandler, parts: &Parts, body: B, timeout: Option<Duration>) -> Result<Vec<u8>, Error>
where
    B: Body,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    if parts.method != Method::POST {
        return Err(Error::new(Reason::MethodNotAllowed));
    }
    let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    read_body(body, declared, hooks.max_body_bytes(), timeout).await
}

/// The signature's fields, apart from the head, which the hooks get.
fn signature(headers: &HeaderMap) -> Option<Vec<u8>> {
    tink_webhooks::SignatureHeader::header_value(headers).map(std::borrow::Cow::into_owned)
}

fn respond(answer: Answer, close: bool) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body()));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let fields = answer.headers().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    response.headers_mut().extend(fields);
    if close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl From<Answer> for Response<Full<Bytes>> {
    fn from(answer: Answer) -> Self {
        respond(answer, false)
    }
}
