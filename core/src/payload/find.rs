//! Finds what is asked for in an object or an array, in one walk to its end: of duplicate keys the last one counts.

#![expect(clippy::inline_always, reason = "the inner loops of a walk: see `json`")]

use crate::payload::level;
use crate::payload::place::{Span, Text};
use crate::payload::plain;
use crate::payload::token::behind_white_space;
use crate::payload::value::{Entries, JsonValue, SHORT};
use crate::payload::walk;

/// Where a value stands in the text.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    span: Span,
    escaped: bool,
}

impl Found {
    /// What begins here, of which nothing else is known.
    pub(crate) const fn at(start: usize) -> Self {
        Self { span: Span { start, end: start }, escaped: false }
    }

    pub(crate) const fn start(self) -> usize {
        self.span.start
    }

    pub(crate) fn in_text(self, text: &str) -> JsonValue<'_> {
        JsonValue::of_checked_text(self.span.of(text), self.escaped)
    }
}

/// Walks the members of the object that begins here. `member` gets the keys, decoded, with their values. Gives the
/// place behind the object.
#[inline(always)]
pub(crate) fn members(
    text: &str,
    start: usize,
    known: impl Fn(usize) -> Option<usize>,
    mut member: impl FnMut(&str, Found),
) -> usize {
    let bytes = text.as_bytes();
    let mut pos = behind_white_space(bytes, start + 1);
    while bytes.get(pos) == Some(&b'"') {
        let (end, escaped) = walk::string_end(bytes, pos);
        let value = walk::behind_colon(bytes, end);
        let (value_end, value_escaped) = walk::value_end(bytes, value, &known);
        let found = Found { span: Span { start: value, end: value_end }, escaped: value_escaped };
        let key = Span { start: pos + 1, end: end - 1 };
        // One call, so that what it does is a part of this loop.
        let decoded;
        let key = if escaped {
            decoded = Text { span: key, escaped }.decode(text);
            &*decoded
        } else {
            key.of(text)
        };
        member(key, found);
        pos = walk::behind_separator(bytes, value_end);
    }
    pos + 1
}

/// The element at this index of the array that begins here.
#[inline]
pub(crate) fn element(text: &str, start: usize, index: usize, known: impl Fn(usize) -> Option<usize>) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut pos = behind_white_space(bytes, start + 1);
    for _ in 0..index {
        if matches!(bytes.get(pos), None | Some(b']')) {
            return None;
        }
        let (end, _) = walk::value_end(bytes, pos, &known);
        pos = walk::behind_separator(bytes, end);
    }
    if matches!(bytes.get(pos), None | Some(b']')) {
        return None;
    }
    let (end, escaped) = walk::value_end(bytes, pos, &known);
    Some(Found { span: Span { start: pos, end }, escaped })
}

impl<'a> JsonValue<'a> {
    /// Calls `member` with each member of an object, its key decoded; of another value with none. Of duplicate keys the
    /// last one counts. It is the quickest way to several members.
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"{"id":"x","n":1,"id":"y"}"#, false);
    /// let mut id = None;
    /// value.for_each_member(|key, value| {
    ///     if key == "id" {
    ///         id = value.as_str();
    ///     }
    /// });
    /// assert_eq!(id.as_deref(), Some("y"));
    /// ```
    #[inline]
    pub fn for_each_member(self, mut member: impl FnMut(&str, JsonValue<'a>)) {
        let text = self.json();
        if text.starts_with('{') {
            members(text, 0, |_| None, |key, found| member(key, found.in_text(text)));
        }
    }

    /// Calls `found` with each member of an object that has one of these keys: which key it is, and the value. A member
    /// may be told again, and of duplicate keys the last one counts: so the last call for a key does. For few keys it is
    /// quicker than [`for_each_member`](Self::for_each_member).
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"{"id":"x","n":1,"id":"y"}"#, false);
    /// let mut id = None;
    /// value.members_of(&["id"], |_, value| id = value.as_str());
    /// assert_eq!(id.as_deref(), Some("y"));
    /// ```
    #[inline]
    pub fn members_of<K: AsRef<[u8]>>(self, keys: &[K], mut found: impl FnMut(usize, JsonValue<'a>)) {
        let text = self.json();
        if text.len() < SHORT || by_bits(text, keys, &mut found).is_none() {
            self.for_each_member(|name, value| tell(keys, name, value, &mut found));
        }
    }
}

/// Calls `found` with a member for each key that is its name.
#[inline(always)]
fn tell<'a, K: AsRef<[u8]>>(
    keys: &[K],
    name: &str,
    value: JsonValue<'a>,
    found: &mut impl FnMut(usize, JsonValue<'a>),
) {
    for (index, key) in keys.iter().enumerate() {
        if key.as_ref() == name.as_bytes() {
            found(index, value);
        }
    }
}

/// The members of the object that begins here, by bits: the place behind it, if they say it.
#[inline(never)]
fn by_bits<'a, K: AsRef<[u8]>>(
    text: &'a str,
    keys: &[K],
    found: &mut impl FnMut(usize, JsonValue<'a>),
) -> Option<usize> {
    level::members(text.as_bytes(), keys, |key, span, escaped| found(key, Found { span, escaped }.in_text(text)))
}

impl<'a> Entries<'a> {
    /// Goes on by one, as `next`, and calls `member` with each member of the element that it passes, if that is an
    /// object: in one walk. False at the end.
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"[{"id":1},2,{"id":3}]"#, false);
    /// let (mut entries, mut ids) = (value.entries(), vec![]);
    /// while entries.next_members(|_, value| ids.push(value.json())) {}
    /// assert_eq!(ids, ["1", "3"]);
    /// ```
    #[inline]
    pub fn next_members(&mut self, mut member: impl FnMut(&str, JsonValue<'a>)) -> bool {
        let text = self.rest();
        let bytes = text.as_bytes();
        if matches!(bytes.first(), None | Some(b']' | b'}')) {
            return false;
        }
        let start = if self.are_members() { walk::behind_colon(bytes, walk::string_end(bytes, 0).0) } else { 0 };
        let end = if bytes.get(start) == Some(&b'{') {
            members(text, start, |_| None, |key, found| member(key, found.in_text(text)))
        } else {
            walk::value_end(bytes, start, |_| None).0
        };
        self.go_behind(end);
        true
    }

    /// Goes on by one, as `next`, and calls `found` for members of the element, as [`JsonValue::members_of`]. False at
    /// the end.
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"[{"id":1,"n":0},2,{"id":3}]"#, false);
    /// let (mut entries, mut ids) = (value.entries(), vec![]);
    /// while entries.next_members_of(&["id"], |_, value| ids.push(value.json())) {}
    /// assert_eq!(ids, ["1", "3"]);
    /// ```
    #[inline]
    pub fn next_members_of<K: AsRef<[u8]>>(&mut self, keys: &[K], mut found: impl FnMut(usize, JsonValue<'a>)) -> bool {
        if !self.is_after_short()
            && let Some(end) = by_bits(self.rest(), keys, &mut found)
        {
            self.go_behind(end);
            return true;
        }
        self.next_members(|name, value| tell(keys, name, value, &mut found))
    }

    /// Goes on by as many elements of an array as are strings without escapes, up to `count`, and calls `string` with
    /// each: the quickest way through an array of strings. It ends in front of any other element. Of members it passes
    /// none.
    ///
    /// # Examples
    ///
    /// ```
    /// let value = tink_webhooks::JsonValue::of_checked_text(r#"["a", "b", 1]"#, false);
    /// let (mut entries, mut strings) = (value.entries(), vec![]);
    /// entries.next_plain_strings(9, |string| strings.push(string));
    /// assert_eq!((strings, entries.rest()), (vec!["a", "b"], "1]"));
    /// ```
    #[inline]
    pub fn next_plain_strings(&mut self, count: usize, string: impl FnMut(&'a str)) {
        if self.are_members() {
            return;
        }
        let text = self.rest();
        let pos = plain::strings(text, count, string);
        *self = Self::resume(text.get(pos..).unwrap_or_default(), false);
    }
}
