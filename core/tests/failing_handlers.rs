//! Handlers that fail, panic and hang, on an object that other threads change and use meanwhile.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use tink_webhooks::{Event, HandlerPanic, Kind, Scheme, WebhookHandler, generate_signature};

const SECRET: &str = "s3cret";
const BODY: &str = r#"{"event":"refresh:finished","content":{}}"#;

/// Eight threads at once: deliveries whose handlers return errors or panic, and registering, listing, unregistering.
#[test]
fn everything_fails_and_changes_at_once() {
    // Under Miri, which interprets, few must do.
    const ROUNDS: usize = if cfg!(miri) { 5 } else { 400 };
    let (hooks, header) = (WebhookHandler::new(SECRET).unwrap(), generate_signature(BODY, SECRET, Scheme::V1, None));
    let (header, start) = (header.unwrap(), Barrier::new(8));
    let counter = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&counter);
    hooks
        .on("refresh:finished", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    hooks.on("refresh:finished", |_| Err::<(), _>("away")).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    assert_eq!(hooks.handle_webhook(BODY, &header).unwrap_err().kind(), Kind::HandlerFailed);
                }
            });
        }
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    // Not `panic!`: it would print each time.
                    hooks.on("*", |_| -> () { resume_unwind(Box::new("a mistake in a handler")) }).unwrap();
                    assert!(hooks.get_handlers().contains_key("refresh_finished"));
                    hooks.unregister_handlers("*").unwrap();
                    assert!(hooks.verify_signature(BODY, &header).is_ok());
                }
            });
        }
    });
    // Each delivery reached the sound handler, whatever came after it; and the object is none the worse.
    assert_eq!(counter.load(Ordering::Relaxed), 4 * ROUNDS);
    // However the threads took turns, a panic was met.
    hooks.on("*", |_| -> () { resume_unwind(Box::new("a mistake in a handler")) }).unwrap();
    assert_eq!(hooks.handle_webhook(BODY, &header).unwrap_err().handler_failure().unwrap().errors().len(), 2);
    hooks.unregister_handlers("*").unwrap();
    assert_eq!(hooks.handle_webhook(BODY, &header).unwrap_err().handler_failure().unwrap().errors().len(), 1);
}

/// What a panic may carry that panics again when it is dropped.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        // What it carries is leaked, as is meant; of what takes no memory Miri has nothing to report.
        resume_unwind(Box::new(()));
    }
}

/// In a route of a server an escaping panic closes the connection, which Tink never retries.
#[test]
fn a_handler_that_panics_has_failed_and_the_others_run() {
    let (hooks, ran) = (WebhookHandler::new(SECRET).unwrap(), Arc::new(AtomicUsize::new(0)));
    hooks.on("*", |_| -> () { resume_unwind(Box::new("no such account")) }).unwrap();
    hooks.on("*", |_| -> () { resume_unwind(Box::new(format!("account {}", 7))) }).unwrap();
    hooks.on("*", |_| -> () { resume_unwind(Box::new(Mine)) }).unwrap();
    hooks.on("*", |_| Err::<(), _>("away")).unwrap();
    let count = Arc::clone(&ran);
    hooks
        .on("*", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    let header = generate_signature(BODY, SECRET, Scheme::V1, None).unwrap();
    let error = hooks.handle_webhook(BODY, header).unwrap_err();
    assert_eq!((error.http_status(), ran.load(Ordering::Relaxed)), (500, 1));
    let errors = error.handler_failure().unwrap().errors();
    assert_eq!(
        errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["the handler panicked: no such account", "the handler panicked: account 7", "the handler panicked", "away"]
    );
    assert!(errors[2].downcast_ref::<HandlerPanic>().unwrap().message().is_none());
}

/// A handler that does not return holds up its own delivery and nothing else. The work is done by threads that nobody
/// waits for without end: if something did hang, this would fail and not hang as well.
#[test]
fn a_handler_that_hangs_holds_no_lock() {
    const SOON: Duration = Duration::from_secs(60);
    let hooks = Arc::new(WebhookHandler::new(SECRET).unwrap());
    let header = generate_signature(BODY, SECRET, Scheme::V1, None).unwrap();
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let hang = move |_: &Event<'_>| {
        entered.send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
    };
    hooks.on("*", hang).unwrap();
    let (ended, has_ended) = mpsc::channel();
    let deliver = |hooks: &Arc<WebhookHandler>| {
        let (hooks, header, ended) = (Arc::clone(hooks), header.clone(), ended.clone());
        thread::spawn(move || ended.send(hooks.handle_webhook(BODY, &header).is_ok()).unwrap());
    };
    deliver(&hooks);
    has_entered.recv_timeout(SOON).unwrap();
    // All of it, from other threads, while the handler hangs.
    let (changed, has_changed) = mpsc::channel();
    let other = Arc::clone(&hooks);
    thread::spawn(move || {
        let removed = other.unregister_handlers("*").unwrap();
        other.on("*", |_| ()).unwrap();
        changed.send((removed, other.get_handlers()["*"].len())).unwrap();
    });
    assert_eq!(has_changed.recv_timeout(SOON), Ok((1, 1)), "registering waits for the handler that hangs");
    deliver(&hooks);
    assert_eq!(has_ended.recv_timeout(SOON), Ok(true), "another delivery waits for the handler that hangs");
    assert!(has_ended.try_recv().is_err(), "the handler did not hang");
    release.send(()).unwrap();
    assert_eq!(has_ended.recv_timeout(SOON), Ok(true));
}
