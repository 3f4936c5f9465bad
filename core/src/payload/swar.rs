//! Eight bytes at a time: how far a string or a number of a JSON text goes.
//!
//! SSE2 would gain 4 % of a small event's `construct`, and needs unsafe code or another crate.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

const LANES: usize = 8;
const ONES: u64 = 0x0101_0101_0101_0101;
/// In each lane the bit that says whether it was found. Carries between lanes may set bits above a true one, never
/// below, and only the lowest is read.
const FOUND: u64 = ONES * 0x80;

/// How many bytes come before the first `"`, `\` or control character; all of them if there is none.
#[inline(always)]
pub(crate) fn plain_prefix(bytes: &[u8]) -> usize {
    let special = |word: u64| {
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        quote.wrapping_sub(ONES) & !quote | backslash.wrapping_sub(ONES) & !backslash | control
    };
    prefix(bytes, special, |byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// How many ASCII digits come first.
#[inline(always)]
pub(crate) fn digits_prefix(bytes: &[u8]) -> usize {
    let not_a_digit = |word: u64| {
        let values = word ^ (ONES * u64::from(b'0'));
        // The high half of the byte is that of '0', and adding 6 to its low half carries nothing into it.
        let high_halves = (values | ((values & (ONES * 0x0F)) + ONES * 6)) >> 4 & (ONES * 0x0F);
        high_halves + ONES * 0x7F
    };
    prefix(bytes, not_a_digit, |byte| !byte.is_ascii_digit())
}

/// The length of what comes before the first byte that is found: by eight bytes, and, where fewer are left, by one.
#[inline(always)]
fn prefix(bytes: &[u8], found_in: impl Fn(u64) -> u64, found: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((lanes, behind)) = rest.split_first_chunk::<LANES>() {
        let found = found_in(u64::from_le_bytes(*lanes)) & FOUND;
        if found != 0 {
            return bytes.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = behind;
    }
    let alone = rest.iter().position(|&byte| found(byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + alone
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte, at every place of some lengths, among neighbours that are not found but nearly.
    fn check(prefix: fn(&[u8]) -> usize, found: fn(u8) -> bool, neighbours: &[u8]) {
        // Under Miri, which interprets, few must do.
        let neighbours = if cfg!(miri) { &neighbours[..1] } else { neighbours };
        for (&neighbour, length) in neighbours.iter().flat_map(|one| [0, 1, 7, 8, 19].map(|length| (one, length))) {
            let mut bytes = vec![neighbour; length];
            assert_eq!(prefix(&bytes), length);
            for (at, byte) in (0..length).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
                bytes[at] = byte;
                assert_eq!(prefix(&bytes), if found(byte) { at } else { length }, "{byte} at {at} of {length}");
                // What comes behind the first that is found must not matter.
                if let Some(next) = bytes.get_mut(at + 1).filter(|_| found(byte)) {
                    *next = byte;
                    assert_eq!(prefix(&bytes), at);
                    bytes[at + 1] = neighbour;
                }
                bytes[at] = neighbour;
            }
        }
    }

    #[test]
    fn strings_end_at_every_special_byte_in_every_lane() {
        let neighbours = [b' ', b'!', b'#', b'[', b']', b'a', 0x7F, 0x80, 0xA2, 0xDC, 0xFF];
        check(plain_prefix, |byte| matches!(byte, b'"' | b'\\' | 0..0x20), &neighbours);
    }

    #[test]
    fn numbers_end_at_every_byte_that_is_no_digit_in_every_lane() {
        check(digits_prefix, |byte| !byte.is_ascii_digit(), b"059");
    }
}
