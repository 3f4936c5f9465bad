//! Handlers that get the data of their event as a type.

use std::future::ready;
use std::sync::Arc;

use crate::data::{FromEvent, KnownData};
use crate::dispatcher::Dispatcher;
use crate::error::Error;
use crate::event::Event;
use crate::handlers::{HandlerError, HandlerResult};

impl Dispatcher {
    /// Registers a closure for the event whose documented data it takes: its second argument says which.
    ///
    /// Where a delivery's data is not of that type the handler has failed with a [`DataError`](crate::data::DataError),
    /// and the closure is not called.
    ///
    /// # Errors
    /// None that can occur: the event is known. It is a `Result` as that of [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{WebhookHandler, data::PaymentUpdated};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_typed(|_event, payment: PaymentUpdated| println!("{} {}", payment.id, payment.amount))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_typed<T: KnownData + 'static, R: HandlerResult>(
        &self,
        handler: impl Fn(&Event<'_>, T) -> R + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.on_data(T::EVENT_TYPE.as_str(), handler)
    }

    /// The same for an asynchronous closure.
    ///
    /// # Errors
    /// As [`on_typed`](Self::on_typed).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{WebhookHandler, data::PaymentUpdated};
    /// # async fn book(payment: PaymentUpdated) -> Result<(), std::io::Error> { Ok(()) }
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_typed_async(|_event, payment: PaymentUpdated| book(payment))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_typed_async<T: KnownData + 'static, R, F>(
        &self,
        handler: impl Fn(Arc<Event<'static>>, T) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        R: HandlerResult,
        F: Future<Output = R> + Send + 'static,
    {
        self.on_data_async(T::EVENT_TYPE.as_str(), handler)
    }

    /// Registers a closure that takes the data as a type of yours, or as [`EventData`](crate::data::EventData), for one
    /// event type or `*`. See [`on_typed`](Self::on_typed).
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Payment {
    ///     id: String,
    /// }
    ///
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_data("payment:updated", |_event, payment: Payment| println!("{}", payment.id))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_data<T: FromEvent + 'static, R: HandlerResult>(
        &self,
        event_type: impl AsRef<str>,
        handler: impl Fn(&Event<'_>, T) -> R + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.on(event_type, move |event: &Event<'_>| -> Result<(), HandlerError> {
            let data = event.typed_data()?;
            handler(event, data).into_result()
        })
    }

    /// The same for an asynchronous closure.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{WebhookHandler, data::EventData};
    /// # async fn store(data: EventData) -> Result<(), std::io::Error> { Ok(()) }
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_data_async("*", |_event, data: EventData| store(data))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_data_async<T: FromEvent + 'static, R, F>(
        &self,
        event_type: impl AsRef<str>,
        handler: impl Fn(Arc<Event<'static>>, T) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        R: HandlerResult,
        F: Future<Output = R> + Send + 'static,
    {
        self.register_async_handler(
            event_type,
            Arc::new(move |event| match event.typed_data() {
                Ok(data) => {
                    let future = handler(event, data);
                    Box::pin(async { future.await.into_result() })
                }
                Err(error) => Box::pin(ready(Err(error.into()))),
            }),
        )
    }
}
