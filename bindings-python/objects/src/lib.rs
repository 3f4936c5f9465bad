//! Python objects from JSON text that the core has accepted. They equal what `json.loads` makes of it, and are made
//! faster: nothing is checked twice, and short strings that come often are made once.
//!
//! Of text that is no JSON, what comes of it is not specified; it is an object or a `ValueError`.
//!
//! A crate of its own, since it is compiled for speed and the rest of the binding for size.

mod builder;
mod cache;
mod lanes;
mod number;
mod text;
mod words;

pub use builder::{build, string};
