//! What the library says about a delivery that does not verify, as it is kept and shown.

use serde::{Deserialize, Serialize};
use tink_webhooks::explain::{Cause, explain};

use super::headers::latin1;
use crate::secret::Secret;

/// How many bytes are shown on either side of where the signed body and the received one part.
const BEFORE: usize = 24;
const AFTER: usize = 40;

/// An [`Explanation`](tink_webhooks::explain::Explanation), with the names that it has in every language.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Explained {
    pub(crate) cause: String,
    pub(crate) causes: Vec<String>,
    pub(crate) proved: bool,
    /// One sentence: what happened.
    pub(crate) what: String,
    #[serde(rename = "where")]
    pub(crate) place: String,
    pub(crate) fix: String,
    pub(crate) text: String,
    pub(crate) secret_index: Option<usize>,
    /// Where the bytes that were signed are known and other ones came.
    pub(crate) changed: Option<Changed>,
}

/// Two excerpts, one character a byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changed {
    /// The first byte that differs, counted from 0.
    pub(crate) at: usize,
    /// How many bytes of an excerpt come before it, at most.
    pub(crate) before: usize,
    pub(crate) signed: String,
    pub(crate) came: String,
}

impl Explained {
    /// Searches for the cause: takes processor time, so it never stands between a delivery and its answer.
    pub(crate) fn of(body: &[u8], signature: Option<&[u8]>, secrets: &[Secret]) -> Self {
        let found = explain(body, signature.map(<[u8]>::to_vec), secrets.iter().map(Secret::bytes), None);
        Self {
            cause: found.cause().to_string(),
            causes: found.causes().iter().map(ToString::to_string).collect(),
            proved: found.proved(),
            what: found.causes().iter().map(|cause| cause.what()).collect::<Vec<_>>().join(" "),
            place: found.place().to_owned(),
            fix: found.fix().clone(),
            text: found.to_string(),
            secret_index: found.secret_index(),
            changed: found.original_body().and_then(|signed| Changed::between(signed, body)),
        }
    }

    /// Nothing was found to be wrong with the signature: the window, or the payload, is.
    pub(crate) fn verifies(&self) -> bool {
        self.cause == Cause::Verifies.as_str()
    }
}

impl Changed {
    fn between(signed: &[u8], came: &[u8]) -> Option<Self> {
        let at = signed.iter().zip(came).position(|(one, other)| one != other).unwrap_or(signed.len().min(came.len()));
        let excerpt = |bytes: &[u8]| latin1(&bytes[at.saturating_sub(BEFORE)..bytes.len().min(at + AFTER)]);
        (signed != came).then(|| Self { at, before: BEFORE, signed: excerpt(signed), came: excerpt(came) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bodies_part_where_they_part() {
        let at = |signed: &[u8], came: &[u8]| Changed::between(signed, came).map(|changed| changed.at);
        assert_eq!(at(b"{\"a\":23.00}", b"{\"a\":23}"), Some(7));
        assert_eq!(at(b"ab", b"ab\n"), Some(2));
        assert_eq!(at(b"", b""), None);
        let long = [b'x'; 200];
        let changed = Changed::between(&long, &long[..100]).unwrap();
        assert_eq!((changed.signed.len(), changed.came.len()), (BEFORE + AFTER, BEFORE));
    }
}
