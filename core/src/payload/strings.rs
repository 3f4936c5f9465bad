//! The strings of a text, from left to right: where each of them ends.

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) use crate::payload::blocks::Strings;
#[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
pub(crate) use crate::payload::strings::singly::Strings;

/// Each string by itself: for every processor.
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
mod singly {
    #![expect(clippy::inline_always, reason = "the scanner's inner loops: see `json`")]

    use crate::error::Error;
    use crate::payload::lanes::{self, Lanes};
    use crate::payload::place::{Span, Text};
    use crate::payload::token::{behind_escape, invalid};

    #[derive(Clone, Copy)]
    pub(crate) struct Strings {
        /// Every byte of the strings: an accepted text has no other byte beyond ASCII.
        seen: Lanes,
    }

    impl Strings {
        #[inline(always)]
        pub(crate) fn new(_: &[u8]) -> Self {
            Self { seen: Lanes::default() }
        }

        /// Whether the text is ASCII, once it has been passed over and accepted.
        #[inline(always)]
        pub(crate) fn is_ascii(self) -> bool {
            self.seen.is_ascii()
        }

        /// The string whose opening quote is here. It ends before its closing quote.
        #[inline(always)]
        pub(crate) fn next(&mut self, bytes: &[u8], pos: usize) -> Result<Text, Error> {
            let start = pos + 1;
            let mut end = start;
            let mut escaped = false;
            loop {
                end = lanes::plain_end(bytes, end, &mut self.seen);
                match bytes.get(end) {
                    Some(b'"') => return Ok(Text { span: Span { start, end }, escaped }),
                    Some(b'\\') => {
                        escaped = true;
                        end = behind_escape(bytes, end)?;
                    }
                    Some(_) => return Err(invalid("a raw control character in a string", end)),
                    None => return Err(invalid("a string does not end", end)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Strings, singly};

    /// A string, closed or not, and something without a quote in front of it.
    fn with_strings() -> impl Strategy<Value = String> {
        let before = prop::sample::select(vec!["", ",", ":", " \n\t", "{\\", "12", "\u{1}"]);
        let part = prop::sample::select(vec![
            "a",
            "\u{e9}",
            "\u{20ac}",
            "{",
            ",",
            "\\\"",
            "\\\\",
            "\\n",
            "\\u00e9",
            "\\ud83d\\ude00",
            "\\ud83d",
            "\\x",
            "\n",
            "\u{0}",
            "\\",
            "0123456789abcdef",
        ]);
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

    proptest! {
        /// However many are found together.
        #[test]
        fn strings_end_as_each_of_them_does_by_itself(text in with_strings()) {
            let bytes = text.as_bytes();
            let (mut strings, mut expected) = (Strings::new(bytes), singly::Strings::new(bytes));
            let mut pos = 0;
            while let Some(before) = text[pos..].find('"') {
                pos += before;
                match (strings.next(bytes, pos), expected.next(bytes, pos)) {
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
            // What stands between the strings is ASCII.
            prop_assert_eq!(strings.is_ascii(), text.is_ascii());
            prop_assert_eq!(expected.is_ascii(), text.is_ascii());
        }
    }
}
