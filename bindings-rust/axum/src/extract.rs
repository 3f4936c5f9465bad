//! The verified event of a request, for routes of your own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum_core::extract::{FromRef, FromRequest, Request};
use tink_webhooks::data::{EventData, FromEvent};
use tink_webhooks::{Error, Event, Reason, WebhookHandler};

use crate::rejection::Rejection;

/// A verified event and its data, as an argument of a route: [`EventData`], one of the types of
/// [`data`](tink_webhooks::data), or one of yours. It runs no handlers.
///
/// The state of the router must hold an `Arc<WebhookHandler>`. A body may take 30 s. What is refused is answered as
/// [`Receiver`](crate::Receiver) does, and logged. Data that is not of the type is answered 500 `handler_failed`, so that
/// Tink delivers again: take a type only where one event comes, else [`EventData`].
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use axum::{Router, routing::post};
/// use tink_webhooks_axum::{Rejection, TinkEvent};
/// use tink_webhooks_axum::tink_webhooks::{WebhookHandler, data::EventData};
///
/// async fn receive(TinkEvent { event, data }: TinkEvent) -> Result<&'static str, Rejection> {
///     if let EventData::RefreshFinished(refresh) = data {
///         println!("{:?} {}", event.user_id(), refresh.credentials_status);
///     }
///     Ok("ok\n")
/// }
///
/// let hooks = Arc::new(WebhookHandler::new("s3cret")?);
/// let app: Router = Router::new().route("/webhooks/tink", post(receive)).with_state(hooks);
/// # Ok::<(), tink_webhooks_axum::Error>(())
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

impl<S, T> FromRequest<S> for TinkEvent<T>
where
    S: Send + Sync,
    Arc<WebhookHandler>: FromRef<S>,
    T: FromEvent,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let hooks = Arc::<WebhookHandler>::from_ref(state);
        let extracted = extract(&hooks, request).await;
        extracted.map_err(|(error, event)| {
            tink_webhooks_http::log(&error, event.as_ref());
            Rejection(error)
        })
    }
}

async fn extract<T: FromEvent>(
    hooks: &WebhookHandler,
    request: Request,
) -> Result<TinkEvent<T>, (Error, Option<Event<'static>>)> {
    let timeout = Some(Duration::from_secs(30));
    let constructed = tink_webhooks_http::construct_event(hooks, request, timeout).await;
    let event = constructed.map_err(|error| (error, None))?;
    match event.typed_data() {
        Ok(data) => Ok(TinkEvent { event, data }),
        Err(error) => Err((
            Error::with_message(Reason::HandlerFailed, "the data is not of the type that the route asks for")
                .with_source(error),
            Some(event),
        )),
    }
}
