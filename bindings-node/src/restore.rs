//! Events that come from a queue: made again from their body, their timestamp and their verification.

use napi_derive::napi;
use tink_webhooks::{Delivery, DeliveryId, Error, Scheme, Verification};

use crate::frame::{Answer, Frame};

/// A verification as it was stored with its event.
#[napi(object, object_to_js = false)]
pub struct StoredVerification {
    /// `v1` or `body`.
    pub scheme: String,
    /// The verified `t`, unix seconds.
    pub signed_at: Option<i64>,
    /// Which secret matched.
    pub secret_index: u32,
    /// 32 hex digits.
    pub delivery_id: Option<String>,
}

impl StoredVerification {
    fn restore(self) -> std::result::Result<Verification, Error> {
        let delivery_id = self.delivery_id.as_deref().map(DeliveryId::parse).transpose()?;
        let scheme = Scheme::parse(&self.scheme)?;
        Verification::restore(scheme, self.signed_at, self.secret_index as usize, delivery_id)
    }
}

/// Reads the body of a frame, or the one beside it, and writes the answer. Checks no signature.
pub(crate) fn restore(
    frame: &mut Frame<'_>,
    outside: &[u8],
    timestamp: i64,
    verification: Option<StoredVerification>,
) -> std::result::Result<(), Error> {
    let verification = verification.map(StoredVerification::restore).transpose()?;
    let body = frame.request().body.map_or(outside, |range| frame.bytes(range));
    let delivery = Delivery::restore(body, timestamp, verification)?;
    let answer = Answer::from(&delivery);
    frame.answer(&answer);
    Ok(())
}
