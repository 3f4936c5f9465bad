//! Texts to values and back: what `as_str` writes `FromStr` reads.

use std::str::FromStr;

use crate::error::{Error, Kind, Reason};
use crate::payload::EventType;
use crate::signature::{DeliveryId, Scheme};

impl FromStr for Scheme {
    type Err = Error;

    /// As [`Scheme::parse`].
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::parse(name)
    }
}

impl FromStr for DeliveryId {
    type Err = Error;

    /// As [`DeliveryId::parse`].
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

impl FromStr for Reason {
    type Err = Error;

    /// Reads what [`Reason::as_str`] writes; [`Reason::InvalidOption`] for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::with_message(Self::InvalidOption, "not a reason of an error"))
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// Reads what [`Kind::as_str`] writes; [`Reason::InvalidOption`] for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut kinds = Reason::ALL.iter().map(|reason| reason.kind());
        let found = kinds.find(|kind| kind.as_str() == text);
        found.ok_or_else(|| Error::with_message(Reason::InvalidOption, "not a kind of errors"))
    }
}

impl FromStr for EventType {
    type Err = Error;

    /// Reads what [`EventType::as_str`] writes, and wire names; [`Reason::UnknownEventType`] for any other text.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text == Self::Unknown.as_str() {
            return Ok(Self::Unknown);
        }
        match Self::from_snake_case(text).unwrap_or_else(|| Self::from_name(text)) {
            Self::Unknown => Err(Error::with_message(Reason::UnknownEventType, "not an event type this library knows")),
            known => Ok(known),
        }
    }
}
