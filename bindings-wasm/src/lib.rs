//! The core as a WebAssembly module, for JavaScript where no native library can be loaded and for Go without cgo.
//! README.md has the protocol: how a host passes bytes, what each export does with them, and what Go's host is asked.
//!
//! It converts types and errors; every rule is in the core. A host never gives an address: it writes into one buffer
//! whose place it is told, the *arena*, and says how long its arguments are. So nothing here reads memory that it does
//! not own, and there is no `unsafe` but for the names of the exports.
//!
//! What of it is no more than numbers, the Node addon has in common: [`Answer`], [`number`] and [`reason`].

mod answer;
mod events;
#[cfg(feature = "explain")]
mod explain;
pub mod exports;
mod fault;
mod handler;
mod memory;
pub mod number;
pub mod reason;
mod slab;
mod stream;
#[cfg(test)]
mod tests;
mod texts;

pub use answer::{Answer, NUMBERS};
pub use events::idempotency_key;
