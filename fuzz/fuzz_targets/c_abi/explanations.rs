//! Operations on explanations.

use std::ffi::CStr;

use tink_webhooks_c as c;

use crate::memory::{Bytes, bytes_of};
use crate::{INVALID_ARGUMENT, Machine, NULL_ARGUMENT, OK, SECRETS};

/// As `tink_webhooks_slice`.
#[repr(C)]
struct Given {
    ptr: *const u8,
    len: usize,
}

impl Machine<'_> {
    /// Explains a delivery, under secrets or an object's own, and reads all that was found.
    pub fn explain(&mut self) {
        let (body, signature) = (self.body(), self.of(&[b"", b"t=1700000000,v1=00", b"\"t=1,v1=0\""]));
        let secrets: Vec<Bytes> = (0..self.byte() % 3).map(|_| self.of(&SECRETS)).collect();
        let given: Vec<Given> = secrets.iter().map(|secret| Given { ptr: secret.ptr(), len: secret.len() }).collect();
        let mut out = std::ptr::dangling_mut();
        let of_object = self.seldom();
        let code = if of_object {
            let at = self.pick(self.hooks.len());
            let hooks = at.map_or(std::ptr::null(), |at| self.hooks[at].pointer.cast_const());
            unsafe {
                c::tink_webhooks_explain_refusal(
                    hooks,
                    body.ptr(),
                    body.len(),
                    signature.ptr(),
                    signature.len(),
                    0,
                    &raw mut out,
                )
            }
        } else {
            unsafe {
                c::tink_webhooks_explain(
                    body.ptr(),
                    body.len(),
                    signature.ptr(),
                    signature.len(),
                    given.as_ptr().cast(),
                    given.len(),
                    i64::MIN,
                    &raw mut out,
                )
            }
        };
        assert_eq!(out.is_null(), code != OK);
        assert!(matches!(code, OK | NULL_ARGUMENT | INVALID_ARGUMENT) || of_object && code == 501);
        drop((body, signature, given, secrets));
        let mut index = usize::MAX;
        unsafe {
            let texts = [
                c::tink_webhooks_explanation_where(out),
                c::tink_webhooks_explanation_fix(out),
                c::tink_webhooks_explanation_text(out),
            ];
            assert!(texts.iter().all(|&text| CStr::from_ptr(text).is_empty() == out.is_null()));
            assert_eq!(c::tink_webhooks_explanation_cause(out, 0).is_null(), out.is_null());
            assert!(c::tink_webhooks_explanation_cause(out, 1_000).is_null());
            let found = c::tink_webhooks_explanation_secret_index(out, &raw mut index);
            assert_eq!(found, index < 8);
            assert!(found || !c::tink_webhooks_explanation_proved(out));
            bytes_of(c::tink_webhooks_explanation_original_body(out));
            c::tink_webhooks_explanation_free(out);
        }
        c::tink_webhooks_may_explain(i64::from(self.byte()));
    }
}
