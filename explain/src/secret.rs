//! What a secret may have been before it was changed on its way here.

use zeroize::Zeroizing;

use crate::MIN_PROVING_BYTES;
use crate::cause::Cause;
use crate::encodings::{base64, from_hex, percent, to_base64};
use crate::search::Trials;

/// Longest secret that is looked at in other ways.
const MAX_BYTES: usize = 4_096;
/// Most other ways to read one secret.
const MAX_VARIANTS: usize = 64;

/// Adds the other ways to read a secret. Their bytes are wiped.
pub(crate) fn add_variants(secret: &[u8], index: usize, trials: &mut Trials) {
    if secret.len() > MAX_BYTES {
        return;
    }
    let mut variants: Vec<(Cause, Zeroizing<Vec<u8>>)> = Vec::new();
    if let Ok(text) = std::str::from_utf8(secret) {
        as_text(text, None, &mut variants);
        // A second layer, such as quotes and a line break. What was decoded is bytes, and is not read as text again.
        for at in 0..variants.len() {
            let (cause, variant) = variants[at].clone();
            if let Ok(text) = std::str::from_utf8(&variant) {
                as_text(text, Some(cause), &mut variants);
            }
        }
        for at in 0..variants.len() {
            let (_, variant) = variants[at].clone();
            decoded(&variant, &mut variants);
        }
        // ASCII letters alone: the tables for all others are 11 KB of each package, compressed.
        variants.push((Cause::SecretCase, Zeroizing::new(secret.to_ascii_lowercase())));
        variants.push((Cause::SecretCase, Zeroizing::new(secret.to_ascii_uppercase())));
    }
    decoded(secret, &mut variants);
    for upper in [false, true] {
        let digits = if upper { hex::encode_upper(secret) } else { hex::encode(secret) };
        variants.push((Cause::SecretDecoded, Zeroizing::new(digits.into_bytes())));
    }
    for for_urls in [false, true] {
        let text = Zeroizing::new(to_base64(secret, for_urls));
        let unpadded = Zeroizing::new(text.trim_suffix_bytes(b'=').to_vec());
        variants.extend([(Cause::SecretDecoded, text), (Cause::SecretDecoded, unpadded)]);
    }
    let mut added: Vec<&[u8]> = vec![secret];
    for (cause, variant) in &variants {
        if variant.len() >= MIN_PROVING_BYTES && added.len() <= MAX_VARIANTS && !added.contains(&variant.as_slice()) {
            added.push(variant);
            trials.add(variant, index, Some(*cause));
        }
    }
}

/// What is taken off a text: white space, quotes, the variable's name, a prefix; and the parts of a list.
fn as_text(text: &str, cause: Option<Cause>, variants: &mut Vec<(Cause, Zeroizing<Vec<u8>>)>) {
    let mut add = |because: Cause, part: &str| {
        if part != text {
            variants.push((cause.unwrap_or(because), Zeroizing::new(part.as_bytes().to_vec())));
        }
    };
    let blank = |character: char| character.is_whitespace() || matches!(character, '\0' | '\u{FEFF}');
    add(Cause::SecretWhitespace, text.trim_matches(blank));
    for end in ["\\r\\n", "\\n"] {
        add(Cause::SecretWhitespace, text.strip_suffix(end).unwrap_or(text));
    }
    let mut inner = text.chars();
    if let (Some(first), Some(last)) = (inner.next(), inner.next_back())
        && first == last
        && matches!(first, '"' | '\'' | '`')
    {
        add(Cause::SecretQuoted, inner.as_str());
    }
    if let Some((name, value)) = text.split_once('=')
        && !name.is_empty()
        && name.trim_start_matches("export ").bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        add(Cause::SecretWithName, value);
    }
    for (at, _) in text.match_indices(['_', ' ', ':']).take(3) {
        let (prefix, rest) = text.split_at(at + 1);
        if prefix.len() <= 16 && prefix.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_ :".contains(&byte)) {
            add(Cause::SecretPrefixed, rest);
        }
    }
    if text.contains([',', ';', ' ', '\n', '\t']) {
        for part in text.split([',', ';', ' ', '\n', '\r', '\t']).take(16) {
            add(Cause::SecretList, part);
        }
    }
}

/// What the secret is an encoding of.
fn decoded(secret: &[u8], variants: &mut Vec<(Cause, Zeroizing<Vec<u8>>)>) {
    for decoded in [from_hex(secret), base64(secret), percent(secret, false)].into_iter().flatten() {
        variants.push((Cause::SecretEncoded, Zeroizing::new(decoded)));
    }
}

trait TrimSuffixBytes {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8];
}

impl TrimSuffixBytes for Vec<u8> {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8] {
        let end = self.iter().rposition(|&other| other != byte).map_or(0, |last| last + 1);
        self.get(..end).unwrap_or_default()
    }
}
