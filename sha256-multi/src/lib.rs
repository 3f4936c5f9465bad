//! SHA-256's compression function (FIPS 180-4, 6.2.2) from several chaining values over the same blocks. The message
//! schedule depends on the blocks alone, so it is computed once; and rounds that do not wait for each other overlap.
//!
//! How long it takes depends on how many states and blocks there are, not on what is in them. Nothing is allocated.
//! With the feature `host` a WebAssembly module has its host do it: `sha256_compress` and `sha256_mac` are its imports.
//!
//! States may stand for secrets, and are the caller's to wipe; copies of them on the stack are not wiped, as in [`sha2`].

#![deny(unsafe_op_in_unsafe_fn)]
#![allow(
    clippy::many_single_char_names,
    clippy::wildcard_imports,
    reason = "the words of a state as FIPS 180-4 names them, and a processor's instructions"
)]

// The switch of `sha2` for its portable code, so that one is enough for both.
#[cfg(not(any(sha2_backend = "soft", sha2_256_backend = "soft")))]
mod hardware;
mod portable;
#[cfg(test)]
mod tests;

#[cfg(all(target_family = "wasm", feature = "host"))]
pub use hardware::host::mac;

/// A chaining value.
type State = [u32; 8];
/// What one compression takes in.
type Block = [u8; 64];

/// So many states one pass over the blocks takes at most: with more they would not stay in the registers.
pub const AT_ONCE: usize = 4;

/// Whether `sha2` has vectors for this processor and this crate has none: several schedules of its are then made sooner
/// than one of the portable code.
const ONE_BY_ONE: bool = cfg!(all(
    target_arch = "wasm32",
    target_feature = "simd128",
    not(any(sha2_backend = "soft", sha2_256_backend = "soft"))
));

/// Compresses the blocks, one after the other, into each of the chaining values. Up to [`AT_ONCE`] of them share a
/// schedule; more take several passes, of about the same number. A single one is left to [`sha2`].
///
/// # Examples
///
/// ```
/// use sha2::block_api::compress256;
/// let blocks = [[0x5a; 64], [0xa5; 64]];
/// let (mut one, mut other) = ([1; 8], [2; 8]);
/// let mut states = [one, other];
/// sha256_multi::compress(&mut states, &blocks);
/// compress256(&mut one, &blocks);
/// compress256(&mut other, &blocks);
/// assert_eq!(states, [one, other]);
/// ```
#[inline]
pub fn compress(states: &mut [[u32; 8]], blocks: &[[u8; 64]]) {
    match states {
        [] => {}
        [state] => alone(state, blocks),
        several if ONE_BY_ONE => several.iter_mut().for_each(|state| alone(state, blocks)),
        several => in_passes(several, blocks),
    }
}

/// HMAC-SHA256 (RFC 2104) in one go, from the chaining values behind the key's block of the inner and of the outer hash:
/// the last chaining value of the outer one, over a message in three parts, one after the other.
///
/// None where it would not be faster than the same by [`compress`]: on a processor other than an x86 with SHA extensions,
/// for first parts of together 16 bytes or more, and for a last part of fewer bytes than fill a block behind them.
///
/// # Examples
///
/// ```
/// let (inner, outer) = ([1; 8], [2; 8]);
/// let body = [b'a'; 100];
/// let mac = sha256_multi::hmac(&inner, &outer, [b"1620198421", b".", &body]);
/// assert!(mac.is_none_or(|mac| Some(mac) == sha256_multi::hmac(&inner, &outer, [b"", b"1620198421.", &body])));
/// assert!(sha256_multi::hmac(&inner, &outer, [&body, b".", &body]).is_none());
/// ```
#[inline]
pub fn hmac(inner: &[u32; 8], outer: &[u32; 8], parts: [&[u8]; 3]) -> Option<[u32; 8]> {
    #[cfg(not(any(sha2_backend = "soft", sha2_256_backend = "soft")))]
    return hardware::hmac(inner, outer, parts);
    #[cfg(any(sha2_backend = "soft", sha2_256_backend = "soft"))]
    {
        let _ = (inner, outer, parts);
        None
    }
}

#[inline]
fn alone(state: &mut State, blocks: &[Block]) {
    #[cfg(all(target_family = "wasm", feature = "host", not(any(sha2_backend = "soft", sha2_256_backend = "soft"))))]
    if hardware::compress(std::array::from_mut(state), blocks) {
        return;
    }
    sha2::block_api::compress256(state, blocks);
}

fn in_passes(states: &mut [State], blocks: &[Block]) {
    let passes = states.len().div_ceil(AT_ONCE);
    for states in states.chunks_mut(states.len().div_ceil(passes)) {
        if let Some(states) = states.first_chunk_mut::<4>() {
            pass(states, blocks);
        } else if let Some(states) = states.first_chunk_mut::<3>() {
            pass(states, blocks);
        } else if let Some(states) = states.first_chunk_mut::<2>() {
            pass(states, blocks);
        } else {
            compress(states, blocks);
        }
    }
}

fn pass<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    #[cfg(not(any(sha2_backend = "soft", sha2_256_backend = "soft")))]
    if hardware::compress(states, blocks) {
        return;
    }
    portable::compress(states, blocks);
}

/// FIPS 180-4, 4.2.2, by fours, as a vector has them.
const ROUND_CONSTANTS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];
