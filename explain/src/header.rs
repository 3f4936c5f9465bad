//! What a signature header may have meant before it was changed, and what else its MAC may be over.

use crate::Core;
use crate::cause::Cause;
use crate::encodings::{base64, percent};
use crate::search::Claim;

/// Longest header that is read in other ways.
const MAX_BYTES: usize = 16_384;

/// The claims of a header: first as it stands, if it can be read so, and then in other ways.
pub(crate) fn claims(value: &[u8], core: &Core<'_>) -> Vec<Claim> {
    let mut found: Vec<Claim> = (core.header)(value).into_iter().collect();
    if found.is_empty() && value.len() <= MAX_BYTES {
        let text = String::from_utf8_lossy(value);
        loosely(text.trim(), core, &mut found, None);
    }
    if let Some(Claim { prefix, macs, signed_at: Some(signed_at), cause: None }) = found.first().cloned() {
        let t = prefix.strip_suffix(b".").unwrap_or_default();
        let mut other = |prefix: Vec<u8>, cause: Cause| {
            found.push(Claim { prefix, macs: macs.clone(), signed_at: Some(signed_at), cause: Some(cause) });
        };
        other(Vec::new(), Cause::SignedWithoutTime);
        for number in [signed_at, signed_at / 1_000, signed_at.saturating_mul(1_000)] {
            let written = format!("{number}.").into_bytes();
            if written != prefix {
                let parsed = number == signed_at;
                other(written, if parsed { Cause::SignedWithParsedTime } else { Cause::TimeInMilliseconds });
            }
        }
        for [before, behind] in [["", ""], ["", "\n"], ["", ":"], ["t=", "."], ["t=", ","], ["v1:", ":"], ["v1.", "."]]
        {
            other([before.as_bytes(), t, behind.as_bytes()].concat(), Cause::SignedDifferently);
        }
    }
    let mut distinct: Vec<Claim> = Vec::new();
    for claim in found {
        if !distinct.iter().any(|other| other.prefix == claim.prefix && other.macs == claim.macs) {
            distinct.push(claim);
        }
    }
    distinct
}

/// Reads the header behind whatever surrounds it.
fn loosely(text: &str, core: &Core<'_>, found: &mut Vec<Claim>, cause: Option<Cause>) {
    let mut read = |text: &str, because: Cause| {
        if let Some(claim) = (core.header)(text.as_bytes()) {
            found.push(Claim { cause: Some(cause.unwrap_or(because)), ..claim });
        }
    };
    let unquoted = text.trim_matches(['"', '\'', '`']);
    if unquoted != text {
        read(unquoted, Cause::HeaderQuoted);
    }
    if let Some((name, value)) = text.split_once(':')
        && name.to_ascii_lowercase().ends_with("signature")
    {
        read(value, Cause::HeaderNameIncluded);
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        read(&text.to_ascii_lowercase(), Cause::HeaderUpperCase);
    }
    let (seconds, macs) = parts(text);
    if let Some(behind) = text.rsplit(['=', ':', ' ']).next()
        && behind != text
        && seconds.is_none()
    {
        read(behind, Cause::HeaderPrefixed);
    }
    // Whatever has the right parts: of several times the first, as it is with several headers.
    if let (Some(seconds), Some(mac)) = (seconds, macs.first()) {
        let repeated = macs.len() > 1;
        read(&format!("t={seconds},v1={mac}"), if repeated { Cause::HeaderRepeated } else { Cause::HeaderRewritten });
    } else if let Some(mac) = macs.first() {
        read(mac, Cause::HeaderRewritten);
    }
    // The MAC itself in base64, with or without a time.
    for word in text.split([',', ' ', '"', '\'']) {
        let encoded = ["v1=", "sha256=", "t="].iter().find_map(|prefix| word.strip_prefix(prefix)).unwrap_or(word);
        if let Some(mac) = base64(encoded.as_bytes()).filter(|mac| mac.len() == 32).map(hex::encode) {
            let seconds = seconds.map(|seconds| format!("t={seconds},v1="));
            read(&format!("{}{mac}", seconds.unwrap_or_default()), Cause::HeaderBase64);
        }
    }
    if cause.is_some() {
        return;
    }
    let decoded = percent(text.as_bytes(), true).map(|text| (text, Cause::HeaderPercentEncoded));
    let decoded = decoded.or_else(|| Some((base64(text.as_bytes())?, Cause::HeaderBase64)));
    if let Some((text, cause)) = decoded {
        let text = String::from_utf8_lossy(&text);
        if let Some(claim) = (core.header)(text.as_bytes()) {
            found.push(Claim { cause: Some(cause), ..claim });
        } else {
            loosely(text.trim(), core, found, Some(cause));
        }
    }
}

/// The first run of 9 to 19 digits, and every run of 64 hex digits.
fn parts(text: &str) -> (Option<&str>, Vec<&str>) {
    let runs = || text.split(|character: char| !character.is_ascii_alphanumeric());
    let digits = |run: &&str| (9..=19).contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |run: &&str| run.len() == 64 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    (runs().find(digits), runs().filter(hex).take(16).collect())
}
