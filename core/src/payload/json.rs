//! A strict JSON scanner: it proves a text well-formed and says where things stand, and builds nothing.
//!
//! What it accepts, `json.loads`, `JSON.parse` and Go's `encoding/json` accept with equal values. `serde_json` skips
//! values without looking at surrogates or at the size of numbers, and has no depth counted as we count it; hence this.

#![expect(clippy::inline_always, reason = "in one piece a small event is scanned twice as fast")]

use crate::error::{Error, Reason};
use crate::payload::ends::{Ends, MAX_DEPTH};
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use crate::payload::outline::{self, Outline};
use crate::payload::place::{Span, Text, Value};
use crate::payload::strings::Strings;
use crate::payload::token::{self, Shape, behind_white_space, invalid, token_at};

/// Of so many levels of a container the ends of long containers are noted.
const NOTED_LEVELS: usize = 4;

/// Bytes of a container for which an outline is quicker.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
const OUTLINED: usize = 1_024;

/// After so many that were shorter, or did not pay, no outline is tried of a text.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
const MOST_MISSES: u8 = 8;

/// This bit tells `{` from `[`, and no other byte becomes a `{` by it.
const CURLY: u8 = 0x20;

/// What is known of the containers that are passed over.
#[derive(Default)]
pub(crate) struct Containers {
    /// The ends of long ones.
    pub(crate) ends: Ends,
    /// How many an outline was tried of in vain.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    pub(crate) misses: u8,
}

/// Reads a text from left to right. After an error it is of no further use.
///
/// What is rarely needed, or long, is in functions of its own, which are given a position and not the scanner: so the
/// compiler can keep the scanner in registers.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
    /// The strings that have not been passed over.
    strings: Strings,
    /// Behind a reference, for what is lent to a function is not kept in registers.
    containers: &'a mut Containers,
}

impl<'a> Scanner<'a> {
    /// The text must be UTF-8: the type says so.
    pub(crate) fn new(text: &'a str, containers: &'a mut Containers) -> Self {
        Self { bytes: text.as_bytes(), pos: 0, strings: Strings::new(text.as_bytes()), containers }
    }

    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    #[inline(always)]
    pub(crate) fn skip_white_space(&mut self) {
        self.pos = behind_white_space(self.bytes, self.pos);
    }

    /// Whether the text is ASCII, once it has been passed over.
    pub(crate) fn is_ascii(&self) -> bool {
        self.strings.is_ascii()
    }

    /// Asserts that nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.skip_white_space();
        if self.pos < self.bytes.len() { Err(invalid("something follows the JSON value", self.pos)) } else { Ok(()) }
    }

    /// Walks the members of the object that begins here; `depth` is its own level. For each member `member` gets the
    /// key, with the scanner in front of the value, which it must pass over.
    #[inline(always)]
    pub(crate) fn members(
        &mut self,
        depth: usize,
        mut member: impl FnMut(&mut Self, Text) -> Result<(), Error>,
    ) -> Result<Value, Error> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let start = self.pos;
        self.pos += 1;
        self.skip_white_space();
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(self.value(start, Shape::Object));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(invalid("expected a key", self.pos));
            }
            let key = self.strings.next(self.bytes, self.pos)?;
            (self.pos, _) = token::behind_colon(self.bytes, key.span.end + 1)?;
            member(self, key)?;
            self.skip_white_space();
            match self.peek() {
                Some(b',') => self.pos += 1,
                Some(b'}') => {
                    self.pos += 1;
                    return Ok(self.value(start, Shape::Object));
                }
                _ => return Err(invalid("expected `,` or `}`", self.pos)),
            }
            self.skip_white_space();
        }
    }

    /// Passes over the value that begins here, inside `depth` open containers.
    #[inline(always)]
    pub(crate) fn skip(&mut self, depth: usize) -> Result<Value, Error> {
        let (bytes, start) = (self.bytes, self.pos);
        let shape;
        (shape, self.pos) = match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                // A copy: so the compiler can keep the scanner's own in registers.
                let mut strings = self.strings;
                let behind = behind_container(bytes, start, depth, &mut strings, self.containers)?;
                self.strings = strings;
                (if bracket == b'{' { Shape::Object } else { Shape::Array }, behind)
            }
            Some(b'"') => {
                let text = self.strings.next(bytes, start)?;
                (Shape::String { escaped: text.escaped }, text.span.end + 1)
            }
            _ => token::word(bytes, start)?,
        };
        Ok(self.value(start, shape))
    }

    #[inline(always)]
    const fn value(&self, start: usize, shape: Shape) -> Value {
        Value { span: Span { start, end: self.pos }, shape }
    }
}

/// Passes over the array or object that begins here, inside `depth` open containers. Without recursion: what each open
/// container is stands in a list.
fn behind_container(
    bytes: &[u8],
    start: usize,
    depth: usize,
    outside: &mut Strings,
    containers: &mut Containers,
) -> Result<usize, Error> {
    if let Some(behind) = outlined(bytes, start, depth, outside, containers) {
        return Ok(behind);
    }
    let mut strings = *outside;
    // Which containers are around the innermost one, from the lowest bit outwards: set for an object.
    let mut around = 0_u128;
    // Where the outer ones of the open containers begin.
    let mut starts = [0; NOTED_LEVELS];
    let (mut level, mut in_object) = (depth, false);
    let (mut pos, mut first) = token_at(bytes, start);
    // At each turn an element or a member begins.
    'item: loop {
        if in_object {
            if first != b'"' {
                return Err(invalid("expected a key", pos));
            }
            let key = strings.next(bytes, pos)?;
            (pos, first) = token::behind_colon(bytes, key.span.end + 1)?;
        }
        if first == b'"' {
            pos = strings.next(bytes, pos)?.span.end + 1;
        } else if first | CURLY == b'{' {
            if level >= MAX_DEPTH {
                return Err(too_deep());
            }
            around = around << 1 | u128::from(in_object);
            if let Some(noted) = starts.get_mut(level - depth) {
                *noted = pos;
            }
            level += 1;
            in_object = first == b'{';
            (pos, first) = token_at(bytes, pos + 1);
            if first != if in_object { b'}' } else { b']' } {
                continue 'item;
            }
        } else {
            (_, pos) = token::word(bytes, pos)?;
        }
        loop {
            (pos, first) = token_at(bytes, pos);
            match first {
                b',' => {
                    (pos, first) = token_at(bytes, pos + 1);
                    continue 'item;
                }
                b'}' if in_object => {}
                b']' if !in_object => {}
                _ if in_object => return Err(invalid("expected `,` or `}`", pos)),
                _ => return Err(invalid("expected `,` or `]`", pos)),
            }
            pos += 1;
            level -= 1;
            if let Some(&noted) = starts.get(level - depth) {
                containers.ends.note(noted, pos);
            }
            if level == depth {
                *outside = strings;
                return Ok(pos);
            }
            in_object = around & 1 == 1;
            around >>= 1;
        }
    }
}

/// The same by bits, if it may be long and they say it.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
#[inline]
fn outlined(
    bytes: &[u8],
    start: usize,
    depth: usize,
    strings: &mut Strings,
    containers: &mut Containers,
) -> Option<usize> {
    if containers.misses >= MOST_MISSES || bytes.len() - start < OUTLINED {
        return None;
    }
    if !outline::pays(bytes, start) {
        containers.misses += 1;
        return None;
    }
    let outline = outline::of(bytes, start, depth, &mut containers.ends);
    match outline {
        Some(outline) if outline.end - start >= OUTLINED => {}
        Some(_) => containers.misses += 1,
        // It has white space, and so will the others.
        None => containers.misses = MOST_MISSES,
    }
    let Outline { end, is_ascii } = outline?;
    strings.go_behind(bytes, end, is_ascii);
    Some(end)
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
#[inline(always)]
const fn outlined(_: &[u8], _: usize, _: usize, _: &mut Strings, _: &mut Containers) -> Option<usize> {
    None
}

#[cold]
fn too_deep() -> Error {
    Error::new(Reason::TooDeep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Value, Error> {
        let mut containers = Containers::default();
        let mut scanner = Scanner::new(text, &mut containers);
        scanner.skip_white_space();
        let value = scanner.skip(0)?;
        scanner.end().map(|()| value)
    }

    #[test]
    fn depth_is_counted_in_arrays_and_objects() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(scan(&nested(128)).is_ok());
            assert_eq!(scan(&nested(129)).err().map(|error| error.reason()), Some(Reason::TooDeep));
        }
        assert_eq!(scan(&"[".repeat(100_000)).err().map(|error| error.reason()), Some(Reason::TooDeep));
    }

    #[test]
    fn brackets_must_match() {
        for text in ["[}", "{]", "[1}", "{\"a\":1]", "[[1]", "[1,]", "{\"a\":1,}", "[,1]", "{,}", "[1 2]", "[]]"] {
            assert!(scan(text).is_err(), "{text}");
        }
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Texts made of what JSON is made of, so that many are nearly JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let token = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"event\"",
            "\\",
            "\\u",
            "\\n",
            "d83d",
            "de00",
            "\\ud83d\\ude00",
            "\"\\ud83d\\ude00\"",
            "null",
            "true",
            "1",
            "0",
            "-",
            ".",
            "e",
            "E+",
            "1e308",
            "1e309",
            "\u{e9}",
            " ",
            "\n",
            "\u{1}",
        ]);
        prop::collection::vec(token, 0..24).prop_map(|tokens| tokens.concat())
    }

    fn scanned(text: &str) -> Result<Value, Error> {
        let mut containers = Containers::default();
        let mut scanner = Scanner::new(text, &mut containers);
        scanner.skip_white_space();
        let value = scanner.skip(0)?;
        scanner.end()?;
        assert_eq!(scanner.is_ascii(), text.is_ascii());
        Ok(value)
    }

    fn scan(text: &str) -> bool {
        scanned(text).is_ok()
    }

    /// What is wrong with a text, and where.
    fn wrong(text: &str) -> Option<(String, usize)> {
        let hint = scanned(text).err()?.hint().unwrap_or_default().to_owned();
        let (what, at) = hint.split_once(", at byte ").unwrap_or((&hint, "0"));
        Some((what.to_owned(), at.parse().unwrap_or_default()))
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_near_misses(text in nearly_json()) {
            prop_assert_eq!(scan(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }

        /// However many bytes are looked at together, and wherever they begin and end.
        #[test]
        fn it_does_not_matter_where_in_the_text_a_value_stands(text in nearly_json(), before in 0_usize..40) {
            let moved = wrong(&format!("{}{text}", " ".repeat(before)));
            prop_assert_eq!(&moved, &wrong(&text).map(|(what, at)| (what, at + before)));
            let behind = format!("{}{text}{}", " ".repeat(before), " ".repeat(40));
            prop_assert_eq!(scan(&behind), moved.is_none());
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            scan(&text);
        }

        #[test]
        fn decodes_what_was_encoded(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap_or_default();
            let value = Scanner::new(&json, &mut Containers::default()).skip(0).ok();
            let Some(string) = value.and_then(Value::text) else { panic!("{value:?}") };
            prop_assert_eq!(string.decode(&json), text);
        }
    }
}
