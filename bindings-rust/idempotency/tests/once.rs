//! `once` around handlers: what they do, what the store is asked, and what receivers answer.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/counted.rs"]
mod counted;
mod support;

use std::future::{pending, ready};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use counted::Counted;
use support::{event, payment, until};
use tink_webhooks::{Error, Event, EventType, HandlerError, Reason, Tally};
use tink_webhooks_idempotency::{Claim, MemoryStore, OnStoreFailure, Once, Store, once, tink_webhooks};
use tokio::time::sleep;

const LEASE: Duration = Duration::from_secs(1);

fn key() -> String {
    payment().idempotency_key().unwrap().to_string()
}

/// A claim of the event in the scope `book`, which is not counted.
async fn claim_of(store: &Counted, token: &str) -> Claim {
    store.0.memory.claim("book", &key(), token, LEASE).await.unwrap()
}

fn reason(error: &HandlerError) -> Reason {
    error.downcast_ref::<Error>().unwrap().reason()
}

#[derive(Clone, Default)]
struct Ran(Arc<AtomicUsize>);

impl Ran {
    fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A handler that counts, and fails so often before it succeeds.
fn failing(ran: &Ran, times: usize) -> impl Fn(Arc<Event<'static>>) -> std::future::Ready<Result<(), String>> + use<> {
    let ran = ran.clone();
    move |_| ready(if ran.add() < times { Err("no such account".to_owned()) } else { Ok(()) })
}

#[tokio::test]
async fn it_runs_once() {
    let (store, ran) = (Counted::default(), Ran::default());
    let book = once(store.clone(), "book", failing(&ran, 0)).unwrap();
    for _ in 0..4 {
        book(payment()).await.unwrap();
    }
    assert_eq!(ran.times(), 1);
    assert_eq!(store.asked(), ["claim", "commit", "claim", "claim", "claim"]);
}

#[tokio::test]
async fn signals_always_run() {
    let (store, ran) = (Counted::default(), Ran::default());
    let look = once(store.clone(), "look", failing(&ran, 0)).unwrap();
    for _ in 0..3 {
        look(event(EventType::AccountUpdated)).await.unwrap();
    }
    assert_eq!(ran.times(), 3);
    assert!(store.asked().is_empty());
}

#[tokio::test]
async fn a_handler_that_failed_runs_again() {
    let (store, ran) = (Counted::default(), Ran::default());
    let book = once(store.clone(), "book", failing(&ran, 1)).unwrap();
    assert_eq!(book(payment()).await.unwrap_err().to_string(), "no such account");
    book(payment()).await.unwrap();
    book(payment()).await.unwrap();
    assert_eq!(ran.times(), 2);
    assert_eq!(store.asked(), ["claim", "release", "claim", "commit", "claim"]);
}

/// Before it gives a future, when that is polled, and when it is dropped. The panic goes on, to the dispatch.
#[tokio::test]
async fn a_handler_that_panics_releases() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            resume_unwind(Box::new("dropped"));
        }
    }
    for place in ["call", "poll", "drop"] {
        let store = Counted::default();
        let book = Once::new(store.clone(), "book").lease(LEASE).around(move |_| {
            if place == "call" {
                resume_unwind(Box::new("called"));
            }
            // Captured, so that it goes with the future.
            let bomb = (place == "drop").then_some(Bomb);
            std::future::poll_fn(move |_| {
                let _kept = &bomb;
                if place == "poll" {
                    resume_unwind(Box::new("polled"));
                }
                std::task::Poll::Ready(())
            })
        });
        let panic = tokio::spawn(book.unwrap()(payment())).await.unwrap_err();
        assert!(panic.is_panic(), "{place}");
        assert_eq!(store.asked(), ["claim", "release"], "{place}");
        let beats = store.beats();
        sleep(Duration::from_millis(350)).await;
        assert_eq!(store.beats(), beats);
        assert_eq!(claim_of(&store, "another").await, Claim::Claimed);
    }
}

/// A receiver and its worker, and two handlers, of which one fails three times: the other has booked once.
#[tokio::test]
async fn scopes_are_apart() {
    let (store, booked, mailed) = (Counted::default(), Ran::default(), Ran::default());
    let book = once(store.clone(), "book", failing(&booked, 0)).unwrap();
    let mail = once(store.clone(), "mail", failing(&mailed, 3)).unwrap();
    for _ in 0..4 {
        book(payment()).await.unwrap();
        let _ = mail(payment()).await;
    }
    assert_eq!((booked.times(), mailed.times()), (1, 4));
}

#[tokio::test]
async fn a_copy_waits_and_is_skipped_or_takes_over() {
    for (fails, runs) in [(0, 1), (1, 2)] {
        let (store, ran) = (Counted::default(), Ran::default());
        let ran_too = ran.clone();
        let book = once(store.clone(), "book", move |_| {
            let ran = ran_too.clone();
            async move {
                let before = ran.add();
                sleep(Duration::from_millis(200)).await;
                if before < fails { Err("no such account") } else { Ok(()) }
            }
        });
        let book = book.unwrap();
        let first = tokio::spawn(book(payment()));
        until("the first one runs", || ran.times() == 1).await;
        book(payment()).await.unwrap();
        assert_eq!((ran.times(), first.await.unwrap().is_err()), (runs, fails > 0));
    }
}

#[tokio::test]
async fn it_takes_over_from_one_that_died() {
    let (store, ran) = (Counted::default(), Ran::default());
    claim_of(&store, "of a process that was killed").await;
    once(store.clone(), "book", failing(&ran, 0)).unwrap()(payment()).await.unwrap();
    assert_eq!(ran.times(), 1);
    assert!(store.asked().len() > 3, "it asked while it waited");
}

/// After its lease and a second.
#[tokio::test]
async fn in_progress_where_the_other_one_lives_on() {
    let (store, ran) = (Counted::default(), Ran::default());
    claim_of(&store, "another").await;
    let other = store.clone();
    let lives = tokio::spawn(async move {
        while other.0.memory.extend("book", &key(), "another", LEASE).await.unwrap() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let error = once(store.clone(), "book", failing(&ran, 0)).unwrap()(payment()).await.unwrap_err();
    assert_eq!((reason(&error), ran.times()), (Reason::InProgress, 0));
    assert!(!lives.is_finished(), "its claim was not taken");
    assert!(!store.asked().contains(&"release"));
    lives.abort();
}

#[tokio::test]
async fn who_need_not_wait() {
    let (store, ran) = (Counted::default(), Ran::default());
    store.0.memory.claim("book", &key(), "another", Duration::from_secs(60)).await.unwrap();
    let once = Once::new(store.clone(), "book");
    for once in [once.clone().wait(Duration::ZERO), once.max_waiting(0)] {
        let book = once.around(failing(&ran, 0)).unwrap();
        for _ in 0..3 {
            assert_eq!(reason(&book(payment()).await.unwrap_err()), Reason::InProgress);
        }
    }
    // The count of those that wait goes down again, where they are dropped too.
    let book = Once::new(store.clone(), "book").max_waiting(1).around(failing(&ran, 0)).unwrap();
    for _ in 0..3 {
        let waits = tokio::spawn(book(payment()));
        let asked = store.asked().len();
        until("it waits", || store.asked().len() > asked + 1).await;
        assert_eq!(reason(&book(payment()).await.unwrap_err()), Reason::InProgress);
        waits.abort();
        assert!(waits.await.unwrap_err().is_cancelled());
    }
    assert_eq!(ran.times(), 0);
    assert!(matches!(claim_of(&store, "a third").await, Claim::Busy(_)), "the other one's claim is left");
}

#[tokio::test]
async fn a_store_that_is_away() {
    let (store, ran) = (Counted::default(), Ran::default());
    store.fails("claim", 1);
    let book = once(store.clone(), "book", failing(&ran, 0)).unwrap();
    let error = book(payment()).await.unwrap_err();
    assert_eq!((reason(&error), ran.times()), (Reason::StoreUnavailable, 0));
    assert_eq!(std::error::Error::source(&*error).unwrap().to_string(), "away");
    book(payment()).await.unwrap();
    assert_eq!(ran.times(), 1);
    // One that does not answer.
    store.hangs("claim", Duration::from_secs(600));
    tokio::time::pause();
    assert_eq!(reason(&book(payment()).await.unwrap_err()), Reason::StoreUnavailable);
}

#[tokio::test]
async fn running_without_a_store() {
    let (store, ran) = (Counted::default(), Ran::default());
    store.fails("claim", 2);
    let once = Once::new(store.clone(), "book").on_store_failure(OnStoreFailure::Run).wait(Duration::ZERO);
    let book = once.around(failing(&ran, 0)).unwrap();
    for _ in 0..4 {
        book(payment()).await.unwrap();
    }
    assert_eq!(ran.times(), 3);
    // What it says of others stays.
    store.0.memory.prune();
    let other = Once::new(store.clone(), "other").on_store_failure(OnStoreFailure::Run).wait(Duration::ZERO);
    store.0.memory.claim("other", &key(), "another", LEASE).await.unwrap();
    assert_eq!(reason(&other.around(failing(&ran, 0)).unwrap()(payment()).await.unwrap_err()), Reason::InProgress);
}

/// A handler that blocks the only thread of its runtime is extended too.
#[tokio::test]
async fn the_lease_is_extended_while_the_handler_runs_and_no_longer() {
    let store = Counted::default();
    let other = store.clone();
    let book = Once::new(store.clone(), "book").lease(LEASE).around(move |_| {
        let other = other.clone();
        async move {
            let until = Instant::now() + Duration::from_millis(1_800);
            while Instant::now() < until {
                std::thread::sleep(Duration::from_millis(50));
                assert!(matches!(claim_of(&other, "another").await, Claim::Busy(_)));
            }
        }
    });
    book.unwrap()(payment()).await.unwrap();
    let beats = store.beats();
    assert!(beats >= 2, "{beats}");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(store.beats(), beats);
    assert_eq!(claim_of(&store, "another").await, Claim::Done);
}

/// A handler that hangs is overtaken then, and cannot commit what the other one has.
#[tokio::test]
async fn the_lease_is_extended_for_max_run_only() {
    let store = Counted::default();
    let other = store.clone();
    let once = Once::new(store.clone(), "book").lease(LEASE).max_run(Duration::from_millis(500));
    let book = once.around(move |_| {
        let other = other.clone();
        async move {
            while claim_of(&other, "another").await != Claim::Claimed {
                sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let tally = Tally::new();
    tally.scope(book.unwrap()(payment())).await.unwrap();
    assert!(tally.commit_lost());
    assert!(matches!(claim_of(&store, "a third").await, Claim::Busy(_)));
}

#[tokio::test]
async fn a_commit_is_tried_again() {
    let (store, ran) = (Counted::default(), Ran::default());
    store.fails("commit", 3);
    let (book, tally) = (once(store.clone(), "book", failing(&ran, 0)).unwrap(), Tally::new());
    tally.scope(book(payment())).await.unwrap();
    book(payment()).await.unwrap();
    assert_eq!((ran.times(), tally.commit_lost()), (1, false));
    assert_eq!(store.asked(), ["claim", "commit", "commit", "commit", "commit", "claim"]);
}

/// Within the lease, and then the event counts as handled.
#[tokio::test]
async fn a_commit_that_is_lost() {
    let (store, ran, tally) = (Counted::default(), Ran::default(), Tally::new());
    store.fails("commit", usize::MAX);
    let book = Once::new(store.clone(), "book").lease(LEASE).around(failing(&ran, 0)).unwrap();
    tally.scope(book(payment())).await.unwrap();
    assert!(tally.commit_lost());
    assert!(store.asked().len() > 3 && !store.asked().contains(&"release"), "{:?}", store.asked());
}

#[tokio::test]
async fn a_release_that_hangs_or_fails_hides_nothing() {
    let (store, ran) = (Counted::default(), Ran::default());
    let book = once(store.clone(), "book", failing(&ran, usize::MAX)).unwrap();
    store.fails("release", 1);
    assert_eq!(book(payment()).await.unwrap_err().to_string(), "no such account");
    store.hangs("release", Duration::from_secs(600));
    let book = once(store.clone(), "mail", failing(&ran, usize::MAX)).unwrap();
    assert_eq!(book(payment()).await.unwrap_err().to_string(), "no such account");
}

/// As where a server drops what it waits for.
#[tokio::test]
async fn dropping_the_future_ends_the_beats_and_releases() {
    let store = Counted::default();
    let book = Once::new(store.clone(), "book").lease(LEASE).around(|_| pending::<()>()).unwrap();
    let running = tokio::spawn(book(payment()));
    until("it is extended", || store.beats() > 0).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    until("it is released", || store.asked() == ["claim", "release"]).await;
    let beats = store.beats();
    sleep(Duration::from_millis(400)).await;
    assert_eq!(store.beats(), beats);
    assert_eq!(claim_of(&store, "another").await, Claim::Claimed);
    // In the middle of the claim, which the store may have.
    store.hangs("claim", Duration::from_millis(100));
    let running = tokio::spawn(book(event(EventType::RefreshFinished)));
    until("it is claimed", || store.asked().len() == 3).await;
    running.abort();
    until("it is released", || store.asked().len() == 4).await;
}

/// Also where its runtime ends.
#[test]
fn a_runtime_that_is_shut_down_releases() {
    let store = Counted::default();
    let book = Once::new(store.clone(), "book").around(|_| pending::<()>()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.spawn(book(payment()));
    while store.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    runtime.shutdown_timeout(Duration::from_secs(10));
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    other.block_on(until("it is released", || store.asked() == ["claim", "release"]));
}

/// The client left while the commit was written.
#[tokio::test]
async fn dropping_the_future_after_the_effect_still_commits() {
    let (store, ran) = (Counted::default(), Ran::default());
    store.hangs("commit", Duration::from_millis(200));
    let running = tokio::spawn(once(store.clone(), "book", failing(&ran, 0)).unwrap()(payment()));
    until("it commits", || store.asked() == ["claim", "commit"]).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    until("it is done", || store.0.memory.prune() == 0 && store.0.memory.len() == 1).await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(store.asked(), ["claim", "commit"]);
    assert_eq!(claim_of(&store, "another").await, Claim::Done);
}

#[tokio::test]
async fn handlers_that_block() {
    let (store, ran) = (Counted::default(), Ran::default());
    let hooks = tink_webhooks::Dispatcher::new()
        .with_run_blocking(|work| async { drop(tokio::task::spawn_blocking(work).await) });
    let ran_too = ran.clone();
    let book = Once::new(store.clone(), "book").lease(LEASE).around_blocking(move |_| match ran_too.add() {
        0 => Err("no such account"),
        1 => resume_unwind(Box::new("no such bank")),
        _ => {
            std::thread::sleep(Duration::from_millis(400));
            Ok(())
        }
    });
    hooks.on_blocking("payment:updated", book.unwrap()).unwrap();
    let tally = Tally::new();
    for fails in ["no such account", "the handler panicked: no such bank"] {
        let error = tally.scope(hooks.dispatch_async(&payment())).await.unwrap_err();
        assert_eq!(error.handler_failure().unwrap().to_string(), fails);
    }
    assert_eq!(store.asked(), ["claim", "release", "claim", "release"]);
    hooks.dispatch_async(&payment()).await.unwrap();
    assert!(store.beats() > 0);
    let tally = Tally::new();
    tally.scope(hooks.dispatch_async(&payment())).await.unwrap();
    assert_eq!((ran.times(), tally.is_duplicate()), (3, true));
    store.hangs("commit", Duration::from_secs(600));
    store.fails("claim", 1);
    assert_eq!(hooks.dispatch_async(&payment()).await.unwrap_err().reason(), Reason::StoreUnavailable);
}

#[test]
fn it_needs_a_runtime() {
    let (store, ran) = (Counted::default(), Ran::default());
    let ran_too = ran.clone();
    let book = Once::new(store.clone(), "book").around_blocking(move |_| assert_eq!(ran_too.add(), 0)).unwrap();
    assert_eq!(reason(&book(&payment()).unwrap_err()), Reason::InvalidOption);
    let book = once(store.clone(), "book", failing(&ran, 0)).unwrap();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = book(payment()).as_mut().poll(&mut context) else { unreachable!() };
    assert_eq!((reason(&error), ran.times()), (Reason::InvalidOption, 0));
}

#[test]
fn options_that_are_not_usable() {
    let once = || Once::new(MemoryStore::new(), "book");
    let (ran, long) = (Ran::default(), Duration::from_secs(200 * 365 * 86_400));
    let scoped = |scope: &str| Once::new(MemoryStore::new(), scope);
    for wrong in [
        scoped(""),
        scoped(" book"),
        scoped("a\nb"),
        scoped("a\u{2028}b"),
        scoped(&"x".repeat(201)),
        once().lease(Duration::from_millis(999)),
        once().keep(Duration::from_secs(6 * 86_400)),
        once().lease(long),
        once().wait(long),
        once().max_run(long),
        once().keep(long),
    ] {
        let error = wrong.clone().around(failing(&ran, 0)).err().unwrap();
        assert_eq!(error.reason(), Reason::InvalidOption, "{wrong:?}");
        assert!(wrong.around_blocking(|_| ()).is_err());
    }
    assert!(scoped(&"ü".repeat(200)).around(failing(&ran, 0)).is_ok());
}

/// What the receivers answer; those of axum and actix-web are over the same endpoint.
#[tokio::test]
async fn receivers_say_what_came_of_it() {
    use http_body_util::Full;
    use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    use tink_webhooks_http::Receiver;

    let store = Counted::default();
    let hooks = WebhookHandler::new("s3cret").unwrap();
    let book = Once::new(store.clone(), "book").lease(LEASE).wait(Duration::ZERO);
    hooks.on_async("payment:updated", book.around(|_| ready(())).unwrap()).unwrap();
    let hooks = Arc::new(hooks);
    let told = Arc::new(Mutex::new(Vec::new()));
    let told_too = Arc::clone(&told);
    let receiver = Receiver::new(Arc::clone(&hooks)).on_outcome(move |_, outcome| {
        told_too.lock().unwrap().push(format!("{} {}", outcome.kind, outcome.commit_lost));
    });
    let post = async || {
        let body = EventType::PaymentUpdated.example();
        let signature = generate_signature(body, "s3cret", Scheme::V1, None).unwrap();
        let request = http::Request::post("/").header("X-Tink-Signature", signature);
        let answer = receiver.receive(request.body(Full::new(bytes::Bytes::from(body))).unwrap()).await;
        format!("{} {}", answer.status().as_u16(), told.lock().unwrap().pop().unwrap())
    };
    claim_of(&store, "another").await;
    assert_eq!(post().await, "503 in_progress false");
    store.0.memory.release("book", &key(), "another").await.unwrap();
    store.fails("claim", 1);
    assert_eq!(post().await, "503 failed false");
    store.fails("commit", usize::MAX);
    assert_eq!(post().await, "200 handled true");
    store.fails("commit", 0);
    until("the lost one's lease ends", || store.0.memory.prune() == 1).await;
    assert_eq!(post().await, "200 handled false");
    assert_eq!(post().await, "200 duplicate false");
    hooks.on("*", |_| ()).unwrap();
    assert_eq!(post().await, "200 handled false", "one handler has run");
    hooks.on("*", |_| Err("no such account")).unwrap();
    store.fails("claim", 1);
    assert_eq!(post().await, "500 failed false", "one has failed for its own reasons");
}
