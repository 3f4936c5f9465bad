//! What cannot be undone and so cannot be proved: named by what the body looks like.

use crate::cause::Cause;
use crate::encodings::looks_compressed;
use crate::json::Value;

/// The likeliest cause where nothing was proved, of a header and secrets that are there.
pub(crate) fn of_body(body: &[u8]) -> Cause {
    let text = String::from_utf8_lossy(body);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Cause::BodyEmpty;
    }
    if trimmed.starts_with("[object ") {
        return Cause::ObjectObject;
    }
    if looks_compressed(body) {
        return Cause::GzipCompressed;
    }
    // Its own U+FFFD, not that of bytes which are no UTF-8.
    if std::str::from_utf8(body).is_ok_and(|text| text.contains('\u{FFFD}')) || text.contains("\\ufffd") {
        return Cause::CharactersLost;
    }
    match Value::of(&text) {
        None if ends_early(trimmed) => Cause::BodyTruncated,
        None => Cause::BodyNotJson,
        Some(_) if text.is_ascii() && has_lone_question_mark(trimmed) => Cause::CharactersLost,
        Some(_) => Cause::SecretOther,
    }
}

/// Whether brackets or a string are still open at the end.
fn ends_early(text: &str) -> bool {
    let (mut depth, mut inside, mut escaped) = (0_i64, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => depth += 1,
            b'}' | b']' if !inside => depth -= 1,
            _ => {}
        }
    }
    text.starts_with(['{', '[']) && (depth > 0 || inside)
}

/// A question mark inside a word, as nobody writes it, outside of addresses.
fn has_lone_question_mark(text: &str) -> bool {
    let mut words = text.split(|character: char| character.is_whitespace() || character == '"');
    words.any(|word| {
        let inside = word.as_bytes().windows(2).any(|pair| pair[0] == b'?' && pair[1].is_ascii_lowercase());
        inside && !word.contains(['/', '=']) && !word.starts_with('?')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_body_looks_like() {
        for (body, cause) in [
            (&b""[..], Cause::BodyEmpty),
            (b" \n", Cause::BodyEmpty),
            (b"[object Object]", Cause::ObjectObject),
            (b"\x1F\x8B\x08\x00", Cause::GzipCompressed),
            ("{\"a\":\"anv\u{FFFD}ndare\"}".as_bytes(), Cause::CharactersLost),
            (b"{\"a\":\"anv?ndare\"}", Cause::CharactersLost),
            (b"{\"a\":\"really?\"}", Cause::SecretOther),
            (b"{\"a\":\"https://a.example/b?c=d\"}", Cause::SecretOther),
            (b"{\"a\":{\"b\":1}", Cause::BodyTruncated),
            (b"{\"a\":\"b}", Cause::BodyTruncated),
            (b"hello", Cause::BodyNotJson),
            (b"{\"a\":1}", Cause::SecretOther),
        ] {
            assert_eq!(of_body(body), cause, "{}", String::from_utf8_lossy(body));
        }
    }
}
