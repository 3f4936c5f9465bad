//! The objects of the library, and what the model expects of them.

use std::ptr::null_mut;

use models::signature::{self, Options, Verified, verdict};
use tink_webhooks::{Reason, Scheme};
use tink_webhooks_c as c;

use crate::OK;
use crate::memory::{Bytes, Verification, bytes_of, text};

/// Calls every function that reads an event, and checks that slices of the body point into the body.
pub unsafe fn look_at(event: *const c::Event<'static>, body: Option<&[u8]>) {
    unsafe {
        let raw = bytes_of(c::tink_webhooks_event_raw_body(event));
        let slices = [
            (c::tink_webhooks_event_name(event), false),
            (c::tink_webhooks_event_user_id(event), false),
            (c::tink_webhooks_event_external_user_id(event), false),
            (c::tink_webhooks_event_data(event), true),
            (c::tink_webhooks_event_context(event), true),
        ];
        for (slice, in_body) in slices {
            let Some(slice) = bytes_of(slice) else { continue };
            assert!(std::str::from_utf8(slice).is_ok() && !slice.is_empty());
            let raw = raw.expect("an event has a body").as_ptr_range();
            assert!(
                !in_body || slice == b"{}" || (raw.contains(&slice.as_ptr()) && slice.as_ptr_range().end <= raw.end)
            );
        }
        let mut verification = [0xAA_u8; size_of::<Verification>()];
        let verified = c::tink_webhooks_event_verification(event, verification.as_mut_ptr().cast());
        assert_eq!(verified, verification.iter().any(|&byte| byte != 0));
        assert_eq!(c::tink_webhooks_event_verification(event, null_mut()), verified);
        let _ = c::tink_webhooks_event_timestamp(event);
        let (number, name) = (c::tink_webhooks_event_type(event), c::tink_webhooks_event_type_name(event));
        if event.is_null() {
            assert!(raw.is_none() && name.is_null() && !verified);
        } else {
            assert_eq!(text(name), text(c::tink_webhooks_type_name(number)));
            assert!(bytes_of(c::tink_webhooks_event_name(event)).is_some());
            assert!(body.is_none() || raw == body);
        }
    }
}

/// Calls every function that reads an error. Gives its code.
pub unsafe fn look_at_error(error: *const c::ErrorObject) -> u32 {
    unsafe {
        let code = c::tink_webhooks_error_code(error);
        assert!(!text(c::tink_webhooks_error_message(error)).is_empty());
        let hint = c::tink_webhooks_error_hint(error);
        assert!(hint.is_null() || !text(hint).is_empty());
        let (mut age, mut tolerance) = (7, 7);
        let in_window = c::tink_webhooks_error_age(error, &raw mut age);
        assert_eq!(in_window, matches!(code, 105 | 106));
        assert!(in_window || age == 7);
        assert!(!c::tink_webhooks_error_tolerance(error, &raw mut tolerance) || in_window);
        assert!(!c::tink_webhooks_error_age(error, null_mut()));
        assert_eq!(c::tink_webhooks_error_failure_count(error) > 0, code == 401);
        assert_eq!(c::tink_webhooks_error_first_failure(error) != 0, code == 401);
        assert_ne!(text(c::tink_webhooks_code_name(code)), "unknown_code");
        code
    }
}

/// The options as they were set, to compute what building must give.
pub struct Builder {
    pub pointer: *mut c::Builder,
    pub options: Options,
    pub environment: Option<Vec<u8>>,
    pub clock: Option<i64>,
    /// The code that building gives, whatever the secrets.
    pub fails: Option<u32>,
    pub bad_tolerance: bool,
    pub bad_schemes: bool,
    pub built: bool,
}

impl Builder {
    pub fn expected(&mut self) -> u32 {
        if let Some(code) = self.fails {
            return code;
        }
        if self.bad_tolerance {
            return 503;
        }
        if self.bad_schemes || self.options.max_body_bytes == 0 {
            return 505;
        }
        if self.options.secrets.is_empty() {
            let environment = self.environment.take().and_then(|value| String::from_utf8(value).ok());
            let secrets = environment.iter().flat_map(|value| value.split_whitespace());
            self.options.secrets = secrets.map(|secret| secret.as_bytes().to_vec()).collect();
        }
        match &self.options.secrets[..] {
            [one] if one.is_empty() => 501,
            several => signature::judge_secrets(several).err().map_or(OK, |reason| reason.code()),
        }
    }
}

pub struct Hooks {
    pub pointer: *mut c::Hooks,
    pub receiver: Receiver,
}

/// The options that decide on a delivery.
#[derive(Clone)]
pub struct Receiver {
    pub options: Options,
    /// `None`: the system's.
    pub clock: Option<i64>,
}

impl Receiver {
    pub fn clock_is_bad(&self) -> bool {
        self.clock.is_some_and(|millis| !(-62_135_596_800_000..=253_402_300_799_999).contains(&millis))
    }

    /// What `verify_signature` proves, or its code.
    pub fn verdict(&mut self, body: &[u8], header: &[u8]) -> Result<Verified, u32> {
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_millis();
        self.options.now_millis = self.clock.unwrap_or(i64::try_from(now).expect("before the year 9999"));
        let verdict = verdict(&self.options, body, header);
        let asks_clock = match &verdict {
            Ok((scheme, ..)) => *scheme == Scheme::V1 && self.options.tolerance.is_some(),
            Err(reason) => matches!(reason.code(), 105 | 106),
        };
        if asks_clock && self.clock_is_bad() { Err(505) } else { verdict.map_err(Reason::code) }
    }
}

pub struct Event {
    pub pointer: *mut c::Event<'static>,
    pub body: Bytes,
}
