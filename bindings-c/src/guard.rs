//! Stops panics at the boundary of the library.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

use zeroize::Zeroize;

use crate::failure::{ErrorObject, Failure};
use crate::numbers::TINK_WEBHOOKS_OK;
use crate::pointers::Out;

/// Runs a call that returns no code. Returns `fallback` after a panic.
pub(crate) fn guard<R>(fallback: R, call: impl FnOnce() -> R) -> R {
    // Data that a panic leaves half changed is owned by the call, or behind a lock that does not poison.
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(fallback)
}

/// Runs a call that returns a code, and writes an error object to `err` if it fails and `err` is not NULL.
///
/// # Safety
/// `err` is NULL, or valid for writing.
pub(crate) unsafe fn guard_code(err: *mut *mut ErrorObject, call: impl FnOnce() -> Result<(), Failure>) -> u32 {
    // SAFETY: as the caller says.
    let mut err = unsafe { Out::new(err) };
    let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or(Err(Failure::PANIC));
    match result {
        Ok(()) => TINK_WEBHOOKS_OK,
        Err(failure) => {
            let code = failure.code();
            if let Ok(out) = &mut err {
                // After a second panic, here, the code is still returned.
                guard((), || out.give(ErrorObject::new(failure)));
            }
            code
        }
    }
}

/// Calls `question` with an object. Returns `fallback` for NULL and after a panic.
///
/// # Safety
/// `object` is NULL, or points to a live `T`.
pub(crate) unsafe fn ask<T, R: Copy>(object: *const T, fallback: R, question: impl FnOnce(&T) -> R) -> R {
    // SAFETY: as the caller says.
    guard(fallback, || unsafe { object.as_ref() }.map_or(fallback, question))
}

/// Frees an object that `Out::give` or a `_new` function returned.
///
/// # Safety
/// `object` is NULL, or came from `Box::into_raw` and is used no more.
pub(crate) unsafe fn free<T>(object: *mut T) {
    if !object.is_null() {
        // SAFETY: not NULL, so it came from a box.
        guard((), || drop(unsafe { Box::from_raw(object) }));
    }
}

/// The same for an object that was moved over the stack just after keys were used there. A move of an enumeration also
/// copies stack bytes that its current variant does not use, so this wipes all bytes of the object.
///
/// # Safety
/// As [`free`].
pub(crate) unsafe fn free_wiped<T>(object: *mut T) {
    if !object.is_null() {
        guard((), || {
            // SAFETY: not NULL, so it came from a box, and holds a value until here.
            let mut object = unsafe { Box::from_raw(object.cast::<MaybeUninit<T>>()) };
            // SAFETY: it is dropped once, as the box will not do it again.
            unsafe { object.assume_init_drop() };
            object.zeroize();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;
    use crate::numbers::TINK_WEBHOOKS_ERROR_PANIC;

    #[test]
    fn a_panic_is_a_code_and_an_error_object() {
        let mut err = ptr::null_mut();
        // SAFETY: `err` is valid for writing.
        let code = unsafe { guard_code(&raw mut err, || panic!("the text of a panic goes nowhere")) };
        assert_eq!(code, TINK_WEBHOOKS_ERROR_PANIC);
        // SAFETY: the guard has just written it.
        unsafe {
            assert_eq!(ask(err, 0, |error| error.code), TINK_WEBHOOKS_ERROR_PANIC);
            free(err);
        }
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { guard_code(ptr::null_mut(), || panic!()) }, TINK_WEBHOOKS_ERROR_PANIC);
    }

    #[test]
    fn a_panic_in_a_getter_is_its_fallback() {
        assert_eq!(guard(7, || panic!()), 7);
        let object = 1;
        // SAFETY: the pointer is to a local.
        assert_eq!(unsafe { ask(&raw const object, 7, |_| panic!()) }, 7);
    }
}
