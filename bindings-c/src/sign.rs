//! Signatures and example bodies for tests, and the library's version.

use std::ffi::c_char;
use std::ptr;

use tink_webhooks::{EventType, Scheme, generate_signature};

use crate::failure::{ErrorObject, Failure};
use crate::guard::guard_code;
use crate::numbers::{
    TINK_WEBHOOKS_ABI_VERSION, TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL, TINK_WEBHOOKS_NOW, TINK_WEBHOOKS_SCHEME_BODY,
    TINK_WEBHOOKS_SCHEME_V1,
};
use crate::pointers;
use crate::text::Text;
use crate::views::Slice;

/// Makes the value of a signature header.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_generate_signature(
    body: *const u8,
    body_len: usize,
    secret: *const u8,
    secret_len: usize,
    scheme: u32,
    signed_at: i64,
    buffer: *mut c_char,
    buffer_size: usize,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            if buffer_size > 0 {
                if buffer.is_null() {
                    return Err(Failure::NULL_ARGUMENT);
                }
                buffer.write(0);
            }
            let scheme = match scheme {
                TINK_WEBHOOKS_SCHEME_V1 => Scheme::V1,
                TINK_WEBHOOKS_SCHEME_BODY => Scheme::Body,
                // Core refuses it, with its message.
                _ => Scheme::parse("an unknown number")?,
            };
            let signed_at = (signed_at != TINK_WEBHOOKS_NOW).then_some(signed_at);
            let (body, secret) = (pointers::bytes(body, body_len)?, pointers::bytes(secret, secret_len)?);
            let header = generate_signature(body, secret, scheme, signed_at)?;
            if header.len() >= buffer_size {
                return Err(Failure::Call(TINK_WEBHOOKS_ERROR_BUFFER_TOO_SMALL));
            }
            ptr::copy_nonoverlapping(header.as_ptr(), buffer.cast(), header.len());
            buffer.add(header.len()).write(0);
            Ok(())
        })
    }
}

/// A body for tests.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_example_body(number: u32) -> Slice {
    let event_type = u16::try_from(number).ok().and_then(EventType::from_number);
    event_type.map_or(Slice::NOTHING, |event_type| Slice::of(event_type.example()))
}

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_version() -> *const c_char {
    static VERSION: Text<32> = Text::new(tink_webhooks::VERSION);
    VERSION.as_ptr()
}

/// The number of the binary interface.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_abi_version() -> u32 {
    TINK_WEBHOOKS_ABI_VERSION
}
