//! The strings of a text one after the other: their ends are found for 64 bytes together.

#![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

use safe_arch::{
    bitor_m128i, cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, max_u8_m128i, move_mask_i8_m128i,
    set_splat_i8_m128i,
};

use crate::error::Error;
use crate::payload::lanes::Lanes;
use crate::payload::place::{Span, Text};
use crate::payload::token::{self, invalid};

const BLOCK: usize = 64;

#[derive(Clone, Copy)]
pub(crate) struct Strings {
    /// Where the block begins.
    base: usize,
    /// Its quotes that have not been passed over.
    quotes: u64,
    /// Its backslashes and control characters, and what is behind the text's end.
    special: u64,
    seen: Lanes,
}

impl Strings {
    #[inline(always)]
    pub(crate) fn is_ascii(self) -> bool { self.seen.is_ascii() }

    #[inline(always)]
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut new = Self { base: 0, quotes: 0, special: 0, seen: Lanes::default() };
        new.load(bytes);
        new
    }

    #[inline(always)]
    fn load(&mut self, bytes: &[u8]) {
        if let Some(block) = bytes.as_chunks().0.get(self.base / BLOCK) {
            self.take(block);
        } else {
            (self.quotes, self.special, self.seen) = tail(bytes, self.base, self.seen);
        }
    }

    #[inline(always)]
    fn take(&mut self, block: &[u8; BLOCK]) {
        (self.quotes, self.special) = (0, 0);
        let (quarters, _) = block.as_chunks::<16>();
        for (index, quarter) in quarters.iter().enumerate() {
            self.seen = self.seen.with(Lanes::load(quarter));
            let bytes = load_unaligned_m128i(quarter);
            let put = |lanes: m128i| u64::from(move_mask_i8_m128i(lanes).cast_unsigned()) << (16 * index);
            self.quotes |= put(cmp_eq_mask_i8_m128i(bytes, all(b'"')));
            let control = cmp_eq_mask_i8_m128i(max_u8_m128i(bytes, all(0x1F)), all(0x1F));
            self.special |= put(bitor_m128i(control, cmp_eq_mask_i8_m128i(bytes, all(b'\\'))));
        }
    }

    /// The string whose opening quote is here. It ends before its closing quote.
    #[inline(always)]
    pub(crate) fn next(&mut self, bytes: &[u8], pos: usize) -> Result<Text, Error> {
        while self.quotes == 0 && self.base < bytes.len() {
            self.base += BLOCK;
            self.load(bytes);
        }
        let opened = self.quotes;
        self.quotes &= opened.wrapping_sub(1);
        let mut escaped = false;
        if self.special != 0 {
            let outside = up_to_first(opened);
            if self.special & (outside ^ up_to_first(self.quotes)) != 0 {
                self.special &= !outside;
                (self.quotes, self.special) = behind_short_escapes(bytes, self.base, self.quotes, self.special);
                if self.special & up_to_first(self.quotes) != 0 {
                    return self.escaped(bytes, pos);
                }
                escaped = true;
            }
        }
        while self.quotes == 0 {
            self.base += BLOCK;
            self.load(bytes);
            if self.special & up_to_first(self.quotes) != 0 {
                return self.escaped(bytes, pos);
            }
        }
        let end = self.base + self.quotes.trailing_zeros() as usize;
        self.quotes &= self.quotes - 1;
        Ok(Text { span: Span { start: pos + 1, end }, escaped })
    }

    #[inline(always)]
    fn escaped(&mut self, bytes: &[u8], pos: usize) -> Result<Text, Error> {
        let (end, left) = self.with_escapes(bytes)?;
        *self = left;
        Ok(Text { span: Span { start: pos + 1, end }, escaped: true })
    }

    /// The rest of a string with something special in it, up to its closing quote.
    #[cold]
    #[inline(never)]
    fn with_escapes(mut self, bytes: &[u8]) -> Result<(usize, Self), Error> {
        loop {
            (self.quotes, self.special) = short_escapes(bytes, self.base, self.quotes, self.special);
            let special = self.special & up_to_first(self.quotes);
            if special != 0 {
                let at = self.base + special.trailing_zeros() as usize;
                let behind = match bytes.get(at) {
                    Some(b'\\') => token::behind_escape(bytes, at)?,
                    Some(_) => return Err(invalid("a raw control character in a string", at)),
                    None => return Err(invalid("a string does not end", bytes.len())),
                };
                if behind - self.base >= BLOCK {
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
                let end = self.base + self.quotes.trailing_zeros() as usize;
                self.quotes &= self.quotes - 1;
                return Ok((end, self));
            }
        }
    }
}

#[cold]
#[inline(never)]
fn behind_short_escapes(bytes: &[u8], base: usize, quotes: u64, special: u64) -> (u64, u64) {
    short_escapes(bytes, base, quotes, special)
}

/// The quotes and special bytes left without those that belong to escapes of two bytes inside this block
#[inline(always)]
fn short_escapes(bytes: &[u8], base: usize, mut quotes: u64, mut special: u64) -> (u64, u64) {
    loop {
        let found = special & up_to_first(quotes);
        let escape = found & found.wrapping_neg();
        let next = escape << 1;
        let at = base + found.trailing_zeros() as usize;
        match bytes.get(at..) {
            Some([b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..]) if next != 0 => {
                quotes &= !next;
                special &= !(escape | next);
            }
            _ => return (quotes, special),
        }
    }
}

/// All bits up to the lowest that is set; all if none is.
#[inline(always)]
const fn up_to_first(bits: u64) -> u64 {
    bits ^ bits.wrapping_sub(1)
}

#[cold]
#[inline(never)]
fn tail(bytes: &[u8], base: usize, seen: Lanes) -> (u64, u64, Lanes) {
    let rest = bytes.get(base..).unwrap_or_default();
    let mut all = Strings { base, quotes: 0, special: !0, seen };
    if rest.is_empty() {
        return (0, !0, seen);
    }
    if let Some(block) = bytes.last_chunk() {
        all.take(block);
        let gone = BLOCK - rest.len();
        return (all.quotes >> gone, all.special >> gone | !(!0 >> gone), all.seen);
    }
    let mut block = [0; BLOCK];
    block[..rest.len()].copy_from_slice(rest);
    all.take(&block);
    (all.quotes, all.special, all.seen)
}

#[inline(always)]
fn all(byte: u8) -> m128i {
    set_splat_i8_m128i(byte.cast_signed())
}
