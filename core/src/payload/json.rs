//! A strict JSON scanner: it proves a text well-formed and says where things stand, and builds nothing.
//!
//! What it accepts, `json.loads`, `JSON.parse` and Go's `encoding/json` accept with equal values. `serde_json` skips
//! values without looking at surrogates or at the size of numbers, and has no depth counted as we count it; hence this.

#![expect(clippy::inline_always, reason = "in one piece a small event is scanned twice as fast")]

use crate::error::{Error, Reason};
use crate::payload::swar;

/// Most containers inside each other, the outermost counted as 1. Equals the bits of [`behind_container`]'s stack.
const MAX_DEPTH: u32 = 128;
/// Longest number: Python's `int` refuses more than 4,300 digits.
const MAX_NUMBER_BYTES: usize = 4_000;

/// The place of a value in the text, from its first byte to the one after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// Cuts the span from the text it was found in; empty if it is not of this text.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::Span { start: 1, end: 3 }.of("abcd"), "bc");
    /// ```
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A JSON string: where its characters stand, without the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// The characters between the quotes.
    pub span: Span,
    /// Whether an escape has to be decoded before the characters are the string.
    pub escaped: bool,
}

impl Text {
    pub(crate) const fn is_empty(self) -> bool {
        self.span.start == self.span.end
    }

    /// The string itself, from the text it was found in; allocates only for escapes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Payload;
    /// let body = r#"{"event":"a:b","context":{"userId":"user"}}"#;
    /// let user_id = Payload::parse(body.as_bytes())?.user_id.map(|text| text.decode(body));
    /// assert_eq!(user_id.as_deref(), Some("user"));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn decode(self, text: &str) -> std::borrow::Cow<'_, str> {
        if !self.escaped {
            return self.span.of(text).into();
        }
        let quoted = Span { start: self.span.start.saturating_sub(1), end: self.span.end.saturating_add(1) };
        // The scanner has accepted it, and accepts nothing that serde_json refuses (a property test says so).
        serde_json::from_str::<String>(quoted.of(text)).unwrap_or_default().into()
    }
}

/// What kind of value was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Null,
    Bool,
    Number,
    String { escaped: bool },
    Array,
    Object,
}

/// A value that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) shape: Shape,
}

impl Value {
    /// The string, if it is one.
    pub(crate) const fn text(self) -> Option<Text> {
        match self.shape {
            Shape::String { escaped } => {
                Some(Text { span: Span { start: self.span.start + 1, end: self.span.end - 1 }, escaped })
            }
            _ => None,
        }
    }
}

/// Reads a text from left to right. After an error it is of no further use.
///
/// What is rarely needed, or long, is in functions of its own, which are given a position and not the scanner: so the
/// compiler can keep the scanner in registers.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Scanner<'a> {
    /// The text must be UTF-8: the type says so.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), pos: 0 }
    }

    #[inline(always)]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    #[inline(always)]
    pub(crate) fn skip_white_space(&mut self) {
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.pos = behind_white_space(self.bytes, self.pos);
        }
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
        depth: u32,
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
            let key = self.key()?;
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
    pub(crate) fn skip(&mut self, depth: u32) -> Result<Value, Error> {
        match self.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                let start = self.pos;
                self.pos = behind_container(self.bytes, start, depth)?;
                Ok(self.value(start, if bracket == b'{' { Shape::Object } else { Shape::Array }))
            }
            _ => self.scalar(),
        }
    }

    #[inline(always)]
    const fn value(&self, start: usize, shape: Shape) -> Value {
        Value { span: Span { start, end: self.pos }, shape }
    }

    /// A key, the colon, and the white space around the colon.
    #[inline(always)]
    fn key(&mut self) -> Result<Text, Error> {
        if self.peek() != Some(b'"') {
            return Err(invalid("expected a key", self.pos));
        }
        let key = self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(invalid("expected `:`", self.pos));
        }
        self.pos += 1;
        self.skip_white_space();
        Ok(key)
    }

    #[inline(always)]
    fn scalar(&mut self) -> Result<Value, Error> {
        let start = self.pos;
        let shape = match self.peek() {
            Some(b'"') => Shape::String { escaped: self.string()?.escaped },
            Some(b'-' | b'0'..=b'9') => {
                self.pos = behind_number(self.bytes, start)?;
                Shape::Number
            }
            Some(b't') => self.literal(b"true", Shape::Bool)?,
            Some(b'f') => self.literal(b"false", Shape::Bool)?,
            Some(b'n') => self.literal(b"null", Shape::Null)?,
            Some(_) => return Err(invalid("expected a value", start)),
            None => return Err(invalid("the text ends too early", start)),
        };
        Ok(self.value(start, shape))
    }

    #[inline(always)]
    fn literal<const N: usize>(&mut self, word: &[u8; N], shape: Shape) -> Result<Shape, Error> {
        if self.bytes[self.pos..].first_chunk() != Some(word) {
            return Err(invalid("expected a value", self.pos));
        }
        self.pos += N;
        Ok(shape)
    }

    /// The string whose opening quote is here.
    #[inline(always)]
    fn string(&mut self) -> Result<Text, Error> {
        let start = self.pos + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            end += swar::plain_prefix(&self.bytes[end..]);
            match self.bytes.get(end) {
                Some(b'"') => {
                    self.pos = end + 1;
                    return Ok(Text { span: Span { start, end }, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    end = behind_escape(self.bytes, end)?;
                }
                Some(_) => return Err(invalid("a raw control character in a string", end)),
                None => return Err(invalid("a string does not end", end)),
            }
        }
    }
}

fn behind_white_space(bytes: &[u8], mut pos: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(pos) {
        pos += 1;
    }
    pos
}

/// Passes over the array or object that begins here, inside `depth` open containers. Without recursion: one bit per open
/// container says whether it is an object.
fn behind_container(bytes: &[u8], start: usize, depth: u32) -> Result<usize, Error> {
    let mut scanner = Scanner { bytes, pos: start };
    let mut objects: u128 = 0;
    let mut open = 0;
    'value: loop {
        match scanner.peek() {
            Some(bracket @ (b'{' | b'[')) => {
                if depth + open == MAX_DEPTH {
                    return Err(too_deep());
                }
                let is_object = bracket == b'{';
                scanner.pos += 1;
                scanner.skip_white_space();
                if scanner.peek() == Some(if is_object { b'}' } else { b']' }) {
                    scanner.pos += 1;
                } else {
                    objects = objects << 1 | u128::from(is_object);
                    open += 1;
                    if is_object {
                        scanner.key()?;
                    }
                    continue 'value;
                }
            }
            _ => {
                scanner.scalar()?;
            }
        }
        while open > 0 {
            let in_object = objects & 1 == 1;
            scanner.skip_white_space();
            match scanner.peek() {
                Some(b',') => {
                    scanner.pos += 1;
                    scanner.skip_white_space();
                    if in_object {
                        scanner.key()?;
                    }
                    continue 'value;
                }
                Some(b'}') if in_object => {}
                Some(b']') if !in_object => {}
                _ if in_object => return Err(invalid("expected `,` or `}`", scanner.pos)),
                _ => return Err(invalid("expected `,` or `]`", scanner.pos)),
            }
            scanner.pos += 1;
            objects >>= 1;
            open -= 1;
        }
        return Ok(scanner.pos);
    }
}

/// Passes over the escape whose backslash is here. Surrogates must come in pairs, as UTF-8 has no other use for them.
#[cold]
fn behind_escape(bytes: &[u8], pos: usize) -> Result<usize, Error> {
    match bytes.get(pos + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(pos + 2),
        Some(b'u') => {
            let behind = pos + 6;
            match code_unit(bytes, pos)? {
                0xDC00..=0xDFFF => Err(invalid("a lone surrogate", behind)),
                0xD800..=0xDBFF => {
                    if bytes.get(behind..behind + 2) == Some(b"\\u")
                        && matches!(code_unit(bytes, behind)?, 0xDC00..=0xDFFF)
                    {
                        Ok(behind + 6)
                    } else {
                        Err(invalid("a lone surrogate", behind))
                    }
                }
                _ => Ok(behind),
            }
        }
        _ => Err(invalid("an unknown escape", pos)),
    }
}

/// The value of the `\uXXXX` that begins here.
fn code_unit(bytes: &[u8], pos: usize) -> Result<u32, Error> {
    let digits = bytes.get(pos + 2..pos + 6).unwrap_or_default();
    let unit = digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?));
    match unit {
        Some(unit) if digits.len() == 4 => Ok(unit),
        _ => Err(invalid("`\\u` without four hex digits", pos)),
    }
}

/// Passes over the number that begins here: JSON's grammar, at most 4,000 bytes, and within the range of a double.
#[inline]
fn behind_number(bytes: &[u8], start: usize) -> Result<usize, Error> {
    let digits_from = |pos: usize| swar::digits_prefix(bytes.get(pos..).unwrap_or_default());
    let mut pos = start + usize::from(bytes.get(start) == Some(&b'-'));
    let leading_zero = bytes.get(pos) == Some(&b'0');
    let whole_digits = digits_from(pos);
    pos += whole_digits;
    if whole_digits == 0 || (leading_zero && whole_digits > 1) {
        return Err(invalid("not a number as JSON writes it", pos));
    }
    if bytes.get(pos) == Some(&b'.') {
        let digits = digits_from(pos + 1);
        pos += 1 + digits;
        if digits == 0 {
            return Err(invalid("a number needs a digit after its point", pos));
        }
    }
    let mut has_exponent = false;
    if let Some(b'e' | b'E') = bytes.get(pos) {
        has_exponent = true;
        pos += 1;
        pos += usize::from(matches!(bytes.get(pos), Some(b'+' | b'-')));
        let digits = digits_from(pos);
        pos += digits;
        if digits == 0 {
            return Err(invalid("a number needs a digit in its exponent", pos));
        }
    }
    if pos - start > MAX_NUMBER_BYTES {
        return Err(invalid("a number of more than 4,000 bytes", pos));
    }
    // Below 10^308 without looking closer: almost every number.
    if !has_exponent && whole_digits <= 308 {
        return Ok(pos);
    }
    let text = bytes.get(start..pos).and_then(|bytes| std::str::from_utf8(bytes).ok());
    if text.and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite) {
        Ok(pos)
    } else {
        Err(invalid("a number beyond the range of a double", pos))
    }
}

#[cold]
fn invalid(what: &str, pos: usize) -> Error {
    Error::new(Reason::InvalidJson).hint_text(format!("{what}, at byte {pos}"))
}

#[cold]
fn too_deep() -> Error {
    Error::new(Reason::TooDeep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Value, Error> {
        let mut scanner = Scanner::new(text);
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
    fn a_span_of_no_text_is_empty() {
        for (start, end) in [(0, 0), (0, usize::MAX), (usize::MAX, 0), (2, 1)] {
            for escaped in [false, true] {
                assert_eq!(Text { span: Span { start, end }, escaped }.decode("text"), "", "{start}..{end}");
            }
        }
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

    fn scan(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.skip_white_space();
        scanner.skip(0).and_then(|_| scanner.end()).is_ok()
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_near_misses(text in nearly_json()) {
            prop_assert_eq!(scan(&text), serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            scan(&text);
        }

        #[test]
        fn decodes_what_was_encoded(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap_or_default();
            let value = Scanner::new(&json).skip(0).ok();
            let Some(string) = value.and_then(Value::text) else { panic!("{value:?}") };
            prop_assert_eq!(string.decode(&json), text);
        }
    }
}
