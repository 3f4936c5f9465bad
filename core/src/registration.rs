//! The ways to register a handler in Rust: closures of every sort, and shared handlers.

use std::sync::Arc;

use crate::dispatcher::Dispatcher;
use crate::error::Error;
use crate::event::Event;
use crate::handlers::{AsyncHandler, Handler, HandlerResult, Key, RegisteredHandler};

impl Dispatcher {
    /// Registers a closure, for one event type: the `snake_case` type, the wire name, `unknown`, or `*` for every event.
    ///
    /// In an asynchronous dispatch it runs on the thread that polls: one that blocks belongs to
    /// [`on_blocking`](Self::on_blocking).
    ///
    /// # Errors
    /// [`Reason::UnknownEventType`](crate::Reason::UnknownEventType) for what is most likely a typo.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on("payment:updated", |event| -> serde_json::Result<()> {
    ///     let payment: serde_json::Value = event.data()?;
    ///     println!("{}", payment["status"]);
    ///     Ok(())
    /// })?;
    /// assert!(hooks.on("payment:update", |_| ()).is_err());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on<R: HandlerResult>(
        &self,
        event_type: impl AsRef<str>,
        handler: impl Fn(&Event<'_>) -> R + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.register_handler(event_type, plain(handler))
    }

    /// Registers a closure that blocks, such as one that asks a database. A synchronous dispatch runs it as any other; an
    /// asynchronous one runs it where blocking is allowed
    /// ([`run_blocking`](crate::WebhookHandlerBuilder::run_blocking)), and waits for it without blocking.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_blocking("payment:updated", |event| std::fs::write("/dev/null", event.raw_body()))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_blocking<R: HandlerResult>(
        &self,
        event_type: impl AsRef<str>,
        handler: impl Fn(&Event<'_>) -> R + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.register_any(event_type, RegisteredHandler::Blocking(plain(handler)))
    }

    /// Registers an asynchronous closure. [`handle_webhook_async`](crate::WebhookHandler::handle_webhook_async) and
    /// [`dispatch_async`](Self::dispatch_async) await it; in a synchronous call for its event no handler runs, and the call
    /// is [`Reason::InvalidOption`](crate::Reason::InvalidOption).
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// # async fn book(user: &str) -> Result<(), std::io::Error> { Ok(()) }
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_async("payment:updated", |event| async move {
    ///     book(event.user_id().unwrap_or_default()).await
    /// })?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn on_async<R, F>(
        &self,
        event_type: impl AsRef<str>,
        handler: impl Fn(Arc<Event<'static>>) -> F + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        R: HandlerResult,
        F: Future<Output = R> + Send + 'static,
    {
        self.register_async_handler(event_type, awaited(handler))
    }

    /// Registers a shared handler. The same `Arc` registered twice for a key runs once.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::{Handler, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let handler: Arc<Handler> = Arc::new(|event| Ok(println!("{}", event.name())));
    /// hooks.register_handler("refresh:finished", Arc::clone(&handler))?;
    /// hooks.register_handler("refresh_finished", handler)?;
    /// assert_eq!(hooks.get_handlers()["refresh_finished"].len(), 1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn register_handler(&self, event_type: impl AsRef<str>, handler: Arc<Handler>) -> Result<(), Error> {
        self.register_any(event_type, RegisteredHandler::Sync(handler))
    }

    /// The same for an asynchronous one.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::{AsyncHandler, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let handler: Arc<AsyncHandler> = Arc::new(|_event| Box::pin(async { Ok(()) }));
    /// hooks.register_async_handler("refresh:finished", Arc::clone(&handler))?;
    /// hooks.register_async_handler("refresh_finished", handler)?;
    /// assert_eq!(hooks.get_handlers()["refresh_finished"].len(), 1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn register_async_handler(&self, event_type: impl AsRef<str>, handler: Arc<AsyncHandler>) -> Result<(), Error> {
        self.register_any(event_type, RegisteredHandler::Async(handler))
    }

    /// The same for a handler of any sort.
    ///
    /// # Errors
    /// As [`on`](Self::on).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::{RegisteredHandler, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.register_any("refresh:finished", RegisteredHandler::Blocking(Arc::new(|_| Ok(()))))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn register_any(&self, event_type: impl AsRef<str>, handler: RegisteredHandler) -> Result<(), Error> {
        self.register(&Key::parse(event_type.as_ref(), false)?, handler)
    }

    /// The same for a name this library takes for a typo.
    ///
    /// # Errors
    /// [`Reason::UnknownEventType`](crate::Reason::UnknownEventType) for the empty name.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.register_handler_allow_unknown("payments:updated", Arc::new(|_| Ok(())))?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn register_handler_allow_unknown(
        &self,
        event_type: impl AsRef<str>,
        handler: Arc<Handler>,
    ) -> Result<(), Error> {
        self.register(&Key::parse(event_type.as_ref(), true)?, RegisteredHandler::Sync(handler))
    }
}

fn plain<R: HandlerResult>(handler: impl Fn(&Event<'_>) -> R + Send + Sync + 'static) -> Arc<Handler> {
    Arc::new(move |event: &Event<'_>| handler(event).into_result())
}

fn awaited<R, F>(handler: impl Fn(Arc<Event<'static>>) -> F + Send + Sync + 'static) -> Arc<AsyncHandler>
where
    R: HandlerResult,
    F: Future<Output = R> + Send + 'static,
{
    Arc::new(move |event| {
        let future = handler(event);
        Box::pin(async { future.await.into_result() })
    })
}
