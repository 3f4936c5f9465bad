//! The strings at the beginning of an array that have no escapes: the quotes of 64 bytes together.

#![expect(clippy::inline_always, reason = "the inner loops of a walk: see `json`")]

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use fearless_simd::Simd as _;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use crate::payload::avx2;
use crate::payload::lanes;
#[cfg(any(test, all(target_arch = "x86_64", target_feature = "sse2")))]
use crate::payload::marks::{BLOCK, Marks, marks};
use crate::payload::place::Span;
use crate::payload::walk;

/// Calls `string` with up to `count` elements of the array of which the first begins here, and ends in front of any that
/// is no string or has an escape. Gives the place where it ends.
#[inline]
pub(crate) fn strings<'a>(text: &'a str, count: usize, string: impl FnMut(&'a str)) -> usize {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        let Some(avx2) = *avx2::HERE else { return by_blocks(marks, text, count, string) };
        avx2.vectorize(
            #[inline(always)]
            || by_blocks(|block| avx2::marks(avx2, block), text, count, string),
        )
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    one_by_one(text, 0, count, string)
}

#[cfg(any(test, all(target_arch = "x86_64", target_feature = "sse2")))]
#[inline(always)]
fn by_blocks<'a>(
    marks: impl Fn(&[u8; BLOCK]) -> Marks,
    text: &'a str,
    mut count: usize,
    mut string: impl FnMut(&'a str),
) -> usize {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'"') || count == 0 {
        return 0;
    }
    // Where the next string begins, and whether its opening quote is in a block before.
    let (mut start, mut open) = (0, false);
    let (mut base, mut last) = (0, [0; BLOCK]);
    while let Some(block) = walk::block_at(bytes, base, &mut last) {
        let Marks { mut quotes, any_backslash, .. } = marks(block);
        if any_backslash {
            return one_by_one(text, start, count, string);
        }
        if !open {
            // The opening one: nothing but white space is in front of it.
            open = quotes != 0;
            quotes &= quotes.wrapping_sub(1);
        }
        while quotes != 0 {
            let end = base + quotes.trailing_zeros() as usize;
            quotes &= quotes - 1;
            string(Span { start: start + 1, end }.of(text));
            count -= 1;
            start = next(bytes, end + 1);
            if count == 0 || bytes.get(start) != Some(&b'"') {
                return start;
            }
            open = quotes != 0;
            quotes &= quotes.wrapping_sub(1);
        }
        base += BLOCK;
    }
    start
}

/// The same from an element on, without blocks.
fn one_by_one<'a>(text: &'a str, mut start: usize, count: usize, mut string: impl FnMut(&'a str)) -> usize {
    let bytes = text.as_bytes();
    for _ in 0..count {
        let end = lanes::plain_end(bytes, start + 1);
        if bytes.get(start) != Some(&b'"') || bytes.get(end) != Some(&b'"') {
            break;
        }
        string(Span { start: start + 1, end }.of(text));
        start = next(bytes, end + 1);
    }
    start
}

/// The element behind the one that ends here, or the closing bracket.
#[inline(always)]
fn next(bytes: &[u8], end: usize) -> usize {
    match bytes.get(end..) {
        Some([b',', b'"', ..]) => end + 1,
        _ => walk::behind_separator(bytes, end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::step::STEP;

    const TEXT: &str = "[\"\\\\,a\\]\u{e9} ]{0,200}";

    /// What a way tells of an array, and where it ends.
    fn told(text: &str, count: usize, way: usize) -> (Vec<&str>, usize) {
        let mut strings = vec![];
        let tell = |string| strings.push(string);
        let end = match way {
            0 => super::strings(text, count, tell),
            1 => by_blocks(marks, text, count, tell),
            _ => one_by_one(text, 0, count, tell),
        };
        (strings, end)
    }

    fn check(text: &str, count: usize) -> Result<(), TestCaseError> {
        let expected = told(text, count, 2);
        prop_assert_eq!(told(text, count, 0), expected.clone());
        prop_assert_eq!(told(text, count, 1), expected);
        Ok(())
    }

    /// Elements, with an escape or none, and with what a string may be mistaken for.
    fn elements() -> impl Strategy<Value = String> {
        let string = prop_oneof![
            6 => "\"[a-z,\\[\\]: \u{e9}]{0,50}\"",
            1 => "\"[a-z]{0,70}(\\\\\"|\\\\\\\\|\\\\n)[a-z,]{0,9}\"",
            1 => Just("1,2,3".to_owned()),
            1 => Just("[\"a\",\"b\"]".to_owned()),
            1 => Just("{\"a\":\"b\"}".to_owned()),
        ];
        let between = prop_oneof![8 => Just(","), 1 => Just(" , "), 1 => Just(",\n")];
        prop::collection::vec((string, between), 0..40)
            .prop_map(|parts| parts.into_iter().flat_map(|(string, between)| [string, between.to_owned()]).collect())
            .prop_map(|text: String| format!("{}]", text.trim_end_matches([',', ' ', '\n'])))
    }

    proptest! {
        #[test]
        fn blocks_tell_what_each_string_tells(text in elements(), count in 0_usize..70) {
            check(&text, count)?;
        }

        #[test]
        fn of_any_text_no_more_is_told_than_is_asked_for(text in TEXT, count in 0_usize..70) {
            let (strings, end) = told(&text, count, 0);
            prop_assert!(strings.len() <= count);
            prop_assert!(end <= text.len() + 2);
        }
    }

    #[test]
    fn a_string_may_end_anywhere_in_a_block() {
        for length in (0..200).step_by(STEP) {
            for behind in [",\"b\"]", "]", ",1]", " , \"b\\n\"]", ",\"b"] {
                let text = format!("\"{}\"{behind}", "x".repeat(length));
                for count in [0, 1, 2, 3] {
                    check(&text, count).unwrap_or_else(|error| panic!("{text}, {count}: {error}"));
                }
            }
        }
    }
}
