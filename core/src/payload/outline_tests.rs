//! The outline beside the scanner, which looks at one token after the other.

use proptest::prelude::*;

use crate::payload::avx2;
use crate::payload::ends::Ends;
use crate::payload::json::{Containers, Scanner};
use crate::payload::outline::{Outline, of};
use crate::payload::step::STEP;

/// Where the scanner ends that looks at one token after the other.
fn by_tokens(text: &str, depth: usize) -> Option<usize> {
    let mut containers = Containers { misses: u8::MAX, ..Containers::default() };
    let mut scanner = Scanner::new(text, &mut containers);
    scanner.skip_white_space();
    scanner.skip(depth).ok().map(|value| value.span.end)
}

fn has_white_space_between_tokens(text: &str) -> bool {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().any(|byte| {
        inside ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        !inside && matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
    })
}

/// Compares both ways to the end of the container behind so much white space.
fn check(before: usize, container: &str, behind: &str, depth: usize) {
    let text = format!("{}{container}{behind}", " ".repeat(before));
    let (expected, mut ends) = (by_tokens(&text, depth), Ends::default());
    if let Some(Outline { end, is_ascii }) = of(text.as_bytes(), before, depth, &mut ends) {
        assert_eq!(Some(end), expected, "{text}");
        assert!(!is_ascii || text[..end].is_ascii(), "{text}");
        assert!(is_ascii || !text.is_ascii(), "{text}");
        assert_eq!(ends.of(before), (end - before >= 1_024).then_some(end), "{text}");
    } else {
        let may_be = |end: usize| {
            // What is behind it may be wrong, too.
            let wrong_behind = text[end..].bytes().any(|byte| byte < b' ' || byte == b'\\');
            avx2::HERE.is_none() || has_white_space_between_tokens(&text[before..end]) || wrong_behind
        };
        assert!(expected.is_none_or(may_be), "{text}");
        assert_eq!(ends.of(before), None);
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let part = prop::sample::select(vec!["a", "\"", "\\", "{", "]", ",", ":", " ", "\n", "\u{e9}", "\u{1f600}"]);
    let string = prop_oneof![
        2 => prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat()),
        2 => (0_usize..130).prop_map(|length| "x".repeat(length)),
    ];
    let string = string.boxed();
    let leaf = prop_oneof![
        4 => string.clone().prop_map(serde_json::Value::from),
        1 => any::<i64>().prop_map(Into::into),
        1 => any::<f64>().prop_map(Into::into),
        1 => any::<Option<bool>>().prop_map(Into::into),
    ];
    let inner = leaf.prop_recursive(5, 80, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::vec((string.clone(), inner), 0..8)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::vec(inner, 0..6).prop_map(Into::into)
}

const BYTES: [&str; 16] = ["", "\"", "\\", "{", "}", "[", "]", ",", ":", "1", "-", "a", " ", "\n", "\u{1}", "\u{e9}"];

proptest! {
    #[test]
    fn it_is_what_the_scanner_accepts(
        json in json(),
        before in 0_usize..70,
        depth in 0_usize..3,
        behind in prop::sample::select(vec!["", "}", ",\"a\":[1]}\n", "   x", "\"\u{1}", "\\"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(BYTES.to_vec())), 0..3),
    ) {
        let mut text = serde_json::to_string(&json).unwrap_or_default();
        check(before, &text, behind, depth);
        for (at, with) in changes {
            // The first byte stays a bracket.
            let places: Vec<_> = text.char_indices().skip(1).map(|(at, char)| at..at + char.len_utf8()).collect();
            if !places.is_empty() {
                text.replace_range(at.get(&places).clone(), with);
            }
            check(before, &text, behind, depth);
        }
    }

    #[test]
    fn of_near_misses_it_is_what_the_scanner_accepts(
        tokens in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\"b\":", "\\", "\\u00e9", "\"\\ud83d\\ude00\"",
                "\"\\ud83d\"", "null", "true", "1", "0", "-", ".5", "1e309", " ", "\u{1}",
            ]),
            0..40,
        ),
        open in prop::sample::select(vec!["[", "{", "[[", "{\"a\":"]),
        filled in 0_usize..600,
    ) {
        let filled = if filled % 2 == 0 { format!("{open}\"{}\"", "x".repeat(filled)) } else { open.to_owned() };
        check(0, &format!("{filled}{}", tokens.concat()), "", 0);
    }
}

#[test]
fn every_byte_counts_wherever_it_stands() {
    let members = r#""a\\":[1,{"b":null,"c":[]},-2.5e3],"\"d":{},"e":"{,:]}","f":true}"#;
    for before in (0..64).chain(440..520).step_by(STEP) {
        let text = format!(r#"{{"g":"{}",{members}"#, "x".repeat(before));
        check(0, &text, "", 1);
        let begin = text.len() - members.len();
        for at in (begin..text.len()).step_by(STEP) {
            for with in BYTES.iter().step_by(STEP) {
                let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
                check(0, &changed, "", 1);
            }
        }
    }
}

#[test]
fn depth_is_counted_from_where_it_begins() {
    for depth in [0, 1, 2, 127, 128, 129] {
        for levels in [1, 2, 125, 126, 127, 128, 129, 200] {
            check(0, &format!("{}{}", "[".repeat(levels), "]".repeat(levels)), "]", depth);
            check(0, &format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)), "", depth);
        }
    }
}

#[test]
fn a_text_that_ends_too_early_has_none() {
    let text = format!(r#"[{{"a":"{}","b":[1,2]}},"c\\"]"#, "x".repeat(500));
    for length in (1..text.len()).step_by(STEP) {
        check(0, &text[..length], "", 0);
    }
}

#[test]
fn what_is_behind_it_does_not_matter() {
    let container = format!(r#"["{}"]"#, "x".repeat(1_100));
    for behind in ["\n", "}\u{0}\"\\x", "\"", " {\"a\" : 1}"] {
        let mut ends = Ends::default();
        let outline = of(format!("{container}{behind}").as_bytes(), 0, 0, &mut ends);
        // Of an escape that is wrong it cannot be told whether it matters.
        let is_told = avx2::HERE.is_some() && !behind.contains('\\');
        assert_eq!(outline.map(|outline| outline.end), is_told.then_some(container.len()), "{behind}");
    }
}
