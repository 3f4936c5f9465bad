//! Text of JSON, many bytes at a time. Only for text that a scanner has accepted: nothing is checked again.

#![expect(clippy::inline_always, reason = "in one piece they are faster, as the scanner of the core")]

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

use super::lanes::Lanes;

const LANES: usize = 8;
const ONES: u64 = 0x0101_0101_0101_0101;

/// A short string, filled up with zeros, which JSON has in no string.
pub(super) type Words = [u64; 4];
/// The bytes of [`Words`]. Short strings have fewer: ids often have as many, and seldom repeat.
const SHORT: usize = 32;

/// Bytes of which is known whether they are ASCII. Only what looks at all of them makes it.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    bytes: &'a [u8],
    ascii: bool,
}

impl<'a> Text<'a> {
    #[inline(always)]
    pub(super) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    #[inline(always)]
    pub(super) const fn is_ascii(self) -> bool {
        self.ascii
    }
}

/// The string that begins here, behind its opening quote: to its closing quote or to its first backslash, or to the end
/// of the text if there is neither.
#[inline(always)]
pub(super) fn run(json: &[u8]) -> Text<'_> {
    let (length, ascii) = run_of(json);
    Text { bytes: json.get(..length).unwrap_or_default(), ascii }
}

/// The same, as its length and whether it is ASCII.
#[inline(always)]
fn run_of(json: &[u8]) -> (usize, bool) {
    let mut seen = Lanes::default();
    let mut length = 0;
    for lanes in json.as_chunks::<{ Lanes::COUNT }>().0 {
        let lanes = Lanes::load(lanes);
        if let Some(lane) = lanes.first_end() {
            return (length + lane, seen.is_ascii_with(lanes, lane));
        }
        seen = seen.or(lanes);
        length += Lanes::COUNT;
    }
    run_at_the_end(json, length)
}

/// The same where fewer bytes than lanes are left; so many bytes in front of them are known to belong to it.
#[cold]
fn run_at_the_end(json: &[u8], known: usize) -> (usize, bool) {
    let rest = &json[known..];
    let length = known + rest.iter().position(|&byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len());
    (length, json[..length].is_ascii())
}

/// The bytes of a short string, which `json` begins with, filled up with zeros. `None` if it is longer.
#[inline(always)]
pub(super) fn short(json: &[u8], length: usize) -> Option<Words> {
    let masks = MASKS.get(length)?;
    let Some(head) = json.first_chunk::<SHORT>() else { return Some(short_at_the_end(&json[..length])) };
    let lanes = head.as_chunks::<LANES>().0;
    let word = |index: usize| u64::from_le_bytes(lanes[index]) & masks[index];
    Some([word(0), word(1), word(2), word(3)])
}

#[cold]
fn short_at_the_end(text: &[u8]) -> Words {
    let mut bytes = [0; SHORT];
    bytes[..text.len()].copy_from_slice(text);
    let lanes = bytes.as_chunks::<LANES>().0;
    [0, 1, 2, 3].map(|index| u64::from_le_bytes(lanes[index]))
}

/// For each length of a short string the bits of its bytes.
const MASKS: [Words; SHORT] = {
    let mut masks = [[0; 4]; SHORT];
    let mut length = 0;
    while length < SHORT {
        let mut byte = 0;
        while byte < length {
            masks[length][byte / LANES] |= 0xFF << (byte % LANES * 8);
            byte += 1;
        }
        length += 1;
    }
    masks
};

/// What up to eight digits are that begin here, and how many there are. `None` near the end of the text.
#[inline(always)]
pub(super) fn digits(json: &[u8], at: usize) -> Option<(u64, usize)> {
    let word = u64::from_le_bytes(*json.get(at..)?.first_chunk()?);
    let values = word ^ (ONES * u64::from(b'0'));
    // The high half of a digit's byte is that of '0', and adding 6 to its low half carries nothing into it.
    let others = (values | ((values & (ONES * 0x0F)) + ONES * 6)) & (ONES * 0xF0);
    let bits = others.trailing_zeros() & !7;
    // Zeros in front of them, and nothing behind.
    let values = values.checked_shl(u64::BITS - bits).unwrap_or_default();
    // Neighbours are joined: digits to pairs, pairs to fours, fours to eight.
    let pairs = (values * 10 + (values >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some(((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF, bits as usize / 8))
}

/// The byte at a place; zero behind the end.
#[inline(always)]
pub(super) fn byte(json: &[u8], at: usize) -> u8 {
    json.get(at).copied().unwrap_or_default()
}

#[inline(always)]
pub(super) fn behind_white_space(json: &[u8], mut at: usize) -> usize {
    while matches!(byte(json, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// What the core has accepted does not lead here.
#[cold]
pub(super) fn not_json() -> PyErr {
    PyValueError::new_err("the text is not JSON")
}
