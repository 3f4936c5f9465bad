//! The envelope: from a body to event type, name and the places of the parts. Nothing is built.

use std::ops::RangeInclusive;

use crate::error::{Error, Reason};
use crate::event_type::EventType;
use crate::json::{Scanner, Shape, Span, Text};
use crate::timestamp;

/// What an accepted body says, as numbers and offsets into it: every door keeps the body in its own way and cuts its
/// slices from there.
#[derive(Debug, Clone)]
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
        let text = std::str::from_utf8(body).map_err(|_| Error::new(Reason::InvalidUtf8))?;
        Ok((text, Envelope::scan(text)?.interpret(text)?))
    }

    /// The wire name, cut from the body that was parsed.
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

/// The envelope's own keys, of which none may stand twice. [`Envelope::interpret`] takes them in this order.
const KEYS: [&str; 6] = ["event", "type", "data", "content", "context", "timestamp"];
/// Those of the keys whose objects are searched for user ids.
const WITH_IDS: RangeInclusive<usize> = 2..=4;

/// A value of one of the [`KEYS`].
#[derive(Clone, Copy)]
struct Value {
    span: Span,
    shape: Shape,
    ids: Ids,
}

/// The user ids an object holds at its own level; of duplicates the last one counts, whatever it is.
#[derive(Clone, Copy, Default)]
struct Ids {
    user: Option<Text>,
    external_user: Option<Text>,
}

#[derive(Default)]
struct Envelope {
    values: [Option<Value>; KEYS.len()],
}

impl Envelope {
    fn scan(text: &str) -> Result<Self, Error> {
        let mut scanner = Scanner::new(text);
        let mut envelope = Self::default();
        let mut duplicate = false;
        scanner.skip_white_space();
        if scanner.peek() != Some(b'{') {
            scanner.skip(0)?;
            scanner.end()?;
            return Err(Error::new(Reason::NotAnObject));
        }
        scanner.members(1, |scanner, key| {
            let Some(slot) = position(&KEYS, key, text) else {
                scanner.skip(1)?;
                return Ok(());
            };
            let value = scan_value(scanner, text, WITH_IDS.contains(&slot))?;
            duplicate |= envelope.values[slot].replace(value).is_some();
            Ok(())
        })?;
        scanner.end()?;
        if duplicate { Err(Error::new(Reason::DuplicateKey)) } else { Ok(envelope) }
    }

    fn interpret(&self, text: &str) -> Result<Payload, Error> {
        let [event, type_, community_data, content, context_entry, timestamp] = &self.values;
        let (name, data) = match (event, type_) {
            (Some(event), _) => (event, content.as_ref()),
            (None, Some(type_)) => (type_, community_data.as_ref()),
            (None, None) => return Err(Error::new(Reason::MissingType)),
        };
        let Shape::String(name) = name.shape else { return Err(Error::new(Reason::MissingType)) };
        if name.is_empty() {
            return Err(Error::new(Reason::MissingType));
        }
        if event.is_none() && data.is_none() {
            return Err(Error::new(Reason::MissingData));
        }
        let decoded = name.decode(text);
        if decoded == "test" {
            return Err(Error::new(Reason::TestWebhook));
        }
        let data = data.filter(|value| value.shape != Shape::Null);
        let user_context = context_entry.as_ref().filter(|value| value.shape == Shape::Object);
        let ids = |value: Option<&Value>| value.map(|value| value.ids).unwrap_or_default();
        let (in_context, in_data) = (ids(user_context), ids(data));
        Ok(Payload {
            event_type: EventType::from_name(&decoded),
            name,
            data: data.map(|value| value.span),
            context: user_context.map(|value| value.span),
            user_id: in_context.user.or(in_data.user),
            external_user_id: in_context.external_user.or(in_data.external_user),
            timestamp_millis: timestamp.as_ref().and_then(|value| match value.shape {
                Shape::String(string) => timestamp::from_text(&string.decode(text)),
                Shape::Number => timestamp::from_number(value.span.of(text)),
                _ => None,
            }),
        })
    }
}

/// Passes over a top-level value; if `look_inside` and it is an object, notes the user ids in it.
#[inline]
fn scan_value(scanner: &mut Scanner<'_>, text: &str, look_inside: bool) -> Result<Value, Error> {
    const ID_KEYS: [&str; 2] = ["userId", "externalUserId"];
    let start = scanner.position();
    let mut ids = Ids::default();
    let shape = if look_inside && scanner.peek() == Some(b'{') {
        scanner.members(2, |scanner, key| {
            let slot = position(&ID_KEYS, key, text);
            let found = match scanner.skip(2)? {
                Shape::String(string) if !string.is_empty() => Some(string),
                _ => None,
            };
            match slot {
                Some(0) => ids.user = found,
                Some(_) => ids.external_user = found,
                None => {}
            }
            Ok(())
        })?;
        Shape::Object
    } else {
        scanner.skip(1)?
    };
    Ok(Value { span: Span { start, end: scanner.position() }, shape, ids })
}

/// Which of `keys` this key is, after its escapes are decoded.
#[inline]
fn position(keys: &[&str], key: Text, text: &str) -> Option<usize> {
    if key.escaped {
        let decoded = key.decode(text);
        return keys.iter().position(|candidate| *candidate == decoded);
    }
    let raw = key.span.of(text);
    keys.iter().position(|candidate| *candidate == raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(body: &str) -> Option<Reason> {
        Payload::parse(body.as_bytes()).err().map(|error| error.reason())
    }

    #[test]
    fn ids_are_searched_where_they_may_stand() {
        assert_eq!(KEYS[WITH_IDS], ["data", "content", "context"]);
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
}
