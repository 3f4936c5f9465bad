//! What a body may be wrapped in, or have had done to it as a whole: each way back gives another body to look at.

use std::collections::VecDeque;

use crate::cause::Cause;
use crate::encodings::{
    base64, from_single_bytes, html_entities, inflate, looks_compressed, percent, to_single_bytes, utf16,
};
use crate::json::Value;
use crate::literals::{code_literal, quoted_bytes};
use crate::rewrite::{Style, Writer};
use crate::search::Search;

/// A body that may have been the one that was signed, and what was undone to get it.
pub(crate) struct Base {
    pub(crate) body: Vec<u8>,
    pub(crate) causes: Vec<Cause>,
}

/// Most bodies that are looked at, and the most of the largest.
const MAX_BASES: usize = 96;
const MIN_BASES: usize = 8;
/// Most wrappings around each other.
const MAX_LAYERS: usize = 4;
/// Longest text of which single spaces are taken for plus signs.
const MAX_PLUS: usize = 65_536;

/// The body itself first, then what is behind one change, then behind two, and so on.
pub(crate) fn bases(body: &[u8], search: &mut Search) -> Vec<Base> {
    let mut found: Vec<Base> = Vec::new();
    // Of large bodies fewer: what they cost is needed for the ways to write them.
    let most = search.share(body.len(), 16).clamp(MIN_BASES, MAX_BASES);
    let mut waiting = VecDeque::from([Base { body: body.to_vec(), causes: Vec::new() }]);
    while let Some(base) = waiting.pop_front() {
        if found.len() >= most || found.iter().any(|other| other.body == base.body) {
            continue;
        }
        if base.causes.len() < MAX_LAYERS && search.may_make(base.body.len()) {
            let mut inside = |cause: Cause, body: Vec<u8>| {
                // What undoes itself would go round in circles.
                let one_more = found.len() + waiting.len() < most;
                if one_more && body != base.body && !base.causes.contains(&cause) && search.may_make(body.len()) {
                    let causes = base.causes.iter().copied().chain([cause]).collect();
                    waiting.push_back(Base { body, causes });
                }
            };
            of_bytes(&base.body, &mut inside);
            if let Ok(text) = std::str::from_utf8(&base.body) {
                of_text(text, &mut inside);
                if let Some(value) = Value::of(text) {
                    of_json(value, &mut inside);
                }
            }
        }
        found.push(base);
    }
    found
}

fn of_bytes(body: &[u8], inside: &mut dyn FnMut(Cause, Vec<u8>)) {
    if let Some(rest) = body.strip_prefix(b"\xEF\xBB\xBF") {
        inside(Cause::BomAdded, rest.to_vec());
    }
    if let Some(text) = utf16(body) {
        inside(Cause::Utf16, text.into_bytes());
    }
    if looks_compressed(body)
        && let Some(body) = inflate(body)
    {
        inside(Cause::GzipCompressed, body);
    }
    if std::str::from_utf8(body).is_err() {
        for cp1252 in [false, true] {
            inside(Cause::WrittenAsLatin1, from_single_bytes(body, cp1252).into_bytes());
        }
    }
    for end in [&b"\r\n"[..], b"\n"] {
        inside(Cause::WhitespaceAdded, body.strip_suffix(end).unwrap_or(body).to_vec());
    }
    inside(Cause::WhitespaceAdded, body.trim_ascii_end().to_vec());
    inside(Cause::WhitespaceAdded, body.trim_ascii().to_vec());
    if body.contains(&b'\r') {
        inside(Cause::LineEndingsChanged, replace(body, b"\r\n", b"\n"));
    }
    if body.contains(&b'\n') {
        inside(Cause::LineEndingsChanged, replace(&replace(body, b"\r\n", b"\n"), b"\n", b"\r\n"));
    }
    if !body.ends_with(b"\n") {
        for end in ["\n", "\r\n"] {
            inside(Cause::NewlineRemoved, [body, end.as_bytes()].concat());
        }
    }
    if let Some(decoded) = base64(body.trim_ascii()) {
        inside(Cause::Base64Encoded, decoded);
    }
}

fn of_text(text: &str, inside: &mut dyn FnMut(Cause, Vec<u8>)) {
    for (cp1252, cause) in [(false, Cause::Utf8ReadAsLatin1), (true, Cause::Utf8ReadAsCp1252)] {
        if let Some(body) = to_single_bytes(text, cp1252) {
            inside(cause, body);
        }
    }
    if let Some(decoded) = html_entities(text) {
        inside(Cause::HtmlEntities, decoded.into_bytes());
    }
    let trimmed = text.trim();
    // One that begins as JSON does is no form but for a parser of forms, which takes all of it for a key.
    let looks_like_json = trimmed.starts_with(['{', '[', '"']);
    if !looks_like_json || trimmed.ends_with('=') {
        let whole = trimmed.strip_suffix('=').unwrap_or(trimmed);
        let values = trimmed.split('&').filter_map(|field| field.split_once('=')).map(|(_, value)| value);
        for form in std::iter::once(whole).chain(values.take(8)).filter(|form| form.len() > 1) {
            for plus in [true, false] {
                let decoded = percent(form.as_bytes(), plus).unwrap_or_else(|| form.into());
                inside(Cause::FormEncoded, decoded);
            }
        }
    }
    if let Some(bytes) = quoted_bytes(trimmed) {
        inside(Cause::PythonBytesRepr, bytes);
    }
    if let Some(bytes) = listed_bytes(trimmed) {
        inside(Cause::BufferStringified, bytes);
    }
    if looks_like_json
        && Value::of(text).is_none()
        && let Some(body) = code_literal(trimmed)
    {
        inside(Cause::PythonRepr, body);
    }
}

fn of_json(value: Value<'_>, inside: &mut dyn FnMut(Cause, Vec<u8>)) {
    if let Some(string) = value.string() {
        inside(Cause::JsonInString, string.into_bytes());
        return;
    }
    let entries = value.entries();
    for (key, inner) in &entries {
        let wraps = ["body", "rawbody", "payload", "data", "message"];
        if !wraps.contains(&key.trim_matches('"').to_ascii_lowercase().as_str()) {
            continue;
        }
        if let Some(string) = inner.string() {
            inside(Cause::WrappedInEvent, string.into_bytes());
        } else if inner.is_object() {
            inside(Cause::WrappedInEvent, inner.0.into());
        } else if let Some(bytes) = listed_bytes(inner.0) {
            inside(Cause::BufferStringified, bytes);
        }
    }
    if value.is_object() && entries.len() > 1 {
        let bytes: Option<Vec<u8>> = entries.iter().map(|(_, byte)| byte.0.parse().ok()).collect();
        if let Some(bytes) = bytes {
            inside(Cause::BufferStringified, bytes);
        }
    }
    let text = value.0;
    let mut writer = Writer::default();
    let mut written = |style: &Style| {
        writer.write(text, style);
        writer.out.clone()
    };
    inside(Cause::KeysRenamed, written(&Style { camel: true, ..Style::default() }));
    inside(Cause::EmptyToNull, written(&Style { fill_nulls: true, ..Style::default() }));
    inside(Cause::EmptyObjectToArray, written(&Style { open_arrays: true, ..Style::default() }));
    if text.contains(' ') && text.len() < MAX_PLUS {
        for plus in std::iter::once(u64::MAX).chain((0..16).map(|bit| 1 << bit)) {
            inside(Cause::PlusToSpace, written(&Style { plus, ..Style::default() }));
        }
    }
}

/// The bytes that a list of numbers is: `123,34` or `[123,34]`.
fn listed_bytes(text: &str) -> Option<Vec<u8>> {
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    list.split(',')
        .map(|number| number.trim().parse().ok())
        .collect::<Option<_>>()
        .filter(|bytes: &Vec<u8>| bytes.len() > 1)
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, behind)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(from) {
            replaced.extend_from_slice(to);
            rest = after;
        } else {
            replaced.push(first);
            rest = behind;
        }
    }
    replaced
}
