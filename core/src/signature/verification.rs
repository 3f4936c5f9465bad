//! What a verification proves.

use std::fmt;

use crate::clock;
use crate::error::{Error, Reason};
use crate::signature::digits;
use crate::signature::scheme::Scheme;

/// What is proven about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// The scheme that matched.
    pub scheme: Scheme,
    /// The verified `t`, unix seconds; a bare signature carries none.
    pub signed_at: Option<i64>,
    /// Which secret matched, counted from 0. Shows when an old one is no longer in use.
    pub secret_index: usize,
    /// Names this signed delivery, for logs. A retry that is signed anew has another one, so do not deduplicate by it.
    /// None for bare signatures.
    pub delivery_id: Option<DeliveryId>,
}

/// The first half of the matched `v1` MAC: names the delivery, and is too short to be replayed as a signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId(pub(crate) [u8; 16]);

impl DeliveryId {
    /// The sixteen bytes; [`Display`](fmt::Display) writes them as 32 hex digits, lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let header = generate_signature("{}", "s3cret", Scheme::V1, None).unwrap();
    /// let delivery_id = hooks.verify_signature("{}", &header).unwrap().delivery_id.unwrap();
    /// assert_eq!(delivery_id.to_string().len(), 2 * delivery_id.as_bytes().len());
    /// ```
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 32 hex digits, lower case, in ASCII: what [`Display`](fmt::Display) writes, without memory of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::DeliveryId;
    /// let delivery_id = DeliveryId::parse("0123456789abcdef0123456789abcdef")?;
    /// assert_eq!(&delivery_id.to_hex(), b"0123456789abcdef0123456789abcdef");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[inline]
    pub fn to_hex(&self) -> [u8; 32] {
        digits::encode(&self.0)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl DeliveryId {
    /// Reads 32 hex digits.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] for any other text.
    ///
    /// # Examples
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
    /// # Examples
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
