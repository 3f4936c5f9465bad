//! What handlers tell of a delivery beside their failures: whoever began the dispatch reads it afterwards.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

thread_local! {
    static CURRENT: RefCell<Option<Arc<Tally>>> = const { RefCell::new(None) };
}

/// What came of the handlers of one delivery, beside failures: how many were skipped, because what they do was done
/// before. What wraps a handler tells it, such as `once` of `tink-webhooks-idempotency`; an adapter that has begun the
/// dispatch in a [`scope`](Self::scope) reads it. A handler's own threads and tasks do not see it.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Tally, WebhookHandler};
///
/// let hooks = WebhookHandler::new("s3cret")?;
/// hooks.on("*", |_event| if let Some(tally) = Tally::current() { tally.skip() })?;
/// let event = hooks.parse_event(r#"{"event":"account:updated"}"#)?;
/// let tally = Tally::new();
/// tally.enter(|| hooks.dispatch(&event))?;
/// assert!(tally.is_duplicate());
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Tally {
    ran: AtomicUsize,
    skipped: AtomicUsize,
    commit_lost: AtomicBool,
}

impl Tally {
    /// Of a dispatch that has not begun.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(!tink_webhooks::Tally::new().is_duplicate());
    /// ```
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The one in whose scope the caller runs.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks::Tally::current().is_none());
    /// ```
    pub fn current() -> Option<Arc<Self>> {
        // A thread that ends has none any more.
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }

    /// Runs a dispatch in the scope of this one.
    ///
    /// # Examples
    ///
    /// See [`Tally`].
    pub fn enter<T>(self: &Arc<Self>, dispatch: impl FnOnce() -> T) -> T {
        let _left = Left(CURRENT.replace(Some(Arc::clone(self))));
        dispatch()
    }

    /// Awaits an asynchronous dispatch in the scope of this one.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Tally, WebhookHandler};
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     match std::pin::pin!(future).poll(&mut context) { std::task::Poll::Ready(t) => t, _ => unreachable!() }
    /// # }
    /// # block_on(async {
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// hooks.on_async("*", |_event| async { Tally::current().unwrap().lose_commit() })?;
    /// let event = hooks.parse_event(r#"{"event":"account:updated"}"#)?;
    /// let tally = Tally::new();
    /// tally.scope(hooks.dispatch_async(&event)).await?;
    /// assert!(tally.commit_lost());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn scope<F: Future>(self: &Arc<Self>, dispatch: F) -> F::Output {
        let mut dispatch = pin!(dispatch);
        poll_fn(|context| self.enter(|| dispatch.as_mut().poll(context))).await
    }

    /// Says that a handler was skipped.
    ///
    /// # Examples
    ///
    /// See [`Tally`].
    pub fn skip(&self) {
        self.skipped.fetch_add(1, Ordering::Relaxed);
    }

    /// Says that a handler has run, and that its store has no record of it.
    ///
    /// # Examples
    ///
    /// See [`scope`](Self::scope).
    pub fn lose_commit(&self) {
        self.commit_lost.store(true, Ordering::Relaxed);
    }

    /// Whether every handler of the event was skipped, and there was one.
    ///
    /// # Examples
    ///
    /// See [`Tally`].
    pub fn is_duplicate(&self) -> bool {
        let skipped = self.skipped.load(Ordering::Relaxed);
        skipped > 0 && skipped >= self.ran.load(Ordering::Relaxed)
    }

    /// Whether a handler has run, and its store has no record of it: another copy of the event runs it again.
    ///
    /// # Examples
    ///
    /// See [`scope`](Self::scope).
    pub fn commit_lost(&self) -> bool {
        self.commit_lost.load(Ordering::Relaxed)
    }

    /// Says how many handlers a dispatch runs.
    pub(super) fn count(handlers: impl Iterator) {
        let _ = CURRENT.try_with(|current| {
            if let Some(tally) = &*current.borrow() {
                tally.ran.fetch_add(handlers.count(), Ordering::Relaxed);
            }
        });
    }
}

/// The scope around the one that ends, whatever way it ends.
struct Left(Option<Arc<Tally>>);

impl Drop for Left {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
