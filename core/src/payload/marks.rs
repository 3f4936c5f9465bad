//! Where quotes, backslashes and brackets stand among 64 bytes: with SSE2 where that is, else in integers. And what such
//! bits say of each other.

#![cfg_attr(
    all(target_arch = "x86_64", target_feature = "sse2"),
    expect(clippy::inline_always, reason = "the inner loops of a walk: see `json`")
)]

/// How many bytes are looked at together.
pub(crate) const BLOCK: usize = 64;

/// Bits, one for each byte of a block, the first byte's lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// `"`
    pub(crate) quotes: u64,
    /// `{`, `[`, `}` and `]`; in strings other bytes too.
    pub(crate) brackets: u64,
    /// Whether there is a `\`, which is rare: [`backslashes`] has their bits.
    pub(crate) any_backslash: bool,
}

/// With these bits every bracket is `ALIKE`. So are `Y`, `_`, `y` and DEL, which no accepted text holds outside a string.
pub(crate) const DIFFERENT: u8 = 0x26;
pub(crate) const ALIKE: u8 = 0x7F;

/// This bit tells `}` and `]` from `{` and `[`.
pub(crate) const CLOSING: u8 = 0x04;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use self::sse2::{backslashes, marks};
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
pub(crate) use self::swar::{backslashes, marks};

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2 {
    use safe_arch::{
        bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i,
    };

    use super::{ALIKE, BLOCK, DIFFERENT, Marks};

    #[inline(always)]
    pub(crate) fn marks(block: &[u8; BLOCK]) -> Marks {
        let (mut found, mut any) = (Marks::default(), m128i::default());
        for (index, quarter) in block.as_chunks().0.iter().enumerate() {
            let bytes = load_unaligned_m128i(quarter);
            found.quotes |= bits(equal(bytes, b'"'), index);
            found.brackets |= bits(equal(bitor_m128i(bytes, all(DIFFERENT)), ALIKE), index);
            any = bitor_m128i(any, equal(bytes, b'\\'));
        }
        found.any_backslash = move_mask_i8_m128i(any) != 0;
        found
    }

    #[inline]
    pub(crate) fn backslashes(block: &[u8; BLOCK]) -> u64 {
        let quarters = block.as_chunks().0.iter().map(load_unaligned_m128i).enumerate();
        quarters.fold(0, |found, (index, bytes)| found | bits(equal(bytes, b'\\'), index))
    }

    #[inline(always)]
    fn equal(lanes: m128i, byte: u8) -> m128i {
        cmp_eq_mask_i8_m128i(lanes, all(byte))
    }

    #[inline(always)]
    fn bits(lanes: m128i, index: usize) -> u64 {
        u64::from(move_mask_i8_m128i(lanes).cast_unsigned()) << (16 * index)
    }

    #[inline(always)]
    fn all(byte: u8) -> m128i {
        set_splat_i8_m128i(byte.cast_signed())
    }
}

#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod swar {
    use super::{ALIKE, BLOCK, DIFFERENT, Marks};

    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = ONES * 0x80;
    /// Brings the highest bit of each byte into the highest byte, side by side.
    const GATHER: u64 = 0x0002_0408_1020_4081;

    pub(crate) fn marks(block: &[u8; BLOCK]) -> Marks {
        let mut found = Marks::default();
        for (index, eighth) in block.as_chunks().0.iter().enumerate() {
            let bytes = u64::from_le_bytes(*eighth);
            found.quotes |= equal(bytes, b'"') << (8 * index);
            found.brackets |= equal(bytes | (ONES * u64::from(DIFFERENT)), ALIKE) << (8 * index);
            found.any_backslash |= equal(bytes, b'\\') != 0;
        }
        found
    }

    pub(crate) fn backslashes(block: &[u8; BLOCK]) -> u64 {
        let eighths = block.as_chunks().0.iter().map(|eighth| u64::from_le_bytes(*eighth)).enumerate();
        eighths.fold(0, |found, (index, bytes)| found | equal(bytes, b'\\') << (8 * index))
    }

    /// A bit for each lane that is this byte.
    fn equal(lanes: u64, byte: u8) -> u64 {
        let differences = lanes ^ (ONES * u64::from(byte));
        let others = ((differences & !HIGHEST) + (HIGHEST - ONES)) | differences;
        ((!others & HIGHEST).wrapping_mul(GATHER)) >> 56
    }
}

/// The bytes that a backslash before them escapes; `escape` is whether the first one is, and then whether the one
/// behind the block is. Of neighbouring backslashes every other one escapes, from the first on: the sum carries a bit
/// through those that begin at an odd place, and so tells at which places theirs are.
pub(crate) const fn escaped(backslashes: u64, escape: &mut bool) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let first = *escape as u64;
    let backslashes = backslashes & !first;
    let behind = backslashes << 1 | first;
    let odd_begin = backslashes & !EVEN & !behind;
    let sum;
    (sum, *escape) = backslashes.overflowing_add(odd_begin);
    (EVEN ^ sum << 1) & behind
}

/// In each bit whether an odd number of bits is set up to it.
pub(crate) const fn running_parity(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ (bits << 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::step::STEP;

    fn bits(block: &[u8; BLOCK], is: fn(u8) -> bool) -> u64 {
        (0..BLOCK).filter(|&at| is(block[at])).fold(0, |bits, at| bits | 1 << at)
    }

    fn check(block: &[u8; BLOCK]) {
        let expected = Marks {
            quotes: bits(block, |byte| byte == b'"'),
            brackets: bits(block, |byte| b"[]{}Y_y\x7F".contains(&byte)),
            any_backslash: block.contains(&b'\\'),
        };
        assert_eq!((marks(block), swar::marks(block)), (expected, expected), "{block:?}");
        let expected = bits(block, |byte| byte == b'\\');
        assert_eq!((backslashes(block), swar::backslashes(block)), (expected, expected), "{block:?}");
    }

    #[test]
    fn every_other_backslash_escapes() {
        for begin in (0..128).step_by(STEP) {
            for length in (0..128).step_by(STEP) {
                let backslash = |at: usize| (begin..begin + length).contains(&at) || at % 9 == 8;
                let (mut escape, mut expected) = (false, false);
                for block in 0..3 {
                    let bits = (0..64).filter(|at| backslash(64 * block + at)).fold(0, |bits, at| bits | 1 << at);
                    let found = escaped(bits, &mut escape);
                    for at in 0..64 {
                        assert_eq!(found >> at & 1 == 1, expected, "{begin} {length} {block} {at}");
                        expected = !expected && backslash(64 * block + at);
                    }
                    assert_eq!(escape, expected);
                }
            }
        }
    }

    #[test]
    fn every_byte_in_every_place() {
        for at in (0..BLOCK).step_by(STEP) {
            for byte in (0..=u8::MAX).step_by(STEP) {
                let mut block = [b'a'; BLOCK];
                block[at] = byte;
                check(&block);
            }
        }
    }

    #[test]
    fn a_bit_tells_brackets_apart() {
        assert!(b"{[".iter().all(|byte| byte & CLOSING == 0) && b"}]".iter().all(|byte| byte & CLOSING != 0));
    }

    proptest! {
        #[test]
        fn all_ways_agree(bytes in prop::collection::vec(any::<u8>(), BLOCK), near: bool) {
            const NEAR: &[u8; 8] = b"\"\\[]{}a\xDB";
            let mut block = [0; BLOCK];
            for (to, &byte) in block.iter_mut().zip(&bytes) {
                *to = if near { NEAR[usize::from(byte % 8)] } else { byte };
            }
            check(&block);
        }
    }
}
