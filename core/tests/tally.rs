//! What handlers tell whoever began a dispatch.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use tink_webhooks::{Dispatcher, Event, Tally, WebhookHandler};

fn event() -> Event<'static> {
    WebhookHandler::new("s3cret").unwrap().parse_event(r#"{"event":"account:updated"}"#).unwrap().into_owned()
}

fn skip(_: &Event<'_>) {
    Tally::current().unwrap().skip();
}

#[test]
fn a_duplicate_is_one_of_which_every_handler_was_skipped() {
    let hooks = Dispatcher::new();
    let tally = |hooks: &Dispatcher| {
        let tally = Tally::new();
        tally.enter(|| hooks.dispatch(&event())).unwrap();
        tally
    };
    assert!(!tally(&hooks).is_duplicate(), "there is no handler");
    hooks.on("*", skip).unwrap();
    hooks.on("account:updated", skip).unwrap();
    assert!(tally(&hooks).is_duplicate());
    hooks.on("payment:updated", |_| ()).unwrap();
    assert!(tally(&hooks).is_duplicate(), "a handler of another event");
    hooks.on("*", |_| ()).unwrap();
    assert!(!tally(&hooks).is_duplicate(), "one has run");
}

/// In an asynchronous dispatch that waits, in between of which another one is polled on the same thread.
#[test]
fn dispatches_on_one_thread_have_their_own() {
    let hooks = Dispatcher::new().with_run_blocking(|work| async { std::thread::spawn(work).join().unwrap() });
    hooks
        .on_async("*", |_| async {
            let before = Tally::current().unwrap();
            let mut polled = false;
            std::future::poll_fn(
                |_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
            assert!(Arc::ptr_eq(&before, &Tally::current().unwrap()));
            before.skip();
        })
        .unwrap();
    hooks.on_blocking("*", skip).unwrap();
    let (event, tallies) = (event(), [Tally::new(), Tally::new()]);
    let (mut one, mut two) =
        (pin!(tallies[0].scope(hooks.dispatch_async(&event))), pin!(tallies[1].scope(hooks.dispatch_async(&event))));
    let mut context = Context::from_waker(Waker::noop());
    assert!(one.as_mut().poll(&mut context).is_pending());
    assert!(two.as_mut().poll(&mut context).is_pending());
    assert!(Tally::current().is_none());
    assert!(one.as_mut().poll(&mut context).is_ready());
    assert!(tallies[0].is_duplicate() && !tallies[1].is_duplicate());
    assert!(two.as_mut().poll(&mut context).is_ready());
    assert!(tallies[1].is_duplicate());
}

#[test]
fn a_scope_ends_where_its_dispatch_panics() {
    let outer = Tally::new();
    outer.enter(|| {
        let panicked = catch_unwind(AssertUnwindSafe(|| Tally::new().enter(|| -> () { resume_unwind(Box::new(())) })));
        assert!(panicked.is_err());
        assert!(Arc::ptr_eq(&outer, &Tally::current().unwrap()));
    });
    assert!(Tally::current().is_none());
}

/// What a thread keeps may dispatch while the thread ends, when nothing else of it is there any more.
#[test]
fn a_dispatch_at_the_end_of_a_thread() {
    struct Last(Dispatcher);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0.dispatch(&event()).unwrap();
        }
    }
    thread_local!(static LAST: OnceCell<Last> = const { OnceCell::new() });

    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let thread = thread::spawn(move || {
        let hooks = Dispatcher::new();
        let count = move |_: &Event<'_>| {
            assert!(Tally::current().is_none());
            counted.fetch_add(1, Ordering::Relaxed);
        };
        hooks.on("*", count).unwrap();
        // Kept before the first dispatch, so that it goes last.
        LAST.with(|last| last.get_or_init(|| Last(hooks)).0.dispatch(&event())).unwrap();
    });
    thread.join().unwrap();
    assert_eq!(ran.load(Ordering::Relaxed), 2);
}
