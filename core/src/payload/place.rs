//! Where something stands in a JSON text, and what it is.

use crate::payload::token::{Shape, behind_escape, code_unit};

/// The place of a value in the text, from its first byte to the one after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last byte.
    pub end: usize,
}

impl Span {
    /// Cuts the span from the text it was found in; empty if it is not of this text.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::Span { start: 1, end: 3 }.of("abcd"), "bc");
    /// ```
    #[inline]
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

/// A JSON string: where its characters stand, without the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// The characters between the quotes.
    pub span: Span,
    /// Whether an escape has to be decoded before the characters are the string.
    pub escaped: bool,
}

impl Text {
    pub(crate) const fn is_empty(self) -> bool {
        self.span.start == self.span.end
    }

    /// The string itself, from the text it was found in; allocates only for escapes.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Payload;
    /// let body = r#"{"event":"a:b","context":{"userId":"user"}}"#;
    /// let user_id = Payload::parse(body.as_bytes())?.user_id.map(|text| text.decode(body));
    /// assert_eq!(user_id.as_deref(), Some("user"));
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn decode(self, text: &str) -> std::borrow::Cow<'_, str> {
        if !self.escaped {
            return self.span.of(text).into();
        }
        // What the scanner has not accepted is empty.
        unescaped(self.span.of(text)).unwrap_or_default().into()
    }
}

/// The string whose characters are written like this, between the quotes.
fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut string = String::with_capacity(text.len());
    let mut plain = 0;
    while let Some(length) = text.get(plain..)?.find('\\') {
        let pos = plain + length;
        string.push_str(text.get(plain..pos)?);
        let mut behind = pos + 2;
        string.push(match bytes.get(pos + 1)? {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                behind = behind_escape(bytes, pos).ok()?;
                let units = (pos..behind).step_by(6).map_while(|pos| code_unit(bytes, pos).ok());
                char::decode_utf16(units.filter_map(|unit| u16::try_from(unit).ok())).next()?.ok()?
            }
            &other => char::from(other),
        });
        plain = behind;
    }
    string.push_str(text.get(plain..)?);
    Some(string)
}

/// A value that was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) shape: Shape,
}

impl Value {
    /// The string, if it is one.
    pub(crate) const fn text(self) -> Option<Text> {
        match self.shape {
            Shape::String { escaped } => {
                Some(Text { span: Span { start: self.span.start + 1, end: self.span.end - 1 }, escaped })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_of_no_text_is_empty() {
        for (start, end) in [(0, 0), (0, usize::MAX), (usize::MAX, 0), (2, 1)] {
            for escaped in [false, true] {
                assert_eq!(Text { span: Span { start, end }, escaped }.decode("text"), "", "{start}..{end}");
            }
        }
    }
}
