//! As much of JSON as it takes to write a text anew: whether it is one, and what its members are. What comes of a text is
//! tried and no more, so this may take for JSON what a strict parser refuses.

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 128;

/// A value, without white space around it.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(pub(crate) &'a str);

impl<'a> Value<'a> {
    /// The value that a text is, with white space around it or without.
    pub(crate) fn of(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        (end(text.as_bytes(), 0, 0)? == text.len()).then_some(Self(text))
    }

    pub(crate) fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    pub(crate) fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    /// The keys, as they are written, with their values; in an array keys are empty.
    pub(crate) fn entries(self) -> Vec<(&'a str, Value<'a>)> {
        let (bytes, mut entries) = (self.0.as_bytes(), Vec::new());
        if !self.is_object() && !self.is_array() {
            return entries;
        }
        let mut at = 1;
        loop {
            at = behind_blanks(bytes, at);
            let mut key = "";
            if self.is_object() {
                let Some(behind) = string_end(bytes, at) else { return entries };
                key = self.0.get(at..behind).unwrap_or_default();
                at = behind_blanks(bytes, behind) + 1;
                at = behind_blanks(bytes, at);
            }
            let Some(behind) = end(bytes, at, 1) else { return entries };
            entries.push((key, Self(self.0.get(at..behind).unwrap_or_default())));
            at = behind_blanks(bytes, behind);
            if bytes.get(at) != Some(&b',') {
                return entries;
            }
            at += 1;
        }
    }

    /// What a string says.
    pub(crate) fn string(self) -> Option<String> {
        let mut rest = self.0.strip_prefix('"')?.strip_suffix('"')?;
        let mut decoded = String::with_capacity(rest.len());
        while let Some(character) = rest.chars().next() {
            let (said, length) = match rest.as_bytes() {
                [b'\\', b'u', ..] => unicode_escape(rest),
                [b'\\', escape, ..] => {
                    let said = match escape {
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        other => char::from(*other),
                    };
                    (Some(said), 2)
                }
                _ => (Some(character), character.len_utf8()),
            };
            decoded.push(said?);
            rest = rest.get(length..)?;
        }
        Some(decoded)
    }
}

/// Behind the white space that is here.
pub(crate) fn behind_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// Behind the string that begins here.
pub(crate) fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = if bytes.get(at) == Some(&b'"') { at + 1 } else { return None };
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            ..b' ' => return None,
            _ => at += 1,
        }
    }
}

/// Behind the value that begins here.
fn end(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    let closing = match bytes.get(at)? {
        b'"' => return string_end(bytes, at),
        b'{' => b'}',
        b'[' => b']',
        _ => {
            let length = bytes.get(at..)?.iter().position(|byte| b",]}: \t\r\n\"[{".contains(byte));
            let behind = length.map_or(bytes.len(), |length| at + length);
            let word = bytes.get(at..behind)?;
            let number =
                word.iter().all(|byte| b"+-.0123456789Ee".contains(byte)) && word.iter().any(u8::is_ascii_digit);
            return (number || [&b"true"[..], b"false", b"null"].contains(&word)).then_some(behind);
        }
    };
    if depth >= MAX_DEPTH {
        return None;
    }
    let mut at = behind_blanks(bytes, at + 1);
    if bytes.get(at) == Some(&closing) {
        return Some(at + 1);
    }
    loop {
        if closing == b'}' {
            at = behind_blanks(bytes, string_end(bytes, at)?);
            if bytes.get(at) != Some(&b':') {
                return None;
            }
            at = behind_blanks(bytes, at + 1);
        }
        at = behind_blanks(bytes, end(bytes, at, depth + 1)?);
        match bytes.get(at)? {
            b',' => at = behind_blanks(bytes, at + 1),
            &byte if byte == closing => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The character that begins with `\u`, a pair of surrogates as one, and the length of what says so.
pub(crate) fn unicode_escape(text: &str) -> (Option<char>, usize) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let units = [unit(0), unit(6)];
    let first = char::decode_utf16(units.into_iter().flatten()).next().and_then(Result::ok);
    match first {
        Some(character) => (Some(character), 6 * character.len_utf16()),
        None => (None, 2),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_json() {
        for text in ["{}", " [1, -2.5e3,true ,null]\n", r#"{"a":{"b":[]},"c":"\"}"}"#, "\"\\u00e5\"", "7"] {
            assert!(Value::of(text).is_some(), "{text}");
        }
        for text in ["", "{", "{a:1}", "[1 2]", "[1,]", "{\"a\"}", "nul", "\"", "{'a':1}", "1,", "\"a\nb\"", "e"] {
            assert!(Value::of(text).is_none(), "{text}");
        }
        assert!(Value::of(&"[".repeat(200_000)).is_none());
        assert!(Value::of(&format!("{}{}", "[".repeat(129), "]".repeat(129))).is_none());
    }

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in "\\PC{0,20}[\\x00-\\x1f\"\\\\]{0,4}") {
            let written = serde_json::to_string(&text).unwrap_or_default();
            prop_assert_eq!(Value::of(&written).and_then(Value::string), Some(text));
        }

        #[test]
        fn of_any_text_there_is_an_answer(text in "[\\[{\"\\\\\\]},:a1u \u{e5}]{0,60}") {
            if let Some(value) = Value::of(&text) {
                let _ = (value.entries().len(), value.string());
            }
            let _ = (Value(&text).entries().len(), Value(&text).string());
        }
    }
}
