//! Eight bytes at a time, in an integer: for every processor.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each lane: there the functions say what they found.
const HIGHEST: u64 = ONES * 0x80;

/// Brings the highest bit of each lane into the highest lane, side by side.
const GATHER: u64 = 0x0002_0408_1020_4081;

/// Eight neighbouring bytes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lanes(u64);

impl Lanes {
    pub(crate) const COUNT: usize = 8;

    #[inline(always)]
    #[cfg_attr(
        target_pointer_width = "64",
        expect(clippy::trivially_copy_pass_by_ref, reason = "as other lanes are loaded")
    )]
    pub(crate) const fn load(bytes: &[u8; Self::COUNT]) -> Self {
        Self(u64::from_le_bytes(*bytes))
    }

    /// Without so many of the first bytes, and as many zeros at the end.
    #[inline(always)]
    pub(crate) const fn without_first(self, count: usize) -> Self {
        Self(self.0 >> (8 * count))
    }

    /// In each lane the bits of both.
    #[inline(always)]
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    pub(crate) const fn is_ascii(self) -> bool {
        self.0 & HIGHEST == 0
    }

    /// The first `"`, `\` or control character.
    #[inline(always)]
    pub(crate) const fn first_special(self) -> Option<usize> {
        let quote = self.differences(b'"');
        // What is carried between lanes may set bits above a true one, never below, and only the lowest is read.
        first(quote.wrapping_sub(ONES) & !quote | self.specials().0)
    }

    /// Lanes of which some are beyond ASCII if there is a `\` or a control character, and none below the first.
    #[inline(always)]
    pub(crate) const fn specials(self) -> Self {
        let backslash = self.differences(b'\\');
        let control = self.0.wrapping_sub(ONES * 0x20) & !self.0;
        Self(backslash.wrapping_sub(ONES) & !backslash | control)
    }

    /// A bit for each `"`.
    #[inline(always)]
    pub(crate) const fn quotes(self) -> u64 {
        bits(!self.others(b'"'))
    }

    /// A bit for each `\` and each control character.
    #[inline(always)]
    pub(crate) const fn special_bits(self) -> u64 {
        // From 0x20 on, the highest bit is set by adding 0x60, or was: and nothing is carried between lanes.
        let no_control = ((self.0 & !HIGHEST) + ONES * 0x60) | self.0;
        bits(!(self.others(b'\\') & no_control))
    }

    /// The first byte that is no ASCII digit.
    #[inline(always)]
    pub(crate) const fn first_but_digits(self) -> Option<usize> {
        let values = self.differences(b'0');
        // The high half of the byte is that of '0', and adding 6 to its low half carries nothing into it.
        let high_halves = (values | ((values & (ONES * 0x0F)) + ONES * 6)) >> 4 & (ONES * 0x0F);
        first(high_halves + ONES * 0x7F)
    }

    /// The first byte that is no white space of JSON.
    #[inline(always)]
    pub(crate) const fn first_but_white_space(self) -> Option<usize> {
        first(self.others(b' ') & self.others(b'\t') & self.others(b'\n') & self.others(b'\r'))
    }

    /// In each lane zero if it is this byte.
    #[inline(always)]
    const fn differences(self, byte: u8) -> u64 {
        self.0 ^ (ONES * byte as u64)
    }

    /// The lanes that are not this byte. Nothing is carried between them.
    #[inline(always)]
    const fn others(self, byte: u8) -> u64 {
        let differences = self.differences(byte);
        ((differences & !HIGHEST) + (HIGHEST - ONES)) | differences
    }
}

/// A bit for each of the lanes whose highest bit is set, the first lane's lowest.
#[inline(always)]
const fn bits(lanes: u64) -> u64 {
    (lanes & HIGHEST).wrapping_mul(GATHER) >> 56
}

#[inline(always)]
const fn first(lanes: u64) -> Option<usize> {
    let found = lanes & HIGHEST;
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
}
