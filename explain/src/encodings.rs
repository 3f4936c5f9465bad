//! Decoders of what bytes and text are wrapped in. Each gives nothing for what is not wholly in its form. Those that read
//! secrets too leave nothing behind: what they have made and do not give is wiped, and is never moved to grow.

use zeroize::Zeroizing;

/// Base64 of either alphabet, with or without padding and line breaks; at least twelve characters.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len().div_ceil(4) * 3));
    let (mut bits, mut count, mut characters) = (0_u32, 0, 0);
    let mut padded = false;
    for &byte in text {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padded = true;
                continue;
            }
            b'\r' | b'\n' => continue,
            _ => return None,
        };
        if padded {
            return None;
        }
        characters += 1;
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count & 0xFF) as u8);
        }
    }
    (characters >= 12 && characters % 4 != 1).then(|| std::mem::take(&mut *decoded))
}

/// Base64 with padding, of the standard alphabet or of that for URLs.
pub(crate) fn to_base64(bytes: &[u8], for_urls: bool) -> Vec<u8> {
    let alphabet: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = alphabet[(bits >> (18 - 6 * place) & 0x3F) as usize];
            text.push(match letter {
                _ if place > chunk.len() => b'=',
                b'+' if for_urls => b'-',
                b'/' if for_urls => b'_',
                letter => letter,
            });
        }
    }
    text
}

/// Pairs of hex digits.
pub(crate) fn from_hex(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Zeroizing::new(vec![0; text.len() / 2]);
    hex::decode_to_slice(text, &mut decoded).ok()?;
    Some(std::mem::take(&mut *decoded))
}

/// Percent-encoding; a plus is a space where `plus` says so. Nothing where nothing changes.
pub(crate) fn percent(text: &[u8], plus: bool) -> Option<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        let code = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse_hex());
        decoded.push(match (byte, code) {
            (_, Some(code)) => code,
            (b'+', _) if plus => b' ',
            _ => byte,
        });
        at += if code.is_some() { 3 } else { 1 };
    }
    (decoded.as_slice() != text).then(|| std::mem::take(&mut *decoded))
}

/// Two hex digits.
trait ParseHex {
    fn parse_hex(&self) -> Option<u8>;
}

impl ParseHex for str {
    fn parse_hex(&self) -> Option<u8> {
        // `from_str_radix` takes a sign.
        self.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u8::from_str_radix(self, 16).ok())?
    }
}

/// The entities that HTML escaping writes.
pub(crate) fn html_entities(text: &str) -> Option<String> {
    const ENTITIES: [(&str, &str); 12] = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&#x2F;", "/"),
        ("&#96;", "`"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        // Last, so that what was escaped twice is undone once.
        ("&amp;", "&"),
    ];
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        decoded.push_str(before);
        let known = ENTITIES.iter().find(|(name, _)| entity.starts_with(name)).unwrap_or(&("&", "&"));
        decoded.push_str(known.1);
        rest = entity.get(known.0.len()..).unwrap_or_default();
    }
    decoded.push_str(rest);
    (decoded != text).then_some(decoded)
}

/// What Windows-1252 has in the places 0x80 to 0x9F; where it has nothing, the control character, as WHATWG decodes.
const CP1252: [u16; 32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D,
    0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D,
    0x17E, 0x178,
];

/// The byte that Latin-1, or Windows-1252, writes for each character: what undoes UTF-8 that was read in it.
pub(crate) fn to_single_bytes(text: &str, cp1252: bool) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    let byte = |character: char| {
        let code = u32::from(character);
        let place = CP1252.iter().position(|&other| u32::from(other) == code).filter(|_| cp1252);
        match place.and_then(|place| u8::try_from(place).ok()) {
            Some(place) => Some(0x80 + place),
            None if cp1252 && (0x80..=0x9F).contains(&code) => None,
            None => u8::try_from(code).ok(),
        }
    };
    text.chars().map(byte).collect()
}

/// Bytes of Latin-1, or of Windows-1252, as UTF-8.
pub(crate) fn from_single_bytes(bytes: &[u8], cp1252: bool) -> String {
    let character = |&byte: &u8| match byte {
        0x80..=0x9F if cp1252 => char::from_u32(u32::from(CP1252[usize::from(byte - 0x80)])).unwrap_or_default(),
        byte => char::from(byte),
    };
    bytes.iter().map(character).collect()
}

/// UTF-16 of either byte order, as UTF-8, with or without a byte order mark.
pub(crate) fn utf16(bytes: &[u8]) -> Option<String> {
    let little = match bytes {
        [0xFF, 0xFE, ..] => true,
        [0xFE, 0xFF, ..] => false,
        [first, 0, ..] if *first != 0 => true,
        [0, first, ..] if *first != 0 => false,
        _ => return None,
    };
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let units = pairs.iter().map(|&pair| if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) });
    char::decode_utf16(units.skip_while(|&unit| unit == 0xFEFF)).collect::<Result<_, _>>().ok()
}

/// Whether it begins as gzip or zlib does.
pub(crate) fn looks_compressed(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1F, 0x8B, 8, ..] | [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..])
}

/// Longest body that is taken out of a compressed one.
#[cfg(feature = "gzip")]
const MAX_INFLATED: u64 = 4 << 20;

/// What gzip or zlib has compressed.
#[cfg(feature = "gzip")]
pub(crate) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;

    let mut inflated = Vec::new();
    let reader: &mut dyn Read = match bytes.first() {
        Some(0x1F) => &mut flate2::read::MultiGzDecoder::new(bytes),
        _ => &mut flate2::read::ZlibDecoder::new(bytes),
    };
    reader.take(MAX_INFLATED).read_to_end(&mut inflated).ok()?;
    Some(inflated)
}

/// Needs the feature `gzip`.
#[cfg(not(feature = "gzip"))]
pub(crate) fn inflate(_bytes: &[u8]) -> Option<Vec<u8>> {
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn base64_comes_back(bytes in prop::collection::vec(any::<u8>(), 9..200), for_urls: bool) {
            prop_assert_eq!(base64(&to_base64(&bytes, for_urls)), Some(bytes));
        }

        #[test]
        fn single_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 1..200), cp1252: bool) {
            let text = from_single_bytes(&bytes, cp1252);
            prop_assume!(!text.is_ascii());
            // What Windows-1252 leaves free is its own control character.
            prop_assert_eq!(to_single_bytes(&text, cp1252), Some(bytes));
        }

        #[test]
        fn utf16_comes_back(text in "\\PC{1,40}", little: bool, mark: bool) {
            let marked = if mark { format!("\u{FEFF}{text}") } else { text.clone() };
            let bytes: Vec<u8> = marked
                .encode_utf16()
                .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
                .collect();
            let read = utf16(&bytes);
            // Without a mark only what begins in ASCII shows its byte order.
            if mark || text.is_char_boundary(1) {
                prop_assert_eq!(read, Some(text.trim_start_matches('\u{FEFF}').to_owned()));
            }
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = String::from_utf8_lossy(&bytes);
            let _ = (base64(&bytes), percent(&bytes, true), utf16(&bytes), inflate(&bytes));
            let _ = (html_entities(&text), to_single_bytes(&text, true), looks_compressed(&bytes));
        }
    }

    #[test]
    fn entities_and_percents() {
        assert_eq!(html_entities("&lt;a&gt; &amp;amp; &x").as_deref(), Some("<a> &amp; &x"));
        assert_eq!(html_entities("a & b"), None);
        assert_eq!(percent(b"%7B%22a%22%3A+1%7D%zz%", true).as_deref(), Some(&b"{\"a\": 1}%zz%"[..]));
        assert_eq!(percent(b"%+1", false), None);
    }

    #[test]
    fn base64_is_strict() {
        assert_eq!(base64(b"AAAA=AAAAAAAA"), None);
        assert_eq!(base64(b"{\"a\":1}aaaaaaa"), None);
        assert_eq!(base64(b"short"), None);
    }
}
