//! The envelope: from a body to event type, name and the places of the parts. Nothing is built.

#![expect(clippy::inline_always, reason = "the scanner is as fast as it is in one piece: see `json`")]

use chrono::DateTime;

use crate::clock;
use crate::error::{Error, Reason};
use crate::payload::ends::Ends;
use crate::payload::event_type::EventType;
use crate::payload::json::{Containers, Scanner};
use crate::payload::place::{Span, Text, Value};
use crate::payload::token::Shape;

/// What an accepted body says, as numbers and offsets into it: every binding keeps the body in its own way and cuts its
/// slices from there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Payload {
    /// The event's type.
    pub event_type: EventType,
    /// The wire name.
    pub name: Text,
    /// `content` (Events v2) or `data` (community). `None` stands for the empty object.
    pub data: Option<Span>,
    /// `context`, if it is an object.
    pub context: Option<Span>,
    /// `userId`: a non-empty string from the context, else from the data.
    pub user_id: Option<Text>,
    /// `externalUserId`, found the same way.
    pub external_user_id: Option<Text>,
    /// The payload's own `timestamp` in epoch milliseconds.
    pub timestamp_millis: Option<i64>,
    /// Whether every byte of the body is ASCII: its offsets then count characters as well, in whatever unit a language
    /// counts them.
    pub is_ascii: bool,
    /// Where long arrays and objects end.
    pub(crate) ends: Ends,
}

impl Payload {
    /// Reads a body.
    ///
    /// The order of refusals: UTF-8, JSON and depth, object, duplicate keys, type, data, test ping.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidPayload`](crate::Kind::InvalidPayload) but `body_too_large`, and
    /// [`Reason::TestWebhook`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, Payload};
    /// let payload = Payload::parse(br#"{"event":"refresh:finished","content":{"status":"UPDATED"}}"#)?;
    /// assert_eq!(payload.event_type, EventType::RefreshFinished);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        Self::parse_bytes(body).map(|(_, payload)| payload)
    }

    /// The same, with the body as the text it is now known to be.
    pub(crate) fn parse_bytes(body: &[u8]) -> Result<(&str, Self), Error> {
        let text = simdutf8::basic::from_utf8(body).map_err(|_| Error::new(Reason::InvalidUtf8))?;
        let mut envelope = Envelope::default();
        envelope.scan(text)?;
        Ok((text, envelope.interpret(text)?))
    }

    /// The wire name, cut from the body that was parsed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Payload;
    /// let body = r#"{"event":"some:thing"}"#;
    /// assert_eq!(Payload::parse(body.as_bytes())?.name(body), "some:thing");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn name<'a>(&self, body: &'a str) -> std::borrow::Cow<'a, str> {
        match self.event_type.name() {
            Some(name) => name.into(),
            None => self.name.decode(body),
        }
    }
}

/// The envelope's own keys, of which none may stand twice.
#[derive(Clone, Copy)]
enum Key {
    Event,
    Type,
    Timestamp,
    Context,
    Content,
    Data,
}

impl Key {
    const COUNT: usize = 6;

    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"event" => Some(Self::Event),
            b"type" => Some(Self::Type),
            b"timestamp" => Some(Self::Timestamp),
            b"context" => Some(Self::Context),
            b"content" => Some(Self::Content),
            b"data" => Some(Self::Data),
            _ => None,
        }
    }

    /// Whether its object is searched for user ids.
    const fn may_hold_ids(self) -> bool {
        matches!(self, Self::Context | Self::Content | Self::Data)
    }
}

/// The user ids an object holds at its own level; of duplicates the last one counts, whatever it is.
#[derive(Clone, Copy, Default)]
struct Ids {
    user: Option<Text>,
    external_user: Option<Text>,
}

/// The values of the envelope's keys.
#[derive(Default)]
struct Envelope {
    values: [Option<Value>; Key::COUNT],
    ids: [Ids; Key::COUNT],
    is_ascii: bool,
    containers: Containers,
}

impl Envelope {
    /// In place: returned, it would be copied twice.
    #[inline]
    fn scan(&mut self, text: &str) -> Result<(), Error> {
        let mut scanner = Scanner::new(text, &mut self.containers);
        let mut duplicate = false;
        scanner.skip_white_space();
        if scanner.peek() != Some(b'{') {
            scanner.skip(0)?;
            scanner.end()?;
            return Err(Error::new(Reason::NotAnObject));
        }
        scanner.members(1, |scanner, name| {
            let Some(key) = with_name(name, text, Key::of) else {
                scanner.skip(1)?;
                return Ok(());
            };
            let value = if key.may_hold_ids() && scanner.peek() == Some(b'{') {
                scan_ids(scanner, text, &mut self.ids[key as usize])?
            } else {
                scanner.skip(1)?
            };
            duplicate |= self.values[key as usize].replace(value).is_some();
            Ok(())
        })?;
        scanner.end()?;
        self.is_ascii = scanner.is_ascii();
        if duplicate { Err(Error::new(Reason::DuplicateKey)) } else { Ok(()) }
    }

    #[inline]
    fn interpret(&self, text: &str) -> Result<Payload, Error> {
        let value = |key: Key| self.values[key as usize];
        let (name, data_key) = match (value(Key::Event), value(Key::Type)) {
            (Some(event), _) => (event, Key::Content),
            (None, Some(type_)) => (type_, Key::Data),
            (None, None) => return Err(Error::new(Reason::MissingType)),
        };
        let Some(name) = name.text().filter(|name| !name.is_empty()) else {
            return Err(Error::new(Reason::MissingType));
        };
        if value(Key::Event).is_none() && value(Key::Data).is_none() {
            return Err(Error::new(Reason::MissingData));
        }
        let decoded = name.decode(text);
        if decoded == "test" {
            return Err(Error::new(Reason::TestWebhook));
        }
        // Only an object has ids, and no key occurs twice.
        let (in_context, in_data) = (self.ids[Key::Context as usize], self.ids[data_key as usize]);
        Ok(Payload {
            event_type: EventType::from_name(&decoded),
            name,
            data: value(data_key).filter(|value| value.shape != Shape::Null).map(|value| value.span),
            context: value(Key::Context).filter(|value| value.shape == Shape::Object).map(|value| value.span),
            user_id: in_context.user.or(in_data.user),
            external_user_id: in_context.external_user.or(in_data.external_user),
            timestamp_millis: value(Key::Timestamp).and_then(|value| match (value.shape, value.text()) {
                (Shape::Number, _) => millis_of_number(value.span.of(text)),
                (_, Some(string)) => millis_of_text(&string.decode(text)),
                _ => None,
            }),
            is_ascii: self.is_ascii,
            ends: self.containers.ends,
        })
    }
}

/// Passes over the object that begins here, and notes the user ids in it.
#[inline(always)]
fn scan_ids(scanner: &mut Scanner<'_>, text: &str, ids: &mut Ids) -> Result<Value, Error> {
    scanner.members(2, |scanner, name| {
        let value = scanner.skip(2)?;
        let found = value.text().filter(|id| !id.is_empty());
        with_name(name, text, |name| match name {
            b"userId" => ids.user = found,
            b"externalUserId" => ids.external_user = found,
            _ => {}
        });
        Ok(())
    })
}

/// What `of` says to a key, after its escapes are decoded.
#[inline(always)]
fn with_name<T>(name: Text, text: &str, of: impl FnOnce(&[u8]) -> T) -> T {
    if name.escaped {
        of(decoded(name.span.start, name.span.end, text).as_bytes())
    } else {
        of(&text.as_bytes()[name.span.start..name.span.end])
    }
}

/// Given numbers and not the name: whose place is lent to a function, and that of what is beside it, is not kept in
/// registers.
#[cold]
#[inline(never)]
fn decoded(start: usize, end: usize, text: &str) -> String {
    Text { span: Span { start, end }, escaped: true }.decode(text).into_owned()
}

/// RFC 3339 with an offset, in epoch milliseconds; finer digits are cut. `None` for anything else, and outside the
/// years 1 to 9999.
fn millis_of_text(text: &str) -> Option<i64> {
    let millis = DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis();
    clock::in_range(millis).then_some(millis)
}

/// The text of a JSON number, if it is an integer: epoch milliseconds. `None` for anything else, and out of range.
fn millis_of_number(text: &str) -> Option<i64> {
    text.parse().ok().filter(|&millis| clock::in_range(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::step::STEP;

    fn reason(body: &str) -> Option<Reason> {
        Payload::parse(body.as_bytes()).err().map(|error| error.reason())
    }

    #[test]
    fn a_broken_text_is_reported_before_a_duplicate_key() {
        assert_eq!(reason(r#"{"event":"a:b","event":"a:b"}"#), Some(Reason::DuplicateKey));
        assert_eq!(reason(r#"{"event":"a:b","event":"a:b""#), Some(Reason::InvalidJson));
        assert_eq!(reason(r#"{"event":"a:b","\u0065vent":1}"#), Some(Reason::DuplicateKey));
    }

    #[test]
    fn event_decides_even_if_it_is_null() {
        assert_eq!(reason(r#"{"event":null,"type":"a.b","data":{}}"#), Some(Reason::MissingType));
    }

    #[test]
    fn of_duplicate_ids_the_last_counts() {
        let body = r#"{"event":"a:b","context":{"userId":"one","userId":2},"content":{"userId":"three"}}"#;
        let payload = Payload::parse(body.as_bytes()).ok();
        let user_id = payload.and_then(|payload| payload.user_id).map(|text| text.decode(body).into_owned());
        assert_eq!(user_id.as_deref(), Some("three"));
    }

    #[test]
    fn one_character_beyond_ascii_is_seen_wherever_it_stands() {
        let is_ascii = |body: &str| Payload::parse(body.as_bytes()).ok().map(|payload| payload.is_ascii);
        for length in (0..70).step_by(STEP) {
            let (before, behind) = ("a".repeat(length), "b".repeat(70 - length));
            let body = |middle: &str| format!(r#"{{"event":"a:b","content":"{before}{middle}{behind}"}}"#);
            assert_eq!(is_ascii(&body("\u{7f}")), Some(true));
            assert_eq!(is_ascii(&body("\\u00e9")), Some(true));
            assert_eq!(is_ascii(&body("\u{80}")), Some(false));
            assert_eq!(is_ascii(&body("\u{1f600}")), Some(false));
        }
    }

    #[test]
    fn examples_are_events_of_their_types() -> Result<(), Error> {
        for &event_type in EventType::ALL.iter().chain(&[EventType::Unknown]) {
            let example = event_type.example();
            assert_eq!(Payload::parse(example.as_bytes())?.event_type, event_type);
            assert_eq!(example, example.trim());
        }
        Ok(())
    }

    #[test]
    fn offsets_are_required_and_applied() {
        assert_eq!(millis_of_text("1970-01-01T00:00:01.2345Z"), Some(1_234));
        assert_eq!(millis_of_text("1970-01-01T02:00:00+02:00"), Some(0));
        assert_eq!(millis_of_text("1970-01-01T00:00:00"), None);
        assert_eq!(millis_of_text("1970-01-01"), None);
    }

    #[test]
    fn years_1_to_9999() {
        assert!(millis_of_text("0001-01-01T00:00:00Z").is_some());
        assert_eq!(millis_of_text("0001-01-01T00:00:00+01:00"), None);
        assert_eq!(millis_of_text("0000-12-31T00:00:00Z"), None);
        assert!(millis_of_text("9999-12-31T23:59:59.999Z").is_some());
        assert_eq!(millis_of_text("9999-12-31T23:59:59-01:00"), None);
    }

    #[test]
    fn numbers_must_be_integers() {
        assert_eq!(millis_of_number("1767225600123"), Some(1_767_225_600_123));
        assert_eq!(millis_of_number("-1"), Some(-1));
        for text in ["1.0", "1e3", "99999999999999999999", "253402300800000"] {
            assert_eq!(millis_of_number(text), None);
        }
    }
}
