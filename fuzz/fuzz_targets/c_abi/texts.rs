//! Operations on events as text, on events of stored parts, and the object without a secret.

use std::ffi::c_void;
use std::ptr::{null, null_mut};

use tink_webhooks_c as c;

use crate::memory::{Bytes, Verification, bytes_of};
use crate::objects::look_at;
use crate::{Machine, NULL_ARGUMENT, OK};

impl Machine<'_> {
    /// Writes an event's text into buffers of its size and one byte less, and makes the event of it again; seldom with
    /// another byte in it.
    pub fn text(&mut self) {
        let at = self.pick(self.events.len());
        let event = at.map_or(null_mut(), |at| self.events[at].pointer);
        let len = unsafe { c::tink_webhooks_event_serialize(event, null_mut(), 0) };
        assert_eq!(len == 0, event.is_null());
        let (mut text, mut small) = (vec![b'x'; len], vec![b'x'; len.saturating_sub(1)]);
        unsafe {
            assert_eq!(c::tink_webhooks_event_serialize(event, small.as_mut_ptr(), small.len()), len);
            assert_eq!(c::tink_webhooks_event_serialize(event, text.as_mut_ptr(), len), len);
        }
        assert!(small.iter().all(|&byte| byte == b'x'), "a text that does not fit is not written");
        let spoilt = self.seldom() && len > 0;
        if spoilt {
            let index = usize::from(self.byte()) * 7 % len;
            text[index] = self.byte();
        }
        let given = Bytes::new(&text);
        let mut out = std::ptr::dangling_mut();
        let (pointer, length) = (given.ptr(), given.len());
        let code = self.call(|err| unsafe { c::tink_webhooks_event_deserialize(pointer, length, &raw mut out, err) });
        assert_eq!(out.is_null(), code != OK);
        assert!(matches!(code, OK | 201..=208 | 301 | 505));
        assert!(spoilt || (code == OK) != event.is_null());
        drop(given);
        if code == OK {
            let mut again = vec![0; len];
            let body = unsafe {
                let written = c::tink_webhooks_event_serialize(out, again.as_mut_ptr(), len);
                assert!(spoilt || (written == len && again == text));
                bytes_of(c::tink_webhooks_event_raw_body(out)).unwrap_or_default().to_vec()
            };
            unsafe { look_at(out, Some(&body)) };
            self.keep(out, Bytes::new(&body));
        }
    }

    /// Makes an event of another one's parts, and of parts that no event has.
    pub fn restore(&mut self) {
        let at = self.pick(self.events.len());
        // As the structure is aligned.
        let mut stored = Verification::NOTHING;
        let (body, mut time) = match at {
            Some(at) => unsafe {
                let event = self.events[at].pointer;
                c::tink_webhooks_event_verification(event, (&raw mut stored).cast());
                (Bytes::new(&self.events[at].body.0), c::tink_webhooks_event_timestamp(event))
            },
            None => (self.body(), 0),
        };
        let spoilt = self.seldom();
        if spoilt {
            let (index, byte) = (usize::from(self.byte()) % size_of::<Verification>(), self.byte());
            unsafe { (&raw mut stored).cast::<u8>().add(index).write(byte) };
            time = if self.seldom() { i64::MAX } else { time };
        }
        let mut out = std::ptr::dangling_mut();
        let (pointer, length) = (body.ptr(), body.len());
        let code = self.call(|err| unsafe {
            let stored = (&raw const stored).cast();
            c::tink_webhooks_event_restore_borrowed(pointer, length, time, stored, &raw mut out, err)
        });
        assert_eq!(out.is_null(), code != OK);
        assert!(matches!(code, OK | 201..=207 | 301 | 505));
        assert!(spoilt || at.is_none() || code == OK);
        if code == OK {
            self.took(out, body, true);
        }
    }

    /// An object without a secret: it runs handlers, and whatever verifies with it says that there is none.
    pub fn dispatcher(&mut self) {
        extern "C" fn fails(_: *mut c_void, event: *const c::Event<'static>) -> u32 {
            unsafe { look_at(event, None) };
            7
        }
        let (at, body) = (self.pick(self.events.len()), self.body());
        let event = at.map_or(null_mut(), |at| self.events[at].pointer);
        let (b, n) = (body.ptr(), body.len());
        let worker = c::tink_webhooks_dispatcher_new();
        let mut out = std::ptr::dangling_mut();
        assert_eq!(self.call(|err| unsafe { c::tink_webhooks_parse_event(worker, b, n, &raw mut out, err) }), 501);
        assert!(out.is_null());
        assert_eq!(
            self.call(|err| unsafe { c::tink_webhooks_verify_signature(worker, b, n, b, n, null_mut(), err) }),
            501
        );
        let expected = if event.is_null() { NULL_ARGUMENT } else { OK };
        assert_eq!(self.call(|err| unsafe { c::tink_webhooks_dispatch(worker, event, err) }), expected);
        let any = Bytes::new(b"*");
        let (key, len) = (any.ptr(), any.len());
        assert_eq!(
            self.call(|err| unsafe {
                c::tink_webhooks_register_handler(worker, key, len, 0, Some(fails), null_mut(), None, err)
            }),
            OK
        );
        let expected = if event.is_null() { NULL_ARGUMENT } else { 401 };
        assert_eq!(self.call(|err| unsafe { c::tink_webhooks_dispatch(worker, event, err) }), expected);
        unsafe { c::tink_webhooks_free(worker) };
    }

    /// What names the occurrence, if anything does.
    pub fn key(&mut self) {
        let at = self.pick(self.events.len());
        let event = at.map_or(null(), |at| self.events[at].pointer.cast_const());
        let mut key = [b'x'; 34];
        let found = unsafe { c::tink_webhooks_event_idempotency_key(event, key.as_mut_ptr().cast()) };
        assert_eq!((key[32], key[33]), (0, b'x'));
        assert!(key[..32].iter().all(|byte| if found { byte.is_ascii_hexdigit() } else { *byte == 0 }));
        assert_eq!(unsafe { c::tink_webhooks_event_idempotency_key(event, null_mut()) }, found);
    }
}
