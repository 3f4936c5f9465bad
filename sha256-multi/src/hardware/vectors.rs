//! Into the vectors of x86 and out of them, without a pointer: the compiler makes single loads and stores of it.

#[cfg(target_arch = "x86")]
use std::arch::x86::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::Block;

/// The words of a block, by fours.
#[inline]
#[target_feature(enable = "ssse3")]
pub(crate) fn load(block: &Block) -> [__m128i; 4] {
    let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let (words, _) = block.as_chunks();
    let (fours, _) = words.as_chunks();
    std::array::from_fn(|at| {
        let four: [[u8; 4]; 4] = fours[at];
        _mm_shuffle_epi8(vector(four.map(u32::from_le_bytes)), order)
    })
}

/// The first word lies lowest.
#[inline]
#[target_feature(enable = "sse2")]
pub(crate) fn vector([a, b, c, d]: [u32; 4]) -> __m128i {
    _mm_set_epi32(d.cast_signed(), c.cast_signed(), b.cast_signed(), a.cast_signed())
}

#[inline]
#[target_feature(enable = "sse4.1")]
pub(crate) fn words_of(vector: __m128i) -> [u32; 4] {
    [
        _mm_extract_epi32::<0>(vector),
        _mm_extract_epi32::<1>(vector),
        _mm_extract_epi32::<2>(vector),
        _mm_extract_epi32::<3>(vector),
    ]
    .map(i32::cast_unsigned)
}
