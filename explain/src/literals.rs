//! Objects and bytes as Python and Ruby show them, back to JSON and to bytes.

/// The JSON text, compactly, of what `str()` of a parsed object in Python gives, or `inspect` in Ruby. Values are not
/// checked: what comes out is tried, and no more.
pub(crate) fn code_literal(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = match character {
            '\'' | '"' => {
                let (string, length) = quoted(rest)?;
                json_string(std::str::from_utf8(&string).ok()?, &mut out);
                length
            }
            '{' | '}' | '[' | ']' | ',' | ':' => {
                out.push(character as u8);
                1
            }
            '(' | ')' => {
                out.push(if character == '(' { b'[' } else { b']' });
                1
            }
            '=' if rest.starts_with("=>") => {
                out.push(b':');
                2
            }
            character if character.is_ascii_whitespace() => 1,
            _ => {
                let length = rest.find([',', '}', ']', ')', ' ', ':', '=']).filter(|&length| length > 0)?;
                let (word, _) = rest.split_at_checked(length)?;
                out.extend_from_slice(match word {
                    "None" | "nil" => b"null",
                    "True" => b"true",
                    "False" => b"false",
                    word => word.as_bytes(),
                });
                length
            }
        };
        rest = rest.get(length..)?;
    }
    Some(out)
}

/// A JSON string with no more escapes than it needs.
fn json_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            ..b' ' => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// The bytes of `b'...'`.
pub(crate) fn quoted_bytes(text: &str) -> Option<Vec<u8>> {
    let literal = text.strip_prefix('b').filter(|text| text.starts_with(['\'', '"']))?;
    let (bytes, length) = quoted(literal)?;
    (length == literal.len()).then_some(bytes)
}

/// What stands between the quotes that begin here, and how long it is with them. `\xe5` is a byte in `b'...'` and a
/// character elsewhere: as no event has control characters that Python would write so, a byte.
fn quoted(text: &str) -> Option<(Vec<u8>, usize)> {
    let quote = text.chars().next()?;
    let mut out = Vec::new();
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        let character = rest.chars().next()?;
        at += character.len_utf8();
        if character == quote {
            return Some((out, at));
        }
        if character != '\\' {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.chars().nth(1)?;
        at += escape.len_utf8();
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let code = u32::from_str_radix(text.get(at..at + digits)?, 16).ok()?;
            at += digits;
            match u8::try_from(code) {
                Ok(byte) if digits == 2 => out.push(byte),
                _ => out.extend_from_slice(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            continue;
        }
        let plain = match escape {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            other => other,
        };
        out.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Option<String> {
        code_literal(text).and_then(|json| String::from_utf8(json).ok())
    }

    #[test]
    fn python_objects() {
        let text = r#"{'a': "it's", 'b': [1, 2.5, None, True], 'c': {}, 'd': 'å\n\'"', 'e': (1, False)}"#;
        assert_eq!(
            literal(text).as_deref(),
            Some(r#"{"a":"it's","b":[1,2.5,null,true],"c":{},"d":"å\n'\"","e":[1,false]}"#)
        );
    }

    #[test]
    fn ruby_hashes() {
        assert_eq!(literal(r#"{"a"=>"b", "c"=>nil}"#).as_deref(), Some(r#"{"a":"b","c":null}"#));
    }

    #[test]
    fn python_bytes() {
        assert_eq!(quoted_bytes(r#"b'{"a":"\xc3\xa5\'\\n"}'"#).as_deref(), Some("{\"a\":\"å'\\n\"}".as_bytes()));
        assert_eq!(quoted_bytes("b'a'b"), None);
        assert_eq!(quoted_bytes("body"), None);
    }

    #[test]
    fn what_ends_early_gives_nothing() {
        for text in ["{'a", "{'a': '\\", "{'a': '\\x1", "{'a': N", "{'\\ud800'}"] {
            assert_eq!(code_literal(text), None, "{text}");
        }
    }
}
