//! Compile-time checks that the header and this crate agree.
//!
//! `build/header.rs` reads `include/tink_webhooks.h` and writes what is included here: each function assigned to the type
//! that the header gives it, and each structure compared field by field. A difference does not compile.

use tink_webhooks::{EventType, Reason};

use crate::codes::CALLS;
use crate::numbers::{
    ERRORS, TINK_WEBHOOKS_VERSION, TINK_WEBHOOKS_VERSION_MAJOR, TINK_WEBHOOKS_VERSION_MINOR,
    TINK_WEBHOOKS_VERSION_PATCH, TYPES,
};

#[allow(non_camel_case_types, reason = "the header's names")]
mod declared {
    use std::ffi::{c_char, c_void};
    use std::mem::offset_of;

    use crate::builder::Builder as tink_webhooks_builder;
    use crate::callback::{ClockFn, DestroyFn, HandlerFn};
    use crate::event::EventObject as tink_webhooks_event;
    use crate::explain::ExplanationObject as tink_webhooks_explanation;
    use crate::failure::ErrorObject as tink_webhooks_error;
    use crate::handlers::Listing as tink_webhooks_handlers;
    use crate::hooks::Hooks as tink_webhooks;
    use crate::stream::Stream as tink_webhooks_stream;
    use crate::views::IteratorView as tink_webhooks_iterator;
    use crate::views::Slice as tink_webhooks_slice;
    use crate::views::ValueView as tink_webhooks_value;
    use crate::views::VerificationView as tink_webhooks_verification;

    type tink_webhooks_handler_fn = Option<HandlerFn>;
    type tink_webhooks_destroy_fn = Option<DestroyFn>;
    type tink_webhooks_clock_fn = Option<ClockFn>;

    include!(concat!(env!("OUT_DIR"), "/proof.rs"));
}

/// Every reason and event type of core has its constant with core's number, and there are no other constants.
const _: () = {
    let mut at = 0;
    while at < Reason::ALL.len() {
        assert!(has(ERRORS, Reason::ALL[at].as_str(), Reason::ALL[at].code()));
        at += 1;
    }
    assert!(ERRORS.len() == Reason::ALL.len() + CALLS.len());
    at = 0;
    while at < CALLS.len() {
        assert!(has(ERRORS, CALLS[at].1, CALLS[at].0));
        at += 1;
    }
    at = 0;
    while at < EventType::ALL.len() {
        assert!(has(TYPES, EventType::ALL[at].as_str(), EventType::ALL[at].number() as u32));
        at += 1;
    }
    assert!(has(TYPES, "unknown", EventType::Unknown.number() as u32));
    assert!(TYPES.len() == EventType::ALL.len() + 1);

    assert!(same(TINK_WEBHOOKS_VERSION, tink_webhooks::VERSION));
    assert!(same(TINK_WEBHOOKS_VERSION, env!("CARGO_PKG_VERSION")));
    assert!(same_number(TINK_WEBHOOKS_VERSION_MAJOR, env!("CARGO_PKG_VERSION_MAJOR")));
    assert!(same_number(TINK_WEBHOOKS_VERSION_MINOR, env!("CARGO_PKG_VERSION_MINOR")));
    assert!(same_number(TINK_WEBHOOKS_VERSION_PATCH, env!("CARGO_PKG_VERSION_PATCH")));
};

const fn has(table: &[(&str, u32)], name: &str, number: u32) -> bool {
    let mut at = 0;
    while at < table.len() {
        if table[at].1 == number {
            return same(table[at].0, name);
        }
        at += 1;
    }
    false
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

const fn same_number(number: u32, text: &str) -> bool {
    matches!(u32::from_str_radix(text, 10), Ok(parsed) if parsed == number)
}
