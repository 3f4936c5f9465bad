//! The contract written a second time, from the documentation of `core` and without its code. The fuzz targets compare
//! `core` with it.

pub mod json;
pub mod signature;
