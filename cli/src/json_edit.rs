//! Changes in a JSON text that leave the rest of it as it is written: numbers keep their digits, keys their order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What becomes of the value at a path.
#[derive(Clone, Copy)]
pub(crate) enum Change<'a> {
    /// It becomes this JSON text. Objects that are missing on the way are made.
    Set(&'a str),
    /// It goes, with its key.
    Remove,
}

/// The steps of a path: `content.reports.0.id`, or a JSON pointer (RFC 6901) for keys with dots.
pub(crate) fn steps(path: &str) -> Vec<String> {
    match path.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => path.split('.').map(ToOwned::to_owned).collect(),
    }
}

/// A value of the command line as JSON: JSON as it is written, anything else as a string.
pub(crate) fn value_of(text: &str) -> String {
    match serde_json::from_str::<&RawValue>(text) {
        Ok(_) => text.trim().to_owned(),
        Err(_) => quoted(text),
    }
}

/// A string as JSON. Characters stay as they are.
pub(crate) fn quoted(text: &str) -> String {
    // Text is always JSON text.
    serde_json::to_string(text).unwrap_or_default()
}

/// The value at a path; none if there is none, or the text is no JSON.
pub(crate) fn get<'a>(text: &'a str, path: &[impl AsRef<str>]) -> Option<&'a str> {
    let [step, rest @ ..] = path else { return Some(text.trim()) };
    let step = step.as_ref();
    let inner = match text.trim_start().as_bytes().first()? {
        b'{' => members(text).ok()?.into_iter().rev().find(|(key, _)| key == step)?.1,
        b'[' => *elements(text).ok()?.get(step.parse::<usize>().ok()?)?,
        _ => return None,
    };
    get(inner.get(), rest)
}

/// The text with the value at a path changed.
///
/// # Errors
/// In words, where the text is no JSON, a step leads nowhere, or there is nothing to remove.
pub(crate) fn change(text: &str, path: &[impl AsRef<str>], change_: Change<'_>) -> Result<String, String> {
    let [step, rest @ ..] = path else {
        return match change_ {
            Change::Set(value) => Ok(value.to_owned()),
            Change::Remove => Err("the whole body cannot be removed".to_owned()),
        };
    };
    let step = step.as_ref();
    match text.trim_start().as_bytes().first() {
        Some(b'{') => change_member(text, step, rest, change_),
        Some(b'[') => change_element(text, step, rest, change_),
        _ => Err(format!("{step:?} is looked for in a value that is neither an object nor a list")),
    }
}

fn change_member(text: &str, step: &str, rest: &[impl AsRef<str>], change_: Change<'_>) -> Result<String, String> {
    let members = members(text)?;
    // Of duplicate keys the last one counts, as for every reader.
    let at = members.iter().rposition(|(key, _)| key == step);
    let mut texts: Vec<(String, String)> =
        members.into_iter().map(|(key, value)| (key, value.get().to_owned())).collect();
    match (at, change_) {
        (Some(at), Change::Remove) if rest.is_empty() => drop(texts.remove(at)),
        (Some(at), _) => texts[at].1 = change(&texts[at].1, rest, change_)?,
        (None, Change::Remove) => return Err(format!("there is no {step:?}")),
        (None, Change::Set(_)) => {
            let made = if rest.is_empty() { change("", rest, change_)? } else { change("{}", rest, change_)? };
            texts.push((step.to_owned(), made));
        }
    }
    let texts: Vec<String> = texts.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    Ok(format!("{{{}}}", texts.join(",")))
}

fn change_element(text: &str, step: &str, rest: &[impl AsRef<str>], change_: Change<'_>) -> Result<String, String> {
    let mut texts: Vec<String> = elements(text)?.into_iter().map(|value| value.get().to_owned()).collect();
    let at: usize = step.parse().map_err(|_| format!("{step:?} is no index of a list"))?;
    match (texts.get(at), change_) {
        (Some(_), Change::Remove) if rest.is_empty() => drop(texts.remove(at)),
        (Some(value), _) => texts[at] = change(value, rest, change_)?,
        (None, Change::Set(_)) if at == texts.len() => {
            texts.push(if rest.is_empty() { change("", rest, change_)? } else { change("{}", rest, change_)? });
        }
        (None, _) => return Err(format!("the list has {} elements, and none of index {at}", texts.len())),
    }
    Ok(format!("[{}]", texts.join(",")))
}

fn members(text: &str) -> Result<Vec<(String, &RawValue)>, String> {
    serde_json::from_str::<Members<'_>>(text).map(|members| members.0).map_err(|error| format!("not JSON: {error}"))
}

fn elements(text: &str) -> Result<Vec<&RawValue>, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

/// The members of an object in their order, with the texts of their values.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"content":{"amount":23.00,"list":[{"id":"a"},2]},"event":"a:b"}"#;

    fn set(path: &str, value: &str) -> Result<String, String> {
        change(BODY, &steps(path), Change::Set(&value_of(value)))
    }

    #[test]
    fn what_is_not_changed_keeps_its_digits() {
        let changed = set("content.list.0.id", "b").unwrap();
        assert_eq!(changed, r#"{"content":{"amount":23.00,"list":[{"id":"b"},2]},"event":"a:b"}"#);
        assert_eq!(get(&set("content.amount", "7.10").unwrap(), &steps("content.amount")), Some("7.10"));
    }

    #[test]
    fn a_value_is_json_where_it_can_be() {
        for (given, expected) in [
            ("23.00", "23.00"),
            ("null", "null"),
            ("\"23\"", "\"23\""),
            ("007", "\"007\""),
            ("å\"", "\"å\\\"\""),
            ("{\"a\": 1}", "{\"a\": 1}"),
        ] {
            assert_eq!(value_of(given), expected);
        }
    }

    #[test]
    fn objects_on_the_way_are_made() {
        let changed = set("context.userId", "u1").unwrap();
        assert!(changed.ends_with(r#","context":{"userId":"u1"}}"#), "{changed}");
        assert!(set("content.list.2", "3").unwrap().contains(r#"[{"id":"a"},2,3]"#));
        assert!(set("content.list.4", "3").unwrap_err().contains("2 elements"));
        assert!(set("event.name", "3").unwrap_err().contains("neither"));
    }

    #[test]
    fn a_value_goes_with_its_key() {
        let remove = |path| change(BODY, &steps(path), Change::Remove);
        assert_eq!(remove("content").unwrap(), r#"{"event":"a:b"}"#);
        assert!(remove("content.list.0").unwrap().contains(r#""list":[2]"#));
        assert!(remove("context").is_err());
    }

    #[test]
    fn a_pointer_reaches_keys_with_dots() {
        let body = r#"{"a.b":{"c/d":1}}"#;
        assert_eq!(get(body, &steps("/a.b/c~1d")), Some("1"));
        assert_eq!(change(body, &steps("/a.b/c~1d"), Change::Set("2")).unwrap(), r#"{"a.b":{"c/d":2}}"#);
    }

    #[test]
    fn of_duplicate_keys_the_last_one_counts() {
        let body = r#"{"a":1,"a":2}"#;
        assert_eq!(get(body, &["a"]), Some("2"));
        assert_eq!(change(body, &["a"], Change::Set("3")).unwrap(), r#"{"a":1,"a":3}"#);
    }
}

#[cfg(test)]
mod properties {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// Any JSON, not deep.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<i32>().prop_map(Value::from), ".{0,6}".prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c.é\\\"]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_set_is_found_and_nothing_else_changes(
            before in json(), value in json(), path in prop::collection::vec("[a-c.é\\\"]{0,2}|[0-2]", 1..4)
        ) {
            let (text, value_text) = (before.to_string(), value.to_string());
            if let Ok(after) = change(&text, &path, Change::Set(&value_text)) {
                prop_assert_eq!(get(&after, &path), Some(value_text.as_str()));
                // What was there goes back to where it was, byte for byte.
                if let Some(old) = get(&text, &path) {
                    prop_assert_eq!(change(&after, &path, Change::Set(old)), Ok(text));
                }
            } else {
                prop_assert_eq!(get(&text, &path), None);
            }
        }
    }
}
