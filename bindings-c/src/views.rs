//! The structures of the header whose fields C reads.

use std::ffi::c_char;
use std::ptr;

use tink_webhooks::{Scheme, Verification};

use crate::numbers::{
    TINK_WEBHOOKS_SCHEME_BODY, TINK_WEBHOOKS_SCHEME_NONE, TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_VALUE_NONE,
};

/// `tink_webhooks_slice`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    pub(crate) ptr: *const u8,
    pub(crate) len: usize,
}

impl Slice {
    pub(crate) const NOTHING: Self = Self { ptr: ptr::null(), len: 0 };

    pub(crate) const fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    pub(crate) const fn of_bytes(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    pub(crate) fn of_optional(text: Option<&str>) -> Self {
        text.map_or(Self::NOTHING, Self::of)
    }
}

/// `tink_webhooks_value`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ValueView {
    pub(crate) kind: u32,
    pub(crate) escaped: u32,
    pub(crate) json: Slice,
}

impl ValueView {
    pub(crate) const NONE: Self = Self { kind: TINK_WEBHOOKS_VALUE_NONE, escaped: 0, json: Slice::NOTHING };
}

/// `tink_webhooks_iterator`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IteratorView {
    pub(crate) rest: Slice,
    pub(crate) kind: u32,
    pub(crate) reserved: u32,
}

impl IteratorView {
    pub(crate) const NONE: Self = Self { rest: Slice::NOTHING, kind: TINK_WEBHOOKS_VALUE_NONE, reserved: 0 };
}

/// `tink_webhooks_verification`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct VerificationView {
    pub(crate) scheme: u32,
    pub(crate) secret_index: u32,
    pub(crate) signed_at: i64,
    pub(crate) delivery_id: [c_char; 33],
    pub(crate) reserved: [u8; 7],
}

impl VerificationView {
    pub(crate) const UNVERIFIED: Self = Self {
        scheme: TINK_WEBHOOKS_SCHEME_NONE,
        secret_index: 0,
        signed_at: 0,
        delivery_id: [0; 33],
        reserved: [0; 7],
    };
}

/// Hex digits, and a NUL behind them.
pub(crate) fn text(digits: [u8; 32]) -> [c_char; 33] {
    let mut text = [0; 33];
    for (character, digit) in text.iter_mut().zip(digits) {
        *character = c_char::from_ne_bytes([digit]);
    }
    text
}

impl From<&Verification> for VerificationView {
    fn from(verification: &Verification) -> Self {
        let mut view = Self {
            scheme: match verification.scheme {
                Scheme::V1 => TINK_WEBHOOKS_SCHEME_V1,
                Scheme::Body => TINK_WEBHOOKS_SCHEME_BODY,
                // The numbers are those of the core; a scheme that the header does not name yet has one.
                other => other.number().into(),
            },
            secret_index: u32::try_from(verification.secret_index).unwrap_or(u32::MAX),
            signed_at: verification.signed_at.unwrap_or(0),
            ..Self::UNVERIFIED
        };
        if let Some(delivery_id) = verification.delivery_id {
            view.delivery_id = text(delivery_id.to_hex());
        }
        view
    }
}
