//! Typed data of events: the documented shapes, made from the raw text when they are asked for.

mod error;
mod from_event;
mod objects;
mod open;
mod scalar;
mod types;

pub use error::DataError;
pub use from_event::{FromEvent, KnownData};
pub use scalar::Number;
pub use types::*;
