//! Polled by hand: what does not need tokio works without it, and what does says so.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tink_webhooks_http::Receiver;
use tink_webhooks_http::tink_webhooks::{Scheme, WebhookHandler, generate_signature};

const BODY: &str = r#"{"event":"account:updated"}"#;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (mut future, mut context) = (pin!(future), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}

fn receive(hooks: WebhookHandler) -> (u16, Bytes) {
    let signature = generate_signature(BODY, "s3cret", Scheme::V1, None);
    let request = Request::post("/").header("X-Tink-Signature", signature.unwrap_or_default());
    let request = request.body(Full::new(Bytes::from(BODY))).unwrap_or_default();
    let answer: Response<Full<Bytes>> = block_on(Receiver::new(hooks).receive(request));
    (
        answer.status().as_u16(),
        block_on(answer.into_body().collect()).map_or(Bytes::new(), http_body_util::Collected::to_bytes),
    )
}

#[test]
fn asynchronous_handlers_are_awaited() {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    hooks
        .on_async("*", |_| async {
            let mut waited = false;
            std::future::poll_fn(
                move |_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending },
            )
            .await;
        })
        .unwrap();
    assert_eq!(receive(hooks), (200, Bytes::from("ok\n")));
}

#[test]
fn what_blocks_needs_a_place() {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    hooks.on_blocking("*", |_| ()).unwrap();
    assert_eq!(receive(hooks), (500, Bytes::from("invalid_option\n")));
    let hooks = WebhookHandler::builder().secret("s3cret").run_blocking(|work| async { work() }).build().unwrap();
    hooks.on_blocking("*", |_| ()).unwrap();
    assert_eq!(receive(hooks), (200, Bytes::from("ok\n")));
}
