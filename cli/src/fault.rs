//! Deliveries: signed as Tink signs them, or wrong in one way.

use clap::ValueEnum;
use tink_webhooks::{Scheme, generate_signature, hmac_sha256};

use crate::failure::Outcome;
use crate::message::random_hex;

/// What is wrong with a delivery, or odd and still right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// No `X-Tink-Signature` header
    NoHeader,
    /// The header is there and empty
    EmptyHeader,
    /// The header is no signature
    Malformed,
    /// Signed with another secret
    Forged,
    /// A character of the body was changed after it was signed
    Tampered,
    /// Signed an hour ago
    Stale,
    /// Signed an hour ahead
    Ahead,
    /// `t` in milliseconds
    Milliseconds,
    /// Signed, and the body is no JSON
    NotJson,
    /// The body ends early
    Truncated,
    /// Right, with `v1` before `t`
    V1First,
    /// Right, with a second `v1` and that one the right one
    SecondV1,
}

/// A request to send.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) body: Vec<u8>,
    pub(crate) signature: Option<String>,
}

/// How a delivery is signed.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) secret: &'a [u8],
    pub(crate) scheme: Scheme,
    /// Unix seconds.
    pub(crate) now: i64,
    /// How far off a delivery is that is stale or ahead, in seconds.
    pub(crate) off: i64,
}

impl Signer<'_> {
    /// Signs a body, with a fault if one is asked for. A bare signature has no `t` and no items: of faults in them the
    /// header is as without a fault.
    pub(crate) fn deliver(&self, body: &str, fault: Option<Fault>) -> Outcome<Delivery> {
        let sign = |body: &str, at: i64| generate_signature(body, self.secret, self.scheme, Some(at));
        let now = self.now;
        let right = sign(body, now)?;
        let (mut sent, mut signature) = (body.to_owned(), Some(right.clone()));
        match fault {
            None => {}
            Some(Fault::NoHeader) => signature = None,
            Some(Fault::EmptyHeader) => signature = Some(String::new()),
            Some(Fault::Malformed) => signature = Some(format!("t={now},v1=not-hex")),
            Some(Fault::Forged) => signature = Some(generate_signature(body, random_hex(), self.scheme, Some(now))?),
            Some(Fault::Tampered) => sent = tampered(body),
            Some(Fault::Stale) => signature = Some(sign(body, now - self.off)?),
            Some(Fault::Ahead) => signature = Some(sign(body, now + self.off)?),
            Some(Fault::Milliseconds) => signature = Some(self.in_milliseconds(body)),
            Some(Fault::NotJson) => {
                "this is not JSON".clone_into(&mut sent);
                signature = Some(sign(&sent, now)?);
            }
            Some(Fault::Truncated) => {
                let middle = (0..=body.len() / 2).rev().find(|&at| body.is_char_boundary(at));
                sent.truncate(middle.unwrap_or_default());
            }
            Some(Fault::V1First) => {
                if let Some((t, v1)) = right.split_once(',') {
                    signature = Some(format!("{v1},{t}"));
                }
            }
            Some(Fault::SecondV1) => {
                if let Some((t, v1)) = right.split_once(',') {
                    signature = Some(format!("{t},v1={}{},{v1}", random_hex(), random_hex()));
                }
            }
        }
        Ok(Delivery { body: sent.into_bytes(), signature })
    }

    /// What the library refuses to make.
    fn in_milliseconds(&self, body: &str) -> String {
        let t = (i128::from(self.now) * 1_000).to_string();
        let mac = hmac_sha256(self.secret)([t.as_bytes(), b".", body.as_bytes()]);
        format!("t={t},v1={}", hex::encode(mac))
    }
}

/// The body with its last digit changed, as one changes an amount; of a body without digits, with a space behind it.
fn tampered(body: &str) -> String {
    let Some(at) = body.rfind(|c: char| c.is_ascii_digit()) else { return format!("{body} ") };
    let other = if body[at..].starts_with('7') { "8" } else { "7" };
    format!("{}{other}{}", &body[..at], &body[at + 1..])
}

#[cfg(test)]
mod tests {
    use tink_webhooks::{EventType, Payload, Reason, Verifier};

    use super::*;

    const SECRET: &[u8] = b"top_secret_top_secret_top_secret";
    const NOW: i64 = 1_700_000_000;

    /// What the library says of a delivery with the fault.
    fn verdict(fault: Option<Fault>) -> Option<Reason> {
        let signer = Signer { secret: SECRET, scheme: Scheme::V1, now: NOW, off: 3_600 };
        let delivery = signer.deliver(EventType::PaymentUpdated.example(), fault).unwrap();
        let verifier = Verifier::builder().secret(SECRET).build().unwrap();
        let signature = delivery.signature.as_deref().map(str::as_bytes);
        let clock = || Ok::<_, tink_webhooks::Error>(NOW * 1_000);
        verifier.construct(&delivery.body, signature, clock).err().map(|error| error.reason())
    }

    #[test]
    fn every_fault_is_what_it_says() {
        for fault in Fault::value_variants() {
            let expected = match fault {
                Fault::NoHeader | Fault::EmptyHeader => Some(Reason::MissingSignature),
                Fault::Malformed => Some(Reason::MalformedSignature),
                Fault::Forged | Fault::Tampered | Fault::Truncated => Some(Reason::SignatureMismatch),
                Fault::Stale => Some(Reason::TimestampTooOld),
                Fault::Ahead | Fault::Milliseconds => Some(Reason::TimestampInFuture),
                Fault::NotJson => Some(Reason::InvalidJson),
                Fault::V1First | Fault::SecondV1 => None,
            };
            assert_eq!(verdict(Some(*fault)), expected, "{fault:?}");
        }
        assert_eq!(verdict(None), None);
    }

    #[test]
    fn what_was_tampered_with_is_still_an_event() {
        for event in EventType::ALL {
            let changed = tampered(event.example());
            assert_ne!(changed, event.example());
            assert!(Payload::parse(changed.as_bytes()).is_ok(), "{event}");
        }
        assert_eq!(tampered("{}"), "{} ");
    }
}
