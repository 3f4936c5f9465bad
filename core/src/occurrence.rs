//! The idempotency key: what stays the same when Tink delivers an event again.
//!
//! An event has one only where its content names the occurrence. Of a signal ("go and look") two true ones can have
//! equal bytes, so the second must run as well: it has none. In doubt a handler runs twice, never not at all.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::delivery::Delivery;
use crate::event::Event;
use crate::occurrence_fields::{Named, names_of};
use crate::payload::{EventType, JsonValue, Payload, ValueKind};
use crate::signature::digits;

/// What is hashed in front of the body, so that the key is no other hash of it.
const PREFIX: &[u8] = b"tink-webhooks/key/1\n";

/// Names the occurrence that an event is about: the same for a copy and for a retry, whatever its time and its secret.
///
/// It is made from the body's bytes, so it is no secret, and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey([u8; 16]);

impl IdempotencyKey {
    /// The sixteen bytes; [`Display`](fmt::Display) writes them as 32 hex digits, lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, Payload};
    /// let body = EventType::PaymentUpdated.example();
    /// let key = Payload::parse(body.as_bytes())?.idempotency_key(body).unwrap();
    /// assert_eq!(key.to_string().len(), 2 * key.as_bytes().len());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 32 hex digits, lower case, in ASCII: what [`Display`](fmt::Display) writes, without memory of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, Payload};
    /// let body = EventType::PaymentUpdated.example();
    /// let key = Payload::parse(body.as_bytes())?.idempotency_key(body).unwrap();
    /// assert_eq!(key.to_hex(), *key.to_string().as_bytes());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn to_hex(&self) -> [u8; 32] {
        digits::encode(&self.0)
    }

    /// The key of an event of this type, whose content and whole body are these; none if nothing names the occurrence.
    /// For bindings that keep the parts of an event. The content is JSON that [`Payload::parse`] has accepted; of any other
    /// text there is no key.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, IdempotencyKey};
    /// let content = r#"{"id":"p1","updated":1767225600000}"#;
    /// let body = r#"{"event":"payment:updated","content":{"id":"p1","updated":1767225600000}}"#;
    /// assert!(IdempotencyKey::of(EventType::PaymentUpdated, content, body.as_bytes()).is_some());
    /// assert!(IdempotencyKey::of(EventType::PaymentUpdated, r#"{"id":"p1"}"#, body.as_bytes()).is_none());
    /// assert!(IdempotencyKey::of(EventType::AccountUpdated, content, body.as_bytes()).is_none());
    /// ```
    pub fn of(event_type: EventType, content: &str, body: &[u8]) -> Option<Self> {
        let names = names_of(event_type);
        let names_it = !names.is_empty() && JsonValue::check(content).is_ok_and(|content| are_there(names, content));
        names_it.then(|| {
            let digest = Sha256::new().chain_update(PREFIX).chain_update(body).finalize();
            let mut key = [0; 16];
            key.copy_from_slice(&digest[..16]);
            Self(key)
        })
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_hex()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Payload {
    /// The key of the event that this body is: see [`Event::idempotency_key`]. It is computed each time.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Payload;
    /// let body = r#"{"event":"account:updated","content":{"id":"a1"}}"#;
    /// assert!(Payload::parse(body.as_bytes())?.idempotency_key(body).is_none());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn idempotency_key(&self, body: &str) -> Option<IdempotencyKey> {
        IdempotencyKey::of(self.event_type, self.data?.of(body), body.as_bytes())
    }
}

impl Delivery<'_> {
    /// The key of the event: see [`Event::idempotency_key`]. It is computed each time.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Delivery, EventType};
    /// let delivery = Delivery::restore(EventType::PaymentUpdated.example().as_bytes(), 0, None)?;
    /// assert!(delivery.idempotency_key().is_some());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn idempotency_key(&self) -> Option<IdempotencyKey> {
        self.payload.idempotency_key(self.text)
    }
}

impl Event<'_> {
    /// Names the occurrence that the event is about: the same for a copy, for a retry whatever its time of signing, and
    /// under every secret, as long as Tink sends the same bytes. What an effect is done once under.
    ///
    /// None for events whose content does not name an occurrence: signals, which say "go and look" and of which two true
    /// ones can have equal bytes, the events of the community envelope, names that this version does not know, and
    /// deliveries in which a field that names it is missing or empty. `docs/events.md` lists the fields. Handle all those
    /// each time they come.
    ///
    /// It is computed from the body each time, so keep it where you need it twice.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, WebhookHandler};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = hooks.parse_event(EventType::PaymentUpdated.example())?;
    /// assert_eq!(event.idempotency_key().unwrap().to_string().len(), 32);
    /// let event = hooks.parse_event(EventType::AccountUpdated.example())?;
    /// assert!(event.idempotency_key().is_none());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn idempotency_key(&self) -> Option<IdempotencyKey> {
        IdempotencyKey::of(self.event_type(), self.data_json(), self.raw_body())
    }
}

/// Whether an object has all that names the occurrence. Of duplicate keys the last one counts, as for every reader.
fn are_there(names: &[Named], content: JsonValue<'_>) -> bool {
    let mut there = vec![false; names.len()];
    content.for_each_member(|key, value| {
        for (named, there) in names.iter().zip(&mut there) {
            if named.key() == key {
                *there = named.is_there(value);
            }
        }
    });
    there.iter().all(|&there| there)
}

impl Named {
    /// The member of the content that has it.
    const fn key(self) -> &'static str {
        match self {
            Self::By(field) => field,
            Self::ByEach { list, .. } => list,
        }
    }

    fn is_there(self, value: JsonValue<'_>) -> bool {
        let Self::ByEach { field, only, .. } = self else { return can_name(value) };
        if value.kind() != ValueKind::Array {
            return false;
        }
        let mut sought = 0;
        for element in value.entries().map(|entry| entry.value) {
            // What is no object cannot be judged: then nothing is known of the list.
            let (mut is_sought, mut has_name) = (only.is_none() || element.kind() != ValueKind::Object, false);
            element.for_each_member(|key, value| {
                if let Some((wanted_key, wanted)) = only
                    && key == wanted_key
                {
                    is_sought = value.as_str().is_some_and(|text| text == wanted);
                }
                if key == field {
                    has_name = can_name(value);
                }
            });
            if is_sought && !has_name {
                return false;
            }
            sought += usize::from(is_sought);
        }
        sought > 0
    }
}

/// A text that is not empty, or a number: anything else names nothing.
fn can_name(value: JsonValue<'_>) -> bool {
    value.kind() == ValueKind::Number || value.as_str().is_some_and(|text| !text.is_empty())
}
