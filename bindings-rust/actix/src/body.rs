//! The body and the signature of a request.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderValue};
use actix_web::web::{Bytes, Payload};
use futures_core::Stream;
use tink_webhooks::{Error, Reason};
use tink_webhooks_http::{BodyBuffer, SIGNATURE_HEADER, within};

/// The signature's fields, which in HTTP are one with several values.
pub(crate) fn signature(request: &HttpRequest) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = request.headers().get_all(SIGNATURE_HEADER).map(HeaderValue::as_bytes).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}

/// Reads the body of a POST, no more than `limit` of it and for no longer than `timeout`.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
    timeout: Option<Duration>,
) -> Result<Vec<u8>, Error> {
    if request.method() != Method::POST {
        return Err(Error::new(Reason::MethodNotAllowed));
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let declared = length.and_then(|value| value.to_str().ok()?.parse().ok());
    within(timeout, collect(payload, BodyBuffer::new(declared, limit)?)).await
}

async fn collect(
    payload: impl Stream<Item = Result<Bytes, PayloadError>>,
    mut buffer: BodyBuffer,
) -> Result<Vec<u8>, Error> {
    let mut payload = pin!(payload);
    while let Some(piece) = poll_fn(|context| payload.as_mut().poll_next(context)).await {
        buffer.push(&piece.map_err(|error| unreadable(&error))?)?;
    }
    buffer.finish()
}

fn unreadable(error: &PayloadError) -> Error {
    if matches!(error, PayloadError::Overflow) {
        return Error::new(Reason::BodyTooLarge);
    }
    // Its own errors cannot be sent between threads; their texts have no more than what went wrong.
    Error::with_message(Reason::UnreadableBody, "the client left before the body was complete, or its stream failed")
        .with_source(error.to_string())
}
