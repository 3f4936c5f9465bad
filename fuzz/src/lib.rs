//! The contract once more, written from `core`'s documentation without its code: what each fuzz target compares with.

pub mod json;
pub mod signature;
