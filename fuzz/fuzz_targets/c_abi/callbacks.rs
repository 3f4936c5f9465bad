//! Handlers and clocks, and their `user_data`.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr::null_mut;

use tink_webhooks_c as c;

use crate::memory::Bytes;
use crate::objects::look_at;
use crate::{ALLOW_UNKNOWN, KEYS, OK};

/// `user_data` of a handler or a clock.
pub struct Data {
    pub magic: u64,
    pub returns: u32,
    pub action: u8,
    pub millis: i64,
}

pub const ALIVE: u64 = 0x0A11_7E5A_11FE_0BEE;

thread_local! {
    /// How many `user_data` the library has taken over, and how many it has destroyed.
    pub static TAKEN: Cell<usize> = const { Cell::new(0) };
    pub static DESTROYED: Cell<usize> = const { Cell::new(0) };
    pub static RUNNING: RefCell<Running> = const { RefCell::new(Running::NOTHING) };
}

/// The dispatch that is running, and what its handlers have done.
pub struct Running {
    pub hooks: *mut c::Hooks,
    pub depth: u32,
    pub ran: usize,
    pub clones: Vec<*mut c::Event<'static>>,
}

impl Running {
    pub const NOTHING: Self = Self { hooks: null_mut(), depth: 0, ran: 0, clones: Vec::new() };
}

pub fn new_data(returns: u32, action: u8, millis: i64) -> *mut c_void {
    Box::into_raw(Box::new(Data { magic: ALIVE, returns, action, millis })).cast()
}

pub unsafe extern "C" fn destroy(user_data: *mut c_void) {
    let data = unsafe { Box::from_raw(user_data.cast::<Data>()) };
    assert_eq!(data.magic, ALIVE);
    DESTROYED.set(DESTROYED.get() + 1);
}

pub unsafe extern "C" fn clock(user_data: *mut c_void) -> i64 {
    let data = unsafe { &*user_data.cast::<Data>() };
    assert_eq!(data.magic, ALIVE);
    data.millis
}

pub unsafe extern "C" fn other_handler(user_data: *mut c_void, event: *const c::Event<'static>) -> u32 {
    unsafe { handler(user_data, event) + 1 }
}

pub unsafe extern "C" fn handler(user_data: *mut c_void, event: *const c::Event<'static>) -> u32 {
    unsafe { look_at(event, None) };
    let (hooks, enough) = RUNNING.with_borrow_mut(|running| {
        running.ran += 1;
        (running.hooks, running.depth >= 3 || running.ran > 100)
    });
    // A number in place of a pointer: a handler without an allocation.
    if (user_data as usize) < 16 {
        return u32::from(user_data as usize == 1);
    }
    unsafe {
        let data = user_data.cast::<Data>();
        assert_eq!((*data).magic, ALIVE);
        let key = KEYS[usize::from((*data).action % 16) % KEYS.len()];
        match (*data).action / 16 {
            1 => {
                c::tink_webhooks_unregister_handlers(hooks, key.as_ptr(), key.len(), null_mut(), null_mut());
            }
            2 if !enough => {
                register_new(hooks, key, ALLOW_UNKNOWN, new_data(0, (*data).action, 0), null_mut());
            }
            3 if !enough => {
                let clone = c::tink_webhooks_event_clone(event);
                RUNNING.with_borrow_mut(|running| running.clones.push(clone));
            }
            4 if !enough => {
                RUNNING.with_borrow_mut(|running| running.depth += 1);
                let _ = c::tink_webhooks_dispatch(hooks, event, null_mut());
                RUNNING.with_borrow_mut(|running| running.depth -= 1);
            }
            5 => {
                let mut listing = null_mut();
                assert_eq!(c::tink_webhooks_get_handlers(hooks, &raw mut listing, null_mut()), OK);
                c::tink_webhooks_handlers_free(listing);
            }
            _ => {}
        }
        // The dispatch keeps it alive, whatever was unregistered above.
        assert_eq!((*data).magic, ALIVE);
        (*data).returns
    }
}

/// Registers a handler with an allocation as its `user_data`. If that fails, the caller still owns it.
pub unsafe fn register_new(
    hooks: *mut c::Hooks,
    key: &[u8],
    flags: u32,
    data: *mut c_void,
    err: *mut *mut c::ErrorObject,
) -> u32 {
    let (key, function) = (Bytes::new(key), Some(handler as _));
    let code = unsafe {
        c::tink_webhooks_register_handler(hooks, key.ptr(), key.len(), flags, function, data, Some(destroy), err)
    };
    if code == OK {
        TAKEN.set(TAKEN.get() + 1);
    } else {
        drop(unsafe { Box::from_raw(data.cast::<Data>()) });
    }
    code
}
