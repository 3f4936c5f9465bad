//! The grammar of the `X-Tink-Signature` header.

use std::borrow::Cow;

use crate::error::{Error, Reason};
use crate::signature::digits::decode;

/// Longest header that is looked at.
const MAX_BYTES: usize = 4_096;
/// Most well-formed `v1` values that are tried.
const MAX_CANDIDATES: usize = 16;

/// A claimed MAC, decoded.
pub(crate) type Candidate = [u8; 32];

/// A header that follows the grammar. Nothing about it is proven yet.
#[derive(Debug)]
pub(crate) enum Header<'h> {
    /// `t=<unix seconds>,v1=<64 hex digits>`
    V1 {
        /// The text of `t`: signed exactly as received, with leading zeros.
        t: &'h [u8],
        /// Its value in seconds. 19 digits always fit.
        signed_at: u64,
        /// The well-formed `v1` values from left to right, at least one.
        candidates: Candidates,
    },
    /// 64 hex digits
    Bare(Candidate),
}

/// One candidate in place, for almost every header has one; the rest on the heap.
#[derive(Debug)]
pub(crate) struct Candidates {
    first: Candidate,
    rest: Vec<Candidate>,
}

impl Candidates {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Candidate> + Clone {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl<'h> Header<'h> {
    /// The header without the text of `t`, once that has been hashed.
    pub(crate) fn forget_text(self) -> Header<'static> {
        match self {
            Self::V1 { signed_at, candidates, .. } => Header::V1 { t: b"", signed_at, candidates },
            Self::Bare(candidate) => Header::Bare(candidate),
        }
    }

    /// Reads the header's value; `None` is an absent header.
    pub(crate) fn parse(value: Option<&'h [u8]>) -> Result<Self, Error> {
        let value = value.unwrap_or_default();
        if let Some(header) = Self::as_tink_writes_it(value) {
            return Ok(header);
        }
        let trimmed = trim(value);
        if trimmed.is_empty() {
            return Err(Error::new(Reason::MissingSignature));
        }
        if value.len() > MAX_BYTES {
            return Err(malformed("it is longer than 4,096 bytes"));
        }
        if !value.is_ascii() {
            return Err(malformed("it is not ASCII"));
        }
        if trimmed.contains(&b'=') {
            Self::parse_v1(trimmed)
        } else {
            decode_any(trimmed).map(Self::Bare).ok_or_else(|| Error::new(Reason::MalformedSignature))
        }
    }

    /// `t=<digits>,v1=<64 hex digits>` and nothing else, which is almost every header. What it reads the rest of
    /// [`parse`](Self::parse) reads in the same way, only more slowly; a property test holds the two together.
    #[inline]
    fn as_tink_writes_it(value: &'h [u8]) -> Option<Self> {
        let (before, digits) = value.split_last_chunk()?;
        let t = before.strip_prefix(b"t=")?.strip_suffix(b",v1=")?;
        let first = decode(digits)?;
        Some(Self::V1 { t, signed_at: seconds(t)?, candidates: Candidates { first, rest: Vec::new() } })
    }

    fn parse_v1(value: &'h [u8]) -> Result<Self, Error> {
        let mut t = None;
        let mut candidates: Option<Candidates> = None;
        for item in value.split(|&byte| byte == b',') {
            let item = trim(item);
            let Some(equals) = item.iter().position(|&byte| byte == b'=') else { continue };
            let (key, value) = (&item[..equals], &item[equals + 1..]);
            match key {
                b"t" if t.is_some() => return Err(malformed("`t` stands in it twice")),
                b"t" => {
                    let seconds = seconds(value).ok_or_else(|| malformed("`t` is not 1 to 19 ASCII digits"))?;
                    t = Some((value, seconds));
                }
                b"v1" => match (&mut candidates, decode_any(value)) {
                    (None, Some(first)) => candidates = Some(Candidates { first, rest: Vec::new() }),
                    (Some(some), Some(next)) if some.rest.len() + 1 < MAX_CANDIDATES => some.rest.push(next),
                    (Some(_), Some(_)) | (_, None) => {}
                },
                _ => {}
            }
        }
        let (t, signed_at) = t.ok_or_else(|| malformed("it has no `t`"))?;
        let candidates = candidates.ok_or_else(|| malformed("it has no `v1` of 64 hex digits"))?;
        Ok(Self::V1 { t, signed_at, candidates })
    }
}

/// The value of 1 to 19 ASCII digits: no sign, no exponent, no digits of other scripts.
#[inline]
fn seconds(text: &[u8]) -> Option<u64> {
    if !(1..=19).contains(&text.len()) {
        return None;
    }
    text.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}

/// [`decode`] for digits of any number; `None` for any other than 64.
fn decode_any(digits: &[u8]) -> Option<Candidate> {
    decode(digits.try_into().ok()?)
}

/// Drops spaces and tabs at both ends.
const fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

fn malformed(what: &str) -> Error {
    Error::new(Reason::MalformedSignature).hint_text(what)
}

/// The value of the `X-Tink-Signature` header, as HTTP libraries hand it out: text or bytes, there or not.
pub trait SignatureHeader {
    /// The header's bytes; `None` for an absent header. Several fields of the name are one value with commas between.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::SignatureHeader;
    /// assert_eq!("t=1".header_value().as_deref(), Some(&b"t=1"[..]));
    /// assert_eq!(None::<&str>.header_value(), None);
    /// ```
    fn header_value(&self) -> Option<Cow<'_, [u8]>>;
}

macro_rules! signature_header {
    ($($type:ty: $as_bytes:ident),+) => {$(
        impl SignatureHeader for $type {
            #[inline]
            fn header_value(&self) -> Option<Cow<'_, [u8]>> {
                Some(Cow::Borrowed(self.$as_bytes()))
            }
        }
    )+};
}

signature_header!(str: as_bytes, String: as_bytes, [u8]: as_ref, Vec<u8>: as_slice);

#[cfg(feature = "http")]
signature_header!(http::HeaderValue: as_bytes);

/// The fields named `X-Tink-Signature`. Behind the feature `http`.
#[cfg(feature = "http")]
impl SignatureHeader for http::HeaderMap {
    fn header_value(&self) -> Option<Cow<'_, [u8]>> {
        let mut values = self.get_all("x-tink-signature").iter().map(http::HeaderValue::as_bytes);
        let first = values.next()?;
        let rest: Vec<&[u8]> = values.collect();
        if rest.is_empty() {
            return Some(Cow::Borrowed(first));
        }
        Some(Cow::Owned([&[first], &rest[..]].concat().join(&b',')))
    }
}

impl<T: SignatureHeader + ?Sized> SignatureHeader for &T {
    #[inline]
    fn header_value(&self) -> Option<Cow<'_, [u8]>> {
        (**self).header_value()
    }
}

impl<T: SignatureHeader> SignatureHeader for Option<T> {
    #[inline]
    fn header_value(&self) -> Option<Cow<'_, [u8]>> {
        self.as_ref().and_then(SignatureHeader::header_value)
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::signature::digits::{encode, swar};

    proptest! {
        #[test]
        fn both_ways_to_read_a_header_agree(header in "t=[0-9]{0,20},?v1=[0-9a-fA-Fg]{62,65}|t=[0-9 ]{1,4},v1=[0-9a-f]{64}[, ]?") {
            let value = header.as_bytes();
            let slowly = Header::parse_v1(trim(value)).map(|header| format!("{header:?}")).ok();
            if let Some(quickly) = Header::as_tink_writes_it(value) {
                prop_assert_eq!(Some(format!("{quickly:?}")), slowly);
            }
        }

        #[test]
        fn digits_are_decoded_as_the_hex_crate_does(digits in "[0-9a-fA-F]{60,66}|[0-9a-f]{20}[ -~]{44}|[^0-9a-f]{64}") {
            let mut expected = Candidate::default();
            let decoded = hex::decode_to_slice(&digits, &mut expected).is_ok().then_some(expected);
            prop_assert_eq!(decode_any(digits.as_bytes()), decoded);
            if let Ok(digits) = digits.as_bytes().try_into() {
                prop_assert_eq!(swar::decode(digits), decoded);
            }
        }

        #[test]
        fn digits_are_written_as_the_hex_crate_does(bytes: [u8; 16]) {
            prop_assert_eq!(encode(&bytes).to_vec(), hex::encode(bytes).into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: &str = "69bfac13ae3092e5d0b26beaadc897227650124e36de2bd8d326a4f7a27579be";

    fn reason(header: &str) -> Option<Reason> {
        Header::parse(Some(header.as_bytes())).err().map(|error| error.reason())
    }

    #[test]
    fn white_space_around_items_is_dropped() {
        assert_eq!(reason(&format!(" \tt=1 ,\t v1={MAC}\t")), None);
        assert_eq!(reason(&format!("t =1,v1={MAC}")), Some(Reason::MalformedSignature));
        assert_eq!(reason(&format!("t=1,v1= {MAC}")), Some(Reason::MalformedSignature));
    }

    #[test]
    fn sixteen_candidates_are_kept() {
        let header = format!("t=1{}", format!(",v1={MAC}").repeat(40));
        let parsed = Header::parse(Some(header.as_bytes()));
        let Ok(Header::V1 { candidates, .. }) = parsed else { panic!("{parsed:?}") };
        assert_eq!(candidates.iter().count(), 16);
    }

    #[test]
    fn nineteen_nines_fit() {
        assert_eq!(seconds(b"9999999999999999999"), Some(9_999_999_999_999_999_999));
        assert!(seconds(b"10000000000000000000").is_none());
    }
}
