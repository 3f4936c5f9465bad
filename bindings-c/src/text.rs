//! NUL-terminated text.

use std::ffi::{CStr, CString, c_char};

/// Static text with a NUL at its end, made at compile time from one without.
pub(crate) struct Text<const SIZE: usize>([u8; SIZE]);

impl<const SIZE: usize> Text<SIZE> {
    /// A text of `SIZE` or more bytes does not compile in a constant.
    pub(crate) const fn new(text: &str) -> Self {
        let mut bytes = [0; SIZE];
        let mut at = 0;
        assert!(text.len() < SIZE);
        while at < text.len() {
            bytes[at] = text.as_bytes()[at];
            at += 1;
        }
        Self(bytes)
    }

    pub(crate) const fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// Core's messages hold no NUL; if one ever did, the text would end there.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}
