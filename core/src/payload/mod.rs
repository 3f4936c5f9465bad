//! What the body says: JSON, the envelope, the type of the event and its time.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod avx2;
mod ends;
mod envelope;
mod event_type;
mod examples;
mod find;
mod json;
mod lanes;
mod level;
mod marks;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod order;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod outline;
#[cfg(all(test, target_arch = "x86_64", target_feature = "sse2"))]
mod outline_tests;
mod place;
mod plain;
mod pointer;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2;
#[cfg(test)]
mod step;
mod strings;
#[cfg(any(
    test,
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "wasm32", target_feature = "simd128")
    ))
))]
mod swar;
mod token;
mod value;
mod walk;

pub use envelope::Payload;
pub use event_type::EventType;
pub use place::{Span, Text};
pub use pointer::InvalidPointer;
pub use value::{Entries, Entry, JsonValue, ValueKind};
