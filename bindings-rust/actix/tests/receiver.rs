//! The receiver behind actix-web's own server, with real requests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../testing/suite.rs"]
mod suite;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpMessage, HttpServer, rt, web};
use suite::{BODY_TIMEOUT, Lines, describe, holds, hooks, post as send, sign};
use tink_webhooks_actix::tink_webhooks::data::{EventData, PaymentUpdated};
use tink_webhooks_actix::tink_webhooks::{EventType, Reason, WebhookHandler};
use tink_webhooks_actix::{Receiver, Rejection, TinkEvent};

/// Serves in threads of its own for as long as the program runs.
fn serve(log: &Lines, configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> SocketAddr {
    let (started, port) = mpsc::channel();
    let dispatch = tracing::Dispatch::new(log.clone());
    thread::spawn(move || {
        rt::System::new().block_on(async move {
            let app = move || {
                // Each worker has its thread, for as long as the program runs.
                std::mem::forget(tracing::dispatcher::set_default(&dispatch));
                App::new().configure(configure.clone())
            };
            let server = HttpServer::new(app).workers(2).client_request_timeout(Duration::ZERO);
            let server = server.bind("127.0.0.1:0").unwrap();
            started.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    port.recv().unwrap()
}

#[test]
fn the_receiver_holds() {
    let (ran, told, log) = (Lines::default(), Lines::default(), Lines::default());
    let lines = told.clone();
    let receiver = Receiver::new(hooks(&ran))
        .body_timeout(BODY_TIMEOUT)
        .on_error(|request, error| {
            assert_eq!(request.path(), "/webhooks/tink");
            assert!(error.http_status() > 200 || error.reason() == Reason::TestWebhook);
        })
        .on_outcome(move |request, outcome| {
            assert!(request.headers().contains_key("host"));
            lines.push(describe(outcome));
        });
    let server = serve(&log, move |config| {
        config.route("/webhooks/tink", receiver.clone().route());
    });
    holds(server, &ran, &told, &log);
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
        hooks: Data<WebhookHandler>,
        TinkEvent { event, .. }: TinkEvent<serde_json::Value>,
    ) -> Result<&'static str, Rejection> {
        hooks.dispatch_async(&event).await?;
        Ok("ok\n")
    }
    let data = || Data::new(hooks(&Lines::default()));
    let log = Lines::default();
    let (refresh, payment) = (EventType::RefreshFinished.example(), EventType::PaymentUpdated.example());
    let hooks = data();
    let server = serve(&log, move |config| {
        config.app_data(hooks.clone()).route("/webhooks/tink", web::post().to(all));
    });
    let answered = send(server, refresh, Some(&sign(refresh)));
    assert_eq!((answered.0, answered.2.as_str()), (200, "refresh:finished 0"));
    let ping = r#"{"type":"test","data":{}}"#;
    for (body, signature, status, text) in [
        (refresh, Some("t=1,v1=00".to_owned()), 401, "malformed_signature\n"),
        (refresh, None, 401, "missing_signature\n"),
        ("[]", Some(sign("[]")), 400, "not_an_object\n"),
        (ping, Some(sign(ping)), 200, "test_webhook\n"),
    ] {
        let answered = send(server, body, signature.as_deref());
        assert_eq!((answered.0, answered.2.as_str()), (status, text));
        assert_eq!(log.wait(1).len(), 1);
    }
    let large = " ".repeat(suite::CAP + 1);
    assert_eq!(send(server, &large, Some(&sign(&large))).0, 413);
    log.take();
    let hooks = data();
    let server = serve(&log, move |config| {
        config.app_data(hooks.clone()).route("/webhooks/tink", web::post().to(typed));
    });
    assert_eq!(send(server, payment, Some(&sign(payment))).2, "c0ffee00112233445566778899aabbcc");
    let wrong = r#"{"event":"payment:updated","content":{"id":["hidden"]}}"#;
    let answered = send(server, wrong, Some(&sign(wrong)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "handler_failed\n"));
    assert!(log.wait(1)[0].contains("PaymentUpdated: "));
    let hooks = data();
    let server = serve(&log, move |config| {
        config.app_data(hooks.clone()).route("/webhooks/tink", web::post().to(dispatched));
    });
    let account = EventType::AccountUpdated.example();
    let answered = send(server, account, Some(&sign(account)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "handler_failed\n"));
    // Without the handler object: a mistake of the application, which says so.
    let server = serve(&log, move |config| {
        config.route("/webhooks/tink", web::post().to(typed));
    });
    let answered = send(server, payment, Some(&sign(payment)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "invalid_option\n"));
    assert!(log.wait(1)[0].contains("app_data"));
}

#[test]
fn a_body_that_another_layer_read_is_told_from_a_forgery() {
    let (ran, log) = (Lines::default(), Lines::default());
    let receiver = Receiver::new(hooks(&ran));
    let server = serve(&log, move |config| {
        let read_before = |request: &mut actix_web::dev::ServiceRequest| drop(request.take_payload());
        config.service(
            web::scope("/webhooks")
                .wrap_fn(move |mut request, service| {
                    read_before(&mut request);
                    service.call(request)
                })
                .route("/tink", receiver.clone().route()),
        );
    });
    let body = EventType::RefreshFinished.example();
    let answered = send(server, body, Some(&sign(body)));
    assert_eq!((answered.0, answered.2.as_str()), (500, "invalid_option\n"));
    assert!(log.wait(1)[0].contains("was read before"));
}
