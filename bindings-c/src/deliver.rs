//! Handling a delivery: verifying it, making an event, running handlers.

use std::ptr;

use tink_webhooks::Verifier;

use crate::event::EventObject;
use crate::failure::ErrorObject;
use crate::guard::{self, guard, guard_code};
use crate::hooks::{Hooks, verified};
use crate::pointers::{self, Out};
use crate::views::{Slice, VerificationView};

/// An object without a secret, for workers.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_dispatcher_new() -> *mut Hooks {
    guard(ptr::null_mut(), || Box::into_raw(Box::new(Hooks::dispatcher())))
}

/// Frees the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_free(hooks: *mut Hooks) {
    // SAFETY: NULL, or an object that the caller owns and no call uses.
    unsafe { guard::free(hooks) };
}

/// The cap on a body's size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_max_body_bytes(hooks: *const Hooks) -> usize {
    // SAFETY: NULL, or a live object.
    unsafe { guard::ask(hooks, 0, |hooks| hooks.verifier().map_or(0, Verifier::max_body_bytes)) }
}

/// What is likely to be wrong with the secrets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_warning(hooks: *const Hooks, index: usize) -> Slice {
    let warning =
        |hooks: &Hooks| Slice::of_optional(hooks.verifier().ok().and_then(|one| one.warnings().get(index).copied()));
    // SAFETY: NULL, or a live object.
    unsafe { guard::ask(hooks, Slice::NOTHING, warning) }
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
        guard_code(err, || {
            let out = Out::new(out);
            let hooks = pointers::reference(hooks)?;
            let event =
                hooks.construct(pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?)?;
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
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = pointers::reference(hooks)?;
            let event =
                hooks.construct(pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?)?;
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
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = pointers::reference(hooks)?;
            out.give(hooks.construct(pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?)?);
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
            let hooks = pointers::reference(hooks)?;
            let (body, signature) = (pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?);
            Ok(hooks.verifier()?.verify_signature(body, Some(signature), || hooks.now())?)
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
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let event = pointers::reference(hooks)?.parse(pointers::bytes(body, body_len)?)?;
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
        guard_code(err, || {
            let mut out = Out::new(out)?;
            out.give(pointers::reference(hooks)?.parse(pointers::bytes(body, body_len)?)?);
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
    unsafe { guard_code(err, || pointers::reference(hooks)?.dispatch(pointers::reference(event)?)) }
}
