//! Sixteen bytes at a time, with the vectors of WebAssembly.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

use std::arch::wasm32::{
    i8x16_eq, u8x16, u8x16_add_sat, u8x16_bitmask, u8x16_le, u8x16_lt, u8x16_splat, u8x16_sub, u8x16_swizzle, u64x2,
    v128, v128_or,
};

/// Sixteen neighbouring bytes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(v128);

impl Default for Lanes {
    #[inline(always)]
    fn default() -> Self {
        Self(u8x16_splat(0))
    }
}

impl Lanes {
    pub(crate) const COUNT: usize = 16;

    #[inline(always)]
    pub(crate) fn load(bytes: &[u8; Self::COUNT]) -> Self {
        let [first, second] = bytes.as_chunks::<8>().0 else { return Self::default() };
        Self(u64x2(u64::from_le_bytes(*first), u64::from_le_bytes(*second)))
    }

    /// Without so many of the first bytes, and as many zeros at the end.
    #[inline(always)]
    pub(crate) fn without_first(self, count: usize) -> Self {
        let places = u8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        // A place behind the last one gives a zero.
        let count = u8::try_from(count).unwrap_or(u8::MAX);
        Self(u8x16_swizzle(self.0, u8x16_add_sat(places, u8x16_splat(count))))
    }

    /// In each lane the bits of both.
    #[inline(always)]
    pub(crate) fn with(self, other: Self) -> Self {
        Self(v128_or(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn is_ascii(self) -> bool {
        u8x16_bitmask(self.0) == 0
    }

    /// The first `"`, `\` or control character.
    #[inline(always)]
    pub(crate) fn first_special(self) -> Option<usize> {
        first(v128_or(self.equal(b'"'), self.special()))
    }

    /// A bit for each `"`.
    #[inline(always)]
    pub(crate) fn quotes(self) -> u64 {
        u8x16_bitmask(self.equal(b'"')).into()
    }

    /// A bit for each `\` and each control character.
    #[inline(always)]
    pub(crate) fn special_bits(self) -> u64 {
        u8x16_bitmask(self.special()).into()
    }

    /// Lanes of which some are beyond ASCII if there is a `\` or a control character.
    #[inline(always)]
    pub(crate) fn specials(self) -> Self {
        Self(self.special())
    }

    /// The first byte that is no ASCII digit.
    #[inline(always)]
    pub(crate) fn first_but_digits(self) -> Option<usize> {
        first_other(u8x16_le(u8x16_sub(self.0, u8x16_splat(b'0')), u8x16_splat(9)))
    }

    /// The first byte that is no white space of JSON.
    #[inline(always)]
    pub(crate) fn first_but_white_space(self) -> Option<usize> {
        let lines = v128_or(self.equal(b'\n'), self.equal(b'\r'));
        first_other(v128_or(v128_or(self.equal(b' '), self.equal(b'\t')), lines))
    }

    /// The backslashes and control characters.
    #[inline(always)]
    fn special(self) -> v128 {
        v128_or(self.equal(b'\\'), u8x16_lt(self.0, u8x16_splat(0x20)))
    }

    #[inline(always)]
    fn equal(self, byte: u8) -> v128 {
        i8x16_eq(self.0, u8x16_splat(byte))
    }
}

/// The first lane whose bits are set; in every lane all are, or none.
#[inline(always)]
fn first(lanes: v128) -> Option<usize> {
    lowest(u8x16_bitmask(lanes))
}

#[inline(always)]
fn first_other(lanes: v128) -> Option<usize> {
    lowest(!u8x16_bitmask(lanes))
}

#[inline(always)]
const fn lowest(bits: u16) -> Option<usize> {
    if bits == 0 { None } else { Some(bits.trailing_zeros() as usize) }
}
