//! Events that come from a queue: joined again from their body and from what was known of them.

use napi::bindgen_prelude::*;
use napi_derive::napi;
use tink_webhooks::{Delivery, DeliveryId, Error, Scheme, Verification};

use crate::errors::Detail;
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
        Ok(Verification::restore(scheme, self.signed_at, self.secret_index as usize, delivery_id))
    }
}

/// Reads the body of a frame and writes the answer. Checks no signature. `null`, or why it cannot be.
#[napi(catch_unwind)]
pub fn restore(mut frame: BufferSlice<'_>, timestamp: i64, proven: Option<Proven>) -> Option<Detail> {
    let Some(mut frame) = Frame::new(&mut frame) else { return None };
    let answer = proven.map(Proven::restore).transpose().and_then(|proven| {
        let body = frame.bytes(frame.request().body);
        Delivery::restore(body, timestamp, proven).map(|delivery| Answer::from(&delivery))
    });
    match answer {
        Ok(answer) => {
            frame.answer(&answer);
            None
        }
        Err(error) => Some(Detail::new(&error)),
    }
}
