//! Why a delivery does not verify: what `ts/explain.ts` makes an object of.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use tink_webhooks::explain::{Explanation, Limit, in_production};

/// The parts of an explanation.
#[napi(object, object_from_js = false)]
pub struct ExplanationFields {
    /// The words of the causes.
    pub causes: Vec<String>,
    /// Whether a MAC proves them.
    pub proved: bool,
    /// Where it usually happens.
    pub place: String,
    /// The lines to change.
    pub fix: String,
    /// The text for people.
    pub text: String,
    /// Which of the secrets fits.
    pub secret_index: Option<u32>,
    /// The body that was signed.
    pub original_body: Option<Buffer>,
}

impl From<Explanation> for ExplanationFields {
    fn from(found: Explanation) -> Self {
        Self {
            causes: found.causes().iter().map(ToString::to_string).collect(),
            proved: found.proved(),
            place: found.place().to_owned(),
            fix: found.fix(),
            text: found.to_string(),
            secret_index: found.secret_index().and_then(|index| u32::try_from(index).ok()),
            original_body: found.original_body().map(|body| body.to_vec().into()),
        }
    }
}

/// Whether another refusal may be explained now, of all receivers of this process. Never in production.
pub(crate) fn may_explain(seconds: f64) -> bool {
    static LIMIT: Limit = Limit::new();
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let seconds = seconds as i64;
    !in_production() && LIMIT.allows(seconds)
}
