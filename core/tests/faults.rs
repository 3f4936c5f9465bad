//! Handlers that fail, panic and hang, on an object that other threads change and use meanwhile.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and its handlers do")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;

use tink_webhooks::{Kind, Scheme, WebhookHandler, generate_signature};

const SECRET: &str = "s3cret";
const BODY: &str = r#"{"event":"refresh:finished","content":{}}"#;

/// Eight threads at once: deliveries whose handlers return errors or panic, and registering, listing, unregistering.
#[test]
fn everything_fails_and_changes_at_once() {
    const ROUNDS: usize = 400;
    let (hooks, header) = (WebhookHandler::new(SECRET).unwrap(), generate_signature(BODY, SECRET, Scheme::V1, None));
    let (header, sound, start) = (header.unwrap(), AtomicUsize::new(0), Barrier::new(8));
    let counter = std::sync::Arc::new(sound);
    let count = std::sync::Arc::clone(&counter);
    hooks
        .on("refresh:finished", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    hooks.on("refresh:finished", |_| Err::<(), _>("away")).unwrap();
    let panics = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    match catch_unwind(AssertUnwindSafe(|| hooks.handle_webhook(BODY, &header))) {
                        Ok(ended) => assert_eq!(ended.unwrap_err().kind(), Kind::HandlerFailed),
                        Err(_) => {
                            panics.fetch_add(1, Ordering::Relaxed);
                        }
                    }
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
    hooks.unregister_handlers("*").unwrap();
    assert_eq!(hooks.handle_webhook(BODY, &header).unwrap_err().handler_failure().unwrap().errors().len(), 1);
}

/// A handler that does not return holds up its own delivery and nothing else.
#[test]
fn a_handler_that_hangs_holds_no_lock() {
    let (hooks, hanging) = (WebhookHandler::new(SECRET).unwrap(), AtomicBool::new(true));
    let header = generate_signature(BODY, SECRET, Scheme::V1, None).unwrap();
    let (entered, has_entered) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let hang = move |_: &tink_webhooks::Event<'_>| {
        entered.send(()).unwrap();
        released.lock().unwrap().recv().unwrap();
    };
    hooks.on("*", hang).unwrap();
    thread::scope(|scope| {
        let delivery = scope.spawn(|| {
            let ended = hooks.handle_webhook(BODY, &header).is_ok();
            hanging.store(false, Ordering::Relaxed);
            ended
        });
        has_entered.recv().unwrap();
        // All of it, from another thread, while the handler hangs.
        assert_eq!(hooks.unregister_handlers("*").unwrap(), 1);
        hooks.on("*", |_| ()).unwrap();
        assert_eq!(hooks.get_handlers()["*"].len(), 1);
        assert!(hooks.handle_webhook(BODY, &header).is_ok());
        assert!(hanging.load(Ordering::Relaxed));
        release.send(()).unwrap();
        assert!(delivery.join().unwrap());
    });
}
