//! The caller's pointers as references and slices, and objects returned behind pointers.

use std::ptr;
use std::slice;

use crate::failure::Failure;

/// The object behind a pointer.
///
/// # Safety
/// `object` is NULL, or points to a `T` that lives and is not written to for `'a`.
pub(crate) unsafe fn reference<'a, T>(object: *const T) -> Result<&'a T, Failure> {
    // SAFETY: as the caller says.
    unsafe { object.as_ref() }.ok_or(Failure::NULL_ARGUMENT)
}

/// The same for an object that the call changes.
///
/// # Safety
/// `object` is NULL, or points to a `T` that lives for `'a`, and that nothing else reads or writes meanwhile.
pub(crate) unsafe fn exclusive<'a, T>(object: *mut T) -> Result<&'a mut T, Failure> {
    // SAFETY: as the caller says.
    unsafe { object.as_mut() }.ok_or(Failure::NULL_ARGUMENT)
}

/// The bytes behind a pointer and a length; a length of 0 ignores the pointer.
///
/// # Safety
/// As [`array`].
pub(crate) unsafe fn bytes<'a>(ptr: *const u8, len: usize) -> Result<&'a [u8], Failure> {
    // SAFETY: as the caller says.
    unsafe { array(ptr, len) }
}

/// The elements behind a pointer and their number; a number of 0 ignores the pointer.
///
/// # Safety
/// Unless `len` is 0, `ptr` is NULL, or points to `len` elements that live and are not written to for `'a`.
pub(crate) unsafe fn array<'a, T>(ptr: *const T, len: usize) -> Result<&'a [T], Failure> {
    if len == 0 {
        Ok(&[])
    } else if ptr.is_null() {
        Err(Failure::NULL_ARGUMENT)
    } else if len > isize::MAX.unsigned_abs() / size_of::<T>() {
        Err(Failure::INVALID_ARGUMENT)
    } else {
        // SAFETY: not NULL, of a length that a slice may have, and otherwise as the caller says.
        Ok(unsafe { slice::from_raw_parts(ptr, len) })
    }
}

/// An out-parameter of type `T **`: NULL until it receives an object.
pub(crate) struct Out<T>(*mut *mut T);

impl<T> Out<T> {
    /// # Safety
    /// `out` is NULL, or valid for writing until the last use of this value.
    pub(crate) unsafe fn new(out: *mut *mut T) -> Result<Self, Failure> {
        if out.is_null() {
            return Err(Failure::NULL_ARGUMENT);
        }
        // SAFETY: not NULL, so valid.
        unsafe { out.write(ptr::null_mut()) };
        Ok(Self(out))
    }

    /// Writes an object, which the caller then owns.
    pub(crate) fn give(&mut self, object: T) {
        // SAFETY: the caller of `new` guarantees that this is valid for writing.
        unsafe { self.0.write(Box::into_raw(Box::new(object))) };
    }
}

/// Writes to an out-parameter that may be NULL.
///
/// # Safety
/// `out` is NULL, or valid for writing.
pub(crate) unsafe fn write<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: not NULL, so valid.
        unsafe { out.write(value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT, TINK_WEBHOOKS_ERROR_NULL_ARGUMENT};

    #[test]
    fn a_length_of_zero_ignores_the_pointer_and_an_impossible_one_is_refused() {
        let byte = 1_u8;
        let code = |ptr, len| {
            // SAFETY: every length but 0 and 1 is refused before the pointer is looked at.
            unsafe { bytes(ptr, len) }.map(<[u8]>::len).map_err(|failure| failure.code())
        };
        assert_eq!(code(ptr::null(), 0), Ok(0));
        assert_eq!(code(ptr::dangling(), 0), Ok(0));
        assert_eq!(code(&raw const byte, 1), Ok(1));
        assert_eq!(code(ptr::null(), 1), Err(TINK_WEBHOOKS_ERROR_NULL_ARGUMENT));
        assert_eq!(code(&raw const byte, usize::MAX), Err(TINK_WEBHOOKS_ERROR_INVALID_ARGUMENT));
    }
}
