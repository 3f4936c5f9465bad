//! The route that does everything.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::http::{StatusCode, Version};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, Route, rt, web};
use tink_webhooks::{Error, Reason, WebhookHandler};
use tink_webhooks_http::{Answer, Endpoint, Outcome, run_to_end_with};

use crate::body::{read, signature};

/// Receives deliveries, on any path. Clones share everything: make it once, outside the closure of `HttpServer::new`.
///
/// # Examples
///
/// ```
/// use actix_web::App;
/// use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
/// let receiver = Receiver::new(WebhookHandler::new("s3cret")?)
///     .on_outcome(|_request, outcome| println!("{} {}", outcome.kind, outcome.status));
/// let app = App::new().route("/webhooks/tink", receiver.clone().route());
/// # Ok::<(), tink_webhooks_actix::Error>(())
/// ```
#[derive(Clone)]
pub struct Receiver {
    endpoint: Endpoint<HttpRequest>,
}

impl Receiver {
    /// With the defaults. Takes a handler object, or one in an `Arc`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
    /// let receiver = Receiver::new(WebhookHandler::new("s3cret")?);
    /// # Ok::<(), tink_webhooks_actix::Error>(())
    /// ```
    pub fn new(hooks: impl Into<Arc<WebhookHandler>>) -> Self {
        Self { endpoint: Endpoint::new(hooks) }
    }

    /// How long a body may take to arrive, 30 s by default, after which the answer is 408; `None` is no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
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
    /// # use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks).on_error(|request, error| eprintln!("{} {}", request.path(), error.reason()));
    /// ```
    #[must_use]
    pub fn on_error(self, hook: impl Fn(&HttpRequest, &Error) + Send + Sync + 'static) -> Self {
        Self { endpoint: self.endpoint.with_on_error(hook) }
    }

    /// A hook that gets what came of each request, once: for metrics. See [`on_error`](Self::on_error).
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks)
    ///     .on_outcome(|_request, outcome| println!("{} in {:?}", outcome.kind, outcome.duration));
    /// ```
    #[must_use]
    pub fn on_outcome(self, hook: impl Fn(&HttpRequest, &Outcome<'_>) + Send + Sync + 'static) -> Self {
        Self { endpoint: self.endpoint.with_on_outcome(hook) }
    }

    /// Tells `tracing` why deliveries were refused, for development: beside the answer, at most once in ten seconds, of all
    /// clients together, and never in production. Behind the feature `explain`; see
    /// [`Endpoint::with_explain_failures`](tink_webhooks_http::Endpoint::with_explain_failures).
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_actix::{Receiver, tink_webhooks::WebhookHandler};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let receiver = Receiver::new(hooks).explain_failures(true);
    /// ```
    #[cfg(feature = "explain")]
    #[must_use]
    pub fn explain_failures(self, explain: bool) -> Self {
        Self { endpoint: self.endpoint.with_explain_failures(explain) }
    }

    /// The route for `App::route`. It takes every method, and answers 405 to those that are not POST.
    ///
    /// # Examples
    ///
    /// See [`Receiver`].
    pub fn route(self) -> Route {
        web::route().to(move |request: HttpRequest, payload: Payload| {
            let receiver = self.clone();
            async move { receiver.receive(request, payload).await }
        })
    }

    /// Receives one request, for a route of your own.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_web::{HttpRequest, HttpResponse, web};
    /// use tink_webhooks_actix::Receiver;
    /// async fn receive(request: HttpRequest, body: web::Payload, receiver: web::Data<Receiver>) -> HttpResponse {
    ///     receiver.receive(request, body).await
    /// }
    /// ```
    pub async fn receive(&self, request: HttpRequest, payload: Payload) -> HttpResponse {
        let began = Instant::now();
        let (limit, timeout) = (self.endpoint.hooks().max_body_bytes(), self.endpoint.body_timeout());
        let read = read(&request, payload, limit, timeout).await;
        // HTTP/2 ends the stream, and the connection stays.
        let close = read.is_err() && request.version() < Version::HTTP_2;
        let delivery = read.map(|body| (body, signature(&request)));
        // Requests of actix-web stay on their thread, and so do the tasks.
        let handled = run_to_end_with(self.endpoint.clone().handle(request, began, delivery), rt::spawn).await;
        respond(handled.unwrap_or_else(|| Answer::from(&Error::new(Reason::HandlerFailed))), close)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Receiver").field(&self.endpoint).finish()
    }
}

pub(crate) fn respond(answer: Answer, close: bool) -> HttpResponse {
    let mut response =
        HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for field in answer.headers() {
        response.insert_header(field);
    }
    if close {
        response.force_close();
    }
    response.body(answer.body())
}
