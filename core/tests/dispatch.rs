//! Handlers: which run, in which order, and what becomes of those that fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use tink_webhooks::{Handler, Kind, WebhookHandler};

const BODY: &str = r#"{"event":"refresh:finished","content":{}}"#;

fn hooks() -> Arc<WebhookHandler> {
    Arc::new(WebhookHandler::new("s3cret").unwrap())
}

#[test]
fn a_failing_handler_stops_nobody_and_is_not_swallowed() {
    let (hooks, ran) = (hooks(), Arc::new(Mutex::new(Vec::new())));
    for (name, fails) in [("first", true), ("second", false), ("third", true)] {
        let ran = Arc::clone(&ran);
        hooks
            .on("*", move |_| {
                ran.lock().unwrap().push(name);
                if fails { Err(format!("{name} failed")) } else { Ok(()) }
            })
            .unwrap();
    }
    let error = hooks.dispatch(&hooks.parse_event(BODY).unwrap()).unwrap_err();
    assert_eq!(*ran.lock().unwrap(), ["first", "second", "third"]);
    assert_eq!((error.kind(), error.http_status()), (Kind::HandlerFailed, 500));
    let (event, errors) = error.into_handler_failure().unwrap().into_parts();
    assert_eq!(event.raw_body(), BODY.as_bytes());
    assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), ["first failed", "third failed"]);
}

/// An error with a cause of its own, as those of databases are.
#[derive(Debug)]
struct NotBooked(std::io::Error);

impl std::fmt::Display for NotBooked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the payment is not booked")
    }
}

impl std::error::Error for NotBooked {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// What anyhow, eyre and tracing print: each error and what caused it.
fn chain(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}

#[test]
fn the_first_handlers_error_is_the_source() {
    let hooks = hooks();
    hooks.on("*", |_| Err::<(), _>(NotBooked(std::io::Error::other("the database is away")))).unwrap();
    hooks.on("*", |_| Err::<(), _>("the mail server is away")).unwrap();
    let error = hooks.dispatch(&hooks.parse_event(BODY).unwrap()).unwrap_err();
    assert_eq!(
        chain(&error),
        [
            "2 handlers failed; the other handlers were run all the same",
            "the payment is not booked",
            "the database is away"
        ]
    );
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.downcast_ref::<NotBooked>().is_some());
    let failure = error.handler_failure().unwrap();
    assert_eq!(failure.to_string(), "the payment is not booked; the mail server is away");
    assert!(format!("{error:?}").contains(&failure.to_string()));
    assert_eq!(chain(&hooks.parse_event("[]").unwrap_err()).len(), 1);
}

#[test]
fn the_same_handler_runs_once_per_key() {
    let (hooks, count) = (hooks(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&count);
    let handler: Arc<Handler> = Arc::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    for key in ["refresh:finished", "refresh_finished", "*", "*"] {
        hooks.register_handler(key, Arc::clone(&handler)).unwrap();
    }
    hooks.dispatch(&hooks.parse_event(BODY).unwrap()).unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 2);
}

#[test]
fn a_dispatch_runs_the_handlers_it_began_with() {
    let (hooks, ran) = (hooks(), Arc::new(Mutex::new(Vec::new())));
    let (inner, log) = (Arc::downgrade(&hooks), Arc::clone(&ran));
    hooks
        .on("*", move |_| {
            log.lock().unwrap().push("first");
            let (hooks, log) = (inner.upgrade().unwrap(), Arc::clone(&log));
            hooks.unregister_handlers("*").unwrap();
            hooks.on("*", move |_| log.lock().unwrap().push("late")).unwrap();
        })
        .unwrap();
    let log = Arc::clone(&ran);
    hooks.on("*", move |_| log.lock().unwrap().push("second")).unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    hooks.dispatch(&event).unwrap();
    assert_eq!(*ran.lock().unwrap(), ["first", "second"]);
    hooks.dispatch(&event).unwrap();
    assert_eq!(*ran.lock().unwrap(), ["first", "second", "late"]);
}

#[test]
fn registering_while_other_threads_dispatch() {
    // Every dispatch runs all that are registered so far: under Miri, which interprets, few must do.
    let registrations = if cfg!(miri) { 5 } else { 200 };
    let (hooks, done, runs) = (hooks(), AtomicBool::new(false), Arc::new(AtomicUsize::new(0)));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let event = hooks.parse_event(BODY).unwrap();
                while !done.load(Ordering::Relaxed) {
                    hooks.dispatch(&event).unwrap();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..registrations {
                let runs = Arc::clone(&runs);
                hooks
                    .on("refresh_finished", move |_| {
                        runs.fetch_add(1, Ordering::Relaxed);
                    })
                    .unwrap();
                hooks.on("*", |_| ()).unwrap();
                hooks.unregister_handlers("*").unwrap();
            }
            done.store(true, Ordering::Relaxed);
        });
    });
    let before = runs.swap(0, Ordering::Relaxed);
    hooks.dispatch(&hooks.parse_event(BODY).unwrap()).unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), registrations, "no registration is lost (ran {before} times before)");
}
