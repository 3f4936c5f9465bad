//! A strict JSON scanner: it proves a text well-formed and says where things stand, and builds nothing.
//!
//! What it accepts, `json.loads`, `JSON.parse` and Go's `encoding/json` accept with equal values. `serde_json` skips
//! values without looking at surrogates or at the size of numbers, and has no depth counted as we count it; hence this.

use crate::error::{Error, Reason};

/// Most containers inside each other, the outermost counted as 1. Equals the bits of [`Scanner::skip`]'s stack.
const MAX_DEPTH: u32 = 128;
/// Longest number: Python's `int` refuses more than 4,300 digits.
const MAX_NUMBER_BYTES: usize = 4_000;

/// Where a value stands in the text, first byte to the one behind its last.
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
        let quoted = Span { start: self.span.start - 1, end: self.span.end + 1 };
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
    String(Text),
    Array,
    Object,
}

/// Reads a text from left to right. After an error it is of no further use.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Scanner<'a> {
    /// The text must be UTF-8: the type says so.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), pos: 0 }
    }

    pub(crate) const fn position(&self) -> usize {
        self.pos
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.pos).copied()
    }

    #[inline]
    pub(crate) fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.pos += 1;
        }
    }

    /// Asserts that nothing but white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        self.skip_white_space();
        if self.pos < self.bytes.len() { Err(self.invalid("something follows the JSON value")) } else { Ok(()) }
    }

    /// Walks the members of the object that begins here; `depth` is its own level. For each member `member` gets the
    /// key, with the scanner in front of the value, which it must pass over.
    #[inline]
    pub(crate) fn members(
        &mut self,
        depth: u32,
        mut member: impl FnMut(&mut Self, Text) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.pos += 1;
        self.skip_white_space();
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            member(self, key)?;
            self.skip_white_space();
            match self.peek() {
                Some(b',') => self.pos += 1,
                Some(b'}') => {
                    self.pos += 1;
                    return Ok(());
                }
                _ => return Err(self.invalid("expected `,` or `}`")),
            }
            self.skip_white_space();
        }
    }

    /// Passes over the value that begins here, inside `depth` open containers.
    pub(crate) fn skip(&mut self, depth: u32) -> Result<Shape, Error> {
        match self.peek() {
            Some(b'{') => self.skip_container(depth).map(|()| Shape::Object),
            Some(b'[') => self.skip_container(depth).map(|()| Shape::Array),
            _ => self.scalar(),
        }
    }

    /// Without recursion: one bit per open container says whether it is an object.
    fn skip_container(&mut self, depth: u32) -> Result<(), Error> {
        let mut objects: u128 = 0;
        let mut open = 0;
        'value: loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    if depth + open == MAX_DEPTH {
                        return Err(too_deep());
                    }
                    let is_object = bracket == b'{';
                    self.pos += 1;
                    self.skip_white_space();
                    if self.peek() == Some(if is_object { b'}' } else { b']' }) {
                        self.pos += 1;
                    } else {
                        objects = objects << 1 | u128::from(is_object);
                        open += 1;
                        if is_object {
                            self.key()?;
                        }
                        continue 'value;
                    }
                }
                _ => {
                    self.scalar()?;
                }
            }
            while open > 0 {
                let in_object = objects & 1 == 1;
                if !matches!(self.peek(), Some(b',' | b'}' | b']')) {
                    self.skip_white_space();
                }
                match self.peek() {
                    Some(b',') => {
                        self.pos += 1;
                        self.skip_white_space();
                        if in_object {
                            self.key()?;
                        }
                        continue 'value;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ if in_object => return Err(self.invalid("expected `,` or `}`")),
                    _ => return Err(self.invalid("expected `,` or `]`")),
                }
                self.pos += 1;
                objects >>= 1;
                open -= 1;
            }
            return Ok(());
        }
    }

    /// A key, the colon, and the white space around the colon.
    #[inline]
    fn key(&mut self) -> Result<Text, Error> {
        if self.peek() != Some(b'"') {
            return Err(self.invalid("expected a key"));
        }
        let key = self.string()?;
        self.skip_white_space();
        if self.peek() != Some(b':') {
            return Err(self.invalid("expected `:`"));
        }
        self.pos += 1;
        self.skip_white_space();
        Ok(key)
    }

    #[inline]
    fn scalar(&mut self) -> Result<Shape, Error> {
        match self.peek() {
            Some(b'"') => self.string().map(Shape::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Shape::Number),
            Some(b't') => self.literal(b"true", Shape::Bool),
            Some(b'f') => self.literal(b"false", Shape::Bool),
            Some(b'n') => self.literal(b"null", Shape::Null),
            Some(_) => Err(self.invalid("expected a value")),
            None => Err(self.invalid("the text ends too early")),
        }
    }

    fn literal(&mut self, word: &[u8], shape: Shape) -> Result<Shape, Error> {
        if self.bytes.get(self.pos..self.pos + word.len()) != Some(word) {
            return Err(self.invalid("expected a value"));
        }
        self.pos += word.len();
        Ok(shape)
    }

    /// The string whose opening quote stands here.
    #[inline]
    fn string(&mut self) -> Result<Text, Error> {
        self.pos += 1;
        let start = self.pos;
        let mut escaped = false;
        loop {
            self.pos += plain_prefix(&self.bytes[self.pos..]);
            match self.peek() {
                Some(b'"') => {
                    let end = self.pos;
                    self.pos += 1;
                    return Ok(Text { span: Span { start, end }, escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.invalid("a raw control character in a string")),
                None => return Err(self.invalid("a string does not end")),
            }
        }
    }

    /// The escape whose backslash stands here. Surrogates must come in pairs, as UTF-8 has no other use for them.
    #[cold]
    fn escape(&mut self) -> Result<(), Error> {
        match self.bytes.get(self.pos + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.pos += 2;
                Ok(())
            }
            Some(b'u') => match self.code_unit()? {
                0xDC00..=0xDFFF => Err(self.invalid("a lone surrogate")),
                0xD800..=0xDBFF => {
                    if self.bytes.get(self.pos..self.pos + 2) == Some(b"\\u")
                        && matches!(self.code_unit()?, 0xDC00..=0xDFFF)
                    {
                        Ok(())
                    } else {
                        Err(self.invalid("a lone surrogate"))
                    }
                }
                _ => Ok(()),
            },
            _ => Err(self.invalid("an unknown escape")),
        }
    }

    /// `\uXXXX`, with the scanner at the backslash.
    fn code_unit(&mut self) -> Result<u32, Error> {
        let digits = self.bytes.get(self.pos + 2..self.pos + 6).unwrap_or_default();
        let unit = digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?));
        match unit {
            Some(unit) if digits.len() == 4 => {
                self.pos += 6;
                Ok(unit)
            }
            _ => Err(self.invalid("`\\u` without four hex digits")),
        }
    }

    #[inline]
    fn digits(&mut self) -> usize {
        let start = self.pos;
        while let Some(b'0'..=b'9') = self.peek() {
            self.pos += 1;
        }
        self.pos - start
    }

    /// The number that begins here: JSON's grammar, at most 4,000 bytes, and within the range of a double.
    #[inline]
    fn number(&mut self) -> Result<(), Error> {
        let start = self.pos;
        if self.peek() == Some(b'-') {
            self.pos += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole_digits = self.digits();
        if whole_digits == 0 || (leading_zero && whole_digits > 1) {
            return Err(self.invalid("not a number as JSON writes it"));
        }
        if self.peek() == Some(b'.') {
            self.pos += 1;
            if self.digits() == 0 {
                return Err(self.invalid("a number needs a digit after its point"));
            }
        }
        let mut has_exponent = false;
        if let Some(b'e' | b'E') = self.peek() {
            has_exponent = true;
            self.pos += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.pos += 1;
            }
            if self.digits() == 0 {
                return Err(self.invalid("a number needs a digit in its exponent"));
            }
        }
        if self.pos - start > MAX_NUMBER_BYTES {
            return Err(self.invalid("a number of more than 4,000 bytes"));
        }
        // Below 10^308 without looking closer: almost every number.
        if !has_exponent && whole_digits <= 308 {
            return Ok(());
        }
        let text = self.bytes.get(start..self.pos).and_then(|bytes| std::str::from_utf8(bytes).ok());
        if text.and_then(|text| text.parse::<f64>().ok()).is_some_and(f64::is_finite) {
            Ok(())
        } else {
            Err(self.invalid("a number beyond the range of a double"))
        }
    }

    #[cold]
    fn invalid(&self, what: &str) -> Error {
        Error::new(Reason::InvalidJson).hint_text(format!("{what}, at byte {}", self.pos))
    }
}

#[cold]
fn too_deep() -> Error {
    Error::new(Reason::TooDeep)
}

/// How many bytes come before the first `"`, `\` or control character; all of them if there is none.
///
/// Eight bytes at a time: in each lane of `found` the top bit says whether the byte is one of those. Carries between
/// lanes may set bits above a true one, never below, and only the lowest is read.
#[inline]
fn plain_prefix(bytes: &[u8]) -> usize {
    const LANES: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = LANES * 0x80;
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (LANES * u64::from(b'"'));
        let backslash = word ^ (LANES * u64::from(b'\\'));
        let control = word.wrapping_sub(LANES * 0x20) & !word;
        let found = (quote.wrapping_sub(LANES) & !quote | backslash.wrapping_sub(LANES) & !backslash | control) & TOP;
        if found != 0 {
            return index * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let special = tail.iter().position(|&byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    words.len() * 8 + special.unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &str) -> Result<Shape, Error> {
        let mut scanner = Scanner::new(text);
        scanner.skip_white_space();
        let shape = scanner.skip(0)?;
        scanner.end().map(|()| shape)
    }

    #[test]
    fn every_special_byte_is_found_in_every_lane() {
        for special in [b'"', b'\\', 0, 0x1F, b'\n'] {
            for neighbour in [b'a', 0x7F, 0x80, 0xFF, 0x21, b'#', b'[', b']'] {
                for at in 0..24 {
                    let mut bytes = [neighbour; 25];
                    bytes[at] = special;
                    assert_eq!(plain_prefix(&bytes), at);
                }
                assert_eq!(plain_prefix(&[neighbour; 25]), 25);
            }
        }
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
            let shape = Scanner::new(&json).skip(0).ok();
            let Some(Shape::String(string)) = shape else { panic!("{shape:?}") };
            prop_assert_eq!(string.decode(&json), text);
        }
    }
}
