//! Events as C reads them: numbers, static names, and slices of the body.

use std::ffi::c_char;
use std::ptr;

pub use tink_webhooks::Event;
use tink_webhooks::{EventType, Verification};

use crate::guard::{self, guard};
use crate::numbers::TINK_WEBHOOKS_TYPE_UNKNOWN;
use crate::pointers::write;
use crate::text::Text;
use crate::views::{Slice, VerificationView, text};

/// `tink_webhooks_event`: core's event. How long a borrowed body lives is between the caller and the header.
pub(crate) type EventObject = Event<'static>;

/// Static names of the types, in the order of [`EventType::ALL`].
static TYPE_NAMES: [Text<48>; EventType::ALL.len()] = {
    let mut names = [const { Text::new("") }; EventType::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Text::new(EventType::ALL[at].as_str());
        at += 1;
    }
    names
};

fn type_name(event_type: EventType) -> *const c_char {
    let at = EventType::ALL.iter().position(|&known| known == event_type);
    at.and_then(|at| TYPE_NAMES.get(at)).map_or(c"unknown".as_ptr(), Text::as_ptr)
}

/// The name of the type with this number.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_type_name(event_type: u32) -> *const c_char {
    let find = || u16::try_from(event_type).ok().and_then(EventType::from_number);
    guard(ptr::null(), || find().map_or(ptr::null(), type_name))
}

/// Frees an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_free(event: *mut EventObject) {
    // SAFETY: NULL, or an event that the caller owns.
    unsafe { guard::free(event) };
}

/// A copy that owns its body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_clone(event: *const EventObject) -> *mut EventObject {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, ptr::null_mut(), |event| Box::into_raw(Box::new(event.clone().into_owned()))) }
}

/// The type's number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_type(event: *const EventObject) -> u32 {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, TINK_WEBHOOKS_TYPE_UNKNOWN, |event| event.event_type().number().into()) }
}

/// The type's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_type_name(event: *const EventObject) -> *const c_char {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, ptr::null(), |event| type_name(event.event_type())) }
}

/// The exact name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_name(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of(event.name())) }
}

/// `content` or `data` as JSON text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_data(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of(event.data_json())) }
}

/// `context` as JSON text, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_context(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of_optional(event.context_json())) }
}

/// `userId`, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_user_id(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of_optional(event.user_id())) }
}

/// `externalUserId`, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_external_user_id(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of_optional(event.external_user_id())) }
}

/// The bytes that were delivered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_raw_body(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, Slice::NOTHING, |event| Slice::of_bytes(event.raw_body())) }
}

/// When it happened, in milliseconds since the epoch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_timestamp(event: *const EventObject) -> i64 {
    // SAFETY: NULL, or a live event.
    unsafe { guard::ask(event, 0, Event::timestamp_millis) }
}

/// What was proven about the delivery, if anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_verification(
    event: *const EventObject,
    out: *mut VerificationView,
) -> bool {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard((), || write(out, VerificationView::UNVERIFIED));
        let tell = |verification: &Verification| write(out, VerificationView::from(verification));
        guard::ask(event, false, |event| event.verification().map(tell).is_some())
    }
}

/// What names the occurrence, if anything does: 32 hex digits and a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_idempotency_key(event: *const EventObject, out: *mut c_char) -> bool {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        let out = out.cast::<[c_char; 33]>();
        guard((), || write(out, [0; 33]));
        guard::ask(event, false, |event| {
            let Some(key) = event.idempotency_key() else { return false };
            write(out, text(key.to_hex()));
            true
        })
    }
}
