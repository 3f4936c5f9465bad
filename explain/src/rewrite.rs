//! A JSON text written in another way, token by token: white space, escapes, numbers, the names of keys. What is not to
//! be changed is copied byte for byte.

use crate::cause::Cause;
use crate::json::{Value, behind_blanks, string_end, unicode_escape};

/// White space between tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Space {
    /// As it is.
    #[default]
    Keep,
    /// None.
    Compact,
    /// One space behind commas and colons: Python's default.
    Spaced,
    /// Line breaks, so many spaces a level, and a space behind colons.
    Indent(usize),
    /// The same with tabs.
    Tabs,
}

/// How characters are written that need no escape.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Escapes {
    /// As they are.
    #[default]
    Keep,
    /// As themselves.
    Raw,
    /// As `\u00e5`; a slash as `\/`.
    Lower,
    /// As `\u00E5`.
    Upper,
}

/// How a text is to be written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) space: Space,
    /// Of characters beyond ASCII.
    pub(crate) unicode: Escapes,
    /// Of `<`, `>`, `&` and others in ASCII that need none.
    pub(crate) html: Escapes,
    pub(crate) slash: Escapes,
    /// Two bits for each number that may have been rewritten, the first one's lowest: see [`number`].
    pub(crate) numbers: u32,
    /// `null` as `""`.
    pub(crate) fill_nulls: bool,
    /// `[]` as `{}`.
    pub(crate) open_arrays: bool,
    /// Keys in camelCase.
    pub(crate) camel: bool,
    /// Which spaces in values are plus signs, the first one's lowest; the last bit is also that of all that follow.
    pub(crate) plus: u64,
}

/// What a text has that could be written in another way: a bit for each.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Traits(pub(crate) u32);

impl Traits {
    pub(crate) const UNICODE_RAW: u32 = 1;
    pub(crate) const UNICODE_ESCAPED: u32 = 1 << 1;
    pub(crate) const HTML_RAW: u32 = 1 << 2;
    pub(crate) const HTML_ESCAPED: u32 = 1 << 3;
    pub(crate) const SLASH_RAW: u32 = 1 << 4;
    pub(crate) const SLASH_ESCAPED: u32 = 1 << 5;
    pub(crate) const LINE_BREAKS: u32 = 1 << 6;
    pub(crate) const SPACES: u32 = 1 << 7;
    const NUMBERS_CHANGED: u32 = 1 << 8;
    const UNICODE_UNESCAPED_NOW: u32 = 1 << 9;
    const UNICODE_ESCAPED_NOW: u32 = 1 << 10;
    const UNICODE_CASE_NOW: u32 = 1 << 11;
    const HTML_UNESCAPED_NOW: u32 = 1 << 12;
    const HTML_ESCAPED_NOW: u32 = 1 << 13;
    const SLASH_UNESCAPED_NOW: u32 = 1 << 14;
    const SLASH_ESCAPED_NOW: u32 = 1 << 15;

    pub(crate) const fn has(self, bit: u32) -> bool {
        self.0 & bit != 0
    }

    /// What happened to a text that a style has undone.
    pub(crate) fn causes(self, space: Space, causes: &mut Vec<Cause>) {
        let (breaks, spaces) = (self.has(Self::LINE_BREAKS), self.has(Self::SPACES));
        match space {
            Space::Compact | Space::Spaced | Space::Indent(_) | Space::Tabs if breaks => {
                causes.push(Cause::JsonIndented);
            }
            Space::Compact if spaces => causes.push(Cause::JsonSpaced),
            Space::Spaced if !spaces => causes.push(Cause::JsonCompacted),
            Space::Indent(_) | Space::Tabs => causes.push(Cause::JsonCompacted),
            Space::Keep | Space::Compact | Space::Spaced => {}
        }
        for (bit, cause) in [
            (Self::NUMBERS_CHANGED, Cause::NumbersRewritten),
            (Self::UNICODE_UNESCAPED_NOW, Cause::UnicodeEscaped),
            (Self::UNICODE_ESCAPED_NOW, Cause::UnicodeUnescaped),
            (Self::UNICODE_CASE_NOW, Cause::UnicodeEscapeCase),
            (Self::HTML_UNESCAPED_NOW, Cause::HtmlEscaped),
            (Self::HTML_ESCAPED_NOW, Cause::HtmlUnescaped),
            (Self::SLASH_UNESCAPED_NOW, Cause::SlashesEscaped),
            (Self::SLASH_ESCAPED_NOW, Cause::SlashesUnescaped),
        ] {
            if self.has(bit) {
                causes.push(cause);
            }
        }
    }
}

/// Numbers of a text that may have been rewritten: how many there are, and a style's bits that give two decimals to those
/// that a key calls an amount.
#[derive(Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) count: u32,
    pub(crate) amounts: u32,
}

/// Writes texts. Its text must be one that the scanner accepts.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) out: Vec<u8>,
    pub(crate) traits: Traits,
    pub(crate) numbers: Numbers,
    spaces_seen: u32,
}

impl Writer {
    /// Writes the text anew. `traits` then say what it has and what was changed.
    pub(crate) fn write(&mut self, text: &str, style: &Style) {
        self.out.clear();
        (self.traits, self.numbers, self.spaces_seen) = (Traits::default(), Numbers::default(), 0);
        let bytes = text.as_bytes();
        let (mut at, mut depth, mut amount) = (0, 0_usize, false);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.traits.0 |= if matches!(byte, b'\n' | b'\r') { Traits::LINE_BREAKS } else { Traits::SPACES };
                    if style.space == Space::Keep {
                        self.out.push(byte);
                    }
                    at += 1;
                }
                b'{' | b'[' => {
                    let next = behind_blanks(bytes, at + 1);
                    if matches!(bytes.get(next), Some(b'}' | b']')) {
                        let empty: &[u8] = if byte == b'[' && !style.open_arrays { b"[]" } else { b"{}" };
                        self.out.extend_from_slice(empty);
                        at = next + 1;
                    } else {
                        self.out.push(byte);
                        depth += 1;
                        self.line_break(style.space, depth);
                        at += 1;
                    }
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.line_break(style.space, depth);
                    self.out.push(byte);
                    at += 1;
                }
                b',' => {
                    self.out.push(byte);
                    if style.space == Space::Spaced {
                        self.out.push(b' ');
                    }
                    self.line_break(style.space, depth);
                    at += 1;
                }
                b':' => {
                    self.out.push(byte);
                    if !matches!(style.space, Space::Keep | Space::Compact) {
                        self.out.push(b' ');
                    }
                    at += 1;
                }
                b'"' => {
                    let end = string_end(bytes, at).unwrap_or(bytes.len());
                    let string = text.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
                    let is_key = bytes.get(behind_blanks(bytes, end)) == Some(&b':');
                    self.out.push(b'"');
                    if is_key && style.camel {
                        camel_case(string, &mut self.out);
                    } else {
                        self.string(string, style, !is_key);
                    }
                    self.out.push(b'"');
                    if is_key {
                        let key = string.to_ascii_lowercase();
                        amount = ["amount", "balance", "price"].iter().any(|word| key.contains(word));
                    }
                    at = end;
                }
                _ => {
                    let length = bytes[at..].iter().position(|byte| b",]} \t\r\n".contains(byte));
                    let end = length.map_or(bytes.len(), |length| at + length.max(1));
                    let word = text.get(at..end).unwrap_or_default();
                    match word {
                        "null" if style.fill_nulls => self.out.extend_from_slice(b"\"\""),
                        "null" | "true" | "false" => self.out.extend_from_slice(word.as_bytes()),
                        number => self.number(number, style.numbers, amount),
                    }
                    at = end;
                }
            }
        }
    }

    fn line_break(&mut self, space: Space, depth: usize) {
        let (unit, times) = match space {
            Space::Indent(width) => (b' ', width * depth),
            Space::Tabs => (b'\t', depth),
            _ => return,
        };
        self.out.push(b'\n');
        self.out.extend(std::iter::repeat_n(unit, times));
    }

    /// A number: 0 as it is, 1 with two decimals, 2 with at least one, 3 with no more than it needs. Those with an
    /// exponent, and long integers, which are times and ids, stay.
    fn number(&mut self, number: &str, choices: u32, amount: bool) {
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let stays = number.contains(['e', 'E']) || fraction.is_empty() && whole.len() > 9;
        if stays || self.numbers.count >= 16 {
            self.out.extend_from_slice(number.as_bytes());
            return;
        }
        let shift = 2 * self.numbers.count;
        self.numbers.count += 1;
        self.numbers.amounts |= u32::from(amount || !fraction.is_empty()) << shift;
        let needed = fraction.trim_end_matches('0');
        let (digits, at_least) = match choices >> shift & 3 {
            0 => (fraction, fraction.len()),
            1 => (needed, 2),
            2 => (needed, 1),
            _ => (needed, 0),
        };
        let start = self.out.len();
        self.out.extend_from_slice(whole.as_bytes());
        if at_least > 0 || !digits.is_empty() {
            self.out.push(b'.');
            self.out.extend_from_slice(digits.as_bytes());
            self.out.extend(std::iter::repeat_n(b'0', at_least.saturating_sub(digits.len())));
        }
        if self.out.get(start..) != Some(number.as_bytes()) {
            self.traits.0 |= Traits::NUMBERS_CHANGED;
        }
    }

    /// What stands between the quotes.
    fn string(&mut self, string: &str, style: &Style, is_value: bool) {
        let mut rest = string;
        while let Some(character) = rest.chars().next() {
            let (decoded, length) = match rest.as_bytes() {
                [b'\\', b'u', ..] => unicode_escape(rest),
                [b'\\', b'/', ..] => (Some('/'), 2),
                [b'\\', _, ..] => (None, 2),
                _ => (Some(character), character.len_utf8()),
            };
            let (source, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            rest = behind;
            let escaped = length > 1 && source.starts_with('\\');
            match decoded {
                Some('/') if source.len() <= 2 => self.slash(source, style.slash),
                Some(wide) if !wide.is_ascii() => self.character(wide, source, escaped, style.unicode, true),
                Some(narrow) if escaped || matches!(narrow, '<' | '>' | '&') => {
                    self.character(narrow, source, escaped, style.html, false);
                }
                Some(' ') if is_value && style.plus != 0 => {
                    let bit = self.spaces_seen.min(63);
                    self.spaces_seen += 1;
                    self.out.push(if style.plus >> bit & 1 == 1 { b'+' } else { b' ' });
                }
                _ => self.out.extend_from_slice(source.as_bytes()),
            }
        }
    }

    fn slash(&mut self, source: &str, way: Escapes) {
        let escaped = source.len() == 2;
        self.traits.0 |= if escaped { Traits::SLASH_ESCAPED } else { Traits::SLASH_RAW };
        let written = match way {
            Escapes::Keep => source,
            Escapes::Raw => "/",
            Escapes::Lower | Escapes::Upper => "\\/",
        };
        if written != source {
            self.traits.0 |= if escaped { Traits::SLASH_UNESCAPED_NOW } else { Traits::SLASH_ESCAPED_NOW };
        }
        self.out.extend_from_slice(written.as_bytes());
    }

    fn character(&mut self, character: char, source: &str, escaped: bool, way: Escapes, wide: bool) {
        let start = self.out.len();
        match way {
            Escapes::Keep => self.out.extend_from_slice(source.as_bytes()),
            Escapes::Raw => match character {
                '"' | '\\' => self.out.extend([b'\\', character as u8]),
                '\n' => self.out.extend_from_slice(b"\\n"),
                '\r' => self.out.extend_from_slice(b"\\r"),
                '\t' => self.out.extend_from_slice(b"\\t"),
                '\u{8}' => self.out.extend_from_slice(b"\\b"),
                '\u{c}' => self.out.extend_from_slice(b"\\f"),
                control if control < ' ' => self.out.extend_from_slice(source.as_bytes()),
                _ => self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            },
            Escapes::Lower | Escapes::Upper => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let digits: &[u8; 16] =
                        if way == Escapes::Lower { b"0123456789abcdef" } else { b"0123456789ABCDEF" };
                    self.out.extend_from_slice(b"\\u");
                    self.out.extend([12, 8, 4, 0].map(|shift| digits[usize::from(*unit >> shift & 0xF)]));
                }
            }
        }
        let changed = self.out.get(start..) != Some(source.as_bytes());
        let (raw, was_escaped) = if wide {
            (Traits::UNICODE_RAW, Traits::UNICODE_ESCAPED)
        } else {
            (Traits::HTML_RAW, Traits::HTML_ESCAPED)
        };
        self.traits.0 |= if escaped { was_escaped } else { raw };
        if changed {
            self.traits.0 |= match (wide, escaped, way) {
                (true, true, Escapes::Raw) => Traits::UNICODE_UNESCAPED_NOW,
                (true, true, _) | (false, true, Escapes::Lower | Escapes::Upper) => Traits::UNICODE_CASE_NOW,
                (true, false, _) => Traits::UNICODE_ESCAPED_NOW,
                (false, true, _) => Traits::HTML_UNESCAPED_NOW,
                (false, false, _) => Traits::HTML_ESCAPED_NOW,
            };
        }
    }
}

/// A key in camelCase, from `snake_case` or `PascalCase`. One with escapes is left as it is.
fn camel_case(key: &str, out: &mut Vec<u8>) {
    let (mut first, mut upper) = (true, false);
    for byte in key.bytes() {
        if byte == b'_' && !first && !key.contains('\\') {
            upper = true;
            continue;
        }
        out.push(match (first, upper) {
            (true, _) => byte.to_ascii_lowercase(),
            (_, true) => byte.to_ascii_uppercase(),
            _ => byte,
        });
        (first, upper) = (false, false);
    }
}

/// An object whose members stand in another order, and compactly: in that of the template, as far as it knows them, and
/// at the top in that of `top`, places in the received order. Nothing is written that was not received.
pub(crate) fn reorder(value: Value<'_>, template: Option<Value<'_>>, top: Option<&[usize]>, out: &mut String) {
    if !value.is_object() && !value.is_array() {
        out.push_str(value.0);
        return;
    }
    let (members, known) = (value.entries(), template.map(Value::entries).unwrap_or_default());
    let mut order: Vec<usize> = Vec::with_capacity(members.len());
    if let Some(top) = top {
        order.extend_from_slice(top);
    } else if value.is_object() {
        // First what the template has, in its order, and then the rest.
        for (key, _) in &known {
            order.extend((0..members.len()).filter(|&place| members[place].0 == *key));
        }
    }
    order.extend((0..members.len()).filter(|place| !order.contains(place)).collect::<Vec<_>>());
    out.push(if value.is_object() { '{' } else { '[' });
    for (index, (key, member)) in order.iter().filter_map(|&place| members.get(place)).enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        if value.is_object() {
            out.push_str(key);
            out.push(':');
        }
        // Of elements the first is the template for all.
        let inner = if value.is_array() { known.first() } else { known.iter().rfind(|(known, _)| known == key) };
        reorder(*member, inner.map(|(_, inner)| *inner), None, out);
    }
    out.push(if value.is_object() { '}' } else { ']' });
}
