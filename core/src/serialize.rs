//! An event as one text, for queues: the same bytes in every language.
//!
//! Version 2: `{"version":2,"timestamp":…,"verification":{"scheme":…,"signedAt":…,"secretIndex":…,"deliveryId":…},
//! "body":…}` without white space; what an event does not have is left out. Strings are escaped as most writers do it,
//! and `<`, `>`, `&`, U+2028 and U+2029 besides, because Go's encoder escapes those in whatever passes through it.
//! Version 1, of Node alone, had another order and fewer escapes. Both are read, in any order and with any escapes and
//! white space, as a database may have kept the text as JSON.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::delivery::Delivery;
use crate::error::{Error, Reason};
use crate::event::Event;
use crate::payload::{JsonValue, ValueKind};
use crate::signature::{DeliveryId, Scheme, Verification};

/// The version that is written. It changes with the meaning of the text.
const VERSION: i64 = 2;
/// The versions that are read.
const READ: std::ops::RangeInclusive<i64> = 1..=VERSION;
/// A longer text is not read. Bodies are capped where they are verified, at 2 MiB unless said otherwise.
const MAX_TEXT_BYTES: usize = 256 << 20;

impl Event<'_> {
    /// The event as one JSON text, for a queue: its body, its timestamp and its verification, with a version. It is the
    /// same text in every language of this library, and [`deserialize`](Self::deserialize) reads it in each of them.
    ///
    /// The text holds the payload, and no secret. Nothing in it is signed: a worker trusts it as far as it trusts the
    /// queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Event, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let text = hooks.parse_event(r#"{"event":"a:b","timestamp":1}"#)?.serialize();
    /// assert_eq!(text, r#"{"version":2,"timestamp":1,"body":"{\"event\":\"a:b\",\"timestamp\":1}"}"#);
    /// assert_eq!(Event::deserialize(&text)?.name(), "a:b");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn serialize(&self) -> String {
        StoredEvent::of(self.body(), self.timestamp_millis(), self.verification().copied()).write()
    }
}

impl Event<'static> {
    /// Makes an event from the text that [`serialize`](Self::serialize) gave, here or in another language, with its type,
    /// timestamp and verification as they were. **Checks no signature**: the event is as trustworthy as the queue.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] for any other text; [`Reason::InvalidUtf8`] if it is not UTF-8;
    /// [`Reason::BodyTooLarge`] beyond 256 MiB; for a body that is no event, any reason of
    /// [`Kind::InvalidPayload`](crate::Kind::InvalidPayload), and [`Reason::TestWebhook`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Event, Reason};
    /// let event = Event::deserialize(r#"{"version":2,"timestamp":5,"body":"{\"event\":\"account:updated\"}"}"#)?;
    /// assert_eq!((event.event_type().as_str(), event.timestamp_millis()), ("account_updated", 5));
    /// assert_eq!(Event::deserialize("{}").unwrap_err().reason(), Reason::InvalidOption);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn deserialize(text: impl AsRef<[u8]>) -> Result<Self, Error> {
        let StoredEvent { body, timestamp_millis, verification } = StoredEvent::read(text.as_ref())?;
        Event::owning(body.into_owned().into_bytes(), |body| Delivery::restore(body, timestamp_millis, verification))
    }
}

/// What the text of an event holds: for bindings, which keep these parts in their own way. Rust users want
/// [`Event::serialize`] and [`Event::deserialize`].
#[derive(Clone)]
#[non_exhaustive]
pub struct StoredEvent<'a> {
    /// The body. It has not been read yet: [`Delivery::restore`] does, and gives the event.
    pub body: Cow<'a, str>,
    /// When the event happened, epoch milliseconds.
    pub timestamp_millis: i64,
    /// What was proven about the delivery.
    pub verification: Option<Verification>,
}

/// Without the body.
impl fmt::Debug for StoredEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("timestamp_millis", &self.timestamp_millis)
            .field("verification", &self.verification)
            .finish_non_exhaustive()
    }
}

impl<'a> StoredEvent<'a> {
    /// The parts of an event.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::StoredEvent;
    /// let text = StoredEvent::of("{}", 5, None).write();
    /// assert_eq!(text, r#"{"version":2,"timestamp":5,"body":"{}"}"#);
    /// ```
    pub fn of(body: &'a str, timestamp_millis: i64, verification: Option<Verification>) -> Self {
        Self { body: body.into(), timestamp_millis, verification }
    }

    /// The text: see [`Event::serialize`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::StoredEvent;
    /// assert!(StoredEvent::of("<&>", 5, None).write().ends_with(r#""body":"\u003c\u0026\u003e"}"#));
    /// ```
    pub fn write(&self) -> String {
        // Room for the escapes of a usual body.
        let mut text = String::with_capacity(self.body.len() + self.body.len() / 4 + 256);
        // Nothing of this can fail: a text is written to memory.
        let _ = self.write_to(&mut text);
        text
    }

    fn write_to(&self, text: &mut String) -> fmt::Result {
        write!(text, r#"{{"version":{VERSION},"timestamp":{}"#, self.timestamp_millis)?;
        if let Some(proved) = self.verification {
            write!(text, r#","verification":{{"scheme":"{}""#, proved.scheme)?;
            if let Some(seconds) = proved.signed_at {
                write!(text, r#","signedAt":{seconds}"#)?;
            }
            write!(text, r#","secretIndex":{}"#, proved.secret_index)?;
            if let Some(id) = proved.delivery_id {
                write!(text, r#","deliveryId":"{id}""#)?;
            }
            text.push('}');
        }
        text.push_str(r#","body":""#);
        escape(&self.body, text)?;
        text.push_str(r#""}"#);
        Ok(())
    }

    /// Reads a text: see [`Event::deserialize`].
    ///
    /// # Errors
    /// [`Reason::InvalidOption`], [`Reason::InvalidUtf8`] and [`Reason::BodyTooLarge`], as there.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::StoredEvent;
    /// let stored = StoredEvent::read(br#"{"version":2,"timestamp":5,"body":"{}"}"#)?;
    /// assert_eq!((&*stored.body, stored.timestamp_millis), ("{}", 5));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn read(text: &[u8]) -> Result<StoredEvent<'static>, Error> {
        Self::read_up_to(MAX_TEXT_BYTES, text)
    }

    fn read_up_to(max_bytes: usize, text: &[u8]) -> Result<StoredEvent<'static>, Error> {
        if text.len() > max_bytes {
            return Err(Error::with_message(Reason::BodyTooLarge, "the text of an event is larger than 256 MiB"));
        }
        let text = simdutf8::basic::from_utf8(text)
            .map_err(|_| Error::with_message(Reason::InvalidUtf8, "the text of an event is not UTF-8"))?;
        let members = JsonValue::check(text).map_err(|_| not_one())?;
        if members.kind() != ValueKind::Object {
            return Err(not_one());
        }
        let (mut version, mut body, mut timestamp, mut verification) = (None, None, None, None);
        // What this version does not know may mean that the event is another one.
        let mut is_known = true;
        members.for_each_member(|key, value| match key {
            "version" => version = Some(value),
            "body" => body = Some(value),
            "timestamp" => timestamp = Some(value),
            "verification" => verification = Some(value),
            _ => is_known = false,
        });
        let version = version.and_then(JsonValue::as_i64).ok_or_else(not_one)?;
        if !READ.contains(&version) {
            let message = format!("the text of an event has version {version}; this library reads 1 and {VERSION}");
            return Err(Error::with_message(Reason::InvalidOption, message));
        }
        let body = body.and_then(JsonValue::as_str).ok_or_else(not_one)?;
        let timestamp_millis = timestamp.and_then(JsonValue::as_i64).ok_or_else(not_one)?;
        let verification = verification.filter(|value| value.kind() != ValueKind::Null);
        let verification = verification.map(read_verification).transpose()?;
        if !is_known {
            return Err(not_one());
        }
        Ok(StoredEvent { body: body.into_owned().into(), timestamp_millis, verification })
    }
}

/// Writes a string's characters with JSON's escapes, and those of Go's `encoding/json` besides.
fn escape(body: &str, text: &mut String) -> fmt::Result {
    let mut rest = body;
    let is_escaped = |character: char| {
        character < ' ' || matches!(character, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
    };
    while let Some(at) = rest.find(is_escaped) {
        let (plain, behind) = rest.split_at(at);
        text.push_str(plain);
        let mut characters = behind.chars();
        match characters.next() {
            Some('"') => text.push_str("\\\""),
            Some('\\') => text.push_str("\\\\"),
            Some('\n') => text.push_str("\\n"),
            Some('\r') => text.push_str("\\r"),
            Some('\t') => text.push_str("\\t"),
            Some('\u{8}') => text.push_str("\\b"),
            Some('\u{c}') => text.push_str("\\f"),
            Some(other) => write!(text, "\\u{:04x}", u32::from(other))?,
            None => {}
        }
        rest = characters.as_str();
    }
    text.push_str(rest);
    Ok(())
}

fn read_verification(proved: JsonValue<'_>) -> Result<Verification, Error> {
    if proved.kind() != ValueKind::Object {
        return Err(not_one());
    }
    let (mut scheme, mut signed_at, mut secret_index, mut delivery_id) = (None, None, None, None);
    let mut is_known = true;
    proved.for_each_member(|key, value| {
        let value = Some(value).filter(|value| value.kind() != ValueKind::Null);
        match key {
            "scheme" => scheme = value,
            "signedAt" => signed_at = value,
            "secretIndex" => secret_index = value,
            "deliveryId" => delivery_id = value,
            _ => is_known = false,
        }
    });
    let scheme = Scheme::parse(&scheme.and_then(JsonValue::as_str).ok_or_else(not_one)?)?;
    let secret_index = secret_index.and_then(JsonValue::as_i64).ok_or_else(not_one)?;
    // C's verification holds no greater one.
    let secret_index = u32::try_from(secret_index).map_err(|_| not_one())? as usize;
    let signed_at = signed_at.map(|value| value.as_i64().ok_or_else(not_one)).transpose()?;
    let delivery_id = delivery_id.map(|value| value.as_str().ok_or_else(not_one)).transpose()?;
    let delivery_id = delivery_id.map(|id| DeliveryId::parse(&id)).transpose()?;
    if !is_known {
        return Err(not_one());
    }
    Verification::restore(scheme, signed_at, secret_index, delivery_id)
}

/// The parser's own message would show a piece of the text.
fn not_one() -> Error {
    Error::with_message(Reason::InvalidOption, "this is not the text that serialize gave of an event")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_a_largest_size() {
        let text = r#"{"version":2,"timestamp":1,"body":"{}"}"#.as_bytes();
        assert!(StoredEvent::read_up_to(text.len(), text).is_ok());
        let error = StoredEvent::read_up_to(text.len() - 1, text).err();
        assert_eq!(error.map(|error| error.reason()), Some(Reason::BodyTooLarge));
    }

    #[test]
    fn an_error_shows_nothing_of_the_text() {
        for text in [r#"{"version":2,"hidden":"hidden"}"#, r#""hidden""#, "hidden", r#"{"version":"hidden"}"#] {
            let error = Event::deserialize(text).err().map(|error| format!("{error} {error:?}")).unwrap_or_default();
            assert!(error.contains("serialize") && !error.contains("hidden"), "{error}");
        }
    }
}
