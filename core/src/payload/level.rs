//! The members of an object that have certain keys. Quotes and brackets are bits of 64 bytes together: what is not asked
//! for costs little more than those bits.

#![expect(clippy::inline_always, reason = "the inner loops of a walk: see `json`")]

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use fearless_simd::Simd as _;

#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use crate::payload::avx2;
use crate::payload::marks::{self, BLOCK, CLOSING, Marks, backslashes, escaped, running_parity};
use crate::payload::place::Span;
use crate::payload::token::behind_white_space;
use crate::payload::walk;

/// For more keys, or longer ones, every member is looked at.
const MOST_KEYS: usize = 4;
const LONGEST_KEY: usize = BLOCK - 2;

/// Goes through the object that begins here. `found` gets, for each member that has one of these keys, which key it is,
/// where the value stands, and whether it is a string with escapes. Gives the place behind the object. None if bits do
/// not say it, as with a key that has escapes; `found` may then have been called for some members.
#[inline(always)]
pub(crate) fn members<K: AsRef<[u8]>>(bytes: &[u8], keys: &[K], found: impl FnMut(usize, Span, bool)) -> Option<usize> {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    if let Some(avx2) = *avx2::HERE {
        return avx2.vectorize(
            #[inline(always)]
            || by(|block| avx2::marks(avx2, block), bytes, keys, found),
        );
    }
    by(marks::marks, bytes, keys, found)
}

/// The same, by these marks.
#[inline(always)]
fn by<K: AsRef<[u8]>>(
    marks: impl Fn(&[u8; BLOCK]) -> Marks,
    bytes: &[u8],
    keys: &[K],
    mut found: impl FnMut(usize, Span, bool),
) -> Option<usize> {
    if bytes.first() != Some(&b'{') || keys.len() > MOST_KEYS || keys.iter().any(|key| key.as_ref().len() > LONGEST_KEY)
    {
        return None;
    }
    let mut escapes = Escapes::default();
    // How many containers are open, and whether a string is: then every bit is set.
    let (mut depth, mut inside) = (0_usize, 0);
    // The quotes of the block before, and where this block begins.
    let (mut before, mut base) = (0_u64, 0);
    // A value that is a string and goes on behind the block before: whose it is, and where it begins.
    let mut goes_on = None;
    let mut last = [0; BLOCK];
    loop {
        let block = walk::block_at(bytes, base, &mut last)?;
        let Marks { mut quotes, brackets, any_backslash } = marks(block);
        if any_backslash || escapes.goes_on() {
            quotes = escapes.quotes(bytes, block, base, quotes)?;
        }
        // Set from each opening quote up to the closing one.
        let strings = running_parity(quotes) ^ inside;
        inside = (strings.cast_signed() >> 63).cast_unsigned();
        if let Some((index, start)) = goes_on
            && (quotes != 0 || any_backslash)
        {
            let plain = (base + quotes.trailing_zeros() as usize + 1, false);
            let (end, has_escapes) = if any_backslash { string_end(bytes, start) } else { plain };
            found(index, Span { start, end }, has_escapes);
            goes_on = None;
        }
        let mut end = 0;
        let level = at_level(brackets & !strings, block, &mut depth, |at| end = base + at + 1);
        // The closing quotes of keys at this level, and of strings that are values.
        let closing = quotes & !strings & level;
        for (index, key) in keys.iter().enumerate() {
            let key = key.as_ref();
            // From a key's opening quote to its closing one: less than a block.
            let distance = key.len() + 1;
            let mut as_far = closing & (quotes << (distance % BLOCK) | before >> (distance.wrapping_neg() % BLOCK));
            while as_far != 0 {
                let at = base + as_far.trailing_zeros() as usize;
                as_far &= as_far - 1;
                if bytes.get(at.wrapping_sub(key.len())..at).is_some_and(|name| is(name, key)) {
                    match value(bytes, at + 1, base, strings, any_backslash) {
                        Value::None => {}
                        Value::Whole(span, has_escapes) => found(index, span, has_escapes),
                        Value::GoesOn(start) if goes_on.is_none() => goes_on = Some((index, start)),
                        // The key has been asked for twice.
                        Value::GoesOn(start) => {
                            let (end, has_escapes) = string_end(bytes, start);
                            found(index, Span { start, end }, has_escapes);
                        }
                    }
                }
            }
        }
        if end > 0 {
            return Some(end);
        }
        before = quotes;
        base += BLOCK;
    }
}

/// The bytes of a block at the level of the members; `depth` containers are open before it. `ended` gets the place of
/// the bracket that closes the object.
#[inline(always)]
fn at_level(mut brackets: u64, block: &[u8; BLOCK], depth: &mut usize, ended: impl FnOnce(usize)) -> u64 {
    let mut level = if *depth == 1 { !0 } else { 0 };
    while brackets != 0 {
        let at = brackets.trailing_zeros();
        brackets &= brackets - 1;
        if block[at as usize % BLOCK] & CLOSING == 0 {
            *depth += 1;
            if *depth <= 2 {
                level ^= !0 << at;
            }
        } else {
            *depth = depth.wrapping_sub(1);
            if *depth <= 1 {
                level ^= !0 << at;
                if *depth == 0 {
                    ended(at as usize);
                    break;
                }
            }
        }
    }
    level
}

/// Whether two texts of the same length are the same. Most keys are so short that a call would take longer.
#[inline(always)]
fn is(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((text.first_chunk()?, text.last_chunk()?))
    }
    match one.len() {
        0..4 => one.iter().zip(other).all(|(one, other)| one == other),
        4..8 => ends::<4>(one) == ends(other),
        8..=16 => ends::<8>(one) == ends(other),
        _ => one == other,
    }
}

/// What stands behind a string.
enum Value {
    /// No value: it is no key.
    None,
    /// A value, and whether it is a string with escapes.
    Whole(Span, bool),
    /// A string that begins here and ends behind the block, if it has escapes or not.
    GoesOn(usize),
}

/// The value behind a string that ended in the block that begins at `base`; `strings` are this block's.
#[inline(always)]
fn value(bytes: &[u8], pos: usize, base: usize, strings: u64, any_backslash: bool) -> Value {
    let (start, at) = (pos + 1, pos + 1 - base);
    if at < BLOCK && !any_backslash && bytes.get(pos..start + 1) == Some(b":\"") {
        let length = (strings >> at).trailing_ones() as usize;
        if at + length >= BLOCK {
            return Value::GoesOn(start);
        }
        if length > 0 {
            return Value::Whole(Span { start, end: start + length + 1 }, false);
        }
    }
    any_value(bytes, pos).map_or(Value::None, |(span, escaped)| Value::Whole(span, escaped))
}

#[cold]
#[inline(never)]
fn string_end(bytes: &[u8], start: usize) -> (usize, bool) {
    walk::string_end(bytes, start)
}

/// The same, wherever it ends.
#[inline(never)]
fn any_value(bytes: &[u8], pos: usize) -> Option<(Span, bool)> {
    let colon = behind_white_space(bytes, pos);
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let start = behind_white_space(bytes, colon + 1);
    let (end, escaped) = walk::value_end(bytes, start, |_| None);
    Some((Span { start, end }, escaped))
}

/// The escapes up to here.
#[derive(Default)]
struct Escapes {
    /// Whether the next block's first byte is escaped.
    first: bool,
    /// Whether the string that is open at the end of the block has escapes.
    open: bool,
}

impl Escapes {
    /// Whether the next block must be looked at in any case.
    #[inline(always)]
    const fn goes_on(&self) -> bool {
        self.first | self.open
    }

    /// The quotes of a block without those that are escaped; none if a key has escapes.
    #[inline(never)]
    fn quotes(&mut self, bytes: &[u8], block: &[u8; BLOCK], base: usize, quotes: u64) -> Option<u64> {
        let backslashes = backslashes(block);
        let escaped = escaped(backslashes, &mut self.first);
        let quotes = quotes & !escaped;
        // The first byte of each string, or part of one, with escapes that has not been looked at.
        let mut left = backslashes | u64::from(self.open);
        self.open = false;
        while left != 0 {
            let closing = quotes & !(left ^ left.wrapping_sub(1)) | quotes & left & left.wrapping_neg();
            let closing = closing & closing.wrapping_neg();
            if closing == 0 {
                self.open = true;
                break;
            }
            let behind = base + closing.trailing_zeros() as usize + 1;
            if bytes.get(behind_white_space(bytes, behind)) == Some(&b':') {
                return None;
            }
            left &= !(closing ^ closing.wrapping_sub(1));
        }
        Some(quotes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::payload::step::STEP;
    use crate::payload::value::JsonValue;

    /// Of each key its value, and whether it has escapes; and the place behind the object.
    type Found<'t> = (Vec<Option<(&'t str, bool)>>, usize);

    /// What the walk that looks at every member says: of each key its last value, and the place behind the object.
    fn one_by_one<'t>(text: &'t str, keys: &[&str]) -> Found<'t> {
        let mut values = vec![None; keys.len()];
        JsonValue::of_checked_text(text, false).for_each_member(|name, value| {
            for (value_of, key) in values.iter_mut().zip(keys) {
                if *key == name {
                    *value_of = Some((value.json(), value.is_escaped()));
                }
            }
        });
        let end = walk::value_end(text.as_bytes(), 0, |_| None).0;
        (values, end)
    }

    fn by_bits<'t>(text: &'t str, keys: &[&str]) -> Option<Found<'t>> {
        let mut values = vec![None; keys.len()];
        let end = members(text.as_bytes(), keys, |key, span, escaped| values[key] = Some((span.of(text), escaped)))?;
        Some((values, end))
    }

    fn check(text: &str, keys: &[&str]) {
        let found = by_bits(text, keys);
        assert!(found.is_none() || found == Some(one_by_one(text, keys)), "{text} {keys:?} {found:?}");
    }

    const KEYS: [&str; 12] =
        ["id", "type", "", "a\"b", ",\"", ":", "\\", "\u{e9}", "di", "data", "abcdefghijklmno", "{"];

    const PLAIN_KEYS: [&str; 6] = ["id", "type", "", ":", "\u{e9}", "{"];

    fn string() -> impl Strategy<Value = String> {
        let part =
            prop::sample::select(vec!["a", "id", "\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\u{e9}", "_y"]);
        prop_oneof![
            3 => (0_usize..90).prop_map(|length| "x".repeat(length)),
            3 => prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned),
            1 => prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat()),
        ]
    }

    /// A JSON text: of a string, often with a needless escape.
    fn written(string: &str, escape: bool) -> String {
        let plain = serde_json::to_string(string).unwrap_or_default();
        if escape { plain.replacen('i', "\\u0069", 1) } else { plain }
    }

    fn json(escapes: bool) -> impl Strategy<Value = String> {
        let escape = move || prop::bool::weighted(if escapes { 0.1 } else { 0.0 });
        let leaf = prop_oneof![
            4 => (string(), escape()).prop_map(|(string, escape)| written(&string, escape)),
            1 => any::<i64>().prop_map(|number| number.to_string()),
            1 => prop::sample::select(vec!["true", "null", "-1.5e3"]).prop_map(str::to_owned),
        ];
        leaf.prop_recursive(3, 40, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
                object(inner, escapes),
            ]
        })
    }

    fn object(value: impl Strategy<Value = String>, escapes: bool) -> impl Strategy<Value = String> {
        let keys = if escapes { &KEYS[..] } else { &PLAIN_KEYS };
        let key = (prop::sample::select(keys.to_vec()), prop::bool::weighted(if escapes { 0.1 } else { 0.0 }));
        let space = || prop::sample::select(vec!["", "", "", " ", "\n\t", "                    "]);
        let member = (key, value, space(), space(), space()).prop_map(|((key, escape), value, one, two, three)| {
            format!("{one}{}{two}:{three}{value}{one}", written(key, escape))
        });
        prop::collection::vec(member, 0..10).prop_map(|members| format!("{{{}}}", members.join(",")))
    }

    proptest! {
        #[test]
        fn members_are_those_that_a_walk_finds(
            text in object(json(true), true),
            keys in prop::collection::vec(prop::sample::select(KEYS.to_vec()), 0..5),
            behind in prop::sample::select(vec!["", "]", ",{\"id\":1}]", "  , \"id\": 2 }                                          "]),
        ) {
            check(&format!("{text}{behind}"), &keys);
        }

        /// Without keys that have escapes it is always said, unless there are too many keys.
        #[test]
        fn it_is_said_of_most_objects(text in object(json(false), false), count in 0_usize..7) {
            prop_assert_eq!(by_bits(&text, &PLAIN_KEYS[..count]).is_some(), count <= MOST_KEYS);
        }

        #[test]
        fn of_any_text_there_is_an_answer(text in "\\{?[{\"\\\\}\\],:a 1\u{e9}]{0,200}", key in "[a\"\\\\:]{0,3}") {
            let mut count = 0;
            let end = members(text.as_bytes(), &[&key, "a"], |_, span, _| {
                count += 1;
                assert!(span.start <= text.len());
            });
            prop_assert!(end.is_none_or(|end| end <= text.len()) && count <= 2 * text.len());
        }
    }

    #[test]
    fn a_key_and_its_value_may_stand_anywhere_in_a_block() {
        for before in (0..200).step_by(STEP) {
            for key in ["id", "", "0123456789", &"k".repeat(LONGEST_KEY), &"k".repeat(LONGEST_KEY + 1)] {
                for value in ["1", "\"\"", "\"0123456789\"", "\"a\\nb\"", "{\"id\":[\"}\"]}", "[]"] {
                    let text = format!("{{\"other\":\"{}\",\"{key}\":{value}}}", "]".repeat(before));
                    let found = by_bits(&text, &["x", key]);
                    let expected = (vec![None, Some((value, value.contains('\\')))], text.len());
                    assert_eq!(found, (key.len() <= LONGEST_KEY).then_some(expected), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_key_with_escapes_may_stand_anywhere_in_a_block() {
        for before in (0..200).step_by(STEP) {
            for member in ["\"\\u0069d\":1", "\"i\\u0064\" :1", "\"\\\\\\\\id\":1", "\"\\\"id\":1"] {
                let filled = format!("{{\"a\":\"{}\",{member},\"id\":2}}", "\\n".repeat(before));
                assert_eq!(by_bits(&filled, &["id"]), None, "{filled}");
            }
            let escaped = "\\\\\\\"".repeat(before);
            let text = format!("{{\"a\":\"{escaped}\",\"id\":\"{escaped}\",\"b\":[\"id\",\"{escaped}\"]}}");
            let value = format!("\"{escaped}\"");
            assert_eq!(by_bits(&text, &["id"]), Some((vec![Some((&*value, before > 0))], text.len())), "{text}");
        }
    }
}
