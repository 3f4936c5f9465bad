//! JSON pointers (RFC 6901).

use std::fmt;

use crate::payload::find::{self, Found};
use crate::payload::value::JsonValue;

/// A text is no JSON pointer: it is neither empty nor begins with `/`, or a `~` stands before something else than `0`
/// and `1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidPointer;

impl fmt::Display for InvalidPointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON pointer is empty or begins with `/`, and writes `~` as `~0` and `/` as `~1`")
    }
}

impl std::error::Error for InvalidPointer {}

impl JsonValue<'_> {
    /// The value at a JSON pointer (RFC 6901) from here: `""` is this one, `/insights/0/id` one inside it; `~0` stands
    /// for `~` in a key, and `~1` for `/`. None if there is none. Of duplicate keys the last one counts. Every
    /// array and object on the way is walked: for many values of one, [`entries`](Self::entries) and
    /// [`for_each_member`](Self::for_each_member) walk it once.
    ///
    /// # Errors
    /// [`InvalidPointer`] for a text that is none, whatever the value.
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"{"a/b":[1,{"c":2}]}"#, false);
    /// assert_eq!(value.pointer("/a~1b/1/c")?.and_then(|value| value.as_i64()), Some(2));
    /// assert!(value.pointer("/a~1b/-")?.is_none());
    /// assert!(value.pointer("a").is_err());
    /// # Ok::<(), tink_webhooks::InvalidPointer>(())
    /// ```
    pub fn pointer(self, pointer: &str) -> Result<Option<Self>, InvalidPointer> {
        self.pointer_by(pointer, |_| None)
    }

    /// The same. `known` gives the ends of containers that are known, by the place in this value where they begin.
    pub(crate) fn pointer_by(
        self,
        pointer: &str,
        known: impl Fn(usize) -> Option<usize>,
    ) -> Result<Option<Self>, InvalidPointer> {
        if pointer.is_empty() {
            return Ok(Some(self));
        }
        let path = pointer.strip_prefix('/').ok_or(InvalidPointer)?;
        if path.split('~').skip(1).any(|behind| !behind.starts_with(['0', '1'])) {
            return Err(InvalidPointer);
        }
        Ok(walk_to(self.json(), path, known))
    }
}

/// The value at a path of the value that is this text. The path is a pointer's without the first `/`.
fn walk_to<'a>(text: &'a str, path: &str, known: impl Fn(usize) -> Option<usize>) -> Option<JsonValue<'a>> {
    let mut at = Found::at(0);
    for token in path.split('/') {
        let start = at.start();
        at = match text.as_bytes().get(start)? {
            b'{' => {
                let key = Token::of(token);
                let mut found = None;
                find::members(text, start, &known, |name, value| {
                    if key.is(name) {
                        found = Some(value);
                    }
                });
                found?
            }
            b'[' => find::element(text, start, index(token)?, &known)?,
            _ => return None,
        };
    }
    Some(at.in_text(text))
}

/// An element's index: digits without a leading zero.
fn index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (token == "0" || !token.starts_with('0')) { token.parse().ok() } else { None }
}

/// A part of a pointer as a key: the same text if it has no `~`.
enum Token<'p> {
    Plain(&'p str),
    Escaped(&'p str),
}

impl<'p> Token<'p> {
    fn of(token: &'p str) -> Self {
        if token.contains('~') { Self::Escaped(token) } else { Self::Plain(token) }
    }

    #[inline]
    fn is(&self, key: &str) -> bool {
        match *self {
            Self::Plain(token) => key == token,
            Self::Escaped(token) => {
                let mut parts = token.split('~');
                let first = parts.next().unwrap_or_default().chars();
                // Each part begins with the digit behind its `~`.
                let others = parts.flat_map(|part| {
                    let mut part = part.chars();
                    let stands_for = part.next().map(|digit| if digit == '0' { '~' } else { '/' });
                    stands_for.into_iter().chain(part)
                });
                key.chars().eq(first.chain(others))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6901, section 5.
    const DOCUMENT: &str = r#"{
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8
    }"#;

    fn at(document: &'static str, pointer: &str) -> Option<&'static str> {
        JsonValue::of_text(document).pointer(pointer).ok().flatten().map(JsonValue::json)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let expected = [
            ("", DOCUMENT),
            ("/foo", r#"["bar", "baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ];
        for (pointer, value) in expected {
            assert_eq!(at(DOCUMENT, pointer), Some(value), "{pointer}");
        }
    }

    #[test]
    fn an_escape_is_decoded_once() {
        let document = r#"{"~1":1,"/":2,"~":3,"~0":4}"#;
        for (pointer, value) in [("/~01", "1"), ("/~1", "2"), ("/~0", "3"), ("/~00", "4")] {
            assert_eq!(at(document, pointer), Some(value), "{pointer}");
        }
    }

    #[test]
    fn of_duplicate_keys_the_last_counts_whatever_its_spelling() {
        let document = r#"{"a":1,"b":{"c":1,"c":2},"\u0061":2,"b":{"c":3,"\u0063":{"d":4}}}"#;
        assert_eq!(at(document, "/a"), Some("2"));
        assert_eq!(at(document, "/b/c/d"), Some("4"));
        assert_eq!(at(r#"{"a":{"b":1},"a":2}"#, "/a/b"), None);
    }

    #[test]
    fn indices_have_one_spelling() {
        let document = "[10,11,12,13,14,15,16,17,18,19,20]";
        assert_eq!((at(document, "/0"), at(document, "/10")), (Some("10"), Some("20")));
        for pointer in ["/00", "/01", "/+1", "/-1", "/1.0", "/11", "/-", "/", "/ 1", "/1 ", "/\u{661}"] {
            assert_eq!(at(document, pointer), None, "{pointer}");
        }
        assert_eq!(at(document, "/18446744073709551616"), None);
        assert_eq!(at(r#"{"01":1,"-":2}"#, "/01"), Some("1"));
    }

    #[test]
    fn what_is_no_pointer_is_refused_whatever_the_value() {
        for pointer in ["a", "0", " /a", "~", "/~", "/~2", "/a~/b", "/missing/~", "/~~0", "#/a"] {
            for document in [DOCUMENT, "1", "[]"] {
                assert_eq!(JsonValue::of_text(document).pointer(pointer).map(|_| ()), Err(InvalidPointer));
            }
        }
    }
}
