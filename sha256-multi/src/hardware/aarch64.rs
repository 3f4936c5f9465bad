//! The SHA-2 extensions of Armv8.

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected;

use crate::{Block, ROUND_CONSTANTS, State};

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    let there = is_aarch64_feature_detected!("sha2");
    if there {
        // SAFETY: the processor has the feature that the function is compiled for.
        unsafe { on_sha2(states, blocks) }
    }
    there
}

#[target_feature(enable = "sha2")]
fn on_sha2<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    let mut halves = states.map(|[a, b, c, d, e, f, g, h]| [vector([a, b, c, d]), vector([e, f, g, h])]);
    for block in blocks {
        let before = halves;
        let mut words = load(block);
        for constants in ROUND_CONSTANTS {
            let [first, second, third, fourth] = words;
            let four = vaddq_u32(first, vector(constants));
            for [abcd, efgh] in &mut halves {
                let old = *abcd;
                *abcd = vsha256hq_u32(old, *efgh, four);
                *efgh = vsha256h2q_u32(*efgh, old, four);
            }
            // The last three are not used; leaving them out is the compiler's.
            let next = vsha256su1q_u32(vsha256su0q_u32(first, second), third, fourth);
            words = [second, third, fourth, next];
        }
        for (half, before) in halves.as_flattened_mut().iter_mut().zip(before.as_flattened()) {
            *half = vaddq_u32(*half, *before);
        }
    }
    for (state, [first, second]) in states.iter_mut().zip(halves) {
        let ([a, b, c, d], [e, f, g, h]) = (words_of(first), words_of(second));
        *state = [a, b, c, d, e, f, g, h];
    }
}

/// The words of a block, by fours.
#[inline]
#[target_feature(enable = "neon")]
fn load(block: &Block) -> [uint32x4_t; 4] {
    let (words, _) = block.as_chunks();
    let (fours, _) = words.as_chunks();
    std::array::from_fn(|at| {
        let four: [[u8; 4]; 4] = fours[at];
        vector(four.map(u32::from_be_bytes))
    })
}

/// The first word lies lowest.
#[inline]
#[target_feature(enable = "neon")]
fn vector(words: [u32; 4]) -> uint32x4_t {
    // SAFETY: it reads the four words of the array.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn words_of(vector: uint32x4_t) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: it writes the four words of the array.
    unsafe { vst1q_u32(words.as_mut_ptr(), vector) };
    words
}
