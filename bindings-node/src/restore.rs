//! Events that come from a queue: joined again from their body and from what was known of them.

use napi_derive::napi;
use tink_webhooks::{Delivery, DeliveryId, Error, Scheme, Verification};

use crate::frame::{Answer, Frame};

/// What an earlier verification proved.
#[napi(object, object_to_js = false)]
pub struct Proven {
    /// `v1` or `body`.
    pub scheme: String,
    /// The verified `t`, unix seconds.
    pub signed_at: Option<i64>,
    /// Which secret matched.
    pub secret_index: u32,
    /// 32 hex digits.
    pub delivery_id: Option<String>,
}

impl Proven {
    fn restore(self) -> std::result::Result<Verification, Error> {
        let delivery_id = self.delivery_id.as_deref().map(DeliveryId::parse).transpose()?;
        let scheme = Scheme::parse(&self.scheme)?;
        Verification::restore(scheme, self.signed_at, self.secret_index as usize, delivery_id)
    }
}

/// Reads the body of a frame and writes the answer. Checks no signature.
pub(crate) fn restore(frame: &mut Frame<'_>, timestamp: i64, proven: Option<Proven>) -> std::result::Result<(), Error> {
    let proven = proven.map(Proven::restore).transpose()?;
    let delivery = Delivery::restore(frame.bytes(frame.request().body), timestamp, proven)?;
    let answer = Answer::from(&delivery);
    frame.answer(&answer);
    Ok(())
}
