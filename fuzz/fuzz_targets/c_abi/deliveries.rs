//! Operations on deliveries and on the events made from them.

use std::ptr::{null, null_mut};

use tink_webhooks_c as c;

use crate::callbacks::{RUNNING, Running};
use crate::memory::{Bytes, bytes_of};
use crate::objects::{Event, look_at};
use crate::values::look_up;
use crate::{KEPT, Machine, NULL_ARGUMENT, OK, POINTERS};

impl Machine<'_> {
    /// Verifies, constructs or handles a delivery.
    pub fn deliver(&mut self) {
        let (at, kind, mut body) = (self.pick(self.hooks.len()), self.byte() % 4, self.body());
        let header = self.header(&body, at);
        let hooks = self.hooks(at);
        let verdict = at.map_or(Err(NULL_ARGUMENT), |at| self.hooks[at].receiver.verdict(&body.0, &header.0));
        let clock_is_bad = at.is_some_and(|at| self.hooks[at].receiver.clock_is_bad());
        let (b, n, s, m) = (body.ptr(), body.len(), header.ptr(), header.len());
        if kind == 0 {
            return self.verify(&verdict, |out, err| unsafe {
                c::tink_webhooks_verify_signature(hooks, b, n, s, m, out, err)
            });
        }
        RUNNING.with_borrow_mut(|running| running.hooks = hooks);
        let mut event = std::ptr::dangling_mut();
        let out = if self.byte() % 8 == 7 { null_mut() } else { &raw mut event };
        let code = self.call(|err| unsafe {
            match kind {
                1 => c::tink_webhooks_construct_event(hooks, b, n, s, m, out, err),
                2 => c::tink_webhooks_construct_event_borrowed(hooks, b, n, s, m, out, err),
                _ => c::tink_webhooks_handle_webhook(hooks, b, n, s, m, out, err),
            }
        });
        let ran = self.keep_clones();
        if out.is_null() && kind != 3 {
            assert_eq!(code, NULL_ARGUMENT);
            return;
        }
        assert!(out.is_null() || event.is_null() == (code != OK));
        if let Err(expected) = verdict {
            assert_eq!((code, ran), (expected, 0), "no handler runs unless the signature is valid");
        } else {
            let allowed =
                matches!(code, OK | 201..=207 | 301) || (code == 505 && clock_is_bad) || (code == 401 && kind == 3);
            assert!(allowed, "{code}");
            assert!(ran == 0 || matches!(code, OK | 401));
        }
        if code == OK && !out.is_null() {
            self.took(event, body, kind == 2);
        } else {
            body.0.fill(0);
        }
    }

    pub fn took(&mut self, event: *mut c::Event<'static>, mut body: Bytes, borrowed: bool) {
        let same = unsafe { bytes_of(c::tink_webhooks_event_raw_body(event)) }.map(<[u8]>::as_ptr) == Some(body.ptr());
        assert_eq!(same, borrowed);
        if !borrowed {
            // The library has a copy: ours may change and be freed.
            let copy = Bytes::new(&body.0);
            body.0.fill(b'x');
            body = copy;
        }
        unsafe { look_at(event, Some(&body.0)) };
        self.keep(event, body);
    }

    pub fn parse(&mut self) {
        let (at, borrowed, body) = (self.pick(self.hooks.len()), self.byte() % 2 == 1, self.body());
        let (hooks, mut event) = (self.hooks(at), std::ptr::dangling_mut());
        let (b, n) = (body.ptr(), body.len());
        let code = self.call(|err| unsafe {
            if borrowed {
                c::tink_webhooks_parse_event_borrowed(hooks, b, n, &raw mut event, err)
            } else {
                c::tink_webhooks_parse_event(hooks, b, n, &raw mut event, err)
            }
        });
        assert_eq!(event.is_null(), code != OK);
        assert!(matches!(code, OK | 201..=208 | 301 | 505) || (hooks.is_null() && code == NULL_ARGUMENT));
        if code == OK {
            assert!(!unsafe { c::tink_webhooks_event_verification(event, null_mut()) });
            self.took(event, body, borrowed);
        }
    }

    pub fn dispatch(&mut self) {
        let (at, event) = (self.pick(self.hooks.len()), self.pick(self.events.len()));
        let (hooks, event) = (self.hooks(at), event.map_or(null_mut(), |event| self.events[event].pointer));
        RUNNING.with_borrow_mut(|running| running.hooks = hooks);
        let code = self.call(|err| unsafe { c::tink_webhooks_dispatch(hooks, event, err) });
        let ran = self.keep_clones();
        let missing = hooks.is_null() || event.is_null();
        assert_eq!(code == NULL_ARGUMENT, missing);
        assert!(missing || code == OK || code == 401);
        assert!(ran == 0 || !missing);
    }

    pub fn keep(&mut self, pointer: *mut c::Event<'static>, body: Bytes) {
        self.events.push(Event { pointer, body });
        if self.events.len() > KEPT {
            let event = self.events.remove(0);
            unsafe { c::tink_webhooks_event_free(event.pointer) };
        }
    }

    /// Keeps the events that handlers have cloned. Gives how many handlers ran.
    pub fn keep_clones(&mut self) -> usize {
        let Running { ran, clones, .. } = RUNNING.replace(Running::NOTHING);
        for clone in clones {
            let body = unsafe { bytes_of(c::tink_webhooks_event_raw_body(clone)) }.unwrap_or_default();
            self.keep(clone, Bytes::new(body));
        }
        ran
    }

    pub fn look_at_event(&mut self) {
        if let Some(at) = self.pick(self.events.len()) {
            let event = &self.events[at];
            let copy = Bytes::new(&event.body.0);
            let clone = unsafe {
                look_at(event.pointer, Some(&event.body.0));
                c::tink_webhooks_event_clone(event.pointer)
            };
            let pointer = self.of(&POINTERS);
            unsafe {
                look_at(clone, Some(&copy.0));
                look_up(clone, &pointer);
            }
            self.keep(clone, copy);
        } else {
            unsafe {
                look_at(null(), None);
                look_up(null(), &Bytes::new(b"/a"));
                assert!(c::tink_webhooks_event_clone(null()).is_null());
            }
        }
    }
}
