//! Neighbouring bytes of a JSON string: where the string ends among them.

#![expect(clippy::inline_always, reason = "as the builder")]

pub(super) use as_built::Lanes;

/// Sixteen bytes, with instructions that every x86-64 has.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod as_built {
    use safe_arch::{
        bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i,
        zeroed_m128i,
    };

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

        /// The first quote or backslash.
        #[inline(always)]
        pub(crate) fn first_end(self) -> Option<usize> {
            let equal = |byte: u8| cmp_eq_mask_i8_m128i(self.0, set_splat_i8_m128i(byte.cast_signed()));
            let found = move_mask_i8_m128i(bitor_m128i(equal(b'"'), equal(b'\\')));
            if found == 0 { None } else { Some(found.trailing_zeros() as usize) }
        }

        /// In each lane the bits of both.
        #[inline(always)]
        pub(crate) fn or(self, other: Self) -> Self {
            Self(bitor_m128i(self.0, other.0))
        }

        /// Whether all bytes are ASCII, and of other ones those in front of a lane.
        #[inline(always)]
        pub(crate) fn is_ascii_with(self, other: Self, lane: usize) -> bool {
            move_mask_i8_m128i(self.0) | (move_mask_i8_m128i(other.0) & ((1 << lane) - 1)) == 0
        }
    }
}

/// Eight bytes, in an integer: for every processor.
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
mod as_built {
    const ONES: u64 = 0x0101_0101_0101_0101;
    /// In each lane the bit of a byte that is not ASCII.
    const HIGH: u64 = ONES * 0x80;

    #[derive(Clone, Copy, Default)]
    pub(crate) struct Lanes(u64);

    impl Lanes {
        pub(crate) const COUNT: usize = 8;

        #[inline(always)]
        #[expect(clippy::trivially_copy_pass_by_ref, reason = "as the other lanes are loaded")]
        pub(crate) const fn load(bytes: &[u8; Self::COUNT]) -> Self {
            Self(u64::from_le_bytes(*bytes))
        }

        /// The first quote or backslash.
        #[inline(always)]
        pub(crate) const fn first_end(self) -> Option<usize> {
            let quote = self.0 ^ (ONES * b'"' as u64);
            let backslash = self.0 ^ (ONES * b'\\' as u64);
            // What is carried between lanes may set bits above a true one, never below, and only the lowest is read.
            let found = (quote.wrapping_sub(ONES) & !quote | backslash.wrapping_sub(ONES) & !backslash) & HIGH;
            if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
        }

        /// In each lane the bits of both.
        #[inline(always)]
        pub(crate) const fn or(self, other: Self) -> Self {
            Self(self.0 | other.0)
        }

        /// Whether all bytes are ASCII, and of other ones those in front of a lane.
        #[inline(always)]
        pub(crate) const fn is_ascii_with(self, other: Self, lane: usize) -> bool {
            (self.0 | other.0 & ((1 << (8 * lane)) - 1)) & HIGH == 0
        }
    }
}
