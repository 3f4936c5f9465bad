//! The SHA extensions of x86.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::message::Message;
use super::vectors::{load, vector, words_of};
use crate::{Block, ROUND_CONSTANTS, State};

/// Whether the processor has each of the features that the functions below are compiled for. The standard library
/// remembers them.
#[inline]
fn is_there() -> bool {
    is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3")
}

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    let there = is_there();
    if there {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { on_sha_ni(states, blocks) }
    }
    there
}

pub(crate) fn hmac(inner: &State, outer: &State, message: &Message<'_>) -> Option<State> {
    // SAFETY: the processor has what the function is compiled for.
    is_there().then(|| unsafe { hmac_on_sha_ni(inner, outer, message) })
}

/// The state stays in the registers from the key to the result. A processor waits for the rounds nearly all the time, so
/// that what is laid out beside them costs nothing.
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn hmac_on_sha_ni(inner: &State, outer: &State, message: &Message<'_>) -> State {
    let mut halves = [ordered(*inner)];
    let (first, mut space) = (message.first_block(), [0; 192]);
    for blocks in [std::slice::from_ref(&first), message.blocks(), message.ends(&mut space)] {
        for block in blocks {
            compress_words(&mut halves, load(block));
        }
    }
    let [[first, second]] = halves;
    // From [f, e, b, a] and [h, g, d, c], the lowest first.
    let abcd = _mm_shuffle_epi32::<0b_00_01_10_11>(_mm_unpackhi_epi64(second, first));
    let efgh = _mm_shuffle_epi32::<0b_00_01_10_11>(_mm_unpacklo_epi64(second, first));
    let mut halves = [ordered(*outer)];
    // The key's block and the digest are so long; behind the digest is one bit.
    let end = [vector([1 << 31, 0, 0, 0]), vector([0, 0, 0, 8 * (64 + 32)])];
    compress_words(&mut halves, [abcd, efgh, end[0], end[1]]);
    in_order(halves[0])
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
fn on_sha_ni<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    let mut halves = states.map(|state| ordered(state));
    for block in blocks {
        compress_words(&mut halves, load(block));
    }
    *states = halves.map(|half| in_order(half));
}

/// The order in which the instructions take the words, the highest first.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn ordered([a, b, c, d, e, f, g, h]: State) -> [__m128i; 2] {
    [vector([f, e, b, a]), vector([h, g, d, c])]
}

#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn in_order([first, second]: [__m128i; 2]) -> State {
    let ([f, e, b, a], [h, g, d, c]) = (words_of(first), words_of(second));
    [a, b, c, d, e, f, g, h]
}

/// Compresses a block, of which these are the words, by fours.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn compress_words<const N: usize>(halves: &mut [[__m128i; 2]; N], mut words: [__m128i; 4]) {
    let before = *halves;
    for constants in ROUND_CONSTANTS {
        let [first, second, third, fourth] = words;
        four_rounds(halves, _mm_add_epi32(first, vector(constants)));
        // The last three are not used; leaving them out is the compiler's.
        words = [second, third, fourth, next_four(first, second, third, fourth)];
    }
    for (half, before) in halves.as_flattened_mut().iter_mut().zip(before.as_flattened()) {
        *half = _mm_add_epi32(*half, *before);
    }
}

/// In all states: the second starts while the first waits for its result.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn four_rounds<const N: usize>(halves: &mut [[__m128i; 2]; N], words: __m128i) {
    for [abef, cdgh] in &mut *halves {
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, words);
    }
    let words = _mm_shuffle_epi32::<0b_00_00_11_10>(words);
    for [abef, cdgh] in halves {
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, words);
    }
}

/// Four words of the schedule, from the sixteen before them.
#[inline]
#[target_feature(enable = "sha,sse4.1,ssse3")]
fn next_four(first: __m128i, second: __m128i, third: __m128i, fourth: __m128i) -> __m128i {
    let middle = _mm_alignr_epi8::<4>(fourth, third);
    _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(first, second), middle), fourth)
}
