//! From a delivery to a verdict, an event, and handlers that ran.

use std::sync::Arc;

use tink_webhooks::{Error, Registry, Verification, Verifier, clock};

use crate::callback::{Callback, ClockFn, HandlerFn};
use crate::error::{ErrorObject, Failure};
use crate::event::{Event, EventObject, VerificationView};
use crate::ffi::{self, Out};

/// `tink_webhooks`
pub struct Hooks {
    verifier: Verifier,
    registry: Registry<Callback<HandlerFn>>,
    /// Shared with the streams that were begun with it.
    clock: Option<Arc<Callback<ClockFn>>>,
}

impl Hooks {
    pub(crate) fn new(verifier: Verifier, clock: Option<Callback<ClockFn>>) -> Self {
        Self { verifier, registry: Registry::new(), clock: clock.map(Arc::new) }
    }

    pub(crate) const fn registry(&self) -> &Registry<Callback<HandlerFn>> {
        &self.registry
    }

    pub(crate) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    pub(crate) const fn clock(&self) -> Option<&Arc<Callback<ClockFn>>> {
        self.clock.as_ref()
    }

    pub(crate) fn now(&self) -> Result<i64, Error> {
        now(self.clock.as_deref())
    }

    fn construct<'b>(&self, body: &'b [u8], signature: &[u8]) -> Result<Event<'b>, Failure> {
        Ok(Event::new(self.verifier.construct(body, Some(signature), || self.now())?))
    }

    fn parse<'b>(&self, body: &'b [u8]) -> Result<Event<'b>, Failure> {
        Ok(Event::new(self.verifier.parse(body, || self.now())?))
    }

    fn dispatch(&self, event: &Event<'_>) -> Result<(), Failure> {
        let (event_type, name) = (event.event_type(), event.name());
        let handlers = self.registry.snapshot();
        let failures = handlers.matching(event_type, name).map(|handler| handler.run(event)).filter(|&code| code != 0);
        match failures.fold((0, 0), |(count, first), code| (count + 1, if count == 0 { code } else { first })) {
            (0, _) => Ok(()),
            (count, first) => Err(Failure::Handlers(count, first)),
        }
    }
}

/// By the caller's clock, or the system's.
pub(crate) fn now(clock: Option<&Callback<ClockFn>>) -> Result<i64, Error> {
    clock.map_or_else(clock::now, Callback::now)
}

/// Ends the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_free(hooks: *mut Hooks) {
    // SAFETY: NULL, or an object that the caller owns and no call uses.
    unsafe { ffi::free(hooks) };
}

/// The cap on a body's size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_max_body_bytes(hooks: *const Hooks) -> usize {
    // SAFETY: NULL, or a live object.
    unsafe { ffi::ask(hooks, 0, |hooks| hooks.verifier.max_body_bytes()) }
}

/// Verifies a delivery, reads it, and runs its handlers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_handle_webhook(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the event does not outlive the call.
    unsafe {
        ffi::guard_code(err, || {
            let out = Out::new(out);
            let hooks = ffi::reference(hooks)?;
            let event = hooks.construct(ffi::bytes(body, body_len)?, ffi::bytes(signature, signature_len)?)?;
            hooks.dispatch(&event)?;
            if let Ok(mut out) = out {
                out.give(event.into_owned());
            }
            Ok(())
        })
    }
}

/// Verifies a delivery and reads it; the event has a copy of the body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_construct_event(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; what outlives the call has its own copy of the body.
    unsafe {
        ffi::guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = ffi::reference(hooks)?;
            let event = hooks.construct(ffi::bytes(body, body_len)?, ffi::bytes(signature, signature_len)?)?;
            out.give(event.into_owned());
            Ok(())
        })
    }
}

/// Verifies a delivery and reads it; the event borrows the body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_construct_event_borrowed(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the caller keeps the body until the event is freed.
    unsafe {
        ffi::guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = ffi::reference(hooks)?;
            out.give(hooks.construct(ffi::bytes(body, body_len)?, ffi::bytes(signature, signature_len)?)?);
            Ok(())
        })
    }
}

/// Runs `verify` for its verdict: until that is given, and if it is a refusal, `out` reads as unverified.
///
/// # Safety
/// `out` and `err` are each NULL, or valid as the header says.
pub(crate) unsafe fn verified(
    out: *mut VerificationView,
    err: *mut *mut ErrorObject,
    verify: impl FnOnce() -> Result<Verification, Failure>,
) -> u32 {
    // SAFETY: as the caller says.
    unsafe {
        ffi::guard_code(err, || {
            ffi::write(out, VerificationView::UNVERIFIED);
            ffi::write(out, VerificationView::from(&verify()?));
            Ok(())
        })
    }
}

/// Checks a signature only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_verify_signature(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut VerificationView,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        verified(out, err, || {
            let hooks = ffi::reference(hooks)?;
            let (body, signature) = (ffi::bytes(body, body_len)?, ffi::bytes(signature, signature_len)?);
            Ok(hooks.verifier.verify_signature(body, Some(signature), || hooks.now())?)
        })
    }
}

/// Reads a body without checking any signature; the event has a copy of the body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_parse_event(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; what outlives the call has its own copy of the body.
    unsafe {
        ffi::guard_code(err, || {
            let mut out = Out::new(out)?;
            let event = ffi::reference(hooks)?.parse(ffi::bytes(body, body_len)?)?;
            out.give(event.into_owned());
            Ok(())
        })
    }
}

/// Reads a body without checking any signature; the event borrows the body.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_parse_event_borrowed(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the caller keeps the body until the event is freed.
    unsafe {
        ffi::guard_code(err, || {
            let mut out = Out::new(out)?;
            out.give(ffi::reference(hooks)?.parse(ffi::bytes(body, body_len)?)?);
            Ok(())
        })
    }
}

/// Runs the handlers of an event made earlier.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_dispatch(
    hooks: *const Hooks,
    event: *const EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe { ffi::guard_code(err, || ffi::reference(hooks)?.dispatch(ffi::reference(event)?)) }
}
