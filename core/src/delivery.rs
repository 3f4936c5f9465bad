//! An accepted delivery: what its body says, and what was proved of it.

use crate::clock;
use crate::error::{Error, Reason};
use crate::payload::Payload;
use crate::signature::Verification;

/// An accepted delivery as numbers and offsets into its body: what a binding makes its event from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Delivery<'b> {
    /// The body, now known to be UTF-8.
    pub text: &'b str,
    /// What the body says.
    pub payload: Payload,
    /// When the event happened, epoch milliseconds: the payload's `timestamp`, else the verified `t`, else the time of receipt.
    pub timestamp_millis: i64,
    /// What was proven; none for a body that was only parsed.
    pub verification: Option<Verification>,
}

impl<'b> Delivery<'b> {
    /// Joins a body that was stored and what was known about it. **Checks no signature.**
    ///
    /// # Errors
    /// As [`Payload::parse`]; [`Reason::InvalidOption`] for a time outside the years 1 to 9999.
    ///
    /// # Examples
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
