//! Events that come from a queue: made again from their body, their timestamp and their verification.

use napi_derive::napi;
use tink_webhooks::{Delivery, DeliveryId, Error, Scheme, StoredEvent, Verification};
use tink_webhooks_wasm::Answer;

use crate::frame::Frame;

/// A verification as it was stored with its event.
#[napi(object)]
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

impl From<Verification> for StoredVerification {
    fn from(verification: Verification) -> Self {
        Self {
            scheme: verification.scheme.as_str().to_owned(),
            signed_at: verification.signed_at,
            secret_index: u32::try_from(verification.secret_index).unwrap_or(u32::MAX),
            delivery_id: verification.delivery_id.map(|delivery_id| delivery_id.to_string()),
        }
    }
}

/// What the text of an event holds.
#[napi(object, object_from_js = false)]
pub struct StoredText {
    /// The body.
    pub body: String,
    /// When the event happened, epoch milliseconds.
    pub timestamp: i64,
    /// What was verified, if anything was.
    pub verification: Option<StoredVerification>,
}

impl StoredText {
    pub(crate) fn read(text: &[u8]) -> std::result::Result<Self, Error> {
        let stored = StoredEvent::read(text)?;
        Ok(Self {
            body: stored.body.into_owned(),
            timestamp: stored.timestamp_millis,
            verification: stored.verification.map(StoredVerification::from),
        })
    }
}

/// The text of an event, of a body that is known to be UTF-8.
pub(crate) fn serialize(
    body: &[u8],
    timestamp: i64,
    verification: Option<StoredVerification>,
) -> std::result::Result<String, Error> {
    let verification = verification.map(StoredVerification::restore).transpose()?;
    Ok(StoredEvent::of(str::from_utf8(body).unwrap_or_default(), timestamp, verification).write())
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
    frame.answer(&answer, false);
    Ok(())
}
