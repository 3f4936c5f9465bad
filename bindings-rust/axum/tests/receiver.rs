//! The receiver behind axum's own server, with real requests, on both of tokio's runtimes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../testing/suite.rs"]
mod suite;

use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, post};
use suite::{BODY_TIMEOUT, Lines, describe, holds, hooks, post as send, sign};
use tink_webhooks_axum::tink_webhooks::data::{EventData, PaymentUpdated};
use tink_webhooks_axum::tink_webhooks::{EventType, Reason, WebhookHandler};
use tink_webhooks_axum::{Receiver, Rejection, TinkEvent};
use tokio::runtime::Builder;

/// Serves in a thread of its own for as long as the program runs.
fn serve(mut runtime: Builder, log: &Lines, app: Router) -> SocketAddr {
    let (started, port) = mpsc::channel();
    let log = log.clone();
    thread::Builder::new()
        .name("server".into())
        .spawn(move || {
            // For the threads of the runtime too.
            let dispatch = tracing::Dispatch::new(log);
            let for_workers = dispatch.clone();
            runtime.on_thread_start(move || {
                // Kept until the thread ends.
                std::mem::forget(tracing::dispatcher::set_default(&for_workers));
            });
            let _kept = tracing::dispatcher::set_default(&dispatch);
            runtime.enable_all().build().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                started.send(listener.local_addr().unwrap()).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        })
        .unwrap();
    port.recv().unwrap()
}

fn receiver(ran: &Lines, told: &Lines) -> Receiver {
    let told = told.clone();
    Receiver::new(hooks(ran))
        .body_timeout(BODY_TIMEOUT)
        .on_error(|request, error| {
            assert_eq!(request.uri.path(), "/webhooks/tink");
            assert!(error.http_status() > 200 || error.reason() == Reason::TestWebhook);
        })
        .on_outcome(move |request, outcome| {
            assert!(request.headers.contains_key("host"));
            told.push(describe(outcome));
        })
}

fn the_receiver_holds(runtime: Builder) {
    let (ran, told, log) = (Lines::default(), Lines::default(), Lines::default());
    let app = Router::new().route_service("/webhooks/tink", receiver(&ran, &told));
    holds(serve(runtime, &log, app), &ran, &told, &log);
}

#[test]
fn the_receiver_holds_on_one_thread() {
    the_receiver_holds(Builder::new_current_thread());
}

#[test]
fn the_receiver_holds_on_several_threads() {
    the_receiver_holds(Builder::new_multi_thread());
}

#[test]
fn a_body_that_another_layer_read_or_limited_is_told_from_a_forgery() {
    let (ran, told, log) = (Lines::default(), Lines::default(), Lines::default());
    let read_before =
        axum::middleware::from_fn(|request: axum::extract::Request, next: axum::middleware::Next| async {
            let (parts, body) = request.into_parts();
            drop(axum::body::to_bytes(body, usize::MAX).await);
            next.run(axum::extract::Request::from_parts(parts, axum::body::Body::empty())).await
        });
    let limited = axum::middleware::from_fn(|request: axum::extract::Request, next: axum::middleware::Next| async {
        next.run(request.map(|body| axum::body::Body::new(http_body_util::Limited::new(body, 10)))).await
    });
    let app =
        Router::new().route_service("/webhooks/tink", receiver(&ran, &told).on_error(|_, _| ())).layer(read_before);
    let body = EventType::RefreshFinished.example();
    let answered = send(serve(Builder::new_current_thread(), &log, app), body, Some(&sign(body)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "invalid_option\n"));
    assert!(log.wait(1)[0].contains("was read before"));
    let app = Router::new().route_service("/webhooks/tink", receiver(&ran, &told).on_error(|_, _| ())).layer(limited);
    let answered = send(serve(Builder::new_current_thread(), &log, app), body, Some(&sign(body)));
    assert_eq!((answered.0, answered.2.as_str()), (413, "body_too_large\n"));
    assert!(ran.take().is_empty());
}

#[test]
fn a_hook_or_a_clock_that_panics_changes_no_other_answer() {
    let (ran, log) = (Lines::default(), Lines::default());
    let app = Router::new().route_service(
        "/webhooks/tink",
        Receiver::new(hooks(&ran))
            .on_error(|_, _| std::panic::resume_unwind(Box::new("on_error")))
            .on_outcome(|_, _| std::panic::resume_unwind(Box::new("on_outcome"))),
    );
    let server = serve(Builder::new_current_thread(), &log, app);
    let body = EventType::RefreshFinished.example();
    assert_eq!(send(server, body, Some(&sign(body))).0, 200);
    assert_eq!(log.wait(1), ["ERROR message=tink webhook: the on_outcome hook panicked hook=\"on_outcome\""]);
    assert_eq!(send(server, body, None).0, 401);
    assert_eq!(log.wait(3).len(), 3);
    let clock = || -> std::time::SystemTime { std::panic::resume_unwind(Box::new("clock")) };
    let hooks = WebhookHandler::builder().secret(suite::SECRET).clock(clock).build().unwrap();
    let app = Router::new().route_service("/webhooks/tink", Receiver::new(hooks).on_outcome(|_, _| ()));
    let answered = send(serve(Builder::new_current_thread(), &log, app), body, Some(&sign(body)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "invalid_option\n"));
}

#[test]
fn the_extractor_gives_what_is_verified_and_of_the_type() {
    async fn all(TinkEvent { event, data }: TinkEvent) -> String {
        assert!(matches!(data, EventData::RefreshFinished(_)));
        format!("{} {}", event.name(), event.verification().unwrap().secret_index)
    }
    async fn typed(TinkEvent { data, .. }: TinkEvent<PaymentUpdated>) -> String {
        data.id
    }
    async fn dispatched(
        axum::extract::State(hooks): axum::extract::State<Arc<WebhookHandler>>,
        TinkEvent { event, .. }: TinkEvent<serde_json::Value>,
    ) -> Result<&'static str, Rejection> {
        hooks.dispatch_async(&event).await?;
        Ok("ok\n")
    }
    let serve = |method: axum::routing::MethodRouter<Arc<WebhookHandler>>, log: &Lines| {
        let hooks = Arc::new(hooks(&Lines::default()));
        let app = Router::new().route("/webhooks/tink", method).layer(DefaultBodyLimit::disable()).with_state(hooks);
        serve(Builder::new_current_thread(), log, app)
    };
    let (refresh, payment) = (EventType::RefreshFinished.example(), EventType::PaymentUpdated.example());
    let log = Lines::default();
    let server = serve(post(all), &log);
    let answered = send(server, refresh, Some(&sign(refresh)));
    assert_eq!((answered.0, answered.2.as_str()), (200, "refresh:finished 0"));
    for (body, signature, status, text) in [
        (refresh, Some("t=1,v1=00".to_owned()), 401, "malformed_signature\n"),
        (refresh, None, 401, "missing_signature\n"),
        ("[]", Some(sign("[]")), 400, "not_an_object\n"),
        (r#"{"type":"test","data":{}}"#, Some(sign(r#"{"type":"test","data":{}}"#)), 200, "test_webhook\n"),
    ] {
        let answered = send(server, body, signature.as_deref());
        assert_eq!((answered.0, answered.2.as_str()), (status, text));
        assert_eq!(log.wait(1).len(), 1);
    }
    let large = " ".repeat(suite::CAP + 1);
    assert_eq!(send(server, &large, Some(&sign(&large))).0, 413);
    log.take();
    let server = serve(any(typed), &log);
    assert_eq!(send(server, payment, Some(&sign(payment))).2, "c0ffee00112233445566778899aabbcc");
    let wrong = r#"{"event":"payment:updated","content":{"id":["hidden"]}}"#;
    let answered = send(server, wrong, Some(&sign(wrong)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "handler_failed\n"));
    let line = log.wait(1).join("");
    assert!(line.contains("the event's data is no") && line.contains("PaymentUpdated: "), "{line}");
    let account = EventType::AccountUpdated.example();
    let server = serve(post(dispatched), &log);
    let answered = send(server, account, Some(&sign(account)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "handler_failed\n"));
    let unknown = r#"{"event":"a:b"}"#;
    assert_eq!(send(server, unknown, Some(&sign(unknown))).2, "ok\n");
}
