//! The header's constants, as `build/header.rs` reads them from `include/tink_webhooks.h`.

#![allow(dead_code, reason = "not every constant of the header is used here")]

include!(concat!(env!("OUT_DIR"), "/numbers.rs"));
