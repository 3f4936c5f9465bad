//! Events as text, and events made again from what was stored of them.

use std::ptr;

use tink_webhooks::{Delivery, DeliveryId, Event, Scheme, Verification};

use crate::event::EventObject;
use crate::failure::{ErrorObject, Failure};
use crate::guard::{self, guard_code};
use crate::numbers::{TINK_WEBHOOKS_SCHEME_BODY, TINK_WEBHOOKS_SCHEME_NONE, TINK_WEBHOOKS_SCHEME_V1};
use crate::pointers::{self, Out};
use crate::views::VerificationView;

/// Writes the event's text, if the buffer holds it. Returns the length of the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_serialize(
    event: *const EventObject,
    buffer: *mut u8,
    buffer_size: usize,
) -> usize {
    let write = |event: &EventObject| {
        let text = event.serialize();
        if !buffer.is_null() && text.len() <= buffer_size {
            // SAFETY: the caller's buffer is valid for so many bytes, and the text is not in it.
            unsafe { ptr::copy_nonoverlapping(text.as_ptr(), buffer, text.len()) };
        }
        text.len()
    };
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, 0, write) }
}

/// Makes an event from its text, without checking any signature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_deserialize(
    text: *const u8,
    text_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the event has its own body.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            out.give(Event::deserialize(pointers::bytes(text, text_len)?)?);
            Ok(())
        })
    }
}

/// Makes an event from its parts, without checking any signature; it borrows the body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_restore_borrowed(
    body: *const u8,
    body_len: usize,
    timestamp: i64,
    verification: *const VerificationView,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the caller keeps the body until the event is freed.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let proved = verification.as_ref().map_or(Ok(None), proved)?;
            out.give(Event::from(Delivery::restore(pointers::bytes(body, body_len)?, timestamp, proved)?));
            Ok(())
        })
    }
}

/// What the caller stored of a verification.
fn proved(view: &VerificationView) -> Result<Option<Verification>, Failure> {
    let scheme = match view.scheme {
        TINK_WEBHOOKS_SCHEME_NONE => return Ok(None),
        TINK_WEBHOOKS_SCHEME_V1 => Scheme::V1,
        TINK_WEBHOOKS_SCHEME_BODY => Scheme::Body,
        // Core refuses it, with its message.
        _ => Scheme::parse("an unknown number")?,
    };
    let (signed_at, delivery_id) = match scheme {
        Scheme::V1 => {
            let digits = view.delivery_id.iter().map(|digit| char::from(digit.to_ne_bytes()[0]));
            let digits: String = digits.take_while(|&digit| digit != '\0').collect();
            (Some(view.signed_at), Some(DeliveryId::parse(&digits)?))
        }
        _ => (None, None),
    };
    Ok(Some(Verification::restore(scheme, signed_at, view.secret_index as usize, delivery_id)?))
}
