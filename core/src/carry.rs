//! Events on their way through a queue: verified here, dispatched elsewhere. A binding stores the body, the time and what
//! was proven, and joins them again; they are as trustworthy as the queue that carried them.

use crate::clock;
use crate::error::{Error, Reason};
use crate::payload::Payload;
use crate::scheme::Scheme;
use crate::verifier::{Delivery, DeliveryId, Verification};

impl DeliveryId {
    /// Reads 32 hex digits.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] for any other text.
    ///
    /// ```
    /// use tink_webhooks::DeliveryId;
    /// let text = "0123456789abcdef0123456789abcdef";
    /// assert_eq!(DeliveryId::parse(text)?.to_string(), text);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| Error::with_message(Reason::InvalidOption, "a delivery id is 32 hex digits"))?;
        Ok(Self(bytes))
    }
}

impl Verification {
    /// What an earlier verification proved, as it was stored. **Proves nothing by itself.**
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] for what no verification gives: `v1` has a time, in the years 1970 to 9999, and a
    /// delivery id; a bare signature has neither.
    ///
    /// ```
    /// use tink_webhooks::{DeliveryId, Scheme, Verification};
    /// let id = DeliveryId::parse("0123456789abcdef0123456789abcdef")?;
    /// let verification = Verification::restore(Scheme::V1, Some(1_767_225_600), 0, Some(id))?;
    /// assert_eq!(verification.signed_at, Some(1_767_225_600));
    /// assert!(Verification::restore(Scheme::V1, None, 0, None).is_err());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn restore(
        scheme: Scheme,
        signed_at: Option<i64>,
        secret_index: usize,
        delivery_id: Option<DeliveryId>,
    ) -> Result<Self, Error> {
        let possible = match (scheme, signed_at, delivery_id) {
            (Scheme::V1, Some(seconds), Some(_)) => (0..=clock::MAX_SECONDS).contains(&seconds),
            (Scheme::Body, None, None) => true,
            _ => false,
        };
        if !possible {
            return Err(Error::with_message(Reason::InvalidOption, "no verification proves that"));
        }
        Ok(Self { scheme, signed_at, secret_index, delivery_id })
    }
}

impl<'b> Delivery<'b> {
    /// Joins a body that was stored and what was known about it. **Checks no signature.**
    ///
    /// # Errors
    /// As [`Payload::parse`]; [`Reason::InvalidOption`] for a time outside the years 1 to 9999.
    ///
    /// ```
    /// use tink_webhooks::Delivery;
    /// let delivery = Delivery::restore(br#"{"event":"account:updated"}"#, 1_767_225_600_000, None)?;
    /// assert_eq!(delivery.timestamp_millis, 1_767_225_600_000);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn restore(body: &'b [u8], timestamp_millis: i64, verification: Option<Verification>) -> Result<Self, Error> {
        if !clock::in_range(timestamp_millis) {
            return Err(Error::with_message(Reason::InvalidOption, "the event's time must lie in the years 1 to 9999"));
        }
        let (text, payload) = Payload::parse_bytes(body)?;
        Ok(Self { text, payload, timestamp_millis, verification })
    }
}
