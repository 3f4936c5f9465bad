//! What is found for 64 bytes together, with AVX2: most x86-64 processors have it.

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8,
};
use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Avx2, Level, u8x32};

use crate::payload::marks::{ALIKE, BLOCK, DIFFERENT, Marks};

/// The instructions, if this processor has them.
pub(crate) static HERE: LazyLock<Option<Avx2>> = LazyLock::new(|| Level::new().as_avx2());

fearless_simd::kernel!(
    /// As [`marks`](crate::payload::marks::marks).
    #[inline(always)]
    pub(crate) fn marks(avx2: Avx2, block: &[u8; BLOCK]) -> Marks {
        let halves = halves(avx2, block);
        let any = halves.map(|half| equal(half, b'\\'));
        Marks {
            quotes: bits(halves.map(|half| equal(half, b'"'))),
            brackets: bits(halves.map(|half| equal(_mm256_or_si256(half, all(DIFFERENT)), ALIKE))),
            any_backslash: _mm256_movemask_epi8(_mm256_or_si256(any[0], any[1])) != 0,
        }
    }
);

fearless_simd::kernel!(
    /// How many brackets these bytes have, those in strings among them.
    pub(crate) fn count_brackets(avx2: Avx2, bytes: &[u8]) -> u32 {
        bytes.as_chunks::<BLOCK>().0.iter().map(|block| marks(avx2, block).brackets.count_ones()).sum()
    }
);

/// Blocks whose bits are looked at together.
pub(crate) const GROUP: usize = 4;

/// Where tokens are in four blocks, a bit for each byte.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tokens {
    pub(crate) quotes: [u64; GROUP],
    /// From each opening quote up to the closing one.
    pub(crate) strings: [u64; GROUP],
    /// These in strings, too: opening and closing brackets, commas and colons, by halves of a block.
    pub(crate) opening: [[u32; 2]; GROUP],
    pub(crate) closing: [[u32; 2]; GROUP],
    pub(crate) commas: [[u32; 2]; GROUP],
    pub(crate) colons: [[u32; 2]; GROUP],
}

/// All bytes together.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    /// The bits that any of them has.
    any: __m256i,
    lowest: __m256i,
}

impl Seen {
    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn new() -> Self {
        Self { any: all(0), lowest: all(u8::MAX) }
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn is_ascii(self) -> bool {
        _mm256_movemask_epi8(self.any) == 0
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(crate) fn has_control(self) -> bool {
        _mm256_movemask_epi8(control(self.lowest)) != 0
    }
}

/// Writes the tokens of a block, but for the strings. Gives whether it has a backslash.
#[target_feature(enable = "avx2")]
#[inline]
pub(crate) fn tokens(avx2: Avx2, block: &[u8; BLOCK], tokens: &mut Tokens, at: usize, seen: &mut Seen) -> bool {
    let halves = halves(avx2, block);
    for half in halves {
        seen.any = _mm256_or_si256(seen.any, half);
        seen.lowest = _mm256_min_epu8(seen.lowest, half);
    }
    // With the bit in which `{` differs from `[`, and `}` from `]`.
    let curly = halves.map(|half| _mm256_or_si256(half, all(0x20)));
    tokens.quotes[at] = bits(halves.map(|half| equal(half, b'"')));
    tokens.opening[at] = curly.map(|half| half_bits(equal(half, b'{')));
    tokens.closing[at] = curly.map(|half| half_bits(equal(half, b'}')));
    tokens.commas[at] = halves.map(|half| half_bits(equal(half, b',')));
    tokens.colons[at] = halves.map(|half| half_bits(equal(half, b':')));
    let backslashes = halves.map(|half| equal(half, b'\\'));
    _mm256_movemask_epi8(_mm256_or_si256(backslashes[0], backslashes[1])) != 0
}

#[target_feature(enable = "avx2")]
#[inline]
fn control(half: __m256i) -> __m256i {
    equal(_mm256_max_epu8(half, all(0x1F)), 0x1F)
}

fearless_simd::kernel!(
    /// The backslashes of a block.
    pub(crate) fn backslashes(avx2: Avx2, block: &[u8; BLOCK]) -> u64 {
        bits(halves(avx2, block).map(|half| equal(half, b'\\')))
    }
);

fearless_simd::kernel!(
    /// The control characters of a block.
    pub(crate) fn controls(avx2: Avx2, block: &[u8; BLOCK]) -> u64 {
        bits(halves(avx2, block).map(|half| control(half)))
    }
);

#[target_feature(enable = "avx2")]
#[inline]
fn halves(avx2: Avx2, block: &[u8; BLOCK]) -> [__m256i; 2] {
    let halves = block.as_chunks::<32>().0;
    [halves[0], halves[1]].map(|half| u8x32::simd_from(avx2, half).into())
}

#[target_feature(enable = "avx2")]
#[inline]
fn equal(lanes: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(lanes, all(byte))
}

#[target_feature(enable = "avx2")]
#[inline]
fn bits(halves: [__m256i; 2]) -> u64 {
    let [low, high] = halves.map(|half| u64::from(half_bits(half)));
    low | high << 32
}

#[target_feature(enable = "avx2")]
#[inline]
fn half_bits(half: __m256i) -> u32 {
    _mm256_movemask_epi8(half).cast_unsigned()
}

#[target_feature(enable = "avx2")]
#[inline]
fn all(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::marks;

    proptest! {
        #[test]
        fn its_marks_are_those_of_every_processor(bytes in prop::collection::vec(any::<u8>(), BLOCK), near: bool) {
            const NEAR: &[u8; 8] = b"\"\\[]{}a\xDB";
            let mut block = [0; BLOCK];
            for (to, &byte) in block.iter_mut().zip(&bytes) {
                *to = if near { NEAR[usize::from(byte % 8)] } else { byte };
            }
            if let Some(avx2) = *HERE {
                prop_assert_eq!(marks(avx2, &block), marks::marks(&block));
            }
        }
    }
}
