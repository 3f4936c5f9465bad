//! Values of an accepted JSON text, found where they stand: nothing is built.

#![expect(clippy::inline_always, reason = "a walk's inner loop: see `json`")]

use std::borrow::Cow;
use std::fmt;

use crate::error::Error;
use crate::payload::json::{Containers, Scanner};
use crate::payload::place::{Span, Text};
use crate::payload::token::{Shape, behind_white_space};
use crate::payload::walk;

/// In fewer bytes members are looked for one by one: bits of blocks are for longer objects.
pub(crate) const SHORT: usize = 80;

/// What kind of value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, as it is written.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value of an event's JSON text, as it stands there. Copying it is cheap; [`Debug`] shows the kind alone.
///
/// [`Event::data_at`](crate::Event::data_at) gives one.
#[derive(Clone, Copy)]
pub struct JsonValue<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> JsonValue<'a> {
    /// The value that is this text, which was [`json`](Self::json) of one before: for bindings. `escaped` is what
    /// [`is_escaped`](Self::is_escaped) said. Nothing is checked: of a text that is no JSON value, without white space
    /// around it, every answer is arbitrary.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::JsonValue::of_checked_text("12", false).as_i64(), Some(12));
    /// ```
    pub const fn of_checked_text(text: &'a str, escaped: bool) -> Self {
        Self { text, escaped }
    }

    /// The value that this text is, with white space around it or without.
    ///
    /// # Errors
    /// [`Reason::InvalidJson`](crate::Reason::InvalidJson), as of a body.
    #[inline(never)]
    pub(crate) fn check(text: &'a str) -> Result<Self, Error> {
        let mut containers = Containers::default();
        let mut scanner = Scanner::new(text, &mut containers);
        scanner.skip_white_space();
        let value = scanner.skip(0)?;
        scanner.end()?;
        Ok(Self { text: value.span.of(text), escaped: value.shape == Shape::String { escaped: true } })
    }

    /// A whole value that the scanner has accepted.
    pub(crate) fn of_text(text: &'a str) -> Self {
        Self { text, escaped: text.starts_with('"') && text.contains('\\') }
    }

    /// Its JSON text, byte for byte as it was delivered: of a number every digit.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"amount":10.50}}"#).unwrap();
    /// assert_eq!(event.data_at("/amount").unwrap().unwrap().json(), "10.50");
    /// ```
    pub const fn json(self) -> &'a str {
        self.text
    }

    /// What kind of value it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// # use tink_webhooks::ValueKind;
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":[]}"#).unwrap();
    /// assert_eq!(event.data_at("").unwrap().unwrap().kind(), ValueKind::Array);
    /// ```
    #[inline]
    pub const fn kind(self) -> ValueKind {
        match self.text.as_bytes().first() {
            Some(b'"') => ValueKind::String,
            Some(b'{') => ValueKind::Object,
            Some(b'[') => ValueKind::Array,
            Some(b't' | b'f') => ValueKind::Bool,
            Some(b'-' | b'0'..=b'9') => ValueKind::Number,
            _ => ValueKind::Null,
        }
    }

    /// Whether it is a string with escapes, so that [`as_str`](Self::as_str) has to decode it.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":["a","\n"]}"#).unwrap();
    /// let escaped = |pointer| event.data_at(pointer).unwrap().unwrap().is_escaped();
    /// assert!(!escaped("/0") && escaped("/1"));
    /// ```
    pub const fn is_escaped(self) -> bool {
        self.escaped
    }

    /// The string, if it is one; allocates only for escapes.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"name":"Caf\u00e9"}}"#).unwrap();
    /// assert_eq!(event.data_at("/name").unwrap().unwrap().as_str().as_deref(), Some("Café"));
    /// ```
    #[inline]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let span = Span { start: 1, end: self.text.len().saturating_sub(1) };
        match self.kind() {
            ValueKind::String if self.escaped => Some(Text { span, escaped: true }.decode(self.text)),
            ValueKind::String => Some(Cow::Borrowed(span.of(self.text))),
            _ => None,
        }
    }

    /// The number, if it is one that is written as an integer (without fraction and exponent) and fits.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":[1767225660000, 1.0]}"#).unwrap();
    /// assert_eq!(event.data_at("/0").unwrap().unwrap().as_i64(), Some(1_767_225_660_000));
    /// assert_eq!(event.data_at("/1").unwrap().unwrap().as_i64(), None);
    /// ```
    pub fn as_i64(self) -> Option<i64> {
        self.text.parse().ok().filter(|_| self.kind() == ValueKind::Number)
    }

    /// The number, if it is one, as the nearest double.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"amount":10.5}}"#).unwrap();
    /// assert_eq!(event.data_at("/amount").unwrap().unwrap().as_f64(), Some(10.5));
    /// ```
    pub fn as_f64(self) -> Option<f64> {
        self.text.parse().ok().filter(|_| self.kind() == ValueKind::Number)
    }

    /// The truth value, if it is one.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"retryable":false}}"#).unwrap();
    /// assert_eq!(event.data_at("/retryable").unwrap().unwrap().as_bool(), Some(false));
    /// ```
    pub fn as_bool(self) -> Option<bool> {
        match self.text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The elements of an array, or the members of an object, in their order and with duplicates; of another value
    /// none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"ids":["x","y"]}}"#).unwrap();
    /// let ids = event.data_at("/ids").unwrap().unwrap();
    /// assert!(ids.entries().map(|entry| entry.value.json()).eq([r#""x""#, r#""y""#]));
    /// ```
    #[inline]
    pub fn entries(self) -> Entries<'a> {
        let bytes = self.text.as_bytes();
        match bytes.first() {
            Some(bracket @ (b'{' | b'[')) => {
                let rest = self.text.get(behind_white_space(bytes, 1)..).unwrap_or_default();
                Entries::resume(rest, *bracket == b'{')
            }
            _ => Entries::resume("", false),
        }
    }
}

impl fmt::Debug for JsonValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonValue").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

/// An element of an array, or a member of an object.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// The key, a string; none in an array.
    pub key: Option<JsonValue<'a>>,
    /// The element, or the member's value.
    pub value: JsonValue<'a>,
}

/// Goes through an array or an object once: [`JsonValue::entries`].
#[derive(Clone)]
pub struct Entries<'a> {
    rest: &'a str,
    in_object: bool,
    after_short: bool,
}

impl<'a> Entries<'a> {
    /// Goes on where [`rest`](Self::rest) was: for bindings that keep it as numbers. Nothing is checked: any other text
    /// has arbitrary entries.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::Entries;
    /// let mut entries = Entries::resume("2,3]", false);
    /// assert_eq!(entries.next().unwrap().value.json(), "2");
    /// assert_eq!(entries.rest(), "3]");
    /// ```
    pub const fn resume(rest: &'a str, in_object: bool) -> Self {
        Self { rest, in_object, after_short: false }
    }

    /// With what [`is_after_short`](Self::is_after_short) said: for bindings. It makes a difference to speed alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::Entries;
    /// let mut entries = Entries::resume("2,3]", false).after_short(true);
    /// assert_eq!(entries.next().unwrap().value.json(), "2");
    /// ```
    #[must_use]
    pub const fn after_short(self, after_short: bool) -> Self {
        Self { after_short, ..self }
    }

    /// Whether the entry before was short: then the next one is looked through as is best for a short one.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut entries = tink_webhooks::JsonValue::of_checked_text("[1,2]", false).entries();
    /// entries.next();
    /// assert!(entries.is_after_short());
    /// ```
    pub const fn is_after_short(&self) -> bool {
        self.after_short
    }

    /// Goes on behind an entry that ends here.
    #[inline(always)]
    pub(crate) fn go_behind(&mut self, end: usize) {
        // At least one byte further, so that of any text there is an end.
        let next = walk::behind_separator(self.rest.as_bytes(), end).max(1);
        self.rest = self.rest.get(next..).unwrap_or_default();
        self.after_short = end < SHORT;
    }

    /// The text from the next entry on.
    ///
    /// # Examples
    ///
    /// ```
    /// let array = tink_webhooks::JsonValue::of_checked_text("[1]", false);
    /// assert_eq!(array.entries().rest(), "1]");
    /// ```
    pub const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Whether the entries are members of an object, and so have keys.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(tink_webhooks::JsonValue::of_checked_text("{}", false).entries().are_members());
    /// ```
    pub const fn are_members(&self) -> bool {
        self.in_object
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Entry<'a>> {
        let bytes = self.rest.as_bytes();
        let cut = |start, (end, escaped)| JsonValue { text: Span { start, end }.of(self.rest), escaped };
        let (mut key, mut start) = (None, 0);
        if matches!(bytes.first(), None | Some(b']' | b'}')) {
            return None;
        }
        if self.in_object {
            let found = walk::string_end(bytes, 0);
            key = Some(cut(0, found));
            start = walk::behind_colon(bytes, found.0);
        }
        let found = walk::value_end(bytes, start, |_| None);
        let value = cut(start, found);
        self.go_behind(found.0);
        Some(Entry { key, value })
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("are_members", &self.in_object).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn strings_are_what_serde_json_reads(
            parts in prop::collection::vec(
                prop_oneof![
                    r#"\\["\\/bfnrt]"#,
                    r"\\u[0-9a-fA-F]{4}",
                    r"\\ud[89abAB][0-9a-f]{2}\\ud[c-fC-F][0-9a-f]{2}",
                    "[a-z\u{e9}\u{20ac}\u{1f600}]{0,9}",
                    r#"[\\"u]"#,
                ],
                0..12,
            ),
        ) {
            let text = format!("\"{}\"", parts.concat());
            let expected = serde_json::from_str::<String>(&text).ok();
            let found = JsonValue::check(&text).ok().and_then(JsonValue::as_str);
            prop_assert_eq!(found.as_deref(), expected.as_deref());
        }
    }
}
