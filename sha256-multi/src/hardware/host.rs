//! WebAssembly has no instructions for SHA-256, and the processor below it most often has: the module's host is asked.
//!
//! It is as trusted as the processor: it can read and write all of the module's memory without being asked.

use crate::{Block, State};

/// Fewer blocks are compressed here in less time than a call of the host takes.
const FEWEST: usize = 1;

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Compresses `count` blocks into the chaining value, and gives 1. Or does nothing, and gives 0.
    fn sha256_compress(state: *mut State, blocks: *const Block, count: usize) -> u32;
    /// Replaces the chaining value, which is behind `before` bytes, by the digest of what follows: `length` bytes of the
    /// module, and then those of a body that the host has and the module has not.
    fn sha256_finish(state: *mut State, before: u32, part: *const u8, length: usize);
}

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    if blocks.len() < FEWEST {
        return false;
    }
    for state in states {
        // SAFETY: for the whole call the value may be written, and so many blocks read. The host keeps neither address.
        if unsafe { sha256_compress(state, blocks.as_ptr(), blocks.len()) } == 0 {
            sha2::block_api::compress256(state, blocks);
        }
    }
    true
}

/// Takes chaining values that are behind `before` bytes, whole blocks, over a part and then over a body that the host has:
/// they are digests then. The host must have said that it can, and for which body.
pub fn finish(states: &mut [State], before: u32, part: &[u8]) {
    for state in states {
        // SAFETY: for the whole call the value may be written, and so many bytes read. The host keeps neither address.
        unsafe { sha256_finish(state, before, part.as_ptr(), part.len()) }
    }
}
