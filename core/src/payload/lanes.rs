//! Many bytes at a time: how far a string, a number or white space of a JSON text goes.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(crate) use crate::payload::simd128::Lanes;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use crate::payload::sse2::Lanes;
#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
pub(crate) use crate::payload::swar::Lanes;

/// Where the first `"`, `\` or control character at or behind `from` stands; the text's length if there is none.
#[inline(always)]
pub(crate) fn plain_end(bytes: &[u8], from: usize) -> usize {
    end(bytes, from, Lanes::first_special)
}

/// Where the first byte at or behind `from` stands that is no ASCII digit; the text's length if there is none.
#[inline(always)]
pub(crate) fn digits_end(bytes: &[u8], from: usize) -> usize {
    end(bytes, from, Lanes::first_but_digits)
}

/// Where the first byte at or behind `from` stands that is no white space of JSON; the text's length if there is none.
#[inline(always)]
pub(crate) fn white_space_end(bytes: &[u8], from: usize) -> usize {
    end(bytes, from, Lanes::first_but_white_space)
}

/// Zero must be among what `first` looks for: it stands for the text's end.
#[inline(always)]
fn end(bytes: &[u8], mut from: usize, first: impl Fn(Lanes) -> Option<usize>) -> usize {
    while let Some(chunk) = bytes.get(from..from + Lanes::COUNT).and_then(<[u8]>::first_chunk) {
        if let Some(lane) = first(Lanes::load(chunk)) {
            return from + lane;
        }
        from += Lanes::COUNT;
    }
    from + first(last(bytes, from)).unwrap_or_default()
}

/// The bytes from `from` on, fewer than there are lanes, and zeros.
#[cold]
#[inline(never)]
fn last(bytes: &[u8], from: usize) -> Lanes {
    let rest = bytes.get(from..).unwrap_or_default();
    match bytes.last_chunk() {
        Some(chunk) if !rest.is_empty() => Lanes::load(chunk).without_first(Lanes::COUNT - rest.len()),
        _ => {
            let mut lanes = [0; Lanes::COUNT];
            lanes.iter_mut().zip(rest).for_each(|(lane, &byte)| *lane = byte);
            Lanes::load(&lanes)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::step::STEP;
    use crate::payload::swar;

    type End = fn(&[u8], usize) -> usize;

    fn special(byte: u8) -> bool {
        matches!(byte, b'"' | b'\\' | 0..0x20)
    }

    fn no_digit(byte: u8) -> bool {
        !byte.is_ascii_digit()
    }

    fn no_white_space(byte: u8) -> bool {
        !matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
    }

    /// Every byte, at every place of some lengths, among neighbours that are not found but nearly.
    fn check(end: End, found: fn(u8) -> bool, neighbours: &[u8]) {
        let lengths = [0, 1, 7, 8, 15, 16, 17, 35];
        for (&neighbour, length) in neighbours.iter().step_by(STEP).flat_map(|one| lengths.map(|length| (one, length)))
        {
            let mut bytes = vec![neighbour; length];
            assert_eq!(end(&bytes, 0), length);
            for (at, byte) in (0..length).flat_map(|at| (0..=u8::MAX).step_by(STEP).map(move |byte| (at, byte))) {
                bytes[at] = byte;
                let expected = if found(byte) { at } else { length };
                // Wherever it begins, and whatever is before.
                for from in [0, at / 2, at] {
                    assert_eq!(end(&bytes, from), expected, "{byte} at {at} of {length}, from {from}");
                }
                assert_eq!(end(&bytes, at + 1), length);
                // What comes behind the first that is found must not matter.
                if let Some(next) = bytes.get_mut(at + 1).filter(|_| found(byte)) {
                    *next = byte;
                    assert_eq!(end(&bytes, 0), at);
                    bytes[at + 1] = neighbour;
                }
                bytes[at] = neighbour;
            }
        }
    }

    #[test]
    fn strings_end_at_every_special_byte_in_every_lane() {
        let neighbours = [b' ', b'!', b'#', b'[', b']', b'a', 0x7F, 0x80, 0xA2, 0xDC, 0xFF];
        check(plain_end, special, &neighbours);
    }

    #[test]
    fn numbers_end_at_every_byte_that_is_no_digit_in_every_lane() {
        check(digits_end, no_digit, b"059");
    }

    #[test]
    fn white_space_ends_at_every_other_byte_in_every_lane() {
        check(white_space_end, no_white_space, b" \n\t\r");
    }

    /// Such lanes beside one byte after the other.
    macro_rules! check_lanes {
        ($lanes:ty, $bytes:expr) => {{
            const COUNT: usize = <$lanes>::COUNT;
            let bytes: [u8; COUNT] = $bytes[..COUNT].try_into().unwrap_or([0; COUNT]);
            // Zeros stand for the text's end.
            for count in 0..COUNT {
                let mut left = [0; COUNT];
                left[..COUNT - count].copy_from_slice(&bytes[count..]);
                let lanes = <$lanes>::load(&bytes).without_first(count);
                let first = |found: fn(u8) -> bool| left.iter().position(|&byte| found(byte));
                prop_assert_eq!(lanes.first_special(), first(special));
                let bits = |found: fn(u8) -> bool| {
                    left.iter().enumerate().fold(0, |bits, (at, &byte)| bits | u64::from(found(byte)) << at)
                };
                prop_assert_eq!(lanes.quotes(), bits(|byte| byte == b'"'));
                prop_assert_eq!(lanes.special_bits(), bits(|byte| byte != b'"' && special(byte)));
                prop_assert_eq!(lanes.specials().is_ascii(), lanes.special_bits() == 0);
                prop_assert_eq!(lanes.first_but_digits(), first(no_digit));
                prop_assert_eq!(lanes.first_but_white_space(), first(no_white_space));
                prop_assert_eq!(lanes.is_ascii(), left.is_ascii());
                prop_assert_eq!(lanes.with(<$lanes>::load(&bytes)).is_ascii(), bytes.is_ascii());
            }
        }};
    }

    proptest! {
        /// Those of this processor, and those for every processor.
        #[test]
        fn all_lanes_agree(bytes: [u8; 16], near: bool) {
            const NEAR: &[u8; 16] = b"\"\\\x1f !#/09:[]\t\n\r\x80";
            let bytes = bytes.map(|byte| if near { NEAR[usize::from(byte % 16)] } else { byte });
            check_lanes!(Lanes, bytes);
            check_lanes!(swar::Lanes, bytes);
        }
    }
}
