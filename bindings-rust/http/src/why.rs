//! Why deliveries are refused, told to `tracing` while a receiver is developed.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use tink_webhooks::explain::{Limit, in_production};
use tink_webhooks::{Reason, SignatureHeader, WebhookHandler};

/// One for all receivers of the process.
static LIMIT: Limit = Limit::new();
static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A delivery that is kept until it is known whether it was refused.
pub(crate) struct Why {
    hooks: Arc<WebhookHandler>,
    body: Vec<u8>,
    signature: Option<Vec<u8>>,
}

impl Why {
    pub(crate) fn new(hooks: &Arc<WebhookHandler>, body: &[u8], signature: &impl SignatureHeader) -> Self {
        let signature = signature.header_value().map(std::borrow::Cow::into_owned);
        Self { hooks: Arc::clone(hooks), body: body.to_vec(), signature }
    }

    /// Explains a refusal in a thread of its own. Other reasons than these say themselves what is the matter.
    pub(crate) fn tell(self, reason: Reason) {
        let explainable = matches!(reason, Reason::SignatureMismatch | Reason::MalformedSignature);
        let seconds = i64::try_from(STARTED.elapsed().as_secs()).unwrap_or(i64::MAX);
        if explainable && !in_production() && LIMIT.allows(seconds) {
            // Where no thread can be started, nothing is explained.
            let _ = std::thread::Builder::new().name("tink-webhooks-explain".into()).spawn(move || {
                let found = self.hooks.explain(&self.body, self.signature);
                let (cause, proved) = (found.cause().as_str(), found.proved());
                tracing::warn!(target: "tink_webhooks", cause, proved, "tink webhook: explained: {found}");
            });
        }
    }
}
