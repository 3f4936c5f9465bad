//! The strings of a text, from left to right. Quotes are found for 64 bytes together, and a string is two of their bits:
//! so where a string ends need not be known before the end of the next one can be looked for.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

use crate::error::Error;
use crate::payload::lanes::Lanes;
use crate::payload::place::{Span, Text};
use crate::payload::token::{behind_escape, invalid};

/// How many bytes are looked at together.
const BLOCK: usize = 64;

/// Where in a text the reader of its strings is. What is rarely needed is in functions that are given a copy: what is
/// lent to a function is not kept in registers.
#[derive(Clone, Copy)]
pub(crate) struct Strings {
    /// Where the block begins: a multiple of its size.
    base: usize,
    /// A bit for each of the block's quotes that have not been passed over. The lowest opens the next string.
    quotes: u64,
    /// A bit for each byte that no string holds as it is: backslashes, control characters, what is behind the text's
    /// end. Those in front of the next string may be among them, or not.
    special: u64,
    /// Every byte of the blocks.
    seen: Lanes,
}

impl Strings {
    #[inline(always)]
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut new = Self { base: 0, quotes: 0, special: 0, seen: Lanes::default() };
        new.load(bytes);
        new
    }

    /// Whether the text is ASCII, once it has been passed over and accepted.
    #[inline(always)]
    pub(crate) fn is_ascii(self) -> bool {
        self.seen.is_ascii()
    }

    /// The string whose opening quote is here: the first one behind the string before. It ends before its closing
    /// quote.
    #[inline(always)]
    pub(crate) fn next(&mut self, bytes: &[u8], pos: usize) -> Result<Text, Error> {
        // It is in some block; the second condition is for whoever calls this without one.
        while self.quotes == 0 && self.base < bytes.len() {
            self.base += BLOCK;
            self.load(bytes);
        }
        let opening = self.quotes;
        self.quotes &= opening.wrapping_sub(1);
        let mut escaped = false;
        // In most blocks there is nothing special.
        if self.special != 0 {
            let outside = up_to_lowest(opening);
            if self.special & (outside ^ up_to_lowest(self.quotes)) != 0 {
                self.special &= !outside;
                (self.quotes, self.special) = without_short_escapes(bytes, self.base, self.quotes, self.special);
                if self.special & up_to_lowest(self.quotes) != 0 {
                    return self.next_escaped(bytes, pos);
                }
                escaped = true;
            }
        }
        while self.quotes == 0 {
            self.base += BLOCK;
            self.load(bytes);
            if self.special & up_to_lowest(self.quotes) != 0 {
                return self.next_escaped(bytes, pos);
            }
        }
        Ok(Text { span: Span { start: pos + 1, end: self.close() }, escaped })
    }

    /// Goes behind a value that was passed over by other means. On the way to the end of its block every byte is ASCII,
    /// or not.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    #[inline]
    pub(crate) fn go_behind(&mut self, bytes: &[u8], pos: usize, is_ascii: bool) {
        if !is_ascii {
            self.seen = self.seen.with(Lanes::load(&[0x80; Lanes::COUNT]));
        }
        self.base = pos - pos % BLOCK;
        self.load(bytes);
        let left = !0 << (pos - self.base);
        self.quotes &= left;
        self.special &= left;
    }

    #[inline(always)]
    fn next_escaped(&mut self, bytes: &[u8], pos: usize) -> Result<Text, Error> {
        let (end, behind) = self.behind_escapes(bytes)?;
        *self = behind;
        Ok(Text { span: Span { start: pos + 1, end }, escaped: true })
    }

    /// The rest of an opened string with something special in it: where its closing quote stands, and the reader behind
    /// it.
    #[cold]
    #[inline(never)]
    fn behind_escapes(mut self, bytes: &[u8]) -> Result<(usize, Self), Error> {
        loop {
            (self.quotes, self.special) = behind_short_escapes(bytes, self.base, self.quotes, self.special);
            let special = self.special & up_to_lowest(self.quotes);
            if special != 0 {
                let at = self.base + special.trailing_zeros() as usize;
                let behind = match bytes.get(at) {
                    Some(b'\\') => behind_escape(bytes, at)?,
                    Some(_) => return Err(invalid("a raw control character in a string", at)),
                    None => return Err(invalid("a string does not end", bytes.len())),
                };
                // No escape is longer than a block.
                if behind >= self.base + BLOCK {
                    self.base += BLOCK;
                    self.load(bytes);
                }
                let left = !0 << (behind - self.base);
                self.quotes &= left;
                self.special &= left;
            } else if self.quotes == 0 {
                self.base += BLOCK;
                self.load(bytes);
            } else {
                return Ok((self.close(), self));
            }
        }
    }

    /// Passes over the lowest quote, of which there must be one, and says where it stands.
    #[inline(always)]
    fn close(&mut self) -> usize {
        let end = self.base + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes.wrapping_sub(1);
        end
    }

    /// Takes in the block at `base`.
    #[inline(always)]
    fn load(&mut self, bytes: &[u8]) {
        (self.quotes, self.special, self.seen) = match bytes.as_chunks().0.get(self.base / BLOCK) {
            Some(block) => marks(block, self.seen),
            None => last_marks(bytes, self.base, self.seen),
        };
    }
}

/// The quotes and the special bytes of a block, and what was seen with the block.
// Without SSE2 it is so long that in each place of its own it is slower.
#[cfg_attr(all(target_arch = "x86_64", target_feature = "sse2"), inline(always))]
#[cfg_attr(not(all(target_arch = "x86_64", target_feature = "sse2")), inline(never))]
fn marks(block: &[u8; BLOCK], mut seen: Lanes) -> (u64, u64, Lanes) {
    let parts = block.as_chunks::<{ Lanes::COUNT }>().0.iter().map(Lanes::load).enumerate();
    let (mut quotes, mut any_special) = (0, Lanes::default());
    for (index, lanes) in parts.clone() {
        seen = seen.with(lanes);
        quotes |= lanes.quotes() << (Lanes::COUNT * index);
        any_special = any_special.with(lanes.specials());
    }
    // In most blocks there is none.
    let mut special = 0;
    if !any_special.is_ascii() {
        special = parts.fold(0, |special, (index, lanes)| special | lanes.special_bits() << (Lanes::COUNT * index));
    }
    (quotes, special, seen)
}

/// The same for what is left of the text behind its last whole block, which may be nothing.
#[cold]
#[inline(never)]
fn last_marks(bytes: &[u8], base: usize, seen: Lanes) -> (u64, u64, Lanes) {
    let rest = bytes.get(base..).unwrap_or_default();
    match (bytes.last_chunk(), rest.len()) {
        (_, 0) => (0, !0, seen),
        (Some(block), length) => {
            let (quotes, special, seen) = marks(block, seen);
            let before = BLOCK - length;
            (quotes >> before, special >> before | !0 << length, seen)
        }
        (None, length) => {
            // Zeros are control characters, and so among what is special.
            let mut block = [0; BLOCK];
            block[..length].copy_from_slice(rest);
            marks(&block, seen)
        }
    }
}

/// As below. In a function of its own that numbers go in and out of: the calling one keeps its own in registers.
#[cold]
#[inline(never)]
fn without_short_escapes(bytes: &[u8], base: usize, quotes: u64, special: u64) -> (u64, u64) {
    behind_short_escapes(bytes, base, quotes, special)
}

/// The quotes and the special bytes of an opened string's block, without those of the string's escapes of two bytes, up
/// to its closing quote or something else that is special.
#[inline(always)]
fn behind_short_escapes(bytes: &[u8], base: usize, mut quotes: u64, mut special: u64) -> (u64, u64) {
    loop {
        let left = special & up_to_lowest(quotes);
        let backslash = left & left.wrapping_neg();
        // Zero if there is no backslash, or if the byte behind it is in the next block.
        let next = backslash << 1;
        match bytes.get(base + left.trailing_zeros() as usize..) {
            Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) if next != 0 => {
                quotes &= !next;
                special &= !(backslash | next);
            }
            _ => return (quotes, special),
        }
    }
}

/// Every bit up to the lowest that is set; all if none is.
#[inline(always)]
const fn up_to_lowest(bits: u64) -> u64 {
    bits ^ bits.wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::step::STEP;

    /// The string whose opening quote is here, byte by byte.
    fn by_itself(bytes: &[u8], pos: usize) -> Result<Text, Error> {
        let start = pos + 1;
        let (mut end, mut escaped) = (start, false);
        loop {
            match bytes.get(end) {
                Some(b'"') => return Ok(Text { span: Span { start, end }, escaped }),
                Some(b'\\') => (end, escaped) = (behind_escape(bytes, end)?, true),
                Some(0..=0x1F) => return Err(invalid("a raw control character in a string", end)),
                Some(_) => end += 1,
                None => return Err(invalid("a string does not end", end)),
            }
        }
    }

    /// A string, closed or not, and something without a quote in front of it.
    fn with_strings() -> impl Strategy<Value = String> {
        let before = prop::sample::select(vec!["", ",", ":", " \n\t", "{\\", "12", "\u{1}"]);
        let parts = "a \u{e9} \u{20ac} { , \\\" \\\\ \\n \\u00e9 \\ud83d\\ude00 \\ud83d \\x \n \0 \\ 0123456789abcdef";
        let part = prop::sample::select(parts.split(' ').collect::<Vec<_>>());
        let close = prop::sample::select(vec!["\"", "\"", "\"", ""]);
        // Most strings are plain, or a text would nearly always be refused at once.
        let parts = prop_oneof![
            4 => (0_usize..80).prop_map(|length| "b".repeat(length)),
            2 => prop::collection::vec(prop::sample::select(vec!["c", "\\\"", "\\\\", "\\u00e9", "\\/"]), 0..20)
                .prop_map(|parts| parts.concat()),
            1 => prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat()),
        ];
        let one = (before, parts, close).prop_map(|(before, parts, close)| format!("{before}\"{parts}{close}"));
        prop::collection::vec(one, 0..12).prop_map(|strings| strings.concat())
    }

    #[test]
    fn one_byte_beyond_ascii_is_seen_wherever_it_stands() {
        for length in (1..140).step_by(STEP) {
            for at in 0..length {
                let mut bytes = vec![b'a'; length + 2];
                (bytes[0], bytes[length + 1]) = (b'"', b'"');
                for byte in [b'a', 0x7F, 0x80, 0xFF] {
                    bytes[at + 1] = byte;
                    let mut strings = Strings::new(&bytes);
                    assert!(strings.next(&bytes, 0).is_ok());
                    assert_eq!(strings.is_ascii(), byte.is_ascii(), "{byte} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn an_escape_may_stand_anywhere_in_a_block() {
        for escape in [r#"\""#, r"\\", r"\n", r"\u00e9", r"\ud83d\ude00"] {
            for before in (0..140).step_by(STEP) {
                let text = format!(r#""{}{escape}","{escape}""#, "a".repeat(before));
                let (mut strings, length) = (Strings::new(text.as_bytes()), before + escape.len());
                for (start, end) in [(1, length + 1), (length + 4, length + 4 + escape.len())] {
                    let found = strings.next(text.as_bytes(), start - 1).ok();
                    assert_eq!(found, Some(Text { span: Span { start, end }, escaped: true }), "{text}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn strings_end_as_each_of_them_does_by_itself(text in with_strings()) {
            let bytes = text.as_bytes();
            let (mut strings, mut pos) = (Strings::new(bytes), 0);
            while let Some(before) = text[pos..].find('"') {
                // What stands between the strings of a text that is accepted is ASCII.
                prop_assume!(text[pos..pos + before].is_ascii());
                pos += before;
                match (strings.next(bytes, pos), by_itself(bytes, pos)) {
                    (Ok(found), Ok(text)) => {
                        prop_assert_eq!(found, text);
                        pos = text.span.end + 1;
                    }
                    (Err(found), Err(error)) => {
                        prop_assert_eq!(found.hint(), error.hint());
                        return Ok(());
                    }
                    (found, expected) => prop_assert!(false, "{found:?} for {expected:?}"),
                }
            }
            prop_assume!(text[pos..].is_ascii());
            prop_assert_eq!(strings.is_ascii(), text.is_ascii());
        }
    }
}
