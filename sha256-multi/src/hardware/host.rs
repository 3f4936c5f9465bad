//! WebAssembly has no instructions for SHA-256, and the processor below it most often has: the module's host is asked.
//!
//! It is as trusted as the processor: it can read and write all of the module's memory without being asked.

use crate::{Block, State};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Compresses `count` blocks into the chaining value, and gives 1. Or does nothing, and gives 0.
    fn sha256_compress(state: *mut State, blocks: *const Block, count: usize) -> u32;
    /// Writes the MAC of two parts that the module has, together shorter than a block, and of a body that the host has and
    /// the module has not. The chaining values of HMAC's inner and outer hash are behind the key's block.
    fn sha256_mac(
        mac: *mut [u64; 4],
        inner: *const State,
        outer: *const State,
        first: *const u8,
        first_length: usize,
        second: *const u8,
        second_length: usize,
    );
}

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    for state in states {
        // SAFETY: for the whole call the value may be written, and so many blocks read. The host keeps neither address.
        if unsafe { sha256_compress(state, blocks.as_ptr(), blocks.len()) } == 0 {
            sha2::block_api::compress256(state, blocks);
        }
    }
    true
}

/// Writes the MAC over two parts, together shorter than a block, and over a body that the host has. The values are those of
/// HMAC's inner and outer hash behind the key's block. The host must have said that it can, and for which body.
#[inline]
pub fn mac(mac: &mut [u64; 4], [inner, outer]: [&State; 2], [first, second]: [&[u8]; 2]) {
    // SAFETY: for the whole call the MAC may be written, and the values and both parts be read. The host keeps no address.
    unsafe { sha256_mac(mac, inner, outer, first.as_ptr(), first.len(), second.as_ptr(), second.len()) }
}
