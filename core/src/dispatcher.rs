//! Registers handlers and runs them for events: what a worker has, which verifies nothing and knows no secret.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;
use crate::event::Event;
use crate::handlers::{self, BlockingWork, Given, Key, RegisteredHandler, Registry, RunBlocking};

/// Runs the handlers of events that were verified elsewhere: for workers, which take events from a queue
/// ([`Event::deserialize`]). It has no secret and verifies nothing. A [`WebhookHandler`](crate::WebhookHandler) is one that
/// also verifies. Make it once, share it between threads, keep it.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Dispatcher, Event, EventType, WebhookHandler};
///
/// // The receiver, which has the secret:
/// let receiver = WebhookHandler::new("s3cret")?;
/// let text = receiver.parse_event(EventType::PaymentUpdated.example())?.serialize(); // and into the queue
///
/// // The worker, which has none:
/// let worker = Dispatcher::new();
/// worker.on("payment:updated", |event| println!("{:?}", event.idempotency_key()))?;
/// worker.dispatch(&Event::deserialize(&text)?)?;
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Default)]
pub struct Dispatcher {
    registry: Registry<RegisteredHandler>,
    /// Whether an asynchronous handler was ever registered: else a synchronous dispatch need not look for one.
    awaits: AtomicBool,
    run_blocking: Option<Box<RunBlocking>>,
}

impl Dispatcher {
    /// Without handlers.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks::Dispatcher::new().get_handlers().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`WebhookHandlerBuilder::run_blocking`](crate::WebhookHandlerBuilder::run_blocking): where handlers of
    /// [`on_blocking`](Self::on_blocking) run in an asynchronous dispatch.
    ///
    /// # Examples
    ///
    /// ```
    /// let worker = tink_webhooks::Dispatcher::new().with_run_blocking(|work| async { work() });
    /// worker.on_blocking("*", |_| ())?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[must_use]
    pub fn with_run_blocking<F>(self, run: impl Fn(BlockingWork) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { run_blocking: Some(Box::new(move |work| Box::pin(run(work)))), ..self }
    }

    /// Runs the handlers of an event made earlier, one after the other, all of them. Handlers may register and
    /// unregister meanwhile; this dispatch runs those it began with. A handler that panics has failed like
    /// one that returns an error ([`HandlerPanic`](crate::HandlerPanic)).
    ///
    /// # Errors
    /// [`Reason::HandlerFailed`](crate::Reason::HandlerFailed), with the event and every error in
    /// [`Error::handler_failure`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#)?;
    /// hooks.dispatch(&event)?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn dispatch(&self, event: &Event<'_>) -> Result<(), Error> {
        handlers::run(&self.registry.snapshot(), event, !self.awaits.load(Ordering::Relaxed))
    }

    /// Runs the handlers of an event made earlier, one after the other, all of them, awaiting those that are asynchronous.
    /// Synchronous ones run in between, on the thread that polls; those of [`on_blocking`](Self::on_blocking) where
    /// [`run_blocking`](crate::WebhookHandlerBuilder::run_blocking) runs them. A handler that panics has failed like one that
    /// returns an error.
    ///
    /// # Errors
    /// As [`dispatch`](Self::dispatch); [`Reason::InvalidOption`](crate::Reason::InvalidOption), before any handler ran,
    /// where a blocking one is registered for the event and there is no `run_blocking`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     match std::pin::pin!(future).poll(&mut context) { std::task::Poll::Ready(t) => t, _ => unreachable!() }
    /// # }
    /// # block_on(async {
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_async("*", |_event| async { Err("the database is away") })?;
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#)?;
    /// assert_eq!(hooks.dispatch_async(&event).await.unwrap_err().http_status(), 500);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn dispatch_async(&self, event: &Event<'_>) -> Result<(), Error> {
        handlers::run_async(self.registry.snapshot(), Given::Lent(event), self.run_blocking.as_deref()).await
    }

    /// The same for an event that is shared already, of which handlers then need no copy. `run_blocking` is used where the
    /// builder was given none: for web adapters, which know their runtime.
    ///
    /// # Errors
    /// As [`dispatch_async`](Self::dispatch_async).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use tink_webhooks::WebhookHandler;
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     match std::pin::pin!(future).poll(&mut context) { std::task::Poll::Ready(t) => t, _ => unreachable!() }
    /// # }
    /// # block_on(async {
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = Arc::new(hooks.parse_event(r#"{"event":"account:updated"}"#)?.into_owned());
    /// hooks.dispatch_shared(&event, None).await?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn dispatch_shared(
        &self,
        event: &Arc<Event<'static>>,
        run_blocking: Option<&RunBlocking>,
    ) -> Result<(), Error> {
        let run_blocking = self.run_blocking.as_deref().or(run_blocking);
        handlers::run_async(self.registry.snapshot(), Given::Shared(event), run_blocking).await
    }

    /// Removes all handlers of a key; says how many there were.
    ///
    /// # Errors
    /// [`Reason::UnknownEventType`](crate::Reason::UnknownEventType) for what is most likely a typo, and is registered
    /// nowhere.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on("*", |_| ())?;
    /// assert_eq!(hooks.unregister_handlers("*")?, 1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn unregister_handlers(&self, event_type: &str) -> Result<usize, Error> {
        self.registry.unregister_text(event_type).map(|removed| removed.len())
    }

    /// The handlers by key: the `snake_case` type, a wire name, `unknown` or `*`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on("refresh:finished", |_| ())?;
    /// assert!(hooks.get_handlers().contains_key("refresh_finished"));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn get_handlers(&self) -> BTreeMap<String, Vec<RegisteredHandler>> {
        let handlers = |group: &[Arc<RegisteredHandler>]| group.iter().map(|handler| (**handler).clone()).collect();
        self.registry.snapshot().groups().map(|(key, group)| (key.as_str().to_owned(), handlers(group))).collect()
    }

    /// Registers a handler that is not registered for this key yet.
    pub(crate) fn register(&self, key: &Key, handler: RegisteredHandler) -> Result<(), Error> {
        if handler.is_async() {
            // Before it is registered, so that who sees the handler sees this too.
            self.awaits.store(true, Ordering::Relaxed);
        }
        self.registry.register(key, handler, |registered, new| Ok(registered.same(new))).map(drop)
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("handlers", &self.registry).finish_non_exhaustive()
    }
}
