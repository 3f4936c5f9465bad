//! Operations on bodies in pieces. However a body is cut, the verdict is that on the whole body.

use std::ptr::{dangling, dangling_mut, null, null_mut};

use models::signature::{self, Verified, claim};
use tink_webhooks::Scheme;
use tink_webhooks_c as c;

use crate::memory::{Bytes, Slice, Verification};
use crate::objects::{Receiver, look_at};
use crate::{ALREADY_FINISHED, INVALID_ARGUMENT, KEPT, Machine, NULL_ARGUMENT, OK};

const BODY_TOO_LARGE: u32 = 208;

pub struct Stream {
    pub pointer: *mut c::Stream,
    /// The options when the stream was begun. The handle may have been freed since.
    receiver: Receiver,
    header: Vec<u8>,
    /// The part of the body that was not passed yet.
    rest: Vec<u8>,
    received: Vec<u8>,
    /// What the first update that failed returned.
    failed: Option<u32>,
    finished: bool,
}

impl Stream {
    /// The code of an update with this piece, or with one that has this code.
    fn take(&mut self, piece: Result<&[u8], u32>) -> u32 {
        if self.finished {
            return ALREADY_FINISHED;
        }
        if let Some(code) = self.failed {
            return code;
        }
        self.received.extend_from_slice(piece.unwrap_or_default());
        let too_large = self.received.len() > self.receiver.options.max_body_bytes;
        self.failed = piece.err().or(too_large.then_some(BODY_TOO_LARGE));
        self.failed.unwrap_or(OK)
    }

    fn verdict(&mut self) -> Result<Verified, u32> {
        if std::mem::replace(&mut self.finished, true) {
            return Err(ALREADY_FINISHED);
        }
        self.failed.map_or_else(|| self.receiver.verdict(&self.received, &self.header), Err)
    }
}

impl Machine<'_> {
    /// Makes a call that verifies, with or without an output, and checks code and output against the verdict.
    pub fn verify(
        &mut self,
        verdict: &Result<Verified, u32>,
        call: impl FnOnce(*mut c::VerificationView, *mut *mut c::ErrorObject) -> u32,
    ) {
        let mut verification = [0xAA_u8; size_of::<Verification>()];
        let out = if self.byte() % 16 == 15 { null_mut() } else { verification.as_mut_ptr().cast() };
        let code = self.call(|err| call(out, err));
        assert_eq!(code, verdict.as_ref().err().copied().unwrap_or(OK));
        if out.is_null() {
            return;
        }
        let Ok((scheme, t, index, mac)) = verdict else {
            assert_eq!(
                verification,
                [0; size_of::<Verification>()],
                "a failed call leaves nothing that looks like a verification"
            );
            return;
        };
        let verification: Verification = unsafe { std::mem::transmute(verification) };
        let id = if *scheme == Scheme::V1 { signature::hex(&mac[..16]) } else { String::new() };
        let mut padded = [0; 33];
        padded[..id.len()].copy_from_slice(id.as_bytes());
        assert_eq!(verification.scheme, if *scheme == Scheme::V1 { 1 } else { 2 });
        assert_eq!((verification.secret_index as usize, verification.signed_at.cast_unsigned()), (*index, *t));
        assert_eq!((verification.delivery_id, verification.reserved), (padded, [0; 7]));
    }

    pub fn begin(&mut self) {
        let (at, body) = (self.pick(self.hooks.len()), self.body());
        let mut header = self.header(&body, at);
        let (hooks, mut pointer) = (self.hooks(at), dangling_mut());
        let out = if self.byte() % 16 == 15 { null_mut() } else { &raw mut pointer };
        let (s, m) = (header.ptr(), header.len());
        let code = self.call(|err| unsafe { c::tink_webhooks_stream_begin(hooks, s, m, out, err) });
        let Some(receiver) = at.map(|at| self.hooks[at].receiver.clone()).filter(|_| !out.is_null()) else {
            assert_eq!(code, NULL_ARGUMENT);
            assert!(out.is_null() || pointer.is_null());
            return;
        };
        let expected = claim(&receiver.options, &header.0).err().map_or(OK, |reason| reason.code());
        assert_eq!(code, expected, "the header is checked at once, before the body");
        assert_eq!(pointer.is_null(), code != OK);
        if code == OK {
            let (header, rest) = (header.0.to_vec(), body.0.to_vec());
            let (received, failed, finished) = (Vec::new(), None, false);
            self.streams.push(Stream { pointer, receiver, header, rest, received, failed, finished });
            if self.streams.len() > KEPT {
                unsafe { c::tink_webhooks_stream_free(self.streams.remove(0).pointer) };
            }
        }
        header.0.fill(0);
    }

    pub fn update(&mut self) {
        let (at, kind) = (self.pick(self.streams.len()), self.byte() % 16);
        let mut piece = match (kind, at) {
            // What comes next, up to all of it.
            (0..=9, Some(at)) => {
                let length = usize::from(self.byte());
                let rest = &mut self.streams[at].rest;
                let length = if length >= 128 { rest.len() } else { length.min(rest.len()) };
                Bytes::new(&rest.drain(..length).collect::<Vec<_>>())
            }
            // Bytes that the header does not sign.
            (10, _) => Bytes::new(&self.raw()),
            (11, _) => self.body(),
            _ => Bytes::new(b""),
        };
        let (ptr, length, wrong) = match kind {
            12 => (dangling(), 0, None),
            13 => (null(), 1 + usize::from(self.byte()), Some(NULL_ARGUMENT)),
            14 => (dangling(), usize::MAX, Some(INVALID_ARGUMENT)),
            _ => (piece.ptr(), piece.len(), None),
        };
        let expected = match at {
            Some(at) => self.streams[at].take(wrong.map_or(Ok(&piece.0), Err)),
            None => NULL_ARGUMENT,
        };
        let stream = at.map_or(null_mut(), |at| self.streams[at].pointer);
        let code = self.call(|err| unsafe { c::tink_webhooks_stream_update(stream, ptr, length, err) });
        assert_eq!(code, expected);
        piece.0.fill(0);
    }

    pub fn finish(&mut self) {
        let at = self.pick(self.streams.len());
        let verdict = at.map_or(Err(NULL_ARGUMENT), |at| self.streams[at].verdict());
        let stream = at.map_or(null_mut(), |at| self.streams[at].pointer);
        let received = at.map_or(Vec::new(), |at| self.streams[at].received.clone());
        if received.len() % 2 == 1 {
            self.finish_event(stream, &received, verdict.err());
            return;
        }
        self.verify(&verdict, |out, err| unsafe { c::tink_webhooks_stream_finish(stream, out, err) });
    }

    /// The same with the event of what was received, which is read if it is authentic.
    fn finish_event(&mut self, stream: *mut c::Stream, received: &[u8], refused: Option<u32>) {
        let (body, mut event) = (Bytes::new(received), null_mut());
        let code = self.call(|err| unsafe {
            c::tink_webhooks_stream_finish_event(stream, body.ptr(), body.len(), &raw mut event, err)
        });
        match refused {
            Some(refused) => assert_eq!(code, refused),
            None => assert!(matches!(code, OK | 201..=208 | 301 | 505), "{code}"),
        }
        assert_eq!(event.is_null(), code != OK);
        if code == OK {
            unsafe {
                assert!(c::tink_webhooks_event_verification(event, null_mut()));
                look_at(event, Some(received));
                c::tink_webhooks_event_free(event);
            }
        }
    }

    pub fn scattered(&mut self) {
        let (at, body) = (self.pick(self.hooks.len()), self.body());
        let (hooks, header) = (self.hooks(at), self.header(&body, at));
        let mut verdict = at.map_or(Err(NULL_ARGUMENT), |at| self.hooks[at].receiver.verdict(&body.0, &header.0));
        let (mut pieces, mut rest) = (Vec::new(), &body.0[..]);
        for _ in 0..self.byte() % 8 {
            let length = usize::from(self.byte()).min(rest.len());
            pieces.push(Bytes::new(&rest[..length]));
            rest = &rest[length..];
        }
        if !rest.is_empty() {
            pieces.push(Bytes::new(rest));
        }
        let mut slices: Vec<_> = pieces.iter().map(|piece| Slice { ptr: piece.ptr(), len: piece.len() }).collect();
        let wrong = match self.byte() {
            248.. => Some((null(), 1, NULL_ARGUMENT)),
            240..248 => Some((dangling(), usize::MAX, INVALID_ARGUMENT)),
            232..240 => Some((dangling(), 0, OK)),
            _ => None,
        };
        if let Some((ptr, len, code)) = wrong {
            slices.insert(usize::from(self.byte()) % (slices.len() + 1), Slice { ptr, len });
            if at.is_some() && code != OK {
                verdict = Err(code);
            }
        }
        let slices = slices.into_boxed_slice();
        let (mut list, mut count) = (slices.as_ptr(), slices.len());
        match self.byte() {
            // Without slices the pointer is not looked at.
            _ if count == 0 => list = if self.seldom() { null() } else { dangling() },
            255 => (list, verdict) = (null(), Err(NULL_ARGUMENT)),
            254 => (count, verdict) = (usize::MAX, Err(if at.is_some() { INVALID_ARGUMENT } else { NULL_ARGUMENT })),
            _ => {}
        }
        let (s, m) = (header.ptr(), header.len());
        self.verify(&verdict, |out, err| unsafe {
            c::tink_webhooks_verify_signature_scattered(hooks, list.cast(), count, s, m, out, err)
        });
        let mut event = dangling_mut();
        let code = self.call(|err| unsafe {
            c::tink_webhooks_construct_event_scattered(hooks, list.cast(), count, s, m, &raw mut event, err)
        });
        assert_eq!(event.is_null(), code != OK);
        match verdict {
            Err(expected) => assert_eq!(code, expected, "no event without a proof"),
            // The payload, and a clock that is asked only now.
            Ok(_) => assert!(matches!(code, OK | 201..=207 | 301 | 505), "{code}"),
        }
        unsafe { c::tink_webhooks_event_free(event) };
    }
}
