//! Making signatures, for tests and for senders.

use crate::clock;
use crate::error::{Error, Reason};
use crate::signature::check::begins_like_v1;
use crate::signature::hmac::Key;
use crate::signature::scheme::Scheme;
use crate::signature::secret::Secrets;

/// Makes a header's value, for tests and for senders.
///
/// `signed_at` is in unix seconds and is meant for scheme `v1`; left out, it is now. A bare signature has no time.
///
/// # Errors
/// [`Reason::InvalidSecret`] and [`Reason::SecretNotConfigured`] for an unusable secret; [`Reason::InvalidOption`] for
/// a time outside the years 1970 to 9999, and for scheme `body` over a body that begins with a digit, which a receiver
/// could take for a `v1` message.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Scheme, generate_signature};
/// let header = generate_signature(
///     r#"{"context": {...}, "event": "...",  "content": {...}}"#,
///     "top_secret_top_secret_top_secret",
///     Scheme::V1,
///     Some(1_620_198_421),
/// )?;
/// assert_eq!(header, "t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb");
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub fn generate_signature(
    body: impl AsRef<[u8]>,
    secret: impl AsRef<[u8]>,
    scheme: Scheme,
    signed_at: Option<i64>,
) -> Result<String, Error> {
    let (body, secrets) = (body.as_ref(), Secrets::one(secret.as_ref())?);
    let mac = |prefix: &str| {
        let parts = [prefix.as_bytes(), body];
        secrets.keys().iter().map(|key| hex::encode(key.mac(parts).to_bytes())).collect::<String>()
    };
    match scheme {
        Scheme::V1 => {
            let seconds = signed_at.map_or_else(|| clock::now().map(|now| now.div_euclid(1_000)), Ok)?;
            if !(0..=clock::MAX_SECONDS).contains(&seconds) {
                return Err(Error::with_message(
                    Reason::InvalidOption,
                    "the time of signing must lie in the years 1970 to 9999, in unix seconds",
                ));
            }
            Ok(format!("t={seconds},v1={}", mac(&format!("{seconds}."))))
        }
        Scheme::Body if begins_like_v1(body) => Err(Error::with_message(
            Reason::InvalidOption,
            "a body that begins with a digit is never signed with scheme \"body\": it could be taken for a \"v1\" message",
        )),
        Scheme::Body => Ok(mac("")),
    }
}

/// HMAC-SHA256 as this library computes it, over parts one after the other, with a key that is prepared once and need
/// be no usable secret: for the published vectors of HMAC, and to measure it.
#[doc(hidden)]
pub fn hmac_sha256<const N: usize>(key: &[u8]) -> impl Fn([&[u8]; N]) -> [u8; 32] {
    let key = Key::from_any_bytes(key);
    move |parts| key.mac(parts).to_bytes()
}
