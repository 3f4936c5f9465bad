//! What needs no handler object: signing, events as text, and what the core knows of types and errors.

use tink_webhooks::{
    Delivery, DeliveryId, Error, EventType, IdempotencyKey, Key, Reason, Scheme, StoredEvent, Verification,
};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::memory;
use crate::number;
use crate::reason;
use crate::texts::{self, Texts};

/// The number, the type and the wire name of every known event, as texts.
pub(crate) fn event_types() {
    let numbers: Vec<_> = EventType::ALL.iter().map(|known| known.number().to_string()).collect();
    let known = numbers.iter().zip(EventType::ALL).filter_map(|(number, known)| Some((number, known, known.name()?)));
    memory::write_result(Texts::of(known.flat_map(|(number, known, name)| [number.as_str(), known.as_str(), name])));
}

pub(crate) fn version() {
    memory::write_result(tink_webhooks::VERSION.as_bytes().to_vec());
}

/// The value of a header. The secret is wiped.
pub(crate) fn sign(secret: u32, scheme: u32, body: u32, signed_at: f64) -> u32 {
    memory::call_and_wipe(secret, |arguments| {
        let (secret, scheme, body) = (arguments.take(secret)?, arguments.text(scheme)?, arguments.take(body)?);
        let signed_at = Some(number::whole_seconds(signed_at)?);
        let header = tink_webhooks::generate_signature(body, secret, Scheme::parse(scheme)?, signed_at)?;
        memory::write_result(header.into_bytes());
        Ok(())
    })
}

/// A verification as a host keeps it with its event: what the answer has of it, with the delivery id in hex digits.
pub(crate) struct Stored {
    /// As in an answer.
    pub(crate) scheme: u32,
    /// Unix seconds; not used for scheme `body`.
    pub(crate) signed_at: f64,
    pub(crate) secret_index: u32,
    /// The length of the delivery id's text, which is the first argument; negative where there is none.
    pub(crate) delivery_id: i32,
}

impl Stored {
    fn restore(&self, delivery_id: Option<&[u8]>) -> Result<Option<Verification>, Fault> {
        let Some(scheme) = [Scheme::V1, Scheme::Body].into_iter().find(|one| u32::from(one.number()) == self.scheme)
        else {
            return if self.scheme == 0 { Ok(None) } else { Err(Fault::Misuse) };
        };
        let delivery_id = match delivery_id {
            Some(text) => Some(DeliveryId::parse(texts::text(text)?)?),
            None => None,
        };
        let signed_at = (scheme == Scheme::V1).then(|| number::whole(self.signed_at));
        Ok(Some(Verification::restore(scheme, signed_at, self.secret_index as usize, delivery_id)?))
    }
}

/// Writes the answer for an event that comes from a queue, without checking a signature.
pub(crate) fn restore(body: u32, timestamp: f64, stored: &Stored) -> u32 {
    memory::call(|arguments| {
        let verification = stored.restore(arguments.take_if_any(stored.delivery_id)?)?;
        let delivery = Delivery::restore(arguments.take(body)?, number::whole(timestamp), verification)?;
        memory::write_answer(&Answer::from(&delivery));
        Ok(())
    })
}

/// The text of an event.
pub(crate) fn serialize(body: u32, timestamp: f64, stored: &Stored) -> u32 {
    memory::call(|arguments| {
        let verification = stored.restore(arguments.take_if_any(stored.delivery_id)?)?;
        let stored = StoredEvent::of(arguments.text(body)?, number::whole(timestamp), verification);
        memory::write_result(stored.write().into_bytes());
        Ok(())
    })
}

/// Reads the text of an event. The result is its body; the record has the verification and, at its place, the timestamp.
pub(crate) fn read_text(text: u32) -> u32 {
    memory::call(|arguments| {
        let stored = StoredEvent::read(arguments.take(text)?)?;
        let mut answer = stored.verification.as_ref().map_or_else(Answer::default, Answer::from);
        #[expect(clippy::cast_precision_loss, reason = "a date is far below 2^53")]
        let timestamp = stored.timestamp_millis as f64;
        answer.numbers[4] = timestamp;
        memory::write_answer(&answer);
        memory::write_result(stored.body.into_owned().into_bytes());
        Ok(())
    })
}

/// The idempotency key of an event of this type, whose content is a part of the body.
pub fn idempotency_key(event_type: u32, body: &[u8], start: usize, end: usize) -> Option<IdempotencyKey> {
    let event_type = u16::try_from(event_type).ok().and_then(EventType::from_number)?;
    IdempotencyKey::of(event_type, str::from_utf8(body.get(start..end)?).ok()?, body)
}

/// The result has the key; it is empty where there is none.
pub(crate) fn write_idempotency_key(event_type: u32, body: u32, start: u32, end: u32) -> u32 {
    memory::call(|arguments| {
        let key = idempotency_key(event_type, arguments.take(body)?, start as usize, end as usize);
        memory::write_result(key.map(|key| key.to_string()).unwrap_or_default().into_bytes());
        Ok(())
    })
}

/// What to log where a handler is registered for this key; the result is empty where there is nothing.
pub(crate) fn key_warning(key: u32) -> u32 {
    memory::call(|arguments| {
        let key = Key::parse(arguments.text(key)?, true).ok();
        memory::write_result(key.and_then(|key| key.warning()).unwrap_or_default().as_bytes().to_vec());
        Ok(())
    })
}

/// A body of a known event, by its name or its type; the result is empty for others.
pub(crate) fn example_body(event_type: u32) -> u32 {
    memory::call(|arguments| {
        let text = arguments.text(event_type)?;
        let known = match EventType::from_name(text) {
            EventType::Unknown => EventType::from_snake_case(text),
            known => Some(known),
        };
        memory::write_result(known.map(EventType::example).unwrap_or_default().as_bytes().to_vec());
        Ok(())
    })
}

/// Fails with the error of a dispatch, from the reason of each handler's error where it has one.
pub(crate) fn dispatch_failed(reasons: u32) -> u32 {
    memory::call(|arguments| {
        let mut rest = arguments.take(reasons)?;
        let mut reasons = Vec::new();
        while !rest.is_empty() {
            let reason = texts::take(&mut rest)?;
            reasons.push(reason.and_then(|reason| Reason::parse(str::from_utf8(reason).ok()?)));
        }
        Err(Error::dispatch_failed(&reasons).into())
    })
}

/// Fails with an error by its reason; with the message that is given, or the one of the table.
pub(crate) fn fail(reason: u32, message: i32) -> u32 {
    memory::call(|arguments| {
        let reason = arguments.text(reason)?;
        let message = arguments.take_if_any(message)?.map(texts::text).transpose()?;
        Err(reason::error(reason, message.map(str::to_owned)).map_or(Fault::Misuse, Fault::Failed))
    })
}

/// The error of the latest call that failed, once: its code, or 0. The record has the status, and age and tolerance in
/// seconds (NaN where there is none); the result has kind, reason, message, hint, and the message with the hint.
pub(crate) fn error() -> u32 {
    let Some(error) = memory::take_error() else { return 0 };
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53, or so large that it does not matter")]
    let (age, tolerance) = (error.age().map(|age| age as f64), error.tolerance().map(|seconds| seconds as f64));
    memory::write_numbers([error.http_status().into(), age.unwrap_or(f64::NAN), tolerance.unwrap_or(f64::NAN)]);
    let texts = Texts::default().with(Some(error.kind().as_str())).with(Some(error.reason().as_str()));
    let texts = texts.with(Some(error.message())).with(error.hint()).with(Some(&error.to_string()));
    memory::write_result(texts.into_bytes());
    error.code()
}
