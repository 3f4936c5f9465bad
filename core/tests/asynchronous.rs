//! Asynchronous handlers, polled by hand: no executor is needed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::{pending, poll_fn, ready};
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use tink_webhooks::{
    AsyncHandler, BlockingWork, Event, HandlerPanic, Kind, Reason, Scheme, WebhookHandler, generate_signature,
};

const BODY: &str = r#"{"event":"refresh:finished","content":{}}"#;

type Log = Arc<Mutex<Vec<&'static str>>>;

fn hooks() -> WebhookHandler {
    WebhookHandler::new("s3cret").unwrap()
}

/// Polls to the end; what is not ready asks to be polled again at once.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        thread::yield_now();
    }
}

/// Is not ready the first time.
async fn pause() {
    let mut polled = false;
    poll_fn(move |_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Not `panic!`: it would print.
fn give_up(message: &'static str) -> ! {
    resume_unwind(Box::new(message))
}

fn send<T: Send>(value: T) -> T {
    value
}

#[test]
fn handlers_of_every_sort_run_in_order_one_after_the_other() {
    let (hooks, log) = (hooks(), Log::default());
    let push = |what: &'static str| {
        let log = Arc::clone(&log);
        move || log.lock().unwrap().push(what)
    };
    let (begin, end) = (push("async begins"), push("async ends"));
    let parts = Arc::new((begin, end));
    hooks
        .on_async("*", move |event| {
            let parts = Arc::clone(&parts);
            async move {
                parts.0();
                pause().await;
                assert_eq!(event.name(), "refresh:finished");
                parts.1();
            }
        })
        .unwrap();
    let sync = push("sync");
    hooks.on("*", move |_| sync()).unwrap();
    let first = push("of its type");
    hooks
        .on_async("refresh:finished", move |_| {
            first();
            ready(())
        })
        .unwrap();
    let header = generate_signature(BODY, "s3cret", Scheme::V1, None).unwrap();
    let event = block_on(send(hooks.handle_webhook_async(BODY, &header))).unwrap();
    assert_eq!(event.name(), "refresh:finished");
    assert_eq!(*log.lock().unwrap(), ["of its type", "async begins", "async ends", "sync"]);
}

struct DropsBadly;
impl Drop for DropsBadly {
    fn drop(&mut self) {
        if !thread::panicking() {
            give_up("while it is dropped");
        }
    }
}

#[test]
fn every_failure_is_reported_and_every_panic_is_one() {
    let (hooks, ran) = (hooks(), Arc::new(AtomicUsize::new(0)));
    hooks.on_async("*", |_| async { Err("away") }).unwrap();
    hooks.on_async("*", |_| -> std::future::Ready<()> { give_up("before there is a future") }).unwrap();
    hooks
        .on_async("*", |_| async {
            pause().await;
            let now = true;
            if now {
                give_up("when it is polled again");
            }
        })
        .unwrap();
    hooks.on("*", |_| -> () { give_up("synchronous") }).unwrap();
    let held = || {
        let held = DropsBadly;
        poll_fn(move |_| {
            let _ = &held;
            Poll::Ready(())
        })
    };
    hooks.on_async("*", move |_| held()).unwrap();
    let count = Arc::clone(&ran);
    hooks
        .on_async("*", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            ready(())
        })
        .unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    let error = block_on(hooks.dispatch_async(&event)).unwrap_err();
    assert_eq!((error.kind(), ran.load(Ordering::Relaxed)), (Kind::HandlerFailed, 1));
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "away");
    let errors: Vec<String> = error.failures().map(ToString::to_string).collect();
    let panicked = |message: &str| format!("the handler panicked: {message}");
    assert_eq!(
        errors,
        [
            "away".to_owned(),
            panicked("before there is a future"),
            panicked("when it is polled again"),
            panicked("synchronous"),
            panicked("while it is dropped"),
        ]
    );
    assert!(error.failures().skip(1).all(<dyn std::error::Error + Send + Sync>::is::<HandlerPanic>));
}

#[test]
fn a_synchronous_call_runs_no_handler_where_one_is_asynchronous() {
    let (hooks, ran) = (hooks(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&ran);
    hooks
        .on("refresh:finished", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    hooks.on_async("*", |_| async {}).unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    let error = hooks.dispatch(&event).unwrap_err();
    assert_eq!((error.reason(), ran.load(Ordering::Relaxed)), (Reason::InvalidOption, 0));
    assert!(error.message().contains("handle_webhook_async"));
    // Only where it would run.
    hooks.unregister_handlers("*").unwrap();
    hooks.on_async("payment:updated", |_| async {}).unwrap();
    hooks.dispatch(&event).unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

struct Dropped(Log);
impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("dropped where it waited");
    }
}

#[test]
fn dropping_the_future_stops_after_the_handler_in_hand() {
    let (hooks, log) = (hooks(), Log::default());
    let first = Arc::clone(&log);
    hooks.on("*", move |_| first.lock().unwrap().push("first")).unwrap();
    let second = Arc::clone(&log);
    hooks
        .on_async("*", move |_| {
            let held = Dropped(Arc::clone(&second));
            async move {
                held.0.lock().unwrap().push("second");
                pending::<()>().await;
            }
        })
        .unwrap();
    let third = Arc::clone(&log);
    hooks.on("*", move |_| third.lock().unwrap().push("third")).unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    let mut dispatch: Pin<Box<_>> = Box::pin(hooks.dispatch_async(&event));
    let mut context = Context::from_waker(Waker::noop());
    assert!(dispatch.as_mut().poll(&mut context).is_pending());
    // Meanwhile the object can be changed; this dispatch has the handlers it began with.
    assert_eq!(hooks.unregister_handlers("*").unwrap(), 3);
    assert!(dispatch.as_mut().poll(&mut context).is_pending());
    drop(dispatch);
    assert_eq!(*log.lock().unwrap(), ["first", "second", "dropped where it waited"]);
    assert!(hooks.get_handlers().is_empty());
    block_on(hooks.dispatch_async(&event)).unwrap();
}

#[test]
fn what_blocks_runs_where_it_may() {
    let elsewhere = |work: BlockingWork| {
        let worker = thread::spawn(work);
        async move {
            while !worker.is_finished() {
                pause().await;
            }
        }
    };
    let hooks = WebhookHandler::builder().secret("s3cret").run_blocking(elsewhere).build().unwrap();
    let seen = Arc::new(Mutex::new(None));
    let at = Arc::clone(&seen);
    hooks
        .on_blocking("*", move |event: &Event<'_>| {
            *at.lock().unwrap() = Some((thread::current().id(), event.name().to_owned()));
            Err("the database is away")
        })
        .unwrap();
    hooks.on_blocking("*", |_| -> () { give_up("elsewhere") }).unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    let error = block_on(send(hooks.dispatch_async(&event))).unwrap_err();
    assert_eq!(
        error.failures().map(ToString::to_string).collect::<Vec<_>>(),
        ["the database is away", "the handler panicked: elsewhere"]
    );
    let (thread_of, name) = seen.lock().unwrap().take().unwrap();
    assert_eq!(name, "refresh:finished");
    assert_ne!(thread_of, thread::current().id());
    // In a synchronous dispatch it is a handler like any other.
    hooks.dispatch(&event).unwrap_err();
    assert_eq!(seen.lock().unwrap().take().unwrap().0, thread::current().id());
}

#[test]
fn what_blocks_is_never_run_where_it_may_not_and_never_forgotten() {
    let (none, ran) = (hooks(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&ran);
    none.on("refresh:finished", move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    none.on_blocking("*", |_| ()).unwrap();
    let event = none.parse_event(BODY).unwrap();
    assert_eq!(block_on(none.dispatch_async(&event)).unwrap_err().reason(), Reason::InvalidOption);
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    // An adapter knows where; but what the builder was given comes first.
    let shared = Arc::new(none.parse_event(BODY).unwrap().into_owned());
    block_on(none.dispatch_shared(&shared, Some(&|work| Box::pin(async { work() })))).unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 1);
    let ending = WebhookHandler::builder().secret("s3cret").run_blocking(|_work| async {}).build().unwrap();
    ending.on_blocking("*", |_| ()).unwrap();
    let error = block_on(ending.dispatch_shared(&shared, Some(&|work| Box::pin(async { work() })))).unwrap_err();
    assert!(error.failures().next().unwrap().to_string().contains("was not run"));
}

#[test]
fn the_same_asynchronous_handler_runs_once_per_key() {
    let (hooks, ran) = (hooks(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&ran);
    let handler: Arc<AsyncHandler> = Arc::new(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    });
    for key in ["refresh:finished", "refresh_finished", "*", "*"] {
        hooks.register_async_handler(key, Arc::clone(&handler)).unwrap();
    }
    block_on(hooks.dispatch_async(&hooks.parse_event(BODY).unwrap())).unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    assert!(hooks.get_handlers()["*"][0].is_async());
    assert!(hooks.on_async("refresh:finnished", |_| async {}).is_err());
}
