//! Which tokens stand behind which, for the bits of four blocks together, with AVX2.

use std::arch::x86_64::{
    __m256i, _mm256_add_epi64, _mm256_and_si256, _mm256_andnot_si256, _mm256_blend_epi32, _mm256_or_si256,
    _mm256_permute4x64_epi64, _mm256_set_epi64x, _mm256_setzero_si256, _mm256_srli_epi64,
};

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, u8x32};

use crate::payload::avx2::{GROUP, Tokens};

/// What the bits of four blocks say, each by itself.
pub(crate) struct Bits {
    /// The bytes that may not stand behind the one before them.
    pub(crate) wrong: [u64; GROUP],
    /// Brackets, commas and colons outside strings.
    pub(crate) marks: [u64; GROUP],
    /// Opening brackets and commas: what an element or a member begins behind.
    pub(crate) begins: [u64; GROUP],
    pub(crate) colons: [u64; GROUP],
    pub(crate) brackets: [u64; GROUP],
    /// The other marks, but for those that close an empty container.
    pub(crate) no_colons: [u64; GROUP],
    /// The first bytes of what is neither a string nor a mark.
    pub(crate) words: [u64; GROUP],
}

/// What stands behind what: the bits of the group before, of which the last one is needed.
#[derive(Clone, Copy)]
pub(crate) struct Behind {
    /// Commas, colons and opening brackets.
    separators: __m256i,
    opening: __m256i,
    /// Closing quotes.
    closing: __m256i,
    words: __m256i,
}

impl Behind {
    /// As if a comma stood before.
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn separator() -> Self {
        let none = _mm256_setzero_si256();
        Self { separators: _mm256_set_epi64x(0, 0, 0, i64::MIN), opening: none, closing: none, words: none }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn look_at(&mut self, avx2: Avx2, tokens: &Tokens) -> Bits {
        let (strings, quotes) = (load(&tokens.strings), load(&tokens.quotes));
        let outside = |bits| not(strings, load_halves(bits));
        let (opening, close) = (outside(&tokens.opening), outside(&tokens.closing));
        let (commas, colons) = (outside(&tokens.commas), outside(&tokens.colons));
        let begins = or(opening, commas);
        let separators = or(begins, colons);
        let marks = or(separators, close);
        let words = not(or(or(strings, quotes), marks), _mm256_set_epi64x(-1, -1, -1, -1));
        let closing = not(strings, quotes);
        let behind_separator = behind(separators, &mut self.separators);
        let empty = and(close, behind(opening, &mut self.opening));
        let behind_string = behind(closing, &mut self.closing);
        let words = not(behind(words, &mut self.words), words);
        let firsts = or(or(and(quotes, strings), opening), words);
        let wrong = or(
            or(not(behind_separator, firsts), not(behind_string, colons)),
            and(behind_separator, not(or(opening, empty), marks)),
        );
        let no_colons = not(or(colons, empty), marks);
        Bits {
            wrong: store(avx2, wrong),
            marks: store(avx2, marks),
            begins: store(avx2, begins),
            colons: store(avx2, colons),
            brackets: store(avx2, or(opening, close)),
            no_colons: store(avx2, no_colons),
            words: store(avx2, words),
        }
    }
}

/// The bytes behind these.
#[target_feature(enable = "avx2")]
#[inline]
fn behind(bits: __m256i, before: &mut __m256i) -> __m256i {
    // Each block's neighbour to the left.
    let left = _mm256_permute4x64_epi64::<0b10_01_00_11>(bits);
    let first = _mm256_blend_epi32::<0b11>(left, *before);
    *before = left;
    or(_mm256_add_epi64(bits, bits), _mm256_srli_epi64::<63>(first))
}

#[target_feature(enable = "avx2")]
#[inline]
fn load(&[first, second, third, fourth]: &[u64; GROUP]) -> __m256i {
    _mm256_set_epi64x(fourth.cast_signed(), third.cast_signed(), second.cast_signed(), first.cast_signed())
}

#[target_feature(enable = "avx2")]
#[inline]
fn load_halves(halves: &[[u32; 2]; GROUP]) -> __m256i {
    let [first, second, third, fourth] = halves.map(|[low, high]| i64::from(low) | i64::from(high) << 32);
    _mm256_set_epi64x(fourth, third, second, first)
}

#[target_feature(enable = "avx2")]
#[inline]
fn store(avx2: Avx2, bits: __m256i) -> [u64; GROUP] {
    let bytes: [u8; 32] = u8x32::simd_from(avx2, bits).into();
    let [first, second, third, fourth] = *bytes.as_chunks::<8>().0 else { return [0; GROUP] };
    [first, second, third, fourth].map(u64::from_le_bytes)
}

#[target_feature(enable = "avx2")]
#[inline]
fn or(one: __m256i, other: __m256i) -> __m256i {
    _mm256_or_si256(one, other)
}

#[target_feature(enable = "avx2")]
#[inline]
fn and(one: __m256i, other: __m256i) -> __m256i {
    _mm256_and_si256(one, other)
}

/// The bits of `these` that are not among `without`.
#[target_feature(enable = "avx2")]
#[inline]
fn not(without: __m256i, these: __m256i) -> __m256i {
    _mm256_andnot_si256(without, these)
}
