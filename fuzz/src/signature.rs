//! The header's grammar and the verdict on a delivery, written as simply as possible. HMAC and hex are from other
//! crates than core's, so that a mistake of either crate is found.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use tink_webhooks::{Reason, Scheme, Verification};

/// What a valid signature proves: scheme, `t`, which secret, and the MAC.
pub type Verified = (Scheme, u64, usize, Vec<u8>);

/// A well-formed header, before any MAC is computed.
#[derive(Debug, PartialEq, Eq)]
pub enum Header {
    V1 { t: String, macs: Vec<Vec<u8>> },
    Bare(Vec<u8>),
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn mac_of(hex: &str) -> Option<Vec<u8>> {
    if hex.len() == 64 { HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok() } else { None }
}

/// Reads a header.
pub fn header(value: &[u8]) -> Result<Header, Reason> {
    let Ok(text) = std::str::from_utf8(value) else { return Err(Reason::MalformedSignature) };
    if text.chars().all(|character| character == ' ' || character == '\t') {
        return Err(Reason::MissingSignature);
    }
    if text.len() > 4096 || text.chars().any(|character| character > '\u{7f}') {
        return Err(Reason::MalformedSignature);
    }
    if !text.contains('=') {
        return mac_of(trim(text)).map(Header::Bare).ok_or(Reason::MalformedSignature);
    }
    let items: Vec<(&str, &str)> = text.split(',').filter_map(|item| trim(item).split_once('=')).collect();
    let values =
        |wanted: &str| items.iter().filter(|(key, _)| *key == wanted).map(|(_, value)| *value).collect::<Vec<_>>();
    let [t] = values("t")[..] else { return Err(Reason::MalformedSignature) };
    if t.is_empty() || t.len() > 19 || !t.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Reason::MalformedSignature);
    }
    let macs: Vec<_> = values("v1").into_iter().filter_map(mac_of).take(16).collect();
    if macs.is_empty() {
        return Err(Reason::MalformedSignature);
    }
    Ok(Header::V1 { t: t.to_owned(), macs })
}

/// HMAC-SHA256, by the crate `hmac-sha256`.
pub fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac_sha256::HMAC::mac(message, secret).to_vec()
}

/// In lower case.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Puts valid signatures into a header, as a fuzzer cannot guess one: `{v1}`, `{V1}`, `{bare}` and `{BARE}` by the
/// first secret, `{v1-last}` and `{bare-last}` by the last. The time signed is that of the first `t=`.
pub fn expand(header: &[u8], body: &[u8], secrets: &[Vec<u8>]) -> Vec<u8> {
    let (Some(first), Some(last)) = (secrets.first(), secrets.last()) else { return header.to_vec() };
    if !header.contains(&b'{') {
        return header.to_vec();
    }
    let items = header.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let t = items.filter_map(|item| item.strip_prefix(b"t=")).next().unwrap_or_default();
    let signed = [t, b".", body].concat();
    let macs = [
        ("{v1}", hex(&hmac(first, &signed))),
        ("{V1}", hex(&hmac(first, &signed)).to_uppercase()),
        ("{bare}", hex(&hmac(first, body))),
        ("{BARE}", hex(&hmac(first, body)).to_uppercase()),
        ("{v1-last}", hex(&hmac(last, &signed))),
        ("{bare-last}", hex(&hmac(last, body))),
    ];
    let mut expanded = Vec::new();
    let mut rest = header;
    'bytes: while let [byte, tail @ ..] = rest {
        for (name, mac) in &macs {
            if let Some(behind) = rest.strip_prefix(name.as_bytes()) {
                expanded.extend_from_slice(mac.as_bytes());
                rest = behind;
                continue 'bytes;
            }
        }
        expanded.push(*byte);
        rest = tail;
    }
    expanded
}

/// A receiver's options.
#[derive(Clone)]
pub struct Options {
    pub secrets: Vec<Vec<u8>>,
    pub schemes: Vec<Scheme>,
    pub tolerance: Option<u64>,
    pub max_body_bytes: usize,
    pub now_millis: i64,
}

/// Whether a list of secrets can be used.
pub fn judge_secrets(secrets: &[Vec<u8>]) -> Result<(), Reason> {
    if secrets.is_empty() {
        return Err(Reason::SecretNotConfigured);
    }
    let usable = secrets.iter().all(|secret| {
        // Bytes that are not UTF-8 become U+FFFD, which is not white space.
        let text = String::from_utf8_lossy(secret);
        !text.is_empty() && !text.contains('\0') && text.trim() == text
    });
    if usable { Ok(()) } else { Err(Reason::InvalidSecret) }
}

/// The verdict on a header alone.
pub fn claim(options: &Options, value: &[u8]) -> Result<Header, Reason> {
    let header = header(value)?;
    let scheme = if matches!(header, Header::V1 { .. }) { Scheme::V1 } else { Scheme::Body };
    if options.schemes.contains(&scheme) { Ok(header) } else { Err(Reason::SchemeNotAllowed) }
}

/// The verdict on a delivery.
pub fn verdict(options: &Options, body: &[u8], value: &[u8]) -> Result<Verified, Reason> {
    if body.len() > options.max_body_bytes {
        return Err(Reason::BodyTooLarge);
    }
    let (scheme, t, message, claimed) = match claim(options, value)? {
        Header::V1 { t, macs } => {
            let message = [t.as_bytes(), b".", body].concat();
            (Scheme::V1, t.parse().expect("19 digits fit"), message, macs)
        }
        Header::Bare(mac) => (Scheme::Body, 0, body.to_vec(), vec![mac]),
    };
    if scheme == Scheme::Body && matches!(body, [b'0'..=b'9', ..]) {
        return Err(Reason::SignatureMismatch);
    }
    let computed: Vec<_> = options.secrets.iter().map(|secret| hmac(secret, &message)).collect();
    let matched = computed.iter().position(|mac| claimed.contains(mac)).ok_or(Reason::SignatureMismatch)?;
    if scheme == Scheme::V1 {
        let (now, t): (i128, i128) = (options.now_millis.div_euclid(1000).into(), t.into());
        if t > 253_402_300_799 {
            return Err(Reason::TimestampInFuture);
        }
        match options.tolerance {
            Some(tolerance) if now - t > tolerance.into() => return Err(Reason::TimestampTooOld),
            Some(tolerance) if t - now > tolerance.into() => return Err(Reason::TimestampInFuture),
            _ => {}
        }
    }
    Ok((scheme, t, matched, computed[matched].clone()))
}

/// Asserts that core gives the same verdict.
pub fn assert_same(
    expected: &Result<Verified, Reason>,
    actual: &Result<Verification, tink_webhooks::Error>,
    header: &[u8],
) {
    let header = String::from_utf8_lossy(header);
    match (expected, actual) {
        (Err(reason), Err(error)) => assert_eq!(*reason, error.reason(), "{header:?}"),
        (Ok((scheme, t, index, mac)), Ok(verification)) => {
            assert_eq!((*scheme, *index), (verification.scheme, verification.secret_index), "{header:?}");
            let v1 = *scheme == Scheme::V1;
            assert_eq!(v1.then_some(*t), verification.signed_at.map(i64::cast_unsigned), "{header:?}");
            let id = verification.delivery_id.map(|id| id.to_string());
            assert_eq!(v1.then(|| hex(&mac[..16])), id, "{header:?}");
        }
        _ => panic!("the model says {expected:?}, core says {actual:?}: {header:?}"),
    }
}
