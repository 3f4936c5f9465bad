//! The fields of a payload, read from a tree that `serde_json` has built.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use tink_webhooks::Reason;

/// JSON with every member kept, duplicates too: `serde_json::Value` would keep the last one only.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Builder;
        #[expect(clippy::cast_precision_loss, reason = "numbers are compared as doubles")]
        impl<'de> Visitor<'de> for Builder {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Number(value as f64))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Number(value as f64))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Number(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::String(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                let mut array = Vec::new();
                while let Some(item) = items.next_element()? {
                    array.push(item);
                }
                Ok(Tree::Array(array))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
                let mut object = Vec::new();
                while let Some(member) = members.next_entry()? {
                    object.push(member);
                }
                Ok(Tree::Object(object))
            }
        }
        deserializer.deserialize_any(Builder)
    }
}

impl Tree {
    /// The tree of a text, if `serde_json` accepts it at whatever depth.
    pub fn parse(text: &str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.disable_recursion_limit();
        let tree = Self::deserialize(&mut deserializer).ok()?;
        deserializer.end().ok().map(|()| tree)
    }

    /// How deeply containers are nested.
    pub fn depth(&self) -> usize {
        match self {
            Self::Array(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Self::Object(members) => 1 + members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The member of this key: of several the last.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rfind(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// A string that is not empty.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// The most brackets that are open at once outside of strings, whether they match or not: an upper bound of a recursive
/// parser's depth.
pub fn brackets(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in outside_strings(text) {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// The longest run of bytes outside of strings that a number may be made of.
pub fn longest_number(text: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for byte in outside_strings(text) {
        run = if byte.is_ascii_digit() || b"+-.eE".contains(&byte) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The bytes that are in no string; of a string its opening quote.
fn outside_strings(text: &str) -> impl Iterator<Item = u8> {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().filter(move |&byte| {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = byte == b'\\' && !escaped;
            return false;
        }
        in_string = byte == b'"';
        true
    })
}

/// The fields of an event.
#[derive(Debug, PartialEq)]
pub struct Expected<'t> {
    pub name: &'t str,
    pub data: Option<&'t Tree>,
    pub context: Option<&'t Tree>,
    pub user_id: Option<&'t str>,
    pub external_user_id: Option<&'t str>,
}

/// The fields of a tree that is not too deep, or why it is no event.
pub fn interpret(tree: &Tree) -> Result<Expected<'_>, Reason> {
    let Tree::Object(members) = tree else { return Err(Reason::NotAnObject) };
    for key in ["event", "type", "data", "content", "context", "timestamp"] {
        if members.iter().filter(|(name, _)| name == key).count() > 1 {
            return Err(Reason::DuplicateKey);
        }
    }
    let (name, data) = match tree.get("event") {
        Some(event) => (event, tree.get("content")),
        None => (tree.get("type").ok_or(Reason::MissingType)?, tree.get("data")),
    };
    let name = name.text().ok_or(Reason::MissingType)?;
    if tree.get("event").is_none() && data.is_none() {
        return Err(Reason::MissingData);
    }
    if name == "test" {
        return Err(Reason::TestWebhook);
    }
    let data = data.filter(|data| **data != Tree::Null);
    let context = tree.get("context").filter(|context| matches!(context, Tree::Object(_)));
    let id = |key: &str| [context, data].into_iter().flatten().find_map(|value| value.get(key).and_then(Tree::text));
    Ok(Expected { name, data, context, user_id: id("userId"), external_user_id: id("externalUserId") })
}
