//! Which types the data of an event can be read into.

use serde::de::DeserializeOwned;

use crate::data::error::DataError;
use crate::data::objects::FromObject;
use crate::event::Event;
use crate::payload::EventType;

/// What can be made from an event: every type that serde reads, and [`EventData`](crate::data::EventData).
///
/// # Examples
///
/// ```
/// use tink_webhooks::{WebhookHandler, data::{EventData, FromEvent, RefreshFinished}};
/// let hooks = WebhookHandler::new("s3cret")?;
/// let event = hooks.parse_event(tink_webhooks::EventType::RefreshFinished.example())?;
/// assert!(matches!(EventData::from_event(&event), Ok(EventData::RefreshFinished(_))));
/// assert!(RefreshFinished::from_event(&event).is_ok());
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub trait FromEvent: Sized {
    /// Reads the data of an event.
    ///
    /// # Errors
    /// [`DataError`] where the data is not of this type.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{WebhookHandler, data::FromEvent};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = hooks.parse_event(r#"{"event":"a:b","content":[1,2]}"#)?;
    /// assert_eq!(Vec::<u8>::from_event(&event).unwrap(), [1, 2]);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    fn from_event(event: &Event<'_>) -> Result<Self, DataError>;
}

impl<T: DeserializeOwned> FromEvent for T {
    fn from_event(event: &Event<'_>) -> Result<Self, DataError> {
        let mut text = serde_json::Deserializer::from_str(event.data_json());
        // There is nothing behind the value: the core cut it out.
        T::deserialize(FromObject(&mut text)).map_err(|error| DataError::new::<T>(&error))
    }
}

/// The documented data of one event. There is such a type for every known event, of the event's name.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{EventType, data::{KnownData, RefreshFinished}};
/// assert_eq!(RefreshFinished::EVENT_TYPE, EventType::RefreshFinished);
/// ```
pub trait KnownData: DeserializeOwned {
    /// The event whose data it is.
    const EVENT_TYPE: EventType;
}

impl Event<'_> {
    /// `content` (Events v2) or `data` (community) as one of the types of [`data`](crate::data), or as one of yours.
    ///
    /// The text is read each time: keep what you need.
    ///
    /// # Errors
    /// [`DataError`] if the data is not of that type. It does not show what stands there.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{EventType, WebhookHandler, data::{CredentialsStatus, RefreshFinished}};
    /// let hooks = WebhookHandler::new("s3cret")?;
    /// let event = hooks.parse_event(EventType::RefreshFinished.example())?;
    /// let refresh: RefreshFinished = event.typed_data()?;
    /// assert_eq!(refresh.credentials_status, CredentialsStatus::Updated);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn typed_data<T: FromEvent>(&self) -> Result<T, DataError> {
        T::from_event(self)
    }
}
