//! The SHA extensions of x86.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::vectors::{load, vector, words_of};
use crate::{Block, ROUND_CONSTANTS, State};

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    // Remembered by the standard library.
    let there =
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") && is_x86_feature_detected!("ssse3");
    if there {
        // SAFETY: the processor has each of the features that the function is compiled for.
        unsafe { on_sha_ni(states, blocks) }
    }
    there
}

#[target_feature(enable = "sha,sse4.1,ssse3")]
fn on_sha_ni<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    // The order in which the instructions take the words, the highest first.
    let mut halves = states.map(|[a, b, c, d, e, f, g, h]| [vector([f, e, b, a]), vector([h, g, d, c])]);
    for block in blocks {
        let before = halves;
        let mut words = load(block);
        for constants in ROUND_CONSTANTS {
            let [first, second, third, fourth] = words;
            four_rounds(&mut halves, _mm_add_epi32(first, vector(constants)));
            // The last three are not used; leaving them out is the compiler's.
            words = [second, third, fourth, next_four(first, second, third, fourth)];
        }
        for (half, before) in halves.as_flattened_mut().iter_mut().zip(before.as_flattened()) {
            *half = _mm_add_epi32(*half, *before);
        }
    }
    for (state, [first, second]) in states.iter_mut().zip(halves) {
        let ([f, e, b, a], [h, g, d, c]) = (words_of(first), words_of(second));
        *state = [a, b, c, d, e, f, g, h];
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
