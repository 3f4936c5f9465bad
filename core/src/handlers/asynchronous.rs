//! Runs handlers of every sort one after the other, awaiting those that are asynchronous. It needs no executor: whoever
//! polls the future runs the handlers.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use crate::error::{Error, Reason};
use crate::event::Event;
use crate::handlers::callable::{AsyncHandler, Handler, RegisteredHandler};
use crate::handlers::dispatch::{call, caught};
use crate::handlers::failure::{self, HandlerError};
use crate::handlers::registry::Snapshot;
use crate::handlers::tally::Tally;

/// Something that blocks, to be run once on a thread that may.
///
/// # Examples
///
/// ```
/// use tink_webhooks::BlockingWork;
/// let work: BlockingWork = Box::new(|| std::thread::sleep(std::time::Duration::from_millis(1)));
/// work();
/// ```
pub type BlockingWork = Box<dyn FnOnce() + Send>;

/// Runs what blocks elsewhere; its future ends when that is done. See
/// [`WebhookHandlerBuilder::run_blocking`](crate::WebhookHandlerBuilder::run_blocking).
///
/// # Examples
///
/// ```
/// use tink_webhooks::RunBlocking;
/// // The one of tokio is `|work| Box::pin(async { drop(tokio::task::spawn_blocking(work).await) })`.
/// let here: &RunBlocking = &|work| Box::pin(async { work() });
/// ```
pub type RunBlocking = dyn Fn(BlockingWork) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// The event of an asynchronous dispatch: lent, or shared already.
pub(crate) enum Given<'e, 'b> {
    Lent(&'e Event<'b>),
    Shared(&'e Arc<Event<'static>>),
}

/// Runs the handlers of an event, all of them whatever each returns, and whether or not it panics. Allocates nothing
/// where all of them are synchronous and none fails.
pub(crate) async fn run_async(
    handlers: Snapshot<RegisteredHandler>,
    given: Given<'_, '_>,
    elsewhere: Option<&RunBlocking>,
) -> Result<(), Error> {
    let event = match given {
        Given::Lent(event) => event,
        Given::Shared(event) => &**event,
    };
    let matching = || handlers.matching(event.event_type(), event.name());
    if elsewhere.is_none() && matching().any(|one| matches!(&**one, RegisteredHandler::Blocking(_))) {
        return Err(nowhere_to_block());
    }
    Tally::count(matching());
    // For handlers that outlive the call: one copy of the body, for the first of them.
    let mut shared = None;
    let mut share = || match given {
        Given::Lent(event) => Arc::clone(shared.get_or_insert_with(|| Arc::new(Event::clone(event).into_owned()))),
        Given::Shared(event) => Arc::clone(event),
    };
    let mut errors = Vec::new();
    for handler in matching() {
        let result = match (&**handler, elsewhere) {
            (RegisteredHandler::Sync(handler), _) => call(&**handler, event),
            (RegisteredHandler::Blocking(handler), Some(elsewhere)) => block(handler, share(), elsewhere).await,
            (RegisteredHandler::Blocking(_), None) => Err(nowhere_to_block().into()),
            (RegisteredHandler::Async(handler), _) => wait(&**handler, share()).await,
        };
        errors.extend(result.err());
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(failure::error(event, errors))
}

fn nowhere_to_block() -> Error {
    Error::with_message(
        Reason::InvalidOption,
        "a blocking handler is registered for this event, and nothing is known of where it may block: give \
         WebhookHandler::builder().run_blocking; no handler was run",
    )
}

/// Awaits an asynchronous handler. It may panic before it gives a future, whenever that is polled, and when it is dropped.
async fn wait(handler: &AsyncHandler, event: Arc<Event<'static>>) -> Result<(), HandlerError> {
    let mut future = caught(|| handler(event))?;
    let result = poll_fn(|context| match caught(|| future.as_mut().poll(context)) {
        Ok(poll) => poll,
        Err(panic) => Poll::Ready(Err(panic.into())),
    })
    .await;
    caught(|| drop(future)).map_err(HandlerError::from).and(result)
}

/// Runs a handler elsewhere and waits for it.
async fn block(
    handler: &Arc<Handler>,
    event: Arc<Event<'static>>,
    elsewhere: &RunBlocking,
) -> Result<(), HandlerError> {
    let slot = Arc::new(Mutex::new(None));
    let (handler, result, tally) = (Arc::clone(handler), Arc::clone(&slot), Tally::current());
    let work: BlockingWork = Box::new(move || {
        let run = || call(&*handler, &event);
        let returned = tally.map_or_else(run, |tally| tally.enter(run));
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(returned);
    });
    elsewhere(work).await;
    let returned = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    returned.unwrap_or_else(|| Err("the blocking handler was not run: the runtime is being shut down".into()))
}
