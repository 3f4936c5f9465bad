//! Values of the data where they stand, beside those of `serde_json`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;
use tink_webhooks::{Event, InvalidPointer, JsonValue, ValueKind, WebhookHandler};

/// JSON as it may be written: with white space, duplicate keys and needless escapes.
#[derive(Debug, Clone)]
enum Written {
    Plain(String),
    Array(Vec<Written>),
    Object(Vec<(String, Written)>),
}

/// Keys that occur often, so that some do twice, with what a pointer escapes and what it may be taken for.
fn key() -> impl Strategy<Value = String> + Clone {
    let keys = ["a", "b", "", "0", "1", "01", "-", "~", "/", "~1", "~0", "a/b", "\u{e9}", "\"", "\\", "\\u0061"];
    prop::sample::select(keys.to_vec()).prop_map(str::to_owned)
}

fn string() -> impl Strategy<Value = String> {
    let parts = ["a", "\"", "\\", "{", "]", ",", "\u{e9}", "\u{1f600}", "\n", "0123456789abcdef"];
    // Now and then longer than what the scanner takes for a long container.
    (prop::collection::vec(prop::sample::select(parts.to_vec()), 0..12), prop_oneof![8 => Just(1), 1 => Just(100)])
        .prop_map(|(parts, times)| parts.concat().repeat(times))
}

/// A string of JSON. `escape` says of which characters the escape is written though none is needed.
fn quoted(text: &str, escape: u64) -> String {
    let mut written = String::from("\"");
    for (at, character) in text.chars().enumerate() {
        if escape >> (at % 64) & 1 == 1 || matches!(character, '"' | '\\' | '\0'..='\u{1f}') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(written, "\\u{unit:04x}").unwrap();
            }
        } else {
            written.push(character);
        }
    }
    written + "\""
}

fn written() -> impl Strategy<Value = Written> {
    let numbers = ["0", "-1", "10.50", "1e3", "9223372036854775807", "9223372036854775808", "-0.0", "1E-7"];
    let words = prop::sample::select([&numbers[..], &["null", "true", "false", "[]", "{}", "[ ]", "{\n}"]].concat());
    let escape = prop_oneof![3 => Just(0), 1 => any::<u64>()];
    let leaf = prop_oneof![
        2 => words.prop_map(|word| Written::Plain(word.to_owned())),
        2 => (string(), escape.clone()).prop_map(|(text, escape)| Written::Plain(quoted(&text, escape))),
    ];
    let key = (key(), escape).prop_map(|(key, escape)| quoted(&key, escape));
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Written::Array),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(Written::Object),
        ]
    })
}

fn text_of(json: &Written, space: &str) -> String {
    let join = |open: &str, parts: Vec<String>, close: &str| {
        format!("{open}{space}{}{space}{close}", parts.join(&format!("{space},{space}")))
    };
    match json {
        Written::Plain(text) => text.clone(),
        Written::Array(items) => join("[", items.iter().map(|item| text_of(item, space)).collect(), "]"),
        Written::Object(members) => {
            let member = |(key, value): &(String, Written)| format!("{key}{space}:{space}{}", text_of(value, space));
            join("{", members.iter().map(member).collect(), "}")
        }
    }
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", " ", "\n\t ", "                    "])
}

fn event(content: &str) -> Event<'static> {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    hooks.parse_event(&format!(r#"{{"event":"a:b","content":{content}}}"#)).unwrap().into_owned()
}

/// The pointers to every value inside, with that value.
fn everything<'v>(value: &'v Value, pointer: String, found: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| everything(item, format!("{pointer}/{at}"), found));
        }
        Value::Object(members) => members.iter().for_each(|(key, member)| {
            everything(member, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
    found.push((pointer, value));
}

fn parsed(value: JsonValue<'_>) -> Value {
    serde_json::from_str(value.json()).unwrap()
}

/// Strings without escapes are passed several at once, up to what else there is.
fn check_strings(value: JsonValue<'_>) {
    for count in [0, 1, 3] {
        let (mut rows, mut singly) = (value.entries(), value.entries());
        loop {
            let mut strings = Vec::new();
            rows.next_plain_strings(count, |string| strings.push(string));
            assert!(strings.len() <= count && (strings.is_empty() || !rows.are_members()));
            for string in &strings {
                assert_eq!(singly.next().unwrap().value.as_str().as_deref(), Some(*string));
            }
            if strings.len() == count && count > 0 {
                continue;
            }
            assert_eq!(rows.rest(), singly.rest());
            let (one, other) = (rows.next(), singly.next());
            assert_eq!(one.map(|entry| entry.value.json()), other.map(|entry| entry.value.json()));
            let Some(other) = other else { break };
            let is_plain = other.key.is_none() && other.value.kind() == ValueKind::String && !other.value.is_escaped();
            assert!(count == 0 || !is_plain);
        }
    }
}

/// The members with certain keys are those of the walk that tells every member.
fn check_members_of(value: JsonValue<'_>) {
    for keys in [&["a", "b", "~"][..], &["", "a/b", "\u{e9}", "a", "0"], &["a", "a"], &[]] {
        let last = |members: &[(String, &str)]| -> Vec<Option<String>> {
            let of = |key: &&str| Some(members.iter().rev().find(|(name, _)| name == key)?.1.to_owned());
            keys.iter().map(of).collect()
        };
        let (mut members, mut found) = (Vec::new(), vec![None; keys.len()]);
        value.for_each_member(|key, value| members.push((key.to_owned(), value.json())));
        value.members_of(keys, |key, value| found[key] = Some(value.json().to_owned()));
        assert_eq!(found, last(&members));
        let (mut rows, mut again) = (value.entries(), value.entries());
        loop {
            let (mut members, mut found) = (Vec::new(), vec![None; keys.len()]);
            let more = rows.next_members(|key, value| members.push((key.to_owned(), value.json())));
            assert_eq!(again.next_members_of(keys, |key, value| found[key] = Some(value.json().to_owned())), more);
            assert_eq!((found, again.rest()), (last(&members), rows.rest()));
            if !more {
                break;
            }
        }
    }
}

/// Every answer about a value is that of `serde_json`.
fn check(value: JsonValue<'_>, expected: &Value) {
    assert_eq!(&parsed(value), expected);
    let kind = match expected {
        Value::Null => ValueKind::Null,
        Value::Bool(_) => ValueKind::Bool,
        Value::Number(_) => ValueKind::Number,
        Value::String(_) => ValueKind::String,
        Value::Array(_) => ValueKind::Array,
        Value::Object(_) => ValueKind::Object,
    };
    assert_eq!(value.kind(), kind);
    assert_eq!(value.as_str().as_deref(), expected.as_str());
    assert_eq!(value.as_bool(), expected.as_bool());
    assert_eq!(value.as_f64(), expected.as_f64());
    assert!(value.as_i64() == expected.as_i64() || value.json() == "-0");
    assert_eq!(value.is_escaped(), kind == ValueKind::String && value.json().contains('\\'));
    let mut entries = value.entries();
    let mut members = serde_json::Map::new();
    value.for_each_member(|key, value| drop(members.insert(key.to_owned(), parsed(value))));
    // The members of each entry in one walk are those of its value.
    let mut rows = value.entries();
    for entry in value.entries() {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        entry.value.for_each_member(|key, value| one.push((key.to_owned(), value.json())));
        assert!(rows.next_members(|key, value| other.push((key.to_owned(), value.json()))));
        assert_eq!(one, other);
    }
    assert!(!rows.next_members(|_, _| {}));
    check_members_of(value);
    check_strings(value);
    match expected {
        Value::Array(items) => {
            assert_eq!(&entries.map(|entry| parsed(entry.value)).collect::<Vec<_>>(), items);
        }
        Value::Object(expected) => {
            assert_eq!(&members, expected);
            let key = |key: JsonValue<'_>| key.as_str().unwrap().into_owned();
            let again = entries.map(|entry| (key(entry.key.unwrap()), parsed(entry.value)));
            assert_eq!(&again.collect::<serde_json::Map<_, _>>(), expected);
        }
        _ => assert!(entries.next().is_none() && members.is_empty()),
    }
}

proptest! {
    #[test]
    fn every_value_is_found_as_serde_json_finds_it(json in written(), space in space()) {
        let text = text_of(&json, space);
        let event = event(&text);
        let whole: Value = event.data().unwrap();
        let mut places = Vec::new();
        everything(&whole, String::new(), &mut places);
        for (pointer, expected) in places {
            prop_assert_eq!(whole.pointer(&pointer), Some(expected));
            match event.data_at(&pointer) {
                Ok(Some(found)) => check(found, expected),
                other => prop_assert!(false, "{pointer}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_other_pointer_finds_nothing_or_is_refused(
        json in written(),
        space in space(),
        pointer in "(/(a|b|0|1|01|-|~0|~1|~01|\u{e9}|)){0,4}|[/~01a]{0,6}",
    ) {
        let event = event(&text_of(&json, space));
        let whole: Value = event.data().unwrap();
        let behind = pointer.split('~').skip(1);
        let is_pointer = (pointer.is_empty() || pointer.starts_with('/'))
            && behind.map(|part| part.chars().next()).all(|next| matches!(next, Some('0' | '1')));
        match event.data_at(&pointer) {
            Ok(found) => {
                prop_assert!(is_pointer);
                prop_assert_eq!(found.map(parsed), whole.pointer(&pointer).cloned());
                // From a value on, where nothing is known of the text, it is the same.
                let again = event.data_at("").unwrap().and_then(|data| data.pointer(&pointer).ok().flatten());
                prop_assert_eq!(again.map(parsed), whole.pointer(&pointer).cloned());
            }
            Err(InvalidPointer { .. }) => prop_assert!(!is_pointer),
        }
    }

    /// Of a text that is no JSON the answers mean nothing, but there are some.
    #[test]
    fn nothing_panics_and_everything_ends(text in "[\\[{\"\\\\\\]},:a1\u{e9} ]{0,80}|\\PC{0,40}", escaped: bool) {
        let value = JsonValue::of_checked_text(&text, escaped);
        let _ = (value.kind(), value.as_str(), value.as_i64(), value.as_f64(), value.as_bool());
        prop_assert!(value.entries().count() <= text.len());
        let (mut entries, mut count) = (value.entries(), 0);
        while entries.next_members(|_, _| {}) {
            count += 1;
            prop_assert!(count <= text.len());
        }
        value.for_each_member(|_, _| {});
        value.members_of(&["a", "1", ""], |_, _| {});
        let (mut entries, mut count) = (value.entries(), 0);
        while entries.next_members_of(&["a"], |_, _| {}) {
            count += 1;
            prop_assert!(count <= text.len());
        }
        let mut strings = 0;
        value.entries().next_plain_strings(text.len() + 1, |_| strings += 1);
        prop_assert!(strings <= text.len());
        for pointer in ["", "/a", "/0", "/1/a", "/~01//"] {
            let _ = value.pointer(pointer);
        }
    }
}

#[test]
fn data_that_is_missing_or_null_is_an_empty_object() {
    let hooks = WebhookHandler::new("s3cret").unwrap();
    for body in [r#"{"event":"a:b"}"#, r#"{"event":"a:b","content":null}"#] {
        let event = hooks.parse_event(body).unwrap();
        let data = event.data_at("").unwrap().unwrap();
        assert_eq!((data.json(), data.entries().count()), ("{}", 0));
        assert!(event.data_at("/a").unwrap().is_none());
    }
}

#[test]
fn the_deepest_value_is_found() {
    // The body's own object and 127 more.
    let event = event(&format!("{}1{}", "[".repeat(127), "]".repeat(127)));
    assert_eq!(event.data_at(&"/0".repeat(127)).unwrap().and_then(JsonValue::as_i64), Some(1));
    assert!(event.data_at(&"/0".repeat(128)).unwrap().is_none());
}

#[test]
fn output_shows_no_value() {
    let event = event(r#"{"key":"private"}"#);
    let data = event.data_at("").unwrap().unwrap();
    for shown in [format!("{data:?}"), format!("{:?}", data.entries()), format!("{:?}", data.entries().next())] {
        assert!(!shown.contains("private") && !shown.contains("key\""), "{shown}");
    }
}
