//! The options of a handler. `ts/options.ts` has checked their types; the core checks their values.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use tink_webhooks::{Error, Verifier};
use tink_webhooks_wasm::number;

/// The options that were given.
#[napi(object, object_to_js = false)]
pub struct Config {
    /// One secret.
    pub secret: Option<Uint8Array>,
    /// Several secrets.
    pub secrets: Option<Vec<Uint8Array>>,
    /// The value of `TINK_WEBHOOK_SECRET`, if neither is given.
    pub environment: Option<String>,
    /// Seconds of the time window.
    pub tolerance: Option<f64>,
    /// Whether there is no time window; `tolerance` then does not count.
    pub window_off: bool,
    /// Names of the schemes to accept.
    pub schemes: Option<Vec<String>>,
    /// The largest body, in bytes.
    pub max_body_bytes: Option<f64>,
}

impl Config {
    pub(crate) fn build(self) -> std::result::Result<Verifier, Error> {
        let mut builder = Verifier::builder();
        builder = match (&self.secret, &self.secrets) {
            (Some(secret), _) => builder.secret(secret),
            (None, Some(secrets)) => builder.secrets(secrets),
            (None, None) => builder.secrets_from_environment(self.environment.as_deref()),
        };
        if self.window_off {
            builder = builder.tolerance_seconds(None);
        } else if let Some(seconds) = self.tolerance {
            builder = builder.tolerance_seconds(Some(seconds));
        }
        if let Some(names) = &self.schemes {
            builder = builder.scheme_names(names);
        }
        if let Some(bytes) = self.max_body_bytes {
            builder = builder.max_body_bytes(number::cap(bytes)?);
        }
        builder.build()
    }
}
