//! For an x86 without SHA extensions: vectors that hold one word of every state, and a schedule that is made by fours.
//! They are vectors of SSE; AVX2 compiles them to instructions of three operands.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::vectors::{load, vector, words_of};
use crate::{AT_ONCE, Block, ROUND_CONSTANTS, State};

pub(crate) fn compress<const N: usize>(states: &mut [State; N], blocks: &[Block]) -> bool {
    const { assert!(N <= AT_ONCE) }
    let there = is_x86_feature_detected!("avx2");
    if there {
        // SAFETY: the processor has the feature that the function is compiled for.
        unsafe { on_avx2(states, blocks) }
    }
    there
}

#[target_feature(enable = "avx2")]
fn on_avx2<const N: usize>(states: &mut [State; N], blocks: &[Block]) {
    // Where there are fewer than four states, the last one is computed several times.
    let lane = |at: usize| states[at.min(N - 1)];
    let [a, b, c, d] = [lane(0), lane(1), lane(2), lane(3)];
    let mut words: [__m128i; 8] = std::array::from_fn(|at| vector([a[at], b[at], c[at], d[at]]));
    for block in blocks {
        let schedule = schedule(block);
        let before = words;
        for four in schedule {
            words = round(words, _mm_shuffle_epi32::<0b_00_00_00_00>(four));
            words = round(words, _mm_shuffle_epi32::<0b_01_01_01_01>(four));
            words = round(words, _mm_shuffle_epi32::<0b_10_10_10_10>(four));
            words = round(words, _mm_shuffle_epi32::<0b_11_11_11_11>(four));
        }
        for (word, before) in words.iter_mut().zip(before) {
            *word = _mm_add_epi32(*word, before);
        }
    }
    for (at, word) in words.into_iter().enumerate() {
        for (state, word) in states.iter_mut().zip(words_of(word)) {
            state[at] = word;
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn round([a, b, c, d, e, f, g, h]: [__m128i; 8], word: __m128i) -> [__m128i; 8] {
    let choice = _mm_xor_si128(g, _mm_and_si128(e, _mm_xor_si128(f, g)));
    let majority = _mm_xor_si128(_mm_and_si128(a, b), _mm_and_si128(c, _mm_xor_si128(a, b)));
    let one = xor3(turned::<6, 26>(e), turned::<11, 21>(e), turned::<25, 7>(e));
    let one = _mm_add_epi32(_mm_add_epi32(_mm_add_epi32(h, word), one), choice);
    let two = xor3(turned::<2, 30>(a), turned::<13, 19>(a), turned::<22, 10>(a));
    [_mm_add_epi32(_mm_add_epi32(one, two), majority), a, b, c, _mm_add_epi32(d, one), e, f, g]
}

/// The message schedule, with each round's constant added.
#[inline]
#[target_feature(enable = "avx2")]
fn schedule(block: &Block) -> [__m128i; 16] {
    let [mut first, mut second, mut third, mut fourth] = load(block);
    ROUND_CONSTANTS.map(|constants| {
        let schedule = _mm_add_epi32(first, vector(constants));
        (first, second, third, fourth) = (second, third, fourth, next_four(first, second, third, fourth));
        schedule
    })
}

/// Four words of the schedule, from the sixteen before them. The last two need the first two.
#[inline]
#[target_feature(enable = "avx2")]
fn next_four(first: __m128i, second: __m128i, third: __m128i, fourth: __m128i) -> __m128i {
    let early = _mm_alignr_epi8::<4>(second, first);
    let early = xor3(turned::<7, 25>(early), turned::<18, 14>(early), _mm_srli_epi32::<3>(early));
    let middle = _mm_alignr_epi8::<4>(fourth, third);
    let sum = _mm_add_epi32(_mm_add_epi32(first, early), middle);
    let two = _mm_add_epi32(sum, late(_mm_srli_si128::<8>(fourth)));
    _mm_add_epi32(two, _mm_slli_si128::<8>(late(two)))
}

/// What the first two words of a vector contribute to those two places behind them, and zeros behind.
#[inline]
#[target_feature(enable = "avx2")]
fn late(words: __m128i) -> __m128i {
    // Each word twice, so that a shift of 64 bits turns it; of the results the lower halves count.
    let twice = _mm_unpacklo_epi32(words, words);
    let turned = xor3(_mm_srli_epi64::<17>(twice), _mm_srli_epi64::<19>(twice), _mm_srli_epi32::<10>(twice));
    let order = _mm_set_epi64x(-1, 0x0b0a_0908_0302_0100);
    _mm_shuffle_epi8(turned, order)
}

#[inline]
#[target_feature(enable = "avx2")]
fn turned<const BY: i32, const REST: i32>(words: __m128i) -> __m128i {
    const { assert!(BY + REST == 32) }
    _mm_or_si128(_mm_srli_epi32::<BY>(words), _mm_slli_epi32::<REST>(words))
}

#[inline]
#[target_feature(enable = "avx2")]
fn xor3(one: __m128i, two: __m128i, three: __m128i) -> __m128i {
    _mm_xor_si128(_mm_xor_si128(one, two), three)
}
