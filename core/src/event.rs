//! The event as a Rust user sees it.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::delivery::Delivery;
use crate::error::{Error, Reason};
use crate::payload::{EventType, InvalidPointer, JsonValue, Payload, Span, Text};
use crate::signature::Verification;

/// One event. It borrows the body; `data`, `context` and `raw` stay JSON text until they are asked for.
///
/// [`Debug`] shows neither payload nor user ids.
///
/// # Examples
///
/// ```
/// use serde::Deserialize;
/// use tink_webhooks::WebhookHandler;
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Refresh {
///     credentials_id: String,
///     credentials_status: String,
/// }
///
/// let hooks = WebhookHandler::new("s3cret")?;
/// let event = hooks.parse_event(
///     r#"{"event":"refresh:finished","context":{"userId":"u1"},
///         "content":{"credentialsId":"c1","credentialsStatus":"UPDATED"}}"#,
/// )?;
/// assert_eq!(event.name(), "refresh:finished");
/// assert_eq!(event.user_id(), Some("u1"));
/// let refresh: Refresh = event.data()?;
/// assert_eq!(refresh.credentials_status, "UPDATED");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Event<'a> {
    body: Cow<'a, str>,
    payload: Payload,
    /// Only where one of them had to be decoded, which is rare.
    decoded: Option<Box<Decoded>>,
    timestamp_millis: i64,
    verification: Option<Verification>,
}

/// Texts with escapes, decoded. A text without escapes is read from the body.
#[derive(Clone)]
struct Decoded {
    name: Option<Box<str>>,
    user_id: Option<Box<str>>,
    external_user_id: Option<Box<str>>,
}

impl Decoded {
    fn of(payload: &Payload, body: &str) -> Option<Box<Self>> {
        let escaped = |text: Option<Text>| text.filter(|text| text.escaped);
        let texts = [escaped(Some(payload.name)), escaped(payload.user_id), escaped(payload.external_user_id)];
        if texts.iter().all(Option::is_none) {
            return None;
        }
        let [name, user_id, external_user_id] = texts.map(|text| text.map(|text| text.decode(body).into()));
        Some(Box::new(Self { name, user_id, external_user_id }))
    }
}

/// Makes the event of an accepted delivery, which borrows its body.
impl<'a> From<Delivery<'a>> for Event<'a> {
    fn from(delivery: Delivery<'a>) -> Self {
        let Delivery { text, payload, timestamp_millis, verification } = delivery;
        let decoded = Decoded::of(&payload, text);
        Self { body: Cow::Borrowed(text), payload, decoded, timestamp_millis, verification }
    }
}

impl Event<'static> {
    /// The event of a delivery that is read from `body`, which it takes over.
    pub(crate) fn owning<E: From<Error>>(
        body: Vec<u8>,
        read: impl FnOnce(&[u8]) -> Result<Delivery<'_>, E>,
    ) -> Result<Self, E> {
        let Event { payload, decoded, timestamp_millis, verification, body: _ } = Event::from(read(&body)?);
        // It was read, so it is UTF-8.
        let body = String::from_utf8(body).map_err(|_| Error::new(Reason::InvalidUtf8))?;
        Ok(Self { body: Cow::Owned(body), payload, decoded, timestamp_millis, verification })
    }
}

impl Event<'_> {
    /// The event's type; [`EventType::Unknown`] for a name this library does not know.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.event_type().as_str(), "unknown");
    /// ```
    pub const fn event_type(&self) -> EventType {
        self.payload.event_type
    }

    /// The exact wire name, such as `refresh:finished`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.name(), "a:b");
    /// ```
    pub fn name(&self) -> &str {
        let decoded = self.decoded.as_ref().and_then(|decoded| decoded.name.as_deref());
        decoded.unwrap_or_else(|| self.cut(self.payload.name.span))
    }

    /// `content` (Events v2) or `data` (community), as a type of yours or as `serde_json::Value`.
    ///
    /// # Errors
    /// `serde_json`'s, if the data is not of that type.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// let data: serde_json::Value = event.data().unwrap();
    /// assert_eq!(data["n"], 1);
    /// ```
    pub fn data<'d, T: Deserialize<'d>>(&'d self) -> serde_json::Result<T> {
        serde_json::from_str(self.data_json())
    }

    /// The same as JSON text; `{}` where the payload has none, or `null`.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.data_json(), r#"{"n":1}"#);
    /// ```
    pub fn data_json(&self) -> &str {
        self.payload.data.map_or("{}", |span| self.cut(span))
    }

    /// One value of the data, where it stands, by a JSON pointer (RFC 6901) relative to the data: `""` is all of it,
    /// `/insights/0/id` a value inside. None if there is none. Nothing is built: for a handler that needs a few values.
    ///
    /// # Errors
    /// [`InvalidPointer`] for a text that is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":{"ids":["x","y"]}}"#).unwrap();
    /// assert_eq!(event.data_at("/ids/1")?.and_then(|id| id.as_str()).as_deref(), Some("y"));
    /// assert!(event.data_at("/ids/2")?.is_none());
    /// # Ok::<(), tink_webhooks::InvalidPointer>(())
    /// ```
    pub fn data_at(&self, pointer: &str) -> Result<Option<JsonValue<'_>>, InvalidPointer> {
        let before = self.payload.data.map_or(0, |span| span.start);
        let known = |start| self.payload.ends.of(before + start).map(|end| end - before);
        JsonValue::of_text(self.data_json()).pointer_by(pointer, known)
    }

    /// `context`, if it is an object, as a type of yours.
    ///
    /// # Errors
    /// `serde_json`'s, if the context is not of that type.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// let context: Option<serde_json::Value> = event.context().unwrap();
    /// assert_eq!(context.unwrap()["userId"], "u");
    /// ```
    pub fn context<'d, T: Deserialize<'d>>(&'d self) -> serde_json::Result<Option<T>> {
        self.context_json().map(serde_json::from_str).transpose()
    }

    /// The same as JSON text.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert!(event.context_json().unwrap().contains("userId"));
    /// ```
    pub fn context_json(&self) -> Option<&str> {
        self.payload.context.map(|span| self.cut(span))
    }

    /// `userId`: a non-empty string from the context, else from the data.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.user_id(), Some("u"));
    /// ```
    pub fn user_id(&self) -> Option<&str> {
        let decoded = self.decoded.as_ref().and_then(|decoded| decoded.user_id.as_deref());
        decoded.or_else(|| self.payload.user_id.map(|text| self.cut(text.span)))
    }

    /// `externalUserId`, found the same way.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.external_user_id(), Some("x"));
    /// ```
    pub fn external_user_id(&self) -> Option<&str> {
        let decoded = self.decoded.as_ref().and_then(|decoded| decoded.external_user_id.as_deref());
        decoded.or_else(|| self.payload.external_user_id.map(|text| self.cut(text.span)))
    }

    /// When the event happened: the payload's `timestamp`, else the verified `t`, else the time of receipt.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.timestamp().timestamp_subsec_millis(), 1);
    /// ```
    pub fn timestamp(&self) -> DateTime<Utc> {
        // Within the years 1 to 9999, which chrono holds with room to spare.
        DateTime::from_timestamp_millis(self.timestamp_millis).unwrap_or_default()
    }

    /// The same in milliseconds since the epoch.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert_eq!(event.timestamp_millis(), 1);
    /// ```
    pub const fn timestamp_millis(&self) -> i64 {
        self.timestamp_millis
    }

    /// The whole payload, as a type of yours.
    ///
    /// # Errors
    /// `serde_json`'s, if the payload is not of that type.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// let raw: serde_json::Value = event.raw().unwrap();
    /// assert_eq!(raw["event"], "a:b");
    /// ```
    pub fn raw<'d, T: Deserialize<'d>>(&'d self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }

    /// The bytes that were delivered.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert!(event.raw_body().starts_with(b"{"));
    /// ```
    pub fn raw_body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    /// Whether every byte of the body is ASCII: its offsets then count characters as well.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// assert!(hooks.parse_event(r#"{"event":"a:b"}"#).unwrap().body_is_ascii());
    /// assert!(!hooks.parse_event(r#"{"event":"a:b","content":"é"}"#).unwrap().body_is_ascii());
    /// ```
    pub const fn body_is_ascii(&self) -> bool {
        self.payload.is_ascii
    }

    /// What was proven about the delivery; none for an event from
    /// [`parse_event`](crate::WebhookHandler::parse_event).
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// assert!(event.verification().is_none());
    /// ```
    pub const fn verification(&self) -> Option<&Verification> {
        self.verification.as_ref()
    }

    /// Copies the body, so that the event can outlive it: for another thread. [`serialize`](Self::serialize) is for queues.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let event = hooks.parse_event(
    ///     r#"{"event":"a:b","context":{"userId":"u","externalUserId":"x"},"content":{"n":1},"timestamp":1}"#,
    /// ).unwrap();
    /// let event = event.into_owned();
    /// std::thread::spawn(move || assert_eq!(event.name(), "a:b")).join().unwrap();
    /// ```
    pub fn into_owned(self) -> Event<'static> {
        let Self { body, payload, decoded, timestamp_millis, verification } = self;
        Event { body: Cow::Owned(body.into_owned()), payload, decoded, timestamp_millis, verification }
    }

    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    fn cut(&self, span: Span) -> &str {
        span.of(&self.body)
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name())
            .field("timestamp", &self.timestamp())
            .field("verification", &self.verification)
            .finish_non_exhaustive()
    }
}
