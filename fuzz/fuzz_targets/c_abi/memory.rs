//! Memory of the caller, and C types in it.

use std::ffi::{CStr, c_char};
use std::ptr::null;

use tink_webhooks_c as c;

/// Types of the C layer whose fields are private, as the header declares them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    pub ptr: *const u8,
    pub len: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Verification {
    pub scheme: u32,
    pub secret_index: u32,
    pub signed_at: i64,
    pub delivery_id: [u8; 33],
    pub reserved: [u8; 7],
}

impl Verification {
    pub const NOTHING: Self = Self { scheme: 0, secret_index: 0, signed_at: 0, delivery_id: [0; 33], reserved: [0; 7] };
}

const _: () = assert!(size_of::<Slice>() == size_of::<c::Slice>());
const _: () = assert!(size_of::<Verification>() == size_of::<c::VerificationView>());

pub fn bytes_of(slice: c::Slice) -> Option<&'static [u8]> {
    let slice: Slice = unsafe { std::mem::transmute(slice) };
    assert!(!slice.ptr.is_null() || slice.len == 0);
    // Valid as long as its owner lives; every use here ends before that.
    (!slice.ptr.is_null()).then(|| unsafe { std::slice::from_raw_parts(slice.ptr, slice.len) })
}

pub unsafe fn text(pointer: *const c_char) -> &'static str {
    assert!(!pointer.is_null());
    unsafe { CStr::from_ptr(pointer) }.to_str().expect("texts are UTF-8")
}

/// Memory of the caller: an allocation of exactly this size.
pub struct Bytes(pub Box<[u8]>);

impl Bytes {
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub fn ptr(&self) -> *const u8 {
        if self.0.is_empty() { null() } else { self.0.as_ptr() }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}
