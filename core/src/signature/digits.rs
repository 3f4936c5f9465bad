//! Hex digits, on the way of every delivery. `decode` gives the 32 bytes that 64 digits of either case stand for, `None`
//! where a byte is no digit. With the `hex` crate a header costs 690 instructions more, and `faster-hex` would bring four
//! more crates. That a compiler makes this of a loop over bytes cannot be relied upon where it is told to save space.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use simd128::decode;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use sse2::decode;
#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(crate) use swar::decode;

/// The digits of sixteen bytes, lower case: eight at a time, a lane each of a word.
#[inline]
pub(crate) fn encode(bytes: &[u8; 16]) -> [u8; 32] {
    let each = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let mut digits = [0; 32];
    for (eight, four) in digits.as_chunks_mut::<8>().0.iter_mut().zip(bytes.as_chunks::<4>().0) {
        // The bytes in every other lane, then the half that is written first beside the other one.
        let bytes = u64::from(u32::from_le_bytes(*four));
        let halves = (bytes | bytes << 16) & 0x0000_FFFF_0000_FFFF;
        let pairs = (halves | halves << 8) & 0x00FF_00FF_00FF_00FF;
        let values = (pairs >> 4 | pairs << 8) & each(0xF);
        let letters = (values + each(6)) >> 4 & each(1);
        *eight = (values + each(b'0') + letters * u64::from(b'a' - b'0' - 10)).to_le_bytes();
    }
    digits
}

/// Eight digits at a time, a lane each of a word.
#[cfg(any(
    test,
    not(any(
        all(target_arch = "x86_64", target_feature = "sse2"),
        all(target_arch = "wasm32", target_feature = "simd128")
    ))
))]
pub(crate) mod swar {
    pub(crate) fn decode(digits: &[u8; 64]) -> Option<[u8; 32]> {
        const TOP: u64 = u64::from_ne_bytes([0x80; 8]);
        let each = |byte: u8| u64::from_ne_bytes([byte; 8]);
        // The top bit of each lane that is at least so large; of lanes below 0x80, so none borrows from its neighbour.
        let at_least = |lanes: u64, least: u8| ((lanes | TOP) - each(least)) & TOP;

        let mut candidate = [0; 32];
        let mut valid = TOP;
        for (bytes, eight) in candidate.as_chunks_mut::<4>().0.iter_mut().zip(digits.as_chunks::<8>().0) {
            let lanes = u64::from_le_bytes(*eight);
            let (plain, lower) = (lanes & !TOP, (lanes & !TOP) | each(0x20));
            let decimal = at_least(plain, b'0') & !at_least(plain, b'9' + 1);
            let letter = at_least(lower, b'a') & !at_least(lower, b'f' + 1);
            valid &= (decimal | letter) & !lanes;
            // 0 to 15 in each lane, then two lanes to a byte, then the bytes side by side.
            let values = (lanes & each(0xF)) + (letter >> 7) * 9;
            let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF;
            let halves = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF;
            let [first, second, third, fourth, ..] = (halves | halves >> 16).to_le_bytes();
            *bytes = [first, second, third, fourth];
        }
        (valid == TOP).then_some(candidate)
    }
}

/// Sixteen digits at a time.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod sse2 {
    use safe_arch::{
        add_i8_m128i, bitand_m128i, bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, min_u8_m128i,
        move_mask_i8_m128i, pack_i16_to_u8_m128i, set_splat_i8_m128i, set_splat_i16_m128i, shl_imm_u16_m128i,
        shr_imm_u16_m128i, sub_i8_m128i,
    };

    #[inline]
    pub(crate) fn decode(digits: &[u8; 64]) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        let mut valid = all(0xFF);
        for (half, digits) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(digits.as_chunks::<32>().0) {
            let [first, second] = digits.as_chunks::<16>().0 else { return None };
            let ([first, one], [second, other]) = (pairs(first), pairs(second));
            valid = bitand_m128i(valid, bitand_m128i(one, other));
            *half = pack_i16_to_u8_m128i(first, second).into();
        }
        (move_mask_i8_m128i(valid) == 0xFFFF).then_some(bytes)
    }

    /// The byte of two digits in each lane of 16 bits, and which of sixteen are digits at all.
    #[inline]
    fn pairs(digits: &[u8; 16]) -> [m128i; 2] {
        let digits = load_unaligned_m128i(digits);
        let is_letter = less(sub_i8_m128i(bitor_m128i(digits, all(0x20)), all(b'a')), 6);
        let is_decimal = less(sub_i8_m128i(digits, all(b'0')), 10);
        let values = add_i8_m128i(bitand_m128i(digits, all(0xF)), bitand_m128i(is_letter, all(9)));
        let pairs = bitor_m128i(shl_imm_u16_m128i::<4>(values), shr_imm_u16_m128i::<8>(values));
        [bitand_m128i(pairs, set_splat_i16_m128i(0xFF)), bitor_m128i(is_letter, is_decimal)]
    }

    #[inline]
    fn less(lanes: m128i, than: u8) -> m128i {
        cmp_eq_mask_i8_m128i(min_u8_m128i(lanes, all(than - 1)), lanes)
    }

    #[inline]
    fn all(byte: u8) -> m128i {
        set_splat_i8_m128i(byte.cast_signed())
    }
}

/// Sixteen digits at a time.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use std::arch::wasm32::{
        u8x16_add, u8x16_all_true, u8x16_lt, u8x16_narrow_i16x8, u8x16_splat, u8x16_sub, u16x8_shl, u16x8_shr,
        u16x8_splat, u64x2, u64x2_extract_lane, v128, v128_and, v128_or,
    };

    pub(crate) fn decode(digits: &[u8; 64]) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        let mut valid = u8x16_splat(u8::MAX);
        for (half, digits) in bytes.as_chunks_mut::<16>().0.iter_mut().zip(digits.as_chunks::<32>().0) {
            let [first, second] = digits.as_chunks::<16>().0 else { return None };
            let ([first, one], [second, other]) = (pairs(first), pairs(second));
            valid = v128_and(valid, v128_and(one, other));
            let whole = u8x16_narrow_i16x8(first, second);
            half[..8].copy_from_slice(&u64x2_extract_lane::<0>(whole).to_le_bytes());
            half[8..].copy_from_slice(&u64x2_extract_lane::<1>(whole).to_le_bytes());
        }
        u8x16_all_true(valid).then_some(bytes)
    }

    /// The byte of two digits in each lane of 16 bits, and which of sixteen are digits at all.
    #[inline]
    fn pairs(digits: &[u8; 16]) -> [v128; 2] {
        let [first, second] = digits.as_chunks::<8>().0 else { return [u8x16_splat(0); 2] };
        let digits = u64x2(u64::from_le_bytes(*first), u64::from_le_bytes(*second));
        let letters = u8x16_sub(v128_or(digits, u8x16_splat(0x20)), u8x16_splat(b'a'));
        let is_letter = u8x16_lt(letters, u8x16_splat(6));
        let is_decimal = u8x16_lt(u8x16_sub(digits, u8x16_splat(b'0')), u8x16_splat(10));
        let nine = v128_and(is_letter, u8x16_splat(9));
        let values = u8x16_add(v128_and(digits, u8x16_splat(0xF)), nine);
        let pairs = v128_or(u16x8_shl(values, 4), u16x8_shr(values, 8));
        [v128_and(pairs, u16x8_splat(0xFF)), v128_or(is_letter, is_decimal)]
    }
}
