//! The verified event of a request, for routes of your own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{FromRequest, HttpRequest, dev};
use tink_webhooks::data::{EventData, FromEvent};
use tink_webhooks::{Error, Event, Reason, WebhookHandler};

use crate::body::{read, signature};
use crate::rejection::Rejection;

/// A verified event and its data, as an argument of a route: [`EventData`], one of the types of
/// [`data`](tink_webhooks::data), or one of yours. It runs no handlers.
///
/// The application's data must hold a `web::Data<WebhookHandler>`. A body may take 30 s. What is refused is answered as
/// [`Receiver`](crate::Receiver) does, and logged. Data that is not of the type is answered 500 `handler_failed`, so that
/// Tink delivers again: take a type only where one event comes, else [`EventData`].
///
/// # Examples
///
/// ```
/// use actix_web::{App, web};
/// use tink_webhooks_actix::TinkEvent;
/// use tink_webhooks_actix::tink_webhooks::{WebhookHandler, data::EventData};
///
/// async fn receive(TinkEvent { event, data }: TinkEvent) -> &'static str {
///     if let EventData::RefreshFinished(refresh) = data {
///         println!("{:?} {}", event.user_id(), refresh.credentials_status);
///     }
///     "ok\n"
/// }
///
/// let hooks = web::Data::new(WebhookHandler::new("s3cret")?);
/// let app = App::new().app_data(hooks.clone()).route("/webhooks/tink", web::post().to(receive));
/// # Ok::<(), tink_webhooks_actix::Error>(())
/// ```
pub struct TinkEvent<T = EventData> {
    /// The event, which owns its body.
    pub event: Event<'static>,
    /// Its data.
    pub data: T,
}

impl<T> fmt::Debug for TinkEvent<T> {
    /// The event, without its data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TinkEvent").field("event", &self.event).finish_non_exhaustive()
    }
}

impl<T: FromEvent + 'static> FromRequest for TinkEvent<T> {
    type Error = Rejection;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Rejection>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            extract(&request, payload).await.map_err(|(error, event)| {
                tink_webhooks_http::log(&error, event.as_ref());
                Rejection(error)
            })
        })
    }
}

async fn extract<T: FromEvent>(
    request: &HttpRequest,
    payload: dev::Payload,
) -> Result<TinkEvent<T>, (Error, Option<Event<'static>>)> {
    let event = construct(request, payload).await.map_err(|error| (error, None))?;
    match event.typed_data() {
        Ok(data) => Ok(TinkEvent { event, data }),
        Err(error) => Err((
            Error::with_message(Reason::HandlerFailed, "the data is not of the type that the route asks for")
                .with_source(error),
            Some(event),
        )),
    }
}

async fn construct(request: &HttpRequest, mut payload: dev::Payload) -> Result<Event<'static>, Error> {
    let hooks = request.app_data::<Data<WebhookHandler>>().ok_or_else(|| {
        Error::with_message(
            Reason::InvalidOption,
            "the application has no web::Data<WebhookHandler>: give it to app_data",
        )
    })?;
    let payload = Payload::from_request(request, &mut payload).await;
    let payload = payload.map_err(|error| Error::new(Reason::UnreadableBody).with_source(error.to_string()))?;
    let body = read(request, payload, hooks.max_body_bytes(), Some(Duration::from_secs(30))).await?;
    hooks.construct_event_owned(body, signature(request))
}
