//! An accepted delivery: what its body says, and what was proved of it.

use crate::clock;
use crate::error::{Error, Reason};
use crate::payload::Payload;
use crate::signature::{Verification, VerificationStream};

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
    /// Reads a body of which this was proven. `received` is the time where the proof has read it already.
    #[inline]
    pub(crate) fn proven<E: From<Error>>(
        body: &'b [u8],
        verification: Verification,
        received: Option<i64>,
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Self, E> {
        let (text, payload) = Payload::parse_bytes(body)?;
        let timestamp_millis = match (payload.timestamp_millis, verification.signed_at, received) {
            (Some(stated), _, _) => stated,
            (None, Some(seconds), _) => seconds * 1_000,
            (None, None, Some(now)) => now,
            (None, None, None) => clock()?,
        };
        Ok(Self { text, payload, timestamp_millis, verification: Some(verification) })
    }

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

impl VerificationStream {
    /// Gives the verdict on everything that came, and reads it. `body` is what the pieces were, kept by the caller: its
    /// length is compared, and its bytes are not hashed again, so they must not have changed.
    ///
    /// # Errors
    /// As [`finish`](Self::finish) and [`Payload::parse`]; [`Reason::InvalidOption`] for a body of another length than
    /// came.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, Verifier, clock, generate_signature};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let body = br#"{"event":"account:updated"}"#;
    /// let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
    /// let mut stream = verifier.begin_verification(Some(header.as_bytes()))?;
    /// for piece in body.chunks(10) {
    ///     stream.update(piece)?;
    /// }
    /// let delivery = stream.finish_delivery(body, clock::now)?;
    /// assert!(delivery.verification.is_some());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn finish_delivery<E: From<Error>>(
        self,
        body: &[u8],
        mut clock: impl FnMut() -> Result<i64, E>,
    ) -> Result<Delivery<'_>, E> {
        let same_length = self.taken() == body.len();
        let mut received = None;
        let verification = self.finish(|| {
            let now = clock()?;
            received = Some(now);
            Ok::<_, E>(now)
        })?;
        if !same_length {
            let text = "the body to read is not what the stream verified: it has another length";
            return Err(Error::with_message(Reason::InvalidOption, text).into());
        }
        Delivery::proven(body, verification, received, clock)
    }
}
