//! The native half of the Node binding: it converts types and errors. Every rule is in the core. Handlers, events and
//! error classes are in TypeScript (`ts/`), so that V8 makes the objects and its garbage collector sees the handlers.
//!
//! The hot path is one call of a closure with one argument, the *frame*: a buffer that TypeScript owns and fills with
//! the signature and the body, and into which the answer is written as numbers. No object is made here, and none is
//! unwrapped. `ts/frame.ts` is the other half of the layout.

#![allow(
    unreachable_pub,
    clippy::missing_errors_doc,
    clippy::needless_pass_by_value,
    reason = "the macros of napi ask for public items that take their arguments by value; nothing links this crate"
)]

mod config;
mod errors;
mod explain;
mod frame;
mod restore;
mod state;
mod text;

use napi::bindgen_prelude::*;
use napi_derive::napi;
use tink_webhooks::{EventType, Key, Reason, Scheme};
use tink_webhooks_wasm::{number, reason};

use errors::ErrorFields;
use explain::ExplanationFields;
use restore::{StoredText, StoredVerification};

/// Every event type: its number, its `snake_case` type and its wire name, one after the other.
#[napi(catch_unwind)]
pub fn event_types() -> Vec<String> {
    let known = EventType::ALL.iter().filter_map(|known| Some((known.number(), known.as_str(), known.name()?)));
    known.flat_map(|(number, snake, name)| [number.to_string(), snake.to_owned(), name.to_owned()]).collect()
}

/// The version of the core.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    tink_webhooks::VERSION
}

/// A handler object: closures over one verifier and one registry.
#[napi(catch_unwind)]
pub fn create(env: &Env) -> Result<Object<'_>> {
    state::create(env)
}

/// Makes the value of a header. `signed_at` is in unix seconds, and is not used for scheme `body`.
#[napi(catch_unwind)]
pub fn sign(
    body: BufferSlice<'_>,
    secret: BufferSlice<'_>,
    scheme: String,
    signed_at: f64,
) -> Either<String, ErrorFields> {
    let header = Scheme::parse(&scheme).and_then(|scheme| {
        tink_webhooks::generate_signature(&*body, &*secret, scheme, Some(number::whole_seconds(signed_at)?))
    });
    match header {
        Ok(header) => Either::A(header),
        Err(error) => Either::B(ErrorFields::new(&error)),
    }
}

/// Says why a delivery does not verify. `now` is in unix seconds.
#[napi(catch_unwind)]
pub fn explain(
    body: BufferSlice<'_>,
    signature: Option<BufferSlice<'_>>,
    secrets: Vec<Uint8Array>,
    now: f64,
) -> ExplanationFields {
    let signature = signature.as_deref().unwrap_or_default();
    // Not finite is not given; TypeScript has checked it.
    tink_webhooks::explain::explain(&*body, signature, &secrets, number::whole_seconds(now).ok()).into()
}

/// Whether another refusal may be explained now: `seconds` of a clock that only goes on.
#[napi(catch_unwind)]
pub fn may_explain(seconds: f64) -> bool {
    explain::may_explain(seconds)
}

/// Writes the answer for an event that comes from a queue, without checking a signature. Gives the error, if any.
#[napi(catch_unwind)]
pub fn restore(
    mut frame: BufferSlice<'_>,
    timestamp: i64,
    verification: Option<StoredVerification>,
    outside: Option<BufferSlice<'_>>,
) -> Result<Option<ErrorFields>> {
    let mut frame = frame::Frame::new(&mut frame).ok_or_else(|| Error::from_reason("the frame is too small"))?;
    let outside = outside.as_deref().unwrap_or_default();
    Ok(restore::restore(&mut frame, outside, timestamp, verification).err().map(|error| ErrorFields::new(&error)))
}

/// The text of an event.
#[napi(catch_unwind)]
pub fn serialize(body: BufferSlice<'_>, timestamp: i64, verification: Option<StoredVerification>) -> Result<String> {
    // An event has no other verification than one that was proven.
    restore::serialize(&body, timestamp, verification).map_err(|error| Error::from_reason(error.to_string()))
}

/// Reads the text of an event: what it holds, or the error.
#[napi(catch_unwind)]
pub fn read_text(text: BufferSlice<'_>) -> Either<StoredText, ErrorFields> {
    match StoredText::read(&text) {
        Ok(stored) => Either::A(stored),
        Err(error) => Either::B(ErrorFields::new(&error)),
    }
}

/// The idempotency key of an event of this type, whose content is a part of the body; `None` if it has none.
#[napi(catch_unwind)]
pub fn idempotency_key(event_type: u32, body: BufferSlice<'_>, start: u32, end: u32) -> Option<String> {
    tink_webhooks_wasm::idempotency_key(event_type, &body, start as usize, end as usize).map(|key| key.to_string())
}

/// Decodes the part of a text, of which it is known that it is UTF-8, into a buffer of twice its length. Gives the number
/// of bytes of Latin-1 that were written; or that of UTF-16 code units, negative.
#[napi(catch_unwind)]
pub fn decode(text: BufferSlice<'_>, start: u32, end: u32, mut out: BufferSlice<'_>) -> i64 {
    let part = text.get(start as usize..end as usize).unwrap_or_default();
    #[expect(clippy::cast_possible_wrap, reason = "the length of a buffer")]
    match text::decode(part, &mut out) {
        text::Decoded::Latin1(bytes) => bytes as i64,
        text::Decoded::Utf16(units) => -(units as i64),
    }
}

/// What to log where a handler is registered for this key, if something is likely to be wrong with it.
#[napi(catch_unwind)]
pub fn key_warning(key: String) -> Option<&'static str> {
    Key::parse(&key, true).ok().and_then(|key| key.warning())
}

/// The error of a dispatch in which handlers failed, from the reason of each one's error where it has one.
#[napi(catch_unwind)]
pub fn dispatch_failed(reasons: Vec<Option<String>>) -> ErrorFields {
    let reasons: Vec<_> = reasons.iter().map(|reason| reason.as_deref().and_then(Reason::parse)).collect();
    ErrorFields::new(&tink_webhooks::Error::dispatch_failed(&reasons))
}

/// An error of the core by its reason, for what only TypeScript can see; `None` for no reason of the core.
#[napi(catch_unwind)]
pub fn error_of(reason: String, message: Option<String>) -> Option<ErrorFields> {
    reason::error(&reason, message).map(|error| ErrorFields::new(&error))
}

/// A body of a known event, for `tink-webhooks/testing`; `None` for a name or type this library does not know.
#[napi(catch_unwind)]
pub fn example_body(event_type: String) -> Option<&'static str> {
    let known = match EventType::from_name(&event_type) {
        EventType::Unknown => EventType::from_snake_case(&event_type)?,
        known => known,
    };
    Some(known.example())
}
