//! The caller's functions, and the `user_data` that belongs to them.

use std::ffi::c_void;
use std::ptr;

use tink_webhooks::{Error, Event, clock};

use crate::event::EventObject;

/// `tink_webhooks_handler_fn`, not NULL.
pub(crate) type HandlerFn = unsafe extern "C" fn(*mut c_void, *const EventObject) -> u32;
/// `tink_webhooks_destroy_fn`, not NULL.
pub(crate) type DestroyFn = unsafe extern "C" fn(*mut c_void);
/// `tink_webhooks_clock_fn`, not NULL.
pub(crate) type ClockFn = unsafe extern "C" fn(*mut c_void) -> i64;

/// A function of the caller's with its `user_data`. Dropping it calls `destroy`.
pub(crate) struct Callback<F> {
    function: F,
    user_data: *mut c_void,
    destroy: Option<DestroyFn>,
}

// SAFETY: the header says that callbacks run, and `destroy` is called, on whichever thread calls the library.
unsafe impl<F: Send> Send for Callback<F> {}
// SAFETY: the header says that callbacks may run on several threads at once.
unsafe impl<F: Sync> Sync for Callback<F> {}

impl<F: Copy> Callback<F> {
    /// Takes ownership of `user_data`.
    pub(crate) const fn new(function: F, user_data: *mut c_void, destroy: Option<DestroyFn>) -> Self {
        Self { function, user_data, destroy }
    }

    /// Drops it without a call of `destroy`: the caller still owns `user_data`.
    pub(crate) fn disown(mut self) {
        self.destroy = None;
    }

    pub(crate) const fn function(&self) -> F {
        self.function
    }

    pub(crate) const fn user_data(&self) -> *mut c_void {
        self.user_data
    }
}

impl<F> Drop for Callback<F> {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the caller passed the two together, and nothing uses them any more.
            unsafe { destroy(self.user_data) };
        }
    }
}

impl Callback<HandlerFn> {
    /// Runs the handler; 0 is success.
    pub(crate) fn run(&self, event: &Event<'_>) -> u32 {
        // SAFETY: the caller passed function and `user_data` together. The event outlives the call, and the header lets
        // the handler use it no longer than that.
        unsafe { (self.function)(self.user_data, ptr::from_ref(event).cast()) }
    }

    /// Whether it is the same function with the same `user_data`.
    pub(crate) fn is(&self, other: &Self) -> bool {
        ptr::fn_addr_eq(self.function, other.function) && self.user_data == other.user_data
    }
}

impl Callback<ClockFn> {
    /// Milliseconds since the epoch.
    pub(crate) fn now(&self) -> Result<i64, Error> {
        // SAFETY: the caller passed the two together.
        let millis = unsafe { (self.function)(self.user_data) };
        #[expect(clippy::cast_precision_loss, reason = "exact for every value in the range that is allowed")]
        clock::from_millis(millis as f64)
    }
}
