//! Why a delivery does not verify.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use tink_webhooks::explain::{Cause, Explanation, Limit, explain, in_production};

use crate::guard::{self, guard_code};
use crate::hooks::Hooks;
use crate::numbers::TINK_WEBHOOKS_NOW;
use crate::pointers::{self, Out};
use crate::text::c_string;
use crate::views::Slice;

/// `tink_webhooks_explanation`
pub struct ExplanationObject {
    explanation: Explanation,
    /// The words of its causes, the place, the fix and the whole text.
    causes: Vec<CString>,
    place: CString,
    fix: CString,
    text: CString,
}

impl ExplanationObject {
    fn new(explanation: Explanation) -> Self {
        Self {
            causes: explanation.causes().iter().copied().map(Cause::as_str).map(c_string).collect(),
            place: c_string(explanation.place()),
            fix: c_string(&explanation.fix()),
            text: c_string(&explanation.to_string()),
            explanation,
        }
    }
}

/// Says why a delivery does not verify.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explain(
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    secrets: *const Slice,
    secret_count: usize,
    now: i64,
    explanation: *mut *mut ExplanationObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(ptr::null_mut(), || {
            let mut out = Out::new(explanation)?;
            let (body, signature) = (pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?);
            let secrets = pointers::array(secrets, secret_count)?.iter();
            let secrets =
                secrets.map(|secret| pointers::bytes(secret.ptr, secret.len)).collect::<Result<Vec<_>, _>>()?;
            let now = (now != TINK_WEBHOOKS_NOW).then_some(now);
            out.give(ExplanationObject::new(explain(body, signature, secrets, now)));
            Ok(())
        })
    }
}

/// Says why a handler object refuses a delivery.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explain_refusal(
    hooks: *const Hooks,
    body: *const u8,
    body_len: usize,
    signature: *const u8,
    signature_len: usize,
    now: i64,
    explanation: *mut *mut ExplanationObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(ptr::null_mut(), || {
            let mut out = Out::new(explanation)?;
            let verifier = pointers::reference(hooks)?.verifier()?;
            let (body, signature) = (pointers::bytes(body, body_len)?, pointers::bytes(signature, signature_len)?);
            let now = (now != TINK_WEBHOOKS_NOW).then_some(now);
            out.give(ExplanationObject::new(verifier.explain(body, Some(signature), now)));
            Ok(())
        })
    }
}

/// Whether a receiver may explain a refusal now.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_may_explain(seconds: i64) -> bool {
    static LIMIT: Limit = Limit::new();
    guard::guard(false, || !in_production() && LIMIT.allows(seconds))
}

/// Frees an explanation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_free(explanation: *mut ExplanationObject) {
    // SAFETY: NULL, or an explanation that the caller owns.
    unsafe { guard::free(explanation) };
}

/// The word of a cause, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_cause(
    explanation: *const ExplanationObject,
    index: usize,
) -> *const c_char {
    let word = |object: &ExplanationObject| object.causes.get(index).map_or(ptr::null(), |word| word.as_ptr());
    // SAFETY: NULL, or a live explanation.
    unsafe { guard::ask(explanation, ptr::null(), word) }
}

/// Whether a MAC proves it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_proved(explanation: *const ExplanationObject) -> bool {
    // SAFETY: NULL, or a live explanation.
    unsafe { guard::ask(explanation, false, |object| object.explanation.proved()) }
}

/// Where it usually happens.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_where(explanation: *const ExplanationObject) -> *const c_char {
    // SAFETY: NULL, or a live explanation.
    unsafe { text_of(explanation, |object| &object.place) }
}

/// The lines to change.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_fix(explanation: *const ExplanationObject) -> *const c_char {
    // SAFETY: NULL, or a live explanation.
    unsafe { text_of(explanation, |object| &object.fix) }
}

/// The text for people.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_text(explanation: *const ExplanationObject) -> *const c_char {
    // SAFETY: NULL, or a live explanation.
    unsafe { text_of(explanation, |object| &object.text) }
}

/// Which of the given secrets it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_secret_index(
    explanation: *const ExplanationObject,
    index: *mut usize,
) -> bool {
    let answer = |object: &ExplanationObject| match object.explanation.secret_index() {
        Some(found) if !index.is_null() => {
            // SAFETY: not NULL, so valid.
            unsafe { index.write(found) };
            true
        }
        _ => false,
    };
    // SAFETY: NULL, or a live explanation.
    unsafe { guard::ask(explanation, false, answer) }
}

/// The body that was signed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_explanation_original_body(explanation: *const ExplanationObject) -> Slice {
    let body = |object: &ExplanationObject| object.explanation.original_body().map_or(Slice::NOTHING, Slice::of_bytes);
    // SAFETY: NULL, or a live explanation.
    unsafe { guard::ask(explanation, Slice::NOTHING, body) }
}

/// # Safety
/// `explanation` is NULL, or points to a live explanation.
unsafe fn text_of(
    explanation: *const ExplanationObject,
    text: impl FnOnce(&ExplanationObject) -> &CStr,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe { guard::ask(explanation, c"".as_ptr(), |object| text(object).as_ptr()) }
}
