//! The functions of the module by the names that a host calls. README.md says what each takes and gives.
//!
//! SAFETY of every `unsafe(no_mangle)`: the module is linked from this crate and its Rust dependencies alone, and what it
//! imports, if anything, has other names, so that no other symbol can have one of these. Elsewhere they are not exported.

#![expect(missing_docs, reason = "README.md has the table, and a test compares it with these functions")]

use crate::handler::{self, Clock, Options};
use crate::{events, memory, stream};

/// Each function, with its parameters and its result: numbers only.
macro_rules! exports {
    ($(fn $name:ident($($parameter:ident: $type:ty),*) $(-> $result:ty)? $body:block)*) => {
        $(
            #[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
            pub extern "C" fn $name($($parameter: $type),*) $(-> $result)? $body
        )*
    };
}

exports! {
    fn protocol() -> u32 { 1 }
    fn arena(size: u32) -> u32 { memory::arena(size) }
    fn record() -> u32 { memory::record() }
    fn error() -> u32 { events::error() }

    fn create() -> u32 { handler::create() }
    fn release(handler: u32) { handler::release(handler) }
    fn configure(handler: u32, given: u32, secrets: u32, tolerance: f64, max_body_bytes: f64, length: u32) -> u32 {
        handler::configure(handler, &Options { given, secrets, tolerance, max_body_bytes }, length)
    }
    fn max_body_bytes(handler: u32) -> f64 { handler::max_body_bytes(handler) }
    fn warnings(handler: u32) -> u32 { handler::warnings(handler) }

    fn verify(handler: u32, signature: i32, body: u32, ask: u32, now: f64) -> u32 {
        handler::deliver(handler, signature, body, Clock::new(ask, now), handler::verify)
    }
    fn construct(handler: u32, signature: i32, body: u32, ask: u32, now: f64) -> u32 {
        handler::deliver(handler, signature, body, Clock::new(ask, now), handler::construct)
    }
    fn parse(handler: u32, signature: i32, body: u32, ask: u32, now: f64) -> u32 {
        handler::deliver(handler, signature, body, Clock::new(ask, now), handler::parse)
    }

    fn register(handler: u32, key: u32, slot: u32, allow_unknown: u32) -> u32 {
        handler::register(handler, key, slot, allow_unknown != 0)
    }
    fn unregister(handler: u32, key: u32) -> u32 { handler::unregister(handler, key, None) }
    fn unregister_slot(handler: u32, key: u32, slot: u32) -> u32 { handler::unregister(handler, key, Some(slot)) }
    fn matching(handler: u32, event_type: u32, name: u32) -> u32 { handler::matching(handler, event_type, name) }
    fn keys(handler: u32) -> u32 { handler::keys(handler) }
    fn slots(handler: u32, key: u32) -> u32 { handler::slots(handler, key) }

    fn stream_begin(handler: u32, signature: i32) -> u32 { stream::begin(handler, signature) }
    fn stream_update(stream: u32, piece: u32) -> u32 { stream::update(stream, piece) }
    fn stream_finish(stream: u32, now: f64) -> u32 { stream::finish(stream, None, now) }
    fn stream_finish_event(stream: u32, body: u32, now: f64) -> u32 { stream::finish(stream, Some(body), now) }
    fn stream_release(stream: u32) { stream::release(stream) }

    fn sign(secret: u32, scheme: u32, body: u32, signed_at: f64) -> u32 { events::sign(secret, scheme, body, signed_at) }
    fn restore(
        delivery_id: i32, body: u32, timestamp: f64, scheme: u32, signed_at: f64, secret_index: u32
    ) -> u32 {
        events::restore(body, timestamp, &events::Stored { scheme, signed_at, secret_index, delivery_id })
    }
    fn serialize(
        delivery_id: i32, body: u32, timestamp: f64, scheme: u32, signed_at: f64, secret_index: u32
    ) -> u32 {
        events::serialize(body, timestamp, &events::Stored { scheme, signed_at, secret_index, delivery_id })
    }
    fn read_text(text: u32) -> u32 { events::read_text(text) }
    fn idempotency_key(event_type: u32, body: u32, start: u32, end: u32) -> u32 {
        events::write_idempotency_key(event_type, body, start, end)
    }

    fn version() { events::version() }
    fn event_types() { events::event_types() }
    fn key_warning(key: u32) -> u32 { events::key_warning(key) }
    fn example_body(event_type: u32) -> u32 { events::example_body(event_type) }
    fn dispatch_failed(reasons: u32) -> u32 { events::dispatch_failed(reasons) }
    fn fail(reason: u32, message: i32) -> u32 { events::fail(reason, message) }
}

#[cfg(all(feature = "host", target_family = "wasm"))]
exports! {
    fn verify_lent(handler: u32, signature: i32, body: u32, first: i32, ask: u32, now: f64) -> u32 {
        handler::verify_lent(handler, signature, body, first, Clock::new(ask, now))
    }
}

#[cfg(feature = "explain")]
exports! {
    fn explain(secrets: u32, signature: i32, body: u32, now: f64) -> u32 {
        crate::explain::explain(secrets, signature, body, now)
    }
    fn explain_refusal(handler: u32, signature: i32, body: u32, now: f64) -> u32 {
        crate::explain::explain_refusal(handler, signature, body, now)
    }
    fn environments() { crate::explain::environments() }
    fn may_explain(environment: u32, seconds: f64) -> u32 { crate::explain::may_explain(environment, seconds) }
}
