//! Whether an array or object is well-formed, by bits of 64 bytes together: which byte stands behind which, and the
//! order of brackets, commas and colons, say all that JSON's grammar asks for but what is inside words and escapes. The
//! bits of four such blocks are looked at together.
//!
//! What it does not accept the scanner reads again, and says what is wrong with it, and where.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

use fearless_simd::Avx2;

use crate::payload::avx2::{self, GROUP, Seen, Tokens};
use crate::payload::ends::{Ends, MAX_DEPTH};
use crate::payload::marks::{BLOCK, CLOSING, escaped, running_parity};
use crate::payload::order::Behind;
use crate::payload::token;

/// A container that is well-formed.
#[derive(Clone, Copy)]
pub(crate) struct Outline {
    /// The place behind it.
    pub(crate) end: usize,
    /// Whether every byte of the blocks up to there is ASCII.
    pub(crate) is_ascii: bool,
}

/// Groups of blocks that are read at once.
const GROUPS: usize = 2;
/// Their bytes.
const CHUNK: usize = GROUPS * GROUP * BLOCK;

/// Fewer brackets in the first bytes of a container, and one token after the other is as quick: so it is with an array of
/// strings.
const FEW_BRACKETS: u32 = 8;

/// Whether the container that begins here seems to be one that is looked at more quickly in this way.
#[inline]
pub(crate) fn pays(bytes: &[u8], start: usize) -> bool {
    let chunk = bytes.get(start..start + CHUNK).unwrap_or_default();
    avx2::HERE.is_some_and(|avx2| avx2::count_brackets(avx2, chunk) >= FEW_BRACKETS)
}

/// The array or object that begins here, inside `depth` open containers. None if it is not well-formed, or too deep, or
/// has white space between its tokens; or if this processor has not the instructions.
#[inline]
pub(crate) fn of(bytes: &[u8], start: usize, depth: usize, ends: &mut Ends) -> Option<Outline> {
    let avx2 = (*avx2::HERE)?;
    let before = *ends;
    let outline = by_avx2(avx2, bytes, start, depth, ends);
    if outline.is_none() {
        *ends = before;
    }
    outline
}

fearless_simd::kernel!(
    fn by_avx2(avx2: Avx2, bytes: &[u8], start: usize, depth: usize, ends: &mut Ends) -> Option<Outline> {
        let mut reader = Reader::new(start);
        let mut behind = Behind::separator();
        let mut nesting = Nesting::new(bytes, depth)?;
        // Whether the last mark is an opening bracket or a comma.
        let mut begin = 0;
        let mut base = start;
        let mut groups = [Tokens::default(); GROUPS];
        loop {
            reader.read(avx2, bytes, &mut groups)?;
            for group in &groups {
                let bits = behind.look_at(avx2, group);
                for at in 0..GROUP {
                    // The marks whose last mark before is an opening bracket or a comma; and other bytes.
                    let begins = bits.begins[at];
                    let (items, over) = (!bits.marks[at]).overflowing_add(begins << 1 | begin);
                    begin = u64::from(over) | begins >> 63;
                    let Inside { objects, upto, end } = nesting.pass(bytes, base, bits.brackets[at], ends)?;
                    // Such a mark is a colon in an object, and else it is none.
                    let keys = items & objects;
                    let wrong = bits.wrong[at] | bits.colons[at] & !keys | bits.no_colons[at] & keys;
                    if wrong & upto != 0 || !are_words(bytes, base, bits.words[at] & upto) {
                        return None;
                    }
                    if end > 0 {
                        return Some(Outline { end, is_ascii: reader.seen.is_ascii() });
                    }
                    base += BLOCK;
                }
            }
        }
    }
);

/// Whether numbers and literals begin at these places of a block, and end in front of a mark that may follow a value.
#[inline(always)]
fn are_words(bytes: &[u8], base: usize, mut starts: u64) -> bool {
    while starts != 0 {
        let start = base + starts.trailing_zeros() as usize;
        starts &= starts - 1;
        let Ok((_, behind)) = token::word(bytes, start) else { return false };
        if !matches!(bytes.get(behind), Some(b',' | b']' | b'}')) {
            return false;
        }
    }
    true
}

/// The open containers.
struct Nesting {
    /// Of the innermost one where it begins, and in the lowest bit whether it is an object; zero if none is open.
    inner: u32,
    /// The same of those around it.
    around: [u32; MAX_DEPTH],
    level: usize,
    most: usize,
}

/// What a block's brackets say.
struct Inside {
    /// The bytes whose innermost container is an object. Brackets belong to what is in front of them.
    objects: u64,
    /// The bytes of the outermost container, and the place behind it if it ends here.
    upto: u64,
    end: usize,
}

impl Nesting {
    /// None if places in the text do not fit.
    #[inline(always)]
    fn new(bytes: &[u8], depth: usize) -> Option<Self> {
        let fits = bytes.len() <= (u32::MAX >> 1) as usize;
        fits.then_some(Self { inner: 0, around: [0; MAX_DEPTH], level: 0, most: MAX_DEPTH.checked_sub(depth)? })
    }

    /// Passes over the brackets of the block that begins at `base`. None if one closes a container of another kind, or
    /// if there are too many inside each other.
    #[inline(always)]
    fn pass(&mut self, bytes: &[u8], base: usize, mut brackets: u64, ends: &mut Ends) -> Option<Inside> {
        let mut objects = self.in_object();
        while brackets != 0 {
            let at = brackets.trailing_zeros();
            brackets &= brackets - 1;
            let pos = base + at as usize;
            let byte = *bytes.get(pos)?;
            let curly = u32::from(byte >> 5 & 1);
            if byte & CLOSING == 0 {
                if self.level >= self.most {
                    return None;
                }
                self.around[self.level % MAX_DEPTH] = self.inner;
                self.level += 1;
                #[expect(clippy::cast_possible_truncation, reason = "`new` has seen that all places fit")]
                {
                    self.inner = (pos as u32) << 1 | curly;
                }
            } else {
                if (self.inner ^ curly) & 1 != 0 {
                    return None;
                }
                ends.note(self.inner as usize >> 1, pos + 1);
                self.level -= 1;
                self.inner = self.around[self.level % MAX_DEPTH];
                if self.level == 0 {
                    return Some(Inside { objects, upto: !(!1 << at), end: pos + 1 });
                }
            }
            objects ^= (objects ^ self.in_object()) & !1 << at;
        }
        Some(Inside { objects, upto: !0, end: 0 })
    }

    /// Every bit, if the innermost container is an object.
    #[inline(always)]
    fn in_object(&self) -> u64 {
        u64::from(self.inner & 1).wrapping_neg()
    }
}

/// Finds the tokens, from left to right.
struct Reader {
    base: usize,
    /// Every bit is set if a string is open.
    inside: u64,
    /// Whether the next byte is escaped, and what is behind the last escape.
    escape: bool,
    behind_escape: usize,
    seen: Seen,
}

impl Reader {
    #[target_feature(enable = "avx2")]
    #[inline]
    fn new(base: usize) -> Self {
        Self { base, inside: 0, escape: false, behind_escape: base, seen: Seen::new() }
    }

    /// The tokens of the next blocks; behind the text's end stands what is no token. None if a string has a control
    /// character, or a wrong escape, or if the text has come to its end.
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    #[inline]
    fn read(&mut self, avx2: Avx2, bytes: &[u8], groups: &mut [Tokens; GROUPS]) -> Option<()> {
        match bytes.get(self.base..).and_then(<[u8]>::first_chunk) {
            Some(chunk) => self.take_in(avx2, bytes, chunk, groups),
            None => self.read_last(avx2, bytes, groups),
        }
    }

    #[cold]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    #[inline(never)]
    fn read_last(&mut self, avx2: Avx2, bytes: &[u8], groups: &mut [Tokens; GROUPS]) -> Option<()> {
        let rest = bytes.get(self.base..).filter(|rest| !rest.is_empty())?;
        let mut chunk = [b'a'; CHUNK];
        chunk.get_mut(..rest.len())?.copy_from_slice(rest);
        self.take_in(avx2, bytes, &chunk, groups)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2")]
    #[inline]
    fn take_in(&mut self, avx2: Avx2, bytes: &[u8], chunk: &[u8; CHUNK], groups: &mut [Tokens; GROUPS]) -> Option<()> {
        let (mut seen, mut inside) = (self.seen, self.inside);
        for (group, blocks) in groups.iter_mut().zip(chunk.as_chunks::<{ GROUP * BLOCK }>().0) {
            for (at, block) in blocks.as_chunks().0.iter().enumerate() {
                let backslashes = avx2::tokens(avx2, block, group, at, &mut seen);
                if backslashes || self.escape {
                    group.quotes[at] = self.without_escaped(avx2, bytes, block, group.quotes[at], inside)?;
                }
                let strings = running_parity(group.quotes[at]) ^ inside;
                group.strings[at] = strings;
                inside = (strings.cast_signed() >> 63).cast_unsigned();
                self.base += BLOCK;
            }
        }
        (self.seen, self.inside) = (seen, inside);
        if seen.has_control() { strings_without_control(avx2, chunk, groups) } else { Some(()) }
    }

    /// The quotes of a block without those that are escaped.
    #[cold]
    #[inline(never)]
    fn without_escaped(
        &mut self,
        avx2: Avx2,
        bytes: &[u8],
        block: &[u8; BLOCK],
        quotes: u64,
        inside: u64,
    ) -> Option<u64> {
        let backslashes = avx2::backslashes(avx2, block);
        let without = escaped(backslashes, &mut self.escape);
        let quotes = quotes & !without;
        let strings = running_parity(quotes) ^ inside;
        let mut escapes = backslashes & !without & strings;
        while escapes != 0 {
            let at = self.base + escapes.trailing_zeros() as usize;
            // The second one of a pair of surrogates has been looked at.
            if at >= self.behind_escape {
                self.behind_escape = token::behind_escape(bytes, at).ok()?;
            }
            escapes &= escapes - 1;
        }
        Some(quotes)
    }
}

/// Asserts that no string has a control character.
#[cold]
#[target_feature(enable = "avx2")]
#[inline(never)]
fn strings_without_control(avx2: Avx2, chunk: &[u8; CHUNK], groups: &[Tokens; GROUPS]) -> Option<()> {
    let strings = groups.iter().flat_map(|group| group.strings);
    let mut blocks = chunk.as_chunks().0.iter().zip(strings);
    let none = blocks.all(|(block, strings)| avx2::controls(avx2, block) & strings == 0);
    none.then_some(())
}
