//! Operations on the registered handlers of a handle.

use std::ffi::c_void;
use std::ptr::null_mut;

use tink_webhooks_c as c;

use crate::callbacks::{ALIVE, Data, destroy, handler, new_data, other_handler, register_new};
use crate::memory::bytes_of;
use crate::{ALLOW_UNKNOWN, INVALID_ARGUMENT, KEYS, Machine, NULL_ARGUMENT, OK};

impl Machine<'_> {
    pub fn register(&mut self) {
        let (at, key, kind) = (self.pick(self.hooks.len()), self.of(&KEYS), self.byte());
        let hooks = self.hooks(at);
        for warning in unsafe {
            [
                c::tink_webhooks_warning(hooks, usize::from(kind)),
                c::tink_webhooks_event_type_warning(key.ptr(), key.len()),
            ]
        } {
            assert!(bytes_of(warning).is_none_or(|text| std::str::from_utf8(text).is_ok()));
        }
        let flags = u32::from(kind / 8 % 3);
        match kind % 8 {
            // Numbers, which may be registered twice, by two functions.
            0..=2 => {
                let user_data = usize::from(self.byte() % 8) as *mut c_void;
                let function = if kind % 8 == 2 { other_handler as _ } else { handler as _ };
                let code = self.call(|err| unsafe {
                    let (key, length) = (key.ptr(), key.len());
                    c::tink_webhooks_register_handler(hooks, key, length, flags, Some(function), user_data, None, err)
                });
                assert!(flags < 2 || code == if hooks.is_null() { NULL_ARGUMENT } else { INVALID_ARGUMENT });
            }
            3 => {
                let code = self.call(|err| unsafe {
                    c::tink_webhooks_register_handler(hooks, key.ptr(), key.len(), flags, None, null_mut(), None, err)
                });
                assert_eq!(code, NULL_ARGUMENT);
            }
            // A handler that is registered again under its key is not taken over again, whatever `destroy` is passed
            // with it.
            4 if !hooks.is_null() => unsafe {
                let mut listing = null_mut();
                assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut listing, null_mut()), OK);
                let count = c::tink_webhooks_handlers_count(listing);
                let (mut name, mut function, mut user_data) = (std::mem::zeroed(), None, null_mut());
                let index = usize::from(self.byte());
                let out = (&raw mut name, &raw mut function, &raw mut user_data);
                if c::tink_webhooks_handlers_get(listing, index, out.0, out.1, out.2) == OK {
                    let key = bytes_of(name).expect("a key is never empty");
                    let again = Some(destroy as _);
                    let code = c::tink_webhooks_register_handler(
                        hooks,
                        key.as_ptr(),
                        key.len(),
                        ALLOW_UNKNOWN,
                        function,
                        user_data,
                        again,
                        null_mut(),
                    );
                    assert_eq!(code, OK);
                    let mut now = null_mut();
                    assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut now, null_mut()), OK);
                    assert_eq!(c::tink_webhooks_handlers_count(now), count);
                    c::tink_webhooks_handlers_free(now);
                } else {
                    assert!(index >= count);
                }
                c::tink_webhooks_handlers_free(listing);
            },
            _ => {
                let (returns, action) = (self.byte(), self.byte());
                let data = new_data(u32::from(returns / 128), action, 0);
                self.call(|err| unsafe { register_new(hooks, &key.0, flags, data, err) });
            }
        }
    }

    pub fn unregister_all(&mut self) {
        let (at, key, counted) = (self.pick(self.hooks.len()), self.of(&KEYS), self.seldom());
        let (hooks, mut removed) = (self.hooks(at), 7);
        let out = if counted { null_mut() } else { &raw mut removed };
        let code =
            self.call(|err| unsafe { c::tink_webhooks_unregister_handlers(hooks, key.ptr(), key.len(), out, err) });
        assert!(code == OK || code == if hooks.is_null() { NULL_ARGUMENT } else { 504 });
    }

    pub fn unregister(&mut self) {
        let (at, key, number) = (self.pick(self.hooks.len()), self.of(&KEYS), self.byte() % 8);
        let (hooks, mut removed) = (self.hooks(at), 7);
        let user_data = usize::from(number) as *mut c_void;
        let code = self.call(|err| unsafe {
            let function = Some(handler as _);
            c::tink_webhooks_unregister_handler(hooks, key.ptr(), key.len(), function, user_data, &raw mut removed, err)
        });
        assert!(code != OK || removed <= 1);
    }

    pub fn matching(&mut self) {
        let (at, name) = (self.pick(self.hooks.len()), self.of(&KEYS));
        let hooks = self.hooks(at);
        let mut room = vec![std::ptr::dangling_mut::<c_void>(); usize::from(self.byte() % 8)].into_boxed_slice();
        let mut count = usize::MAX;
        let out = if room.is_empty() { null_mut() } else { room.as_mut_ptr() };
        let code = unsafe {
            c::tink_webhooks_matching_handlers(hooks, name.ptr(), name.len(), out, room.len(), &raw mut count)
        };
        if std::str::from_utf8(&name.0).is_err() {
            assert_eq!(code, INVALID_ARGUMENT);
        } else {
            assert_eq!(code, if hooks.is_null() { NULL_ARGUMENT } else { OK });
        }
        assert_eq!(count == usize::MAX, code != OK);
        for user_data in room.iter().take(if code == OK { count } else { 0 }) {
            let own = *user_data as usize >= 16;
            assert!(!own || unsafe { (*user_data.cast::<Data>()).magic } == ALIVE);
        }
    }

    pub fn list(&mut self) {
        let at = self.pick(self.hooks.len());
        let (hooks, mut listing) = (self.hooks(at), null_mut());
        let code = self.call(|err| unsafe { c::tink_webhooks_get_handlers(hooks, &raw mut listing, err) });
        assert_eq!(code, if hooks.is_null() { NULL_ARGUMENT } else { OK });
        if code == OK {
            self.listings.push(listing);
        }
    }

    pub fn look_into_listing(&mut self) {
        let at = self.pick(self.listings.len());
        let listing = at.map_or(null_mut(), |at| self.listings[at]);
        let index = usize::from(self.byte());
        unsafe { self.look_at_listing(listing, index) };
    }

    unsafe fn look_at_listing(&mut self, listing: *const c::Listing, index: usize) {
        unsafe {
            let count = c::tink_webhooks_handlers_count(listing);
            let (mut name, mut function, mut user_data) = (std::mem::zeroed(), None, null_mut());
            let out = (&raw mut name, &raw mut function, &raw mut user_data);
            let code = c::tink_webhooks_handlers_get(listing, index, out.0, out.1, out.2);
            let same = c::tink_webhooks_handlers_get(listing, index, null_mut(), null_mut(), null_mut());
            assert_eq!(code, same);
            let expected = if index < count { OK } else { INVALID_ARGUMENT };
            assert_eq!(code, if listing.is_null() { NULL_ARGUMENT } else { expected });
            assert_eq!(function.is_some(), code == OK);
            if code == OK {
                assert!(bytes_of(name).is_some_and(|name| std::str::from_utf8(name).is_ok()));
                assert!((user_data as usize) < 16 || (*user_data.cast::<Data>()).magic == ALIVE);
            }
        }
    }
}
