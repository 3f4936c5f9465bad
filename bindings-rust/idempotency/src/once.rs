//! `once`, and its options.

use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::task::Poll;
use std::time::Duration;

use tink_webhooks::{Error, Event, HandlerError, HandlerFuture, HandlerResult, Reason, Tally};
use tokio::runtime::Handle;

use crate::around::{Around, Begun};
use crate::store::Store;

/// How long a done event is remembered, at least.
pub(crate) const KEEP: Duration = Duration::from_secs(7 * 86_400);
/// Longer than any option may be: a hundred years.
const TOO_LONG: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Wraps an asynchronous handler, for `on_async`, so that what it does for an event is done once, whoever gets which copy
/// of the event. [`Once`] has the options.
///
/// It claims the event's [`idempotency_key`](Event::idempotency_key) in the store, runs the handler, and commits; or
/// releases the claim where the handler failed, panicked, or was dropped, so that Tink's next try runs it. A copy of what
/// was done before is skipped, and counts as handled; a copy of what is being done elsewhere waits. Events without a key,
/// which only say "go and look", always run. **In doubt a handler runs twice, never not at all.**
///
/// What the handler does must be durable when it returns. In a transaction of a database use `claim_in`.
///
/// The `scope` names what is done once, such as `"book-payment"`: another one for each handler, and for a receiver and its
/// worker. Renaming it runs late copies again. A runtime of tokio is needed when the handler runs.
///
/// # Errors
/// [`Reason::InvalidOption`] for a scope that is no printable name of at most 200 characters. The handler that is made
/// fails with what the one inside does, or with [`Reason::InProgress`] or [`Reason::StoreUnavailable`], which receivers
/// answer 503, so that Tink delivers again.
///
/// # Examples
///
/// ```
/// use tink_webhooks::WebhookHandler;
/// use tink_webhooks_idempotency::{MemoryStore, once};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let hooks = WebhookHandler::new("s3cret")?;
/// let store = MemoryStore::new(); // or RedisStore, PostgresStore, SqliteStore
/// hooks.on_async("payment:updated", once(store, "book-payment", |event| async move {
///     println!("booked: {:?}", event.data_json()); // once
/// })?)?;
/// let event = hooks.parse_event(tink_webhooks::EventType::PaymentUpdated.example())?;
/// hooks.dispatch_async(&event).await?;
/// hooks.dispatch_async(&event).await?;
/// # Ok::<(), tink_webhooks::Error>(())
/// # }).unwrap();
/// ```
pub fn once<R, F>(
    store: impl Store + 'static,
    scope: impl Into<String>,
    handler: impl Fn(Arc<Event<'static>>) -> F + Send + Sync + 'static,
) -> Result<impl Fn(Arc<Event<'static>>) -> HandlerFuture + Clone + Send + Sync + 'static, Error>
where
    R: HandlerResult,
    F: Future<Output = R> + Send + 'static,
{
    Once::new(store, scope).around(handler)
}

/// What to do where the store cannot be asked.
///
/// # Examples
///
/// ```
/// use tink_webhooks_idempotency::OnStoreFailure;
/// assert_eq!(OnStoreFailure::default(), OnStoreFailure::Refuse);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum OnStoreFailure {
    /// The handler does not run, and the delivery is answered 503: Tink delivers again, three times at most. An outage
    /// that is longer loses the event.
    #[default]
    Refuse,
    /// The handler runs: for one that may run twice.
    Run,
}

/// [`once`] with options.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use tink_webhooks_idempotency::{MemoryStore, Once};
/// let book = Once::new(MemoryStore::new(), "book-payment")
///     .lease(Duration::from_secs(30))
///     .around(|event| async move { println!("{}", event.name()) })?;
/// # let _ = book;
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Clone)]
pub struct Once {
    store: Arc<dyn Store>,
    scope: String,
    wait: Option<Duration>,
    lease: Duration,
    max_run: Duration,
    keep: Duration,
    max_waiting: usize,
    on_store_failure: OnStoreFailure,
}

impl Once {
    /// With the defaults.
    ///
    /// # Examples
    ///
    /// See [`Once`].
    pub fn new(store: impl Store + 'static, scope: impl Into<String>) -> Self {
        Self {
            store: Arc::new(store),
            scope: scope.into(),
            wait: None,
            lease: Duration::from_secs(10),
            max_run: Duration::from_secs(300),
            keep: KEEP,
            max_waiting: 16,
            on_store_failure: OnStoreFailure::Refuse,
        }
    }

    /// How long a copy waits for one that is being handled. Without it: until that one's lease ends, and a second more.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(), "book-payment").wait(std::time::Duration::ZERO); // 503 at once
    /// ```
    #[must_use]
    pub fn wait(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// How long a claim holds if its process dies: 10 s by default, 1 s or more. While the handler runs it is extended,
    /// from a thread of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(), "book-payment").lease(std::time::Duration::from_secs(30));
    /// ```
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// After how long it is not extended any more: 5 minutes by default.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(), "book-payment").max_run(std::time::Duration::from_secs(60));
    /// ```
    #[must_use]
    pub fn max_run(self, max_run: Duration) -> Self {
        Self { max_run, ..self }
    }

    /// How long a done event is remembered: 7 days by default, and no less.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(), "book-payment").keep(std::time::Duration::from_secs(30 * 86_400));
    /// ```
    #[must_use]
    pub fn keep(self, keep: Duration) -> Self {
        Self { keep, ..self }
    }

    /// How many copies wait at once for this handler: 16 by default; one more is answered 503.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let once = Once::new(MemoryStore::new(), "book-payment").max_waiting(100);
    /// ```
    #[must_use]
    pub fn max_waiting(self, max_waiting: usize) -> Self {
        Self { max_waiting, ..self }
    }

    /// What to do where the store cannot be asked.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks_idempotency::{MemoryStore, Once, OnStoreFailure};
    /// let once = Once::new(MemoryStore::new(), "book-payment").on_store_failure(OnStoreFailure::Run);
    /// ```
    #[must_use]
    pub fn on_store_failure(self, on_store_failure: OnStoreFailure) -> Self {
        Self { on_store_failure, ..self }
    }

    /// Wraps an asynchronous handler, for `on_async`: see [`once`]. The claim is its own: options may be cloned for
    /// another handler, with another scope.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`]: the scope or an option is not usable.
    ///
    /// # Examples
    ///
    /// See [`Once`].
    pub fn around<R, F>(
        self,
        handler: impl Fn(Arc<Event<'static>>) -> F + Send + Sync + 'static,
    ) -> Result<impl Fn(Arc<Event<'static>>) -> HandlerFuture + Clone + Send + Sync + 'static, Error>
    where
        R: HandlerResult,
        F: Future<Output = R> + Send + 'static,
    {
        let (around, handler) = (Arc::new(self.checked()?), Arc::new(handler));
        Ok(move |event| -> HandlerFuture {
            let (around, handler) = (Arc::clone(&around), Arc::clone(&handler));
            Box::pin(run(around, event, move |event| {
                let future = handler(event);
                async { future.await.into_result() }
            }))
        })
    }

    /// Wraps a handler that blocks, for `on_blocking`: see [`once`]. It runs on the thread that calls it, which must be one
    /// of a tokio runtime on which blocking is allowed, as those of `spawn_blocking` are.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`]: the scope or an option is not usable.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::WebhookHandler;
    /// use tink_webhooks_idempotency::{MemoryStore, Once};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let once = Once::new(MemoryStore::new(), "store-payment");
    /// hooks.on_blocking("payment:updated", once.around_blocking(|event| std::fs::write("/dev/null", event.raw_body()))?)?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn around_blocking<R: HandlerResult>(
        self,
        handler: impl Fn(&Event<'_>) -> R + Send + Sync + 'static,
    ) -> Result<impl Fn(&Event<'_>) -> Result<(), HandlerError> + Clone + Send + Sync + 'static, Error> {
        let (around, handler) = (Arc::new(self.checked()?), Arc::new(handler));
        Ok(move |event: &Event<'_>| run_blocking(&around, event, &*handler))
    }

    fn checked(self) -> Result<Around, Error> {
        let Self { store, scope, wait, lease, max_run, keep, max_waiting, on_store_failure } = self;
        let printable = |one: char| !one.is_control() && (one == ' ' || !one.is_whitespace());
        if !(1..=200).contains(&scope.chars().count()) || !scope.chars().all(printable) || scope.trim() != scope {
            return Err(refusal(
                "the scope must be a printable name of at most 200 characters, such as `book-payment`",
            ));
        }
        if lease < Duration::from_secs(1) {
            return Err(refusal("lease must be a second or more"));
        }
        if keep < KEEP {
            return Err(refusal("keep must be 7 days or more"));
        }
        if [lease, max_run, keep, wait.unwrap_or_default()].iter().any(|option| *option > TOO_LONG) {
            return Err(refusal("no option of `once` may be longer than a hundred years"));
        }
        let (scope, runs_without) = (scope.into(), on_store_failure == OnStoreFailure::Run);
        let waiting = AtomicUsize::new(0);
        Ok(Around { store, scope, wait, lease, max_run, keep, max_waiting, runs_without, waiting })
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("scope", &self.scope)
            .field("wait", &self.wait)
            .field("lease", &self.lease)
            .field("max_run", &self.max_run)
            .field("keep", &self.keep)
            .field("max_waiting", &self.max_waiting)
            .field("on_store_failure", &self.on_store_failure)
            .finish_non_exhaustive()
    }
}

fn refusal(message: &'static str) -> Error {
    Error::with_message(Reason::InvalidOption, message)
}

/// The runtime in which the store is asked.
fn runtime() -> Result<Handle, Error> {
    Handle::try_current().map_err(|_| refusal("`once` needs a runtime of tokio around the handler"))
}

async fn run<F: Future<Output = Result<(), HandlerError>>>(
    around: Arc<Around>,
    event: Arc<Event<'static>>,
    handler: impl FnOnce(Arc<Event<'static>>) -> F,
) -> Result<(), HandlerError> {
    let Some(key) = event.idempotency_key() else { return handler(event).await };
    runtime()?;
    let tally = Tally::current();
    let held = match around.begin(key).await? {
        Begun::Run(held) => held,
        Begun::RunWithout => return handler(event).await,
        Begun::Skip => {
            skipped(tally);
            return Ok(());
        }
    };
    match caught(|| handler(event)).await {
        Ok(Ok(())) => {
            counted(tally, held.commit().await);
            Ok(())
        }
        Ok(Err(error)) => {
            held.release().await;
            Err(error)
        }
        Err(panic) => {
            held.release().await;
            resume_unwind(panic)
        }
    }
}

fn run_blocking<R: HandlerResult>(
    around: &Arc<Around>,
    event: &Event<'_>,
    handler: &dyn Fn(&Event<'_>) -> R,
) -> Result<(), HandlerError> {
    let Some(key) = event.idempotency_key() else { return handler(event).into_result() };
    let (runtime, tally) = (runtime()?, Tally::current());
    let held = match runtime.block_on(around.begin(key))? {
        Begun::Run(held) => held,
        Begun::RunWithout => return handler(event).into_result(),
        Begun::Skip => {
            skipped(tally);
            return Ok(());
        }
    };
    match catch_unwind(AssertUnwindSafe(|| handler(event).into_result())) {
        Ok(Ok(())) => {
            counted(tally, runtime.block_on(held.commit()));
            Ok(())
        }
        Ok(Err(error)) => {
            runtime.block_on(held.release());
            Err(error)
        }
        Err(panic) => {
            runtime.block_on(held.release());
            resume_unwind(panic)
        }
    }
}

fn skipped(tally: Option<Arc<Tally>>) {
    if let Some(tally) = tally {
        tally.skip();
    }
}

fn counted(tally: Option<Arc<Tally>>, committed: bool) {
    if let Some(tally) = tally.filter(|_| !committed) {
        tally.lose_commit();
    }
}

/// Awaits a handler, which may panic before it gives a future, whenever that is polled, and when it is dropped. Unwind
/// safe: what it panicked with goes on, once the claim is released.
async fn caught<F: Future>(handler: impl FnOnce() -> F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = Box::pin(catch_unwind(AssertUnwindSafe(handler))?);
    let result = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await;
    catch_unwind(AssertUnwindSafe(|| drop(future)))?;
    result
}
