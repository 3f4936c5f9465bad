//! Where quotes, backslashes and brackets stand among 64 bytes: with SSE2 where that is, else in integers.

/// How many bytes are looked at together.
pub(crate) const BLOCK: usize = 64;

/// A bit for each byte of a block, the first byte's lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// `"`
    pub(crate) quotes: u64,
    /// `\`
    pub(crate) backslashes: u64,
    /// `{` and `[`
    pub(crate) opening: u64,
    /// `}` and `]`
    pub(crate) closing: u64,
}

/// This bit tells `[` from `{` and `]` from `}`; no other byte becomes one of them by it but those two controls that no
/// accepted text holds outside a string as it is.
const CURLY: u8 = 0x20;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use self::sse2::marks;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
pub(crate) use self::swar::marks;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2 {
    use safe_arch::{
        bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i,
    };

    use super::{BLOCK, CURLY, Marks};

    #[inline]
    pub(crate) fn marks(block: &[u8; BLOCK]) -> Marks {
        let mut found = Marks::default();
        let (quarters, _) = block.as_chunks::<16>();
        for (index, quarter) in quarters.iter().enumerate() {
            let bytes = load_unaligned_m128i(quarter);
            let curly = bitor_m128i(bytes, all(CURLY));
            let put = |lanes: m128i, byte: u8| {
                let bits = move_mask_i8_m128i(cmp_eq_mask_i8_m128i(lanes, all(byte)));
                u64::from(bits.cast_unsigned()) << (16 * index)
            };
            found.quotes |= put(bytes, b'"');
            found.backslashes |= put(bytes, b'\\');
            found.opening |= put(curly, b'{');
            found.closing |= put(curly, b'}');
        }
        found
    }

    fn all(byte: u8) -> m128i {
        set_splat_i8_m128i(byte.cast_signed())
    }
}

#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod swar {
    use super::{BLOCK, CURLY, Marks};

    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHEST: u64 = ONES * 0x80;
    /// Brings the highest bit of each byte into the highest byte, side by side.
    const GATHER: u64 = 0x0002_0408_1020_4081;

    pub(crate) fn marks(block: &[u8; BLOCK]) -> Marks {
        let mut found = Marks::default();
        let (eighths, _) = block.as_chunks::<8>();
        for (index, eighth) in eighths.iter().enumerate() {
            let bytes = u64::from_le_bytes(*eighth);
            let curly = bytes | (ONES * u64::from(CURLY));
            let put = |lanes: u64, byte: u8| equal(lanes, byte) << (8 * index);
            found.quotes |= put(bytes, b'"');
            found.backslashes |= put(bytes, b'\\');
            found.opening |= put(curly, b'{');
            found.closing |= put(curly, b'}');
        }
        found
    }

    /// A bit for each lane that is this byte.
    fn equal(lanes: u64, byte: u8) -> u64 {
        let differences = lanes ^ (ONES * u64::from(byte));
        let others = ((differences & !HIGHEST) + (HIGHEST - ONES)) | differences;
        ((!others & HIGHEST).wrapping_mul(GATHER)) >> 56
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(block: &[u8; BLOCK]) -> Marks {
        let bits = |is: fn(u8) -> bool| (0..BLOCK).filter(|&at| is(block[at])).fold(0, |bits, at| bits | 1 << at);
        Marks {
            quotes: bits(|byte| byte == b'"'),
            backslashes: bits(|byte| byte == b'\\'),
            opening: bits(|byte| matches!(byte | CURLY, b'{')),
            closing: bits(|byte| matches!(byte | CURLY, b'}')),
        }
    }

    #[test]
    fn every_byte_in_every_place() {
        for at in 0..BLOCK {
            for byte in 0..=u8::MAX {
                let mut block = [b'a'; BLOCK];
                block[at] = byte;
                assert_eq!(marks(&block), one_by_one(&block), "{byte} at {at}");
                assert_eq!(swar::marks(&block), one_by_one(&block), "{byte} at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn all_ways_agree(bytes in prop::collection::vec(any::<u8>(), BLOCK), near: bool) {
            const NEAR: &[u8; 8] = b"\"\\[]{}a\xDB";
            let mut block = [0; BLOCK];
            for (to, &byte) in block.iter_mut().zip(&bytes) {
                *to = if near { NEAR[usize::from(byte % 8)] } else { byte };
            }
            prop_assert_eq!(marks(&block), one_by_one(&block));
            prop_assert_eq!(swar::marks(&block), one_by_one(&block));
        }
    }
}
