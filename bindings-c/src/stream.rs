//! Bodies in pieces: scattered over memory, or arriving one after the other.

use std::mem;
use std::sync::Arc;

use tink_webhooks::{Event, VerificationStream};

use crate::callback::{Callback, ClockFn};
use crate::event::EventObject;
use crate::failure::{ErrorObject, Failure};
use crate::guard::{self, guard_code};
use crate::hooks::{self, Hooks};
use crate::numbers::TINK_WEBHOOKS_ERROR_ALREADY_FINISHED;
use crate::pointers::{self, Out};
use crate::views::{Slice, VerificationView};

/// `tink_webhooks_stream`
pub struct Stream {
    state: State,
    clock: Option<Arc<Callback<ClockFn>>>,
}

#[expect(clippy::large_enum_variant, reason = "one per stream, which lies behind the caller's pointer")]
enum State {
    Open(VerificationStream),
    /// The code of the first update that failed. A piece is missing, so nothing can be proven any more.
    Failed(u32),
    Finished,
}

impl State {
    fn update(&mut self, piece: Result<&[u8], Failure>) -> Result<(), Failure> {
        match mem::replace(self, Self::Failed(Failure::PANIC.code())) {
            Self::Open(mut verification) => {
                let updated = piece.and_then(|piece| Ok(verification.update(piece)?));
                *self = match &updated {
                    Ok(()) => Self::Open(verification),
                    Err(failure) => Self::Failed(failure.code()),
                };
                updated
            }
            spent => {
                let failure = spent.failure();
                *self = spent;
                Err(failure)
            }
        }
    }

    fn finish(&mut self) -> Result<VerificationStream, Failure> {
        match mem::replace(self, Self::Finished) {
            Self::Open(verification) => Ok(verification),
            spent => Err(spent.failure()),
        }
    }

    /// Why it takes no more pieces.
    const fn failure(&self) -> Failure {
        match self {
            Self::Failed(code) => Failure::Call(*code),
            Self::Open(_) | Self::Finished => Failure::Call(TINK_WEBHOOKS_ERROR_ALREADY_FINISHED),
        }
    }
}

/// Begins the verification of a body that arrives in pieces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_stream_begin(
    hooks: *const Hooks,
    signature: *const u8,
    signature_len: usize,
    out: *mut *mut Stream,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; the stream borrows nothing.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = pointers::reference(hooks)?;
            let verification =
                hooks.verifier()?.begin_verification(Some(pointers::bytes(signature, signature_len)?))?;
            out.give(Stream { state: State::Open(verification), clock: hooks.clock().cloned() });
            Ok(())
        })
    }
}

/// Takes the next piece.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_stream_update(
    stream: *mut Stream,
    piece: *const u8,
    piece_len: usize,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; no other call uses the stream meanwhile.
    unsafe { guard_code(err, || pointers::exclusive(stream)?.state.update(pointers::bytes(piece, piece_len))) }
}

/// Checks the signature over all pieces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_stream_finish(
    stream: *mut Stream,
    out: *mut VerificationView,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; no other call uses the stream meanwhile.
    unsafe {
        hooks::verified(out, err, || {
            let stream = pointers::exclusive(stream)?;
            Ok(stream.state.finish()?.finish(|| hooks::now(stream.clock.as_deref()))?)
        })
    }
}

/// Checks the signature over all pieces, and reads the body that they were; the event has a copy of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_stream_finish_event(
    stream: *mut Stream,
    body: *const u8,
    body_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says; no other call uses the stream meanwhile; the event has its own
    // copy of the body.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let stream = pointers::exclusive(stream)?;
            let body = pointers::bytes(body, body_len)?;
            let delivery = stream.state.finish()?.finish_delivery(body, || hooks::now(stream.clock.as_deref()))?;
            out.give(Event::from(delivery).into_owned());
            Ok(())
        })
    }
}

/// Frees a stream, finished or not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_stream_free(stream: *mut Stream) {
    // SAFETY: NULL, or a stream that the caller owns.
    unsafe { guard::free_wiped(stream) };
}

/// Checks the signature of a body that lies in pieces.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_verify_signature_scattered(
    hooks: *const Hooks,
    pieces: *const Slice,
    count: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut VerificationView,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says, and so is each piece.
    unsafe {
        hooks::verified(out, err, || {
            let hooks = pointers::reference(hooks)?;
            let slices = scattered(pieces, count)?;
            let signature = pointers::bytes(signature, signature_len)?;
            Ok(hooks.verifier()?.verify_signature_scattered(&slices, Some(signature), || hooks.now())?)
        })
    }
}

/// Verifies a delivery whose body lies in pieces, and reads it; the event has a joined copy of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_construct_event_scattered(
    hooks: *const Hooks,
    pieces: *const Slice,
    count: usize,
    signature: *const u8,
    signature_len: usize,
    out: *mut *mut EventObject,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says, and so is each piece.
    unsafe {
        guard_code(err, || {
            let mut out = Out::new(out)?;
            let hooks = pointers::reference(hooks)?;
            let slices = scattered(pieces, count)?;
            let signature = pointers::bytes(signature, signature_len)?;
            out.give(hooks.verifier()?.construct_scattered(&slices, Some(signature), || hooks.now())?);
            Ok(())
        })
    }
}

/// The pieces of a body.
///
/// # Safety
/// As [`pointers::array`], and as [`pointers::bytes`] for each piece.
unsafe fn scattered<'a>(pieces: *const Slice, count: usize) -> Result<Vec<&'a [u8]>, Failure> {
    // SAFETY: as the caller says.
    let pieces = unsafe { pointers::array(pieces, count) }?;
    // One allocation; collecting results would take several.
    let mut slices = Vec::with_capacity(pieces.len());
    for piece in pieces {
        // SAFETY: as the caller says.
        slices.push(unsafe { pointers::bytes(piece.ptr, piece.len) }?);
    }
    Ok(slices)
}
