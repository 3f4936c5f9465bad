//! An event as one text, for queues: the same bytes in every language.
//!
//! Version 2: `{"version":2,"timestamp":…,"verification":{"scheme":…,"signedAt":…,"secretIndex":…,"deliveryId":…},
//! "body":…}` without white space; what an event does not have is left out. Strings are escaped as `serde_json` does it,
//! and `<`, `>`, `&`, U+2028 and U+2029 besides, because Go's encoder escapes those in whatever passes through it.
//! Version 1, of Node alone, had another order and fewer escapes. Both are read, in any order and with any escapes and
//! white space, as a database may have kept the text as JSON.

use std::borrow::Cow;
use std::{fmt, io};

use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Map, Value};

use crate::delivery::Delivery;
use crate::error::{Error, Reason};
use crate::event::Event;
use crate::signature::{DeliveryId, Scheme, Verification};

/// The version that is written. It changes with the meaning of the text.
const VERSION: u64 = 2;
/// The versions that are read.
const READ: std::ops::RangeInclusive<u64> = 1..=VERSION;
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
        let mut text = Vec::with_capacity(self.body.len() + self.body.len() / 4 + 256);
        let verification = self.verification.map_or_else(String::new, |proved| {
            let signed_at = proved.signed_at.map_or_else(String::new, |seconds| format!(r#","signedAt":{seconds}"#));
            let delivery_id = proved.delivery_id.map_or_else(String::new, |id| format!(r#","deliveryId":"{id}""#));
            let (scheme, index) = (proved.scheme, proved.secret_index);
            format!(r#","verification":{{"scheme":"{scheme}"{signed_at},"secretIndex":{index}{delivery_id}}}"#)
        });
        let before = format!(r#"{{"version":{VERSION},"timestamp":{}{verification},"body":"#, self.timestamp_millis);
        text.extend_from_slice(before.as_bytes());
        // Neither can fail: a text is written to memory.
        let mut serializer = serde_json::Serializer::with_formatter(&mut text, ForHtml(CompactFormatter));
        let written = serde::Serialize::serialize(&*self.body, &mut serializer);
        debug_assert!(written.is_ok(), "strings are always serialised");
        text.push(b'}');
        String::from_utf8(text).unwrap_or_default()
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
        // It refuses what is nested beyond 128 levels, and builds nothing deeper than that.
        let mut members: Map<String, Value> = serde_json::from_str(text).map_err(|_| not_one())?;
        match members.remove("version").as_ref().and_then(Value::as_u64).ok_or_else(not_one)? {
            version if READ.contains(&version) => {}
            version => {
                let message = format!("the text of an event has version {version}; this library reads 1 and {VERSION}");
                return Err(Error::with_message(Reason::InvalidOption, message));
            }
        }
        let Some(Value::String(body)) = members.remove("body") else { return Err(not_one()) };
        let timestamp_millis = members.remove("timestamp").as_ref().and_then(Value::as_i64).ok_or_else(not_one)?;
        let verification = match members.remove("verification") {
            None | Some(Value::Null) => None,
            Some(Value::Object(proved)) => Some(read_verification(proved)?),
            Some(_) => return Err(not_one()),
        };
        // What this version does not know may mean that the event is another one.
        if !members.is_empty() {
            return Err(not_one());
        }
        Ok(StoredEvent { body: body.into(), timestamp_millis, verification })
    }
}

/// Escapes what Go's `encoding/json` escapes besides.
struct ForHtml(CompactFormatter);

impl Formatter for ForHtml {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, behind) = rest.split_at(at);
            self.0.write_string_fragment(writer, plain)?;
            let mut characters = behind.chars();
            if let Some(escaped) = characters.next() {
                write!(writer, "\\u{:04x}", u32::from(escaped))?;
            }
            rest = characters.as_str();
        }
        self.0.write_string_fragment(writer, rest)
    }
}

fn read_verification(mut members: Map<String, Value>) -> Result<Verification, Error> {
    let mut optional = |key| members.remove(key).filter(|value| !value.is_null());
    let seconds = |value: Value| value.as_i64().ok_or_else(not_one);
    let id = |value: Value| value.as_str().ok_or_else(not_one).and_then(DeliveryId::parse);
    let scheme = optional("scheme").as_ref().and_then(Value::as_str).ok_or_else(not_one).and_then(Scheme::parse)?;
    let secret_index = optional("secretIndex").as_ref().and_then(Value::as_u64).ok_or_else(not_one)?;
    // C's verification holds no greater one.
    let secret_index = u32::try_from(secret_index).map_err(|_| not_one())? as usize;
    let signed_at = optional("signedAt").map(seconds).transpose()?;
    let delivery_id = optional("deliveryId").map(id).transpose()?;
    if !members.is_empty() {
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
