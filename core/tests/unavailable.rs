//! A dispatch in which every failure is of the kind `unavailable` is of this kind itself.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;

use tink_webhooks::{Error, Kind, Reason, WebhookHandler};

const BODY: &str = r#"{"event":"account:updated"}"#;

fn dispatched(failures: &[Option<Reason>]) -> Error {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    for &reason in failures {
        hooks
            .on("*", move |_| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
                Err(reason.map_or_else(|| io::Error::other("away").into(), |reason| Error::new(reason).into()))
            })
            .unwrap();
    }
    hooks.on("*", |_| ()).unwrap();
    hooks.dispatch(&hooks.parse_event(BODY).unwrap()).unwrap_err()
}

#[test]
fn every_failure_is_of_this_kind() {
    for (failures, reason) in [
        (vec![Some(Reason::InProgress)], Reason::InProgress),
        (vec![Some(Reason::StoreUnavailable), Some(Reason::InProgress)], Reason::StoreUnavailable),
    ] {
        let error = dispatched(&failures);
        assert_eq!((error.kind(), error.reason(), error.http_status()), (Kind::Unavailable, reason, 503));
        assert_eq!(error.handler_failure().unwrap().errors().len(), failures.len());
        assert_eq!(error.handler_failure().unwrap().event().raw_body(), BODY.as_bytes());
    }
}

#[test]
fn another_failure_among_them_counts() {
    for failures in [
        vec![None, Some(Reason::InProgress)],
        vec![Some(Reason::InProgress), None],
        vec![Some(Reason::InvalidJson)],
        vec![Some(Reason::InProgress), Some(Reason::HandlerFailed)],
    ] {
        assert_eq!(dispatched(&failures).http_status(), 500);
    }
}
