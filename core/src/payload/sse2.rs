//! Sixteen bytes at a time, with instructions that every x86-64 has.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

use safe_arch::{
    bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, max_u8_m128i, min_u8_m128i, move_mask_i8_m128i,
    set_splat_i8_m128i, sub_i8_m128i, zeroed_m128i,
};

/// Sixteen neighbouring bytes.
#[derive(Clone, Copy)]
pub(crate) struct Lanes(m128i);

impl Default for Lanes {
    #[inline(always)]
    fn default() -> Self {
        Self(zeroed_m128i())
    }
}

impl Lanes {
    pub(crate) const COUNT: usize = 16;

    #[inline(always)]
    pub(crate) fn load(bytes: &[u8; Self::COUNT]) -> Self {
        Self(load_unaligned_m128i(bytes))
    }

    /// Without so many of the first bytes, and as many zeros at the end.
    #[inline(always)]
    pub(crate) fn without_first(self, count: usize) -> Self {
        let bytes: [u8; Self::COUNT] = self.0.into();
        Self::load(&(u128::from_le_bytes(bytes) >> (8 * count)).to_le_bytes())
    }

    /// In each lane the bits of both.
    #[inline(always)]
    pub(crate) fn with(self, other: Self) -> Self {
        Self(bitor_m128i(self.0, other.0))
    }

    #[inline(always)]
    pub(crate) fn is_ascii(self) -> bool {
        move_mask_i8_m128i(self.0) == 0
    }

    /// The first `"`, `\` or control character.
    #[inline(always)]
    pub(crate) fn first_special(self) -> Option<usize> {
        first(bitor_m128i(self.equal(b'"'), self.special()))
    }

    /// A bit for each `"`.
    #[inline(always)]
    pub(crate) fn quotes(self) -> u64 {
        bits(self.equal(b'"'))
    }

    /// A bit for each `\` and each control character.
    #[inline(always)]
    pub(crate) fn special_bits(self) -> u64 {
        bits(self.special())
    }

    /// Lanes of which some are beyond ASCII if there is a `\` or a control character.
    #[inline(always)]
    pub(crate) fn specials(self) -> Self {
        Self(self.special())
    }

    /// The first byte that is no ASCII digit.
    #[inline(always)]
    pub(crate) fn first_but_digits(self) -> Option<usize> {
        let values = sub_i8_m128i(self.0, all(b'0'));
        first_other(cmp_eq_mask_i8_m128i(min_u8_m128i(values, all(9)), values))
    }

    /// The first byte that is no white space of JSON.
    #[inline(always)]
    pub(crate) fn first_but_white_space(self) -> Option<usize> {
        let lines = bitor_m128i(self.equal(b'\n'), self.equal(b'\r'));
        first_other(bitor_m128i(bitor_m128i(self.equal(b' '), self.equal(b'\t')), lines))
    }

    /// The backslashes and control characters.
    #[inline(always)]
    fn special(self) -> m128i {
        let control = cmp_eq_mask_i8_m128i(max_u8_m128i(self.0, all(0x1F)), all(0x1F));
        bitor_m128i(self.equal(b'\\'), control)
    }

    #[inline(always)]
    fn equal(self, byte: u8) -> m128i {
        cmp_eq_mask_i8_m128i(self.0, all(byte))
    }
}

#[inline(always)]
fn all(byte: u8) -> m128i {
    set_splat_i8_m128i(byte.cast_signed())
}

/// The first lane whose bits are set; in every lane all are, or none.
#[inline(always)]
fn first(lanes: m128i) -> Option<usize> {
    lowest(move_mask_i8_m128i(lanes))
}

/// A bit for each of the lanes, the first lane's lowest.
#[inline(always)]
fn bits(lanes: m128i) -> u64 {
    u64::from(move_mask_i8_m128i(lanes).cast_unsigned())
}

#[inline(always)]
fn first_other(lanes: m128i) -> Option<usize> {
    lowest(move_mask_i8_m128i(lanes) ^ 0xFFFF)
}

#[inline(always)]
const fn lowest(bits: i32) -> Option<usize> {
    if bits == 0 { None } else { Some(bits.trailing_zeros() as usize) }
}
