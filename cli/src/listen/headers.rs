//! Headers as they can be written down, without loss.

use ureq::http::HeaderMap;

/// Name and value of a header; each byte of the value is one character, U+0000 to U+00FF, so that none is lost in JSON.
pub(crate) type Header = (String, String);

/// The headers of a message.
pub(crate) fn headers_of(headers: &HeaderMap) -> Vec<Header> {
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect()
}

/// Each byte as one character.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// The bytes again. A character that is none, which only a foreign file can have, is a question mark.
pub(crate) fn from_latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_as_a_character() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(from_latin1(&latin1(&bytes)), bytes);
        assert_eq!(from_latin1("\u{100}"), b"?");
    }
}
