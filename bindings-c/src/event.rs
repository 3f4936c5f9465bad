//! Events as C reads them: numbers, static names, and slices of the body.

use std::borrow::Cow;
use std::ffi::c_char;
use std::ptr;

use tink_webhooks::{Delivery, EventType, Payload, Scheme, Span, Verification};

use crate::error::Text;
use crate::ffi;
use crate::header::{
    TINK_WEBHOOKS_SCHEME_BODY, TINK_WEBHOOKS_SCHEME_NONE, TINK_WEBHOOKS_SCHEME_V1, TINK_WEBHOOKS_TYPE_UNKNOWN,
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
        Self { ptr: text.as_ptr(), len: text.len() }
    }
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

impl From<&Verification> for VerificationView {
    fn from(verification: &Verification) -> Self {
        let mut view = Self {
            scheme: match verification.scheme {
                Scheme::V1 => TINK_WEBHOOKS_SCHEME_V1,
                Scheme::Body => TINK_WEBHOOKS_SCHEME_BODY,
            },
            secret_index: u32::try_from(verification.secret_index).unwrap_or(u32::MAX),
            signed_at: verification.signed_at.unwrap_or(0),
            ..Self::UNVERIFIED
        };
        if let Some(delivery_id) = verification.delivery_id {
            for (byte, digits) in delivery_id.as_bytes().iter().zip(view.delivery_id.chunks_exact_mut(2)) {
                for (digit, nibble) in digits.iter_mut().zip([byte >> 4, byte & 0xf]) {
                    *digit = c_char::from_ne_bytes([b"0123456789abcdef"[usize::from(nibble)]]);
                }
            }
        }
        view
    }
}

/// An event that borrows its body, or owns it.
pub struct Event<'b> {
    body: Cow<'b, str>,
    payload: Payload,
    /// Name, user id and external user id, where an escape had to be decoded.
    decoded: [Option<Box<str>>; 3],
    timestamp_millis: i64,
    verification: Option<Verification>,
}

/// `tink_webhooks_event`. How long a borrowed body lives is between the caller and the header.
pub(crate) type EventObject = Event<'static>;

impl<'b> Event<'b> {
    pub(crate) fn new(delivery: Delivery<'b>) -> Self {
        let Delivery { text, payload, timestamp_millis, verification, .. } = delivery;
        let texts = [Some(payload.name), payload.user_id, payload.external_user_id];
        let decoded = texts.map(|found| found.filter(|found| found.escaped).map(|found| found.decode(text).into()));
        Self { body: Cow::Borrowed(text), payload, decoded, timestamp_millis, verification }
    }

    pub(crate) fn into_owned(self) -> EventObject {
        let Self { body, payload, decoded, timestamp_millis, verification } = self;
        Event { body: Cow::Owned(body.into_owned()), payload, decoded, timestamp_millis, verification }
    }

    fn to_owned(&self) -> EventObject {
        Event {
            body: Cow::Owned(self.body.as_ref().to_owned()),
            payload: self.payload.clone(),
            decoded: self.decoded.clone(),
            timestamp_millis: self.timestamp_millis,
            verification: self.verification,
        }
    }

    pub(crate) const fn event_type(&self) -> EventType {
        self.payload.event_type
    }

    pub(crate) fn name(&self) -> &str {
        self.text(0, self.payload.name.span)
    }

    /// The decoded text, else what stands in the body.
    fn text(&self, which: usize, span: Span) -> &str {
        self.decoded.get(which).and_then(Option::as_deref).unwrap_or_else(|| span.of(&self.body))
    }

    fn cut(&self, span: Option<Span>) -> Slice {
        span.map_or(Slice::NOTHING, |span| Slice::of(span.of(&self.body)))
    }
}

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
    ffi::guard(ptr::null(), || find().map_or(ptr::null(), type_name))
}

/// Ends an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_free(event: *mut EventObject) {
    // SAFETY: NULL, or an event that the caller owns.
    unsafe { ffi::free(event) };
}

/// A copy that owns its body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_clone(event: *const EventObject) -> *mut EventObject {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, ptr::null_mut(), |event| Box::into_raw(Box::new(event.to_owned()))) }
}

/// The type's number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_type(event: *const EventObject) -> u32 {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, TINK_WEBHOOKS_TYPE_UNKNOWN, |event| event.event_type().number().into()) }
}

/// The type's name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_type_name(event: *const EventObject) -> *const c_char {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, ptr::null(), |event| type_name(event.event_type())) }
}

/// The exact name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_name(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, |event| Slice::of(event.name())) }
}

/// `content` or `data` as JSON text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_data(event: *const EventObject) -> Slice {
    let data = |event: &Event<'_>| event.payload.data.map_or(Slice::of("{}"), |span| event.cut(Some(span)));
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, data) }
}

/// `context` as JSON text, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_context(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, |event| event.cut(event.payload.context)) }
}

/// `userId`, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_user_id(event: *const EventObject) -> Slice {
    let user_id =
        |event: &Event<'_>| event.payload.user_id.map_or(Slice::NOTHING, |found| Slice::of(event.text(1, found.span)));
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, user_id) }
}

/// `externalUserId`, or nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_external_user_id(event: *const EventObject) -> Slice {
    let external_user_id = |event: &Event<'_>| {
        event.payload.external_user_id.map_or(Slice::NOTHING, |found| Slice::of(event.text(2, found.span)))
    };
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, external_user_id) }
}

/// The bytes that were delivered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_raw_body(event: *const EventObject) -> Slice {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, Slice::NOTHING, |event| Slice::of(&event.body)) }
}

/// When it happened, in milliseconds since the epoch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_timestamp(event: *const EventObject) -> i64 {
    // SAFETY: NULL, or a live event.
    unsafe { ffi::ask(event, 0, |event| event.timestamp_millis) }
}

/// What was proven about the delivery, if anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_event_verification(
    event: *const EventObject,
    out: *mut VerificationView,
) -> bool {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        ffi::guard((), || ffi::write(out, VerificationView::UNVERIFIED));
        let tell = |verification: &Verification| ffi::write(out, VerificationView::from(verification));
        ffi::ask(event, false, |event| event.verification.as_ref().map(tell).is_some())
    }
}
