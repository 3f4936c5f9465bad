//! What a header claims, and what it takes to believe it: the rules that a whole body and one in pieces share.

use crate::error::{Error, Reason};
use crate::signature::header::{Candidate, Header};
use crate::signature::hmac::Mac;
use crate::signature::scheme::Scheme;
use crate::signature::verification::{DeliveryId, Verification};
use crate::signature::window::Tolerance;

/// What is signed ahead of the body: the text of `t` and a dot in scheme `v1`, nothing in scheme `body`.
pub(crate) type Prefix<'h> = [&'h [u8]; 2];

impl<'h> Header<'h> {
    pub(crate) const fn scheme(&self) -> Scheme {
        match self {
            Self::V1 { .. } => Scheme::V1,
            Self::Bare(_) => Scheme::Body,
        }
    }

    #[inline]
    pub(crate) fn prefix(&self) -> Prefix<'h> {
        match self {
            Self::V1 { t, .. } => [t, b"."],
            Self::Bare(_) => [b"", b""],
        }
    }

    /// Whether no MAC over a body that begins like this can prove the claim.
    #[inline]
    pub(crate) fn is_refuted_by(&self, beginning: &[u8]) -> bool {
        matches!(self, Self::Bare(_)) && begins_like_v1(beginning)
    }

    /// Checks the MAC of every secret, in their order, and then the time window.
    #[inline]
    pub(crate) fn judge<E: From<Error>>(
        &self,
        macs: impl Iterator<Item = Mac>,
        tolerance: Tolerance,
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Verification, E> {
        match self {
            Self::V1 { signed_at, candidates, .. } => {
                let (secret_index, matched) = find_match(macs, &candidates.iter())?;
                if tolerance.needs_clock(*signed_at) {
                    tolerance.check(*signed_at, clock()?)?;
                }
                let (delivery_id, _) = matched.as_chunks::<16>();
                Ok(Verification {
                    scheme: Scheme::V1,
                    signed_at: i64::try_from(*signed_at).ok(),
                    secret_index,
                    delivery_id: delivery_id.first().copied().map(DeliveryId),
                })
            }
            Self::Bare(candidate) => {
                let (secret_index, _) = find_match(macs, &std::iter::once(candidate))?;
                Ok(Verification { scheme: Scheme::Body, signed_at: None, secret_index, delivery_id: None })
            }
        }
    }
}

/// Every MAC against every candidate: the lowest secret, then the leftmost candidate, is the match.
#[inline]
fn find_match<'c>(
    macs: impl Iterator<Item = Mac>,
    candidates: &(impl Iterator<Item = &'c Candidate> + Clone),
) -> Result<(usize, Candidate), Error> {
    for (secret_index, mac) in macs.enumerate() {
        for candidate in candidates.clone() {
            if mac.equals(candidate) {
                return Ok((secret_index, *candidate));
            }
        }
    }
    Err(Error::new(Reason::SignatureMismatch))
}

/// Every message that scheme `v1` signs begins with a digit, so no bare MAC is made or accepted over one that does: no
/// MAC is valid in both schemes.
pub(crate) fn begins_like_v1(body: &[u8]) -> bool {
    body.first().is_some_and(u8::is_ascii_digit)
}
