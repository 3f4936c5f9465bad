//! What the body says: JSON, the envelope, the type of the event and its time.

mod envelope;
mod event_type;
mod examples;
mod json;
mod swar;

pub use envelope::Payload;
pub use event_type::EventType;
pub use json::{Span, Text};
