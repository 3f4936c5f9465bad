//! Ways through a JSON text that the scanner has accepted. They find where values end and check nothing: of any other
//! text the answers mean nothing, but there is one, without a panic.

#![expect(clippy::inline_always, reason = "the inner loops of a walk: see `json`")]

use crate::payload::lanes;
use crate::payload::marks::{BLOCK, CLOSING, backslashes, escaped, marks, running_parity};
use crate::payload::token::behind_white_space;

/// The value that begins here: behind it, and whether it is a string with escapes. One that does not end goes to the
/// text's end. `known` has the ends of containers that are known.
#[inline(always)]
pub(crate) fn value_end(bytes: &[u8], pos: usize, known: impl Fn(usize) -> Option<usize>) -> (usize, bool) {
    match bytes.get(pos) {
        Some(b'"') => string_end(bytes, pos),
        Some(b'{' | b'[') => (known(pos).unwrap_or_else(|| container_end(bytes, pos)), false),
        _ => (word_end(bytes, pos), false),
    }
}

/// The same for a value that is a string.
#[inline(always)]
pub(crate) fn string_end(bytes: &[u8], pos: usize) -> (usize, bool) {
    let (mut end, mut escaped) = (pos + 1, false);
    loop {
        end = lanes::plain_end(bytes, end);
        match bytes.get(end) {
            Some(b'"') => return (end + 1, escaped),
            Some(b'\\') => {
                escaped = true;
                end += 2;
            }
            _ => return (bytes.len(), escaped),
        }
    }
}

/// In front of the value behind a colon.
#[inline(always)]
pub(crate) fn behind_colon(bytes: &[u8], pos: usize) -> usize {
    behind_white_space(bytes, behind_white_space(bytes, pos) + 1)
}

/// In front of what stands behind a separator: a value, a key, or the closing bracket.
#[inline(always)]
pub(crate) fn behind_separator(bytes: &[u8], pos: usize) -> usize {
    let pos = behind_white_space(bytes, pos);
    if bytes.get(pos) == Some(&b',') { behind_white_space(bytes, pos + 1) } else { pos }
}

/// Behind a number, `true`, `false` or `null`.
#[inline(always)]
fn word_end(bytes: &[u8], pos: usize) -> usize {
    // A number's digits, or the first letter of a literal.
    let mut end = lanes::digits_end(bytes, pos + 1);
    while bytes.get(end).is_some_and(|byte| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r')) {
        end += 1;
    }
    end.min(bytes.len())
}

/// Behind the array or object that begins here, 64 bytes at a time: brackets are counted, and those in strings are not
/// among them.
#[inline(never)]
fn container_end(bytes: &[u8], mut pos: usize) -> usize {
    let mut depth = 0_isize;
    // Whether the bytes before end inside a string, and with a backslash that escapes the next one.
    let (mut inside, mut escape) = (0, false);
    let mut last = [0; BLOCK];
    loop {
        let Some(block) = block_at(bytes, pos, &mut last) else { return bytes.len() };
        let found = marks(block);
        let mut quotes = found.quotes;
        if escape || found.any_backslash {
            quotes &= !escaped(backslashes(block), &mut escape);
        }
        // Set from each opening quote up to the closing one.
        let strings = running_parity(quotes) ^ inside;
        inside = (strings.cast_signed() >> 63).cast_unsigned();
        let mut brackets = found.brackets & !strings;
        while brackets != 0 {
            let at = brackets.trailing_zeros() as usize;
            brackets &= brackets - 1;
            if block[at % BLOCK] & CLOSING == 0 {
                depth += 1;
            } else {
                depth -= 1;
                if depth <= 0 {
                    return pos + at + 1;
                }
            }
        }
        pos += BLOCK;
    }
}

/// The block that begins here. Of the text's last one there is a copy in `last`, with zeros behind it.
#[inline(always)]
pub(crate) fn block_at<'b>(bytes: &'b [u8], pos: usize, last: &'b mut [u8; BLOCK]) -> Option<&'b [u8; BLOCK]> {
    match bytes.get(pos..pos + BLOCK).and_then(<[u8]>::first_chunk) {
        Some(block) => Some(block),
        None => last_block(bytes, pos, last),
    }
}

#[cold]
#[inline(never)]
fn last_block<'b>(bytes: &[u8], pos: usize, last: &'b mut [u8; BLOCK]) -> Option<&'b [u8; BLOCK]> {
    let rest = bytes.get(pos..).filter(|rest| !rest.is_empty())?;
    last.get_mut(..rest.len())?.copy_from_slice(rest);
    Some(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::json::{Containers, Scanner};
    use crate::payload::step::STEP;

    fn end(text: &str, pos: usize) -> usize {
        value_end(text.as_bytes(), pos, |_| None).0
    }

    /// Strings and brackets, with whatever they may be mistaken for.
    fn json() -> impl Strategy<Value = serde_json::Value> {
        let string =
            prop::collection::vec(prop::sample::select(vec!["\\", "\"", "{", "]", "a", "\u{e9}", "\n"]), 0..40);
        let string = string.prop_map(|parts| serde_json::Value::from(parts.concat()));
        let leaf =
            prop_oneof![4 => string, 1 => any::<i64>().prop_map(Into::into), 1 => any::<bool>().prop_map(Into::into)];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::vec((".{0,9}", inner), 0..6)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_ends_where_the_scanner_says(
            json in json(),
            before in 0_usize..70,
            behind in 0_usize..3,
            pretty: bool,
        ) {
            let text = if pretty { serde_json::to_string_pretty(&json) } else { serde_json::to_string(&json) };
            let text = format!("{}{}{}", " ".repeat(before), text.unwrap_or_default(), [",", "]", " }"][behind]);
            let mut containers = Containers::default();
            let mut scanner = Scanner::new(&text, &mut containers);
            scanner.skip_white_space();
            let expected = scanner.skip(0).ok().map(|value| value.span.end);
            prop_assert_eq!(Some(end(&text, before)), expected);
        }

        #[test]
        fn of_any_text_there_is_an_end(text in "[\\[{\"\\\\\\]},:a 1]{0,200}", pos in 0_usize..210) {
            prop_assert!(end(&text, pos) <= text.len());
        }
    }

    #[test]
    fn a_container_may_end_anywhere_in_a_block() {
        for length in (0..200).step_by(STEP) {
            for (open, close) in [("[", "]"), ("[[", "]]"), ("[[],[", "]]"), ("{\"\\\\\":[", "]}")] {
                let text = format!("{open}\"{}\"{close}", "]".repeat(length));
                for behind in ["", "]", ",[[[[[[[", "}"] {
                    assert_eq!(end(&format!("{text}{behind}"), 0), text.len(), "{text}{behind}");
                }
            }
        }
    }
}
