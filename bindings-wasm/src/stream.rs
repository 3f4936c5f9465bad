//! Bodies that arrive in pieces: verified without being kept.

use std::cell::RefCell;

use tink_webhooks::VerificationStream;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::handler::{self, Clock};
use crate::memory;
use crate::slab::Slab;

thread_local! {
    /// In boxes, as what a growing list moves out of is not wiped.
    static STREAMS: RefCell<Slab<Box<VerificationStream>>> = const { RefCell::new(Slab::new()) };
}

/// Begins with the signature. The record has the stream's handle.
pub(crate) fn begin(handle: u32, signature: i32) -> u32 {
    memory::call(|arguments| {
        let signature = arguments.take_if_any(signature)?;
        let stream = handler::with_verifier(handle, |verifier| Ok(Box::new(verifier.begin_verification(signature)?)))?;
        memory::write_numbers([STREAMS.with_borrow_mut(|streams| streams.insert(stream)).into()]);
        Ok(())
    })
}

/// Takes the next piece.
pub(crate) fn update(stream: u32, piece: u32) -> u32 {
    memory::call(|arguments| {
        let piece = arguments.take(piece)?;
        STREAMS.with_borrow_mut(|streams| Ok(streams.get_mut(stream).ok_or(Fault::Misuse)?.update(piece)?))
    })
}

/// Gives the verdict, and releases the stream. With a body, which is what the pieces were, it is also read.
pub(crate) fn finish(stream: u32, body: Option<u32>, now: f64) -> u32 {
    memory::call(|arguments| {
        let body = body.map(|body| arguments.take(body)).transpose()?;
        let time = || Clock::Says(now).read();
        let stream = take(stream)?;
        let answer = match body {
            Some(body) => Answer::from(&stream.finish_delivery(body, time)?),
            None => Answer::from(&stream.finish(time)?),
        };
        memory::write_answer(&answer);
        Ok(())
    })
}

/// Releases a stream that is not finished.
pub(crate) fn release(stream: u32) {
    drop(take(stream));
}

fn take(stream: u32) -> Result<Box<VerificationStream>, Fault> {
    STREAMS.with_borrow_mut(|streams| streams.remove(stream)).ok_or(Fault::Misuse)
}
