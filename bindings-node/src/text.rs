//! A text that is not ASCII, as V8 holds it: a byte a character while none is above U+00FF, else UTF-16. V8 and Node decode
//! UTF-8 a byte at a time; most of a text is ASCII also where not all of it is, and that goes sixteen at a time.

/// Bytes that are looked at together.
const CHUNK: usize = 16;

/// What [`decode`] wrote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    /// So many bytes of Latin-1.
    Latin1(usize),
    /// So many code units of UTF-16 in the machine's byte order.
    Utf16(usize),
}

/// Decodes UTF-8, which is known to be valid. Twice its length is room enough in any case; what has no room is left out.
pub(crate) fn decode(utf8: &[u8], out: &mut [u8]) -> Decoded {
    // The first bytes of the characters up to U+00FF, and every byte that is not a first one, are below.
    if utf8.iter().fold(0, |highest, &byte| highest.max(byte)) < 0xC4 {
        Decoded::Latin1(write(utf8, out.as_chunks_mut::<1>().0, |unit| [unit.to_le_bytes()[0]]))
    } else {
        Decoded::Utf16(write(utf8, out.as_chunks_mut::<2>().0, u16::to_ne_bytes))
    }
}

/// Writes code units, and gives their number.
#[inline]
fn write<const SIZE: usize>(mut utf8: &[u8], out: &mut [[u8; SIZE]], unit: impl Fn(u16) -> [u8; SIZE]) -> usize {
    let mut written = 0;
    loop {
        while let Some((chunk, rest)) = utf8.split_first_chunk::<CHUNK>()
            && chunk.is_ascii()
            && let Some(units) = out.get_mut(written..).and_then(<[_]>::first_chunk_mut::<CHUNK>)
        {
            *units = chunk.map(|byte| unit(byte.into()));
            (utf8, written) = (rest, written + CHUNK);
        }
        // Up to the next character that is not ASCII, which is the reason why the chunk was none.
        loop {
            let Some((character, rest)) = first(utf8) else { return written };
            utf8 = rest;
            for code_unit in character.encode_utf16(&mut [0; 2]) {
                let Some(place) = out.get_mut(written) else { return written };
                *place = unit(*code_unit);
                written += 1;
            }
            if !character.is_ascii() {
                break;
            }
        }
    }
}

/// The first character, and what follows it. Bytes that are no character end the text.
#[inline]
fn first(utf8: &[u8]) -> Option<(char, &[u8])> {
    let bits = |byte: u8, count: u32| u32::from(byte) & ((1 << count) - 1);
    let (code, rest) = match *utf8 {
        [one @ ..0x80, ref rest @ ..] => (one.into(), rest),
        [one @ ..0xE0, two, ref rest @ ..] => (bits(one, 5) << 6 | bits(two, 6), rest),
        [one @ ..0xF0, two, three, ref rest @ ..] => (bits(one, 4) << 12 | bits(two, 6) << 6 | bits(three, 6), rest),
        [one, two, three, four, ref rest @ ..] => {
            (bits(one, 3) << 18 | bits(two, 6) << 12 | bits(three, 6) << 6 | bits(four, 6), rest)
        }
        _ => return None,
    };
    Some((char::from_u32(code)?, rest))
}
