//! Python objects from JSON text that the core has accepted. They equal what `json.loads` makes of it, and are made
//! faster: nothing is checked twice, and short strings that come often are made once.
//!
//! Of text that is no JSON, what comes of it is not specified; it is an object or a `ValueError`.

mod builder;
mod cache;
mod lanes;
mod number;
mod text;
mod words;

pub(crate) use builder::{build, string};
