//! The options of a handler object, and building it.

use std::ffi::c_void;
use std::mem;
use std::ptr;

use tink_webhooks::VerifierBuilder;
use zeroize::Zeroizing;

use crate::callback::{Callback, ClockFn, DestroyFn};
use crate::failure::{ErrorObject, Failure};
use crate::guard::{self, guard, guard_code};
use crate::hooks::Hooks;
use crate::numbers::{
    TINK_WEBHOOKS_ALLOW_BODY, TINK_WEBHOOKS_ALLOW_V1, TINK_WEBHOOKS_ERROR_ALREADY_BUILT, TINK_WEBHOOKS_OK,
};
use crate::pointers::{self, Out};

/// `tink_webhooks_builder`. It is empty after it was built.
pub struct Builder(Option<Options>);

#[derive(Default)]
struct Options {
    secrets: Vec<Zeroizing<Vec<u8>>>,
    environment: Option<Zeroizing<Vec<u8>>>,
    verifier: VerifierBuilder,
    clock: Option<Callback<ClockFn>>,
    /// The code that the first failed setter returned.
    failed: Option<u32>,
}

impl Options {
    fn change(&mut self, change: impl FnOnce(VerifierBuilder) -> VerifierBuilder) {
        self.verifier = change(mem::take(&mut self.verifier));
    }

    fn build(self) -> Result<Hooks, Failure> {
        if let Some(code) = self.failed {
            return Err(Failure::Call(code));
        }
        let verifier = match (&self.secrets[..], &self.environment) {
            ([], None) => self.verifier,
            ([], Some(value)) => self.verifier.secrets_from_environment(str::from_utf8(value).ok()),
            ([secret], _) => self.verifier.secret(&**secret),
            (secrets, _) => self.verifier.secrets(secrets.iter().map(|secret| &***secret)),
        };
        Ok(Hooks::new(verifier.build()?, self.clock))
    }
}

/// Changes the options, and stores in them that a change failed.
///
/// # Safety
/// `builder` is NULL, or points to a live builder that no other thread uses.
unsafe fn set(builder: *mut Builder, change: impl FnOnce(&mut Options) -> Result<(), Failure>) -> u32 {
    // SAFETY: as the caller says; the references do not overlap.
    let options = || unsafe { builder.as_mut() }.ok_or(Failure::NULL_ARGUMENT).map(|builder| builder.0.as_mut());
    let change = || change(options()?.ok_or(Failure::Call(TINK_WEBHOOKS_ERROR_ALREADY_BUILT))?);
    // SAFETY: there is no error object to write.
    let code = unsafe { guard_code(ptr::null_mut(), change) };
    if code != TINK_WEBHOOKS_OK
        && let Ok(Some(options)) = options()
    {
        options.failed.get_or_insert(code);
    }
    code
}

/// A builder with the defaults.
#[unsafe(no_mangle)]
pub extern "C" fn tink_webhooks_builder_new() -> *mut Builder {
    guard(ptr::null_mut(), || Box::into_raw(Box::new(Builder(Some(Options::default())))))
}

/// Frees a builder.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_free(builder: *mut Builder) {
    // SAFETY: NULL or a builder that the caller owns.
    unsafe { guard::free(builder) };
}

/// Adds a secret.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_add_secret(
    builder: *mut Builder,
    secret: *const u8,
    secret_len: usize,
) -> u32 {
    // SAFETY: NULL or a builder that the caller owns; the secret is live during the call.
    unsafe {
        set(builder, |options| {
            options.secrets.push(Zeroizing::new(pointers::bytes(secret, secret_len)?.to_vec()));
            Ok(())
        })
    }
}

/// Sets the value to use for `TINK_WEBHOOK_SECRET` if no secret is added.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_set_environment(
    builder: *mut Builder,
    value: *const u8,
    value_len: usize,
) -> u32 {
    // SAFETY: NULL or a builder that the caller owns; the value is live during the call.
    unsafe {
        set(builder, |options| {
            options.environment = Some(Zeroizing::new(pointers::bytes(value, value_len)?.to_vec()));
            Ok(())
        })
    }
}

/// Sets how many seconds old a signature may be, and how many in the future.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_set_tolerance(builder: *mut Builder, seconds: f64) -> u32 {
    // SAFETY: NULL or a builder that the caller owns.
    unsafe {
        set(builder, |options| {
            options.change(|verifier| verifier.tolerance_seconds(Some(seconds)));
            Ok(())
        })
    }
}

/// Switches the time window off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_disable_window(builder: *mut Builder) -> u32 {
    // SAFETY: NULL or a builder that the caller owns.
    unsafe {
        set(builder, |options| {
            options.change(|verifier| verifier.tolerance_seconds(None));
            Ok(())
        })
    }
}

/// Sets which schemes to accept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_allow_schemes(builder: *mut Builder, schemes: u32) -> u32 {
    let known = TINK_WEBHOOKS_ALLOW_V1 | TINK_WEBHOOKS_ALLOW_BODY;
    // Core checks names, and refuses one that stands for an unknown flag.
    let names = [
        (schemes & TINK_WEBHOOKS_ALLOW_V1 != 0, "v1"),
        (schemes & TINK_WEBHOOKS_ALLOW_BODY != 0, "body"),
        (schemes & !known != 0, "an unknown flag"),
    ];
    let names = names.into_iter().filter_map(|(allowed, name)| allowed.then_some(name));
    // SAFETY: NULL or a builder that the caller owns.
    unsafe {
        set(builder, |options| {
            options.change(|verifier| verifier.scheme_names(names));
            Ok(())
        })
    }
}

/// Sets the size of the largest body to accept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_set_max_body_bytes(builder: *mut Builder, bytes: usize) -> u32 {
    // SAFETY: NULL or a builder that the caller owns.
    unsafe {
        set(builder, |options| {
            options.change(|verifier| verifier.max_body_bytes(bytes));
            Ok(())
        })
    }
}

/// Sets a clock to use in place of the system's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_set_clock(
    builder: *mut Builder,
    clock: Option<ClockFn>,
    user_data: *mut c_void,
    destroy: Option<DestroyFn>,
) -> u32 {
    let mut replaced = None;
    // SAFETY: NULL or a builder that the caller owns.
    let code = unsafe {
        set(builder, |options| {
            replaced = options.clock.replace(Callback::new(clock.ok_or(Failure::NULL_ARGUMENT)?, user_data, destroy));
            Ok(())
        })
    };
    // Its `destroy` may call the library, so the builder must no longer be borrowed here.
    drop(replaced);
    code
}

/// Checks the options and makes the object that handles deliveries.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tink_webhooks_builder_build(
    builder: *mut Builder,
    out: *mut *mut Hooks,
    err: *mut *mut ErrorObject,
) -> u32 {
    // SAFETY: each is NULL, or valid as the header says.
    unsafe {
        guard_code(err, || {
            let out = Out::new(out);
            let options = builder.as_mut().ok_or(Failure::NULL_ARGUMENT)?.0.take();
            let hooks = options.ok_or(Failure::Call(TINK_WEBHOOKS_ERROR_ALREADY_BUILT))?.build();
            out?.give(hooks?);
            Ok(())
        })
    }
}
