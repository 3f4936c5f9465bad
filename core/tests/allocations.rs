//! What a dispatch allocates, counted.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use tink_webhooks::{Scheme, WebhookHandler, generate_signature};

const BODY: &str = r#"{"event":"refresh:finished","content":{}}"#;

#[test]
fn a_dispatch_of_synchronous_handlers_allocates_nothing() {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    for key in ["refresh:finished", "*", "payment:updated"] {
        hooks.on(key, |_| ()).unwrap();
        hooks.on_blocking("account:updated", |_| ()).unwrap();
    }
    hooks.on_async("payment:updated", |_| async {}).unwrap();
    let event = hooks.parse_event(BODY).unwrap();
    let header = generate_signature(BODY, "s3cret", Scheme::V1, None).unwrap();
    let mut context = Context::from_waker(Waker::noop());
    // The first call of a thread makes what the registry keeps for it.
    hooks.dispatch(&event).unwrap();
    assert_eq!(measure(|| hooks.dispatch(&event).unwrap()).count_total, 0);
    assert_eq!(measure(|| drop(hooks.handle_webhook(BODY, &header).unwrap())).count_total, 0);
    let asynchronous = measure(|| {
        assert!(matches!(pin!(hooks.dispatch_async(&event)).poll(&mut context), Poll::Ready(Ok(()))));
    });
    assert_eq!(asynchronous.count_total, 0);
    // The counter counts: the event's copy, its `Arc`, and the future.
    hooks.on_async("*", |_| async {}).unwrap();
    let awaited = measure(|| {
        assert!(matches!(pin!(hooks.dispatch_async(&event)).poll(&mut context), Poll::Ready(Ok(()))));
    });
    assert_eq!(awaited.count_total, 3);
}
