//! A delivery as text to paste: a curl command, or a test in Python, Node or Go.
//!
//! None holds a secret. What verified when it came is signed anew when the text is run; what did not is written down with
//! the signature that it came with, so that pasting it signs nothing of a stranger.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::headers::latin1;
use super::record::{Record, Verdict};

/// A larger body is not written into the text, which then reads the stored file.
const INLINE_BYTES: usize = 65_536;

/// The secret of tests, which is none.
const TEST_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Text, and what to know about it.
#[derive(Debug, Serialize)]
pub(crate) struct Copied {
    pub(crate) text: String,
    pub(crate) note: &'static str,
}

/// The forms of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Curl,
    Pytest,
    Node,
    Go,
}

impl Form {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "curl" => Self::Curl,
            "pytest" => Self::Pytest,
            "node" => Self::Node,
            "go" => Self::Go,
            _ => return None,
        })
    }
}

/// The delivery in one of the forms. `file` is where its body is stored, `url` where curl sends it.
pub(crate) fn copy(form: Form, record: &Record, body: &[u8], file: &Path, url: &str) -> Copied {
    let source = Source { record, body, file, url };
    match form {
        Form::Curl => source.curl(),
        Form::Pytest => source.test(source.pytest()),
        Form::Node => source.test(source.node()),
        Form::Go => source.test(source.go()),
    }
}

struct Source<'a> {
    record: &'a Record,
    body: &'a [u8],
    file: &'a Path,
    url: &'a str,
}

impl Source<'_> {
    fn curl(&self) -> Copied {
        let content_type = self.record.header("content-type").unwrap_or_else(|| b"application/json".to_vec());
        let content_type = header_option("Content-Type", &content_type);
        let url = shell(self.url.as_bytes());
        let inline = self.body.len() <= INLINE_BYTES;
        let (write, body, remove) = if inline {
            let write = format!("body=$(mktemp) && {} >\"$body\" &&\n", shell_print(self.body));
            (write, "\"$body\"".to_owned(), "; rm -f \"$body\"")
        } else {
            (String::new(), shell(self.file.to_string_lossy().as_bytes()), "")
        };
        let sign_and_send = |before: &str, signature: &str| {
            format!("{write}{before}curl -sS -i {url} {content_type}{signature} --data-binary @{body}{remove}\n")
        };
        if let Some(proved) = &self.record.verification {
            let scheme = if proved.scheme == "v1" { String::new() } else { format!(" --scheme {}", proved.scheme) };
            let before = format!("signature=$(tink-webhooks sign {body} --print value{scheme}) &&\n");
            let text = sign_and_send(&before, " -H \"X-Tink-Signature: $signature\"");
            return Copied { text, note: "It signs anew when it runs, with the secret of TINK_WEBHOOK_SECRET." };
        }
        let signature = self.record.header("x-tink-signature");
        let option = |value: Vec<u8>| format!(" {}", header_option("X-Tink-Signature", &value));
        let text = sign_and_send("", &signature.map_or_else(String::new, option));
        Copied { text, note: "It sends the signature that it came with: a receiver has to refuse it." }
    }

    fn test(&self, text: String) -> Copied {
        let note = match self.record.verification {
            Some(_) => "A test that signs it with a secret of its own.",
            None => "A test that it is refused.",
        };
        Copied { text, note }
    }

    /// The name of the test: letters, digits and underscores only.
    fn name(&self) -> &str {
        let known = self.record.event.as_ref().map(|event| event.event_type.as_str());
        known.filter(|name| *name != "unknown").unwrap_or("delivery")
    }

    /// The kind of error that a receiver has to raise; none for a good one.
    fn kind(&self) -> Option<&str> {
        match self.record.verdict {
            Verdict::Verified => None,
            Verdict::Refused => Some("invalid_signature"),
            Verdict::Test | Verdict::Invalid => self.record.problem.as_ref().map(|problem| problem.kind.as_str()),
        }
    }

    fn scheme(&self) -> Option<&str> {
        let scheme = self.record.verification.as_ref().map(|proved| proved.scheme.as_str());
        scheme.filter(|scheme| *scheme != "v1")
    }

    fn signature(&self, quote: impl Fn(&[u8]) -> String, none: &str) -> String {
        self.record.header("x-tink-signature").map_or_else(|| none.to_owned(), |value| quote(&value))
    }

    fn event_name(&self) -> &str {
        self.record.event.as_ref().map_or("", |event| event.name.as_str())
    }

    fn pytest(&self) -> String {
        let inline = self.body.len() <= INLINE_BYTES;
        let body = if inline {
            format!("b'{}'", escaped_bytes(self.body, b'\''))
        } else {
            format!("Path(\"{}\").read_bytes()", escaped_text(&self.file.to_string_lossy(), '"', braceless))
        };
        let verified = self.record.verification.is_some();
        let scheme = self.scheme().map_or_else(String::new, |scheme| format!(", scheme=\"{scheme}\""));
        let signature = if verified {
            format!("generate_signature(BODY, SECRET{scheme})")
        } else {
            self.signature(|value| format!("b\"{}\"", escaped_bytes(value, b'"')), "None")
        };
        let path = if inline { "" } else { "from pathlib import Path\n\n" };
        let pytest = if self.kind().is_some() { "import pytest\n" } else { "" };
        let error = if self.kind().is_some() { "WebhookError, " } else { "" };
        let sign = if verified { ", generate_signature" } else { "" };
        let mut text = format!(
            "{path}{pytest}from tink_webhooks import {error}WebhookHandler{sign}\n\nSECRET = \"{TEST_SECRET}\"\nBODY = {body}\n\n\n\
             def test_{name}() -> None:\n    hooks = WebhookHandler(secret=SECRET)\n",
            name = self.name(),
        );
        match self.kind() {
            None => {
                let event = escaped_text(self.event_name(), '"', braceless);
                let _ = write!(
                    text,
                    "    handled = []\n    hooks.register_handler(\"*\", handled.append)\n    hooks.handle_webhook(BODY, {signature})\n\
                     \x20   assert [event.name for event in handled] == [\"{event}\"]\n"
                );
            }
            Some(kind) => {
                let _ = write!(
                    text,
                    "    with pytest.raises(WebhookError) as refused:\n        hooks.handle_webhook(BODY, {signature})\n\
                     \x20   assert refused.value.kind == \"{kind}\"\n"
                );
            }
        }
        text
    }

    fn node(&self) -> String {
        let inline = self.body.len() <= INLINE_BYTES;
        let body = match str::from_utf8(self.body) {
            _ if !inline => format!("readFileSync(\"{}\")", escaped_text(&self.file.to_string_lossy(), '"', braced)),
            Ok(text) => format!("Buffer.from('{}')", escaped_text(text, '\'', braced)),
            Err(_) => format!("Buffer.from(\"{}\", \"base64\")", base64(self.body)),
        };
        let verified = self.record.verification.is_some();
        let scheme = self.scheme().map_or_else(String::new, |scheme| format!(", {{ scheme: \"{scheme}\" }}"));
        let signature = if verified {
            format!("generateSignature(BODY, SECRET{scheme})")
        } else {
            // Node has the bytes of a header as characters.
            self.signature(|value| format!("\"{}\"", escaped_text(&latin1(value), '"', braced)), "undefined")
        };
        let file = if inline { "" } else { "const { readFileSync } = require(\"node:fs\");\n" };
        let sign = if verified { "generateSignature, " } else { "" };
        let mut text = format!(
            "const assert = require(\"node:assert/strict\");\n{file}const {{ test }} = require(\"node:test\");\n\
             const {{ {sign}WebhookHandler }} = require(\"tink-webhooks\");\n\nconst SECRET = \"{TEST_SECRET}\";\nconst BODY = {body};\n\n\
             test(\"{name}\", async () => {{\n  const hooks = new WebhookHandler({{ secret: SECRET }});\n",
            name = self.name(),
        );
        match self.kind() {
            None => {
                let event = escaped_text(self.event_name(), '"', braced);
                let _ = write!(
                    text,
                    "  const handled = [];\n  hooks.registerHandler(\"*\", (event) => void handled.push(event.name));\n\
                     \x20 await hooks.handleWebhook(BODY, {signature});\n  assert.deepEqual(handled, [\"{event}\"]);\n}});\n"
                );
            }
            Some(kind) => {
                let _ = write!(
                    text,
                    "  await assert.rejects(hooks.handleWebhook(BODY, {signature}), {{ kind: \"{kind}\" }});\n}});\n"
                );
            }
        }
        text
    }

    fn go(&self) -> String {
        let inline = self.body.len() <= INLINE_BYTES;
        let string = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) if is_plain(text) && !text.contains('`') => format!("`{text}`"),
            _ => format!("\"{}\"", escaped_bytes(bytes, b'"')),
        };
        let read = if inline {
            format!("\tbody := []byte({})\n", string(self.body))
        } else {
            let file = string(self.file.to_string_lossy().as_bytes());
            format!("\tbody, err := os.ReadFile({file})\n\tif err != nil {{\n\t\tt.Fatal(err)\n\t}}\n")
        };
        let verified = self.record.verification.is_some();
        let scheme = if self.scheme().is_some() { ", tinkwebhooks.SignedWith(tinkwebhooks.SchemeBody)" } else { "" };
        let sign = if verified {
            format!(
                "\tsignature, err := tinkwebhooks.GenerateSignature(body, secret{scheme})\n\tif err != nil {{\n\t\tt.Fatal(err)\n\t}}\n"
            )
        } else {
            format!("\tsignature := {}\n", self.signature(string, "\"\""))
        };
        let (imports, check) = match self.kind() {
            None => (
                "",
                format!(
                    "\tif err != nil {{\n\t\tt.Fatal(err)\n\t}}\n\tif event.Name() != {name} {{\n\t\tt.Errorf(\"handled %q\", event.Name())\n\t}}\n",
                    name = string(self.event_name().as_bytes()),
                ),
            ),
            Some(kind) => (
                "\t\"errors\"\n",
                format!(
                    "\tif !errors.Is(err, tinkwebhooks.ErrorCode(\"{kind}\")) {{\n\t\tt.Errorf(\"not refused as {kind}: %v\", err)\n\t}}\n"
                ),
            ),
        };
        let event = if self.kind().is_none() { "event" } else { "_" };
        let equals = if event == "_" { "=" } else { ":=" };
        let os = if inline { "" } else { "\t\"os\"\n" };
        format!(
            "package receiver\n\nimport (\n\t\"context\"\n{imports}{os}\t\"testing\"\n\n\
             \ttinkwebhooks \"github.com/tink-webhooks/tink-webhooks/bindings-go\"\n)\n\n\
             func Test{name}(t *testing.T) {{\n\tconst secret = \"{TEST_SECRET}\"\n{read}{sign}\
             \thooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret(secret))\n\tif err != nil {{\n\t\tt.Fatal(err)\n\t}}\n\
             \t{event}, err {equals} hooks.HandleWebhook(context.Background(), body, signature)\n{check}}}\n",
            name = camel(self.name()),
        )
    }
}

/// `-H 'Name: value'` for curl.
fn header_option(name: &str, value: &[u8]) -> String {
    match str::from_utf8(value) {
        // So curl sends a field without a value.
        Ok("") => format!("-H '{name};'"),
        Ok(text) if is_plain(text) => format!("-H {}", shell(format!("{name}: {text}").as_bytes())),
        _ => format!("-H \"{name}: $({})\"", shell_print(value)),
    }
}

/// Characters that mean in every shell, and look on every terminal, what they are.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\')
}

/// A word of a shell. What is not plain is decoded when it runs: pasted as it is, it could end the paste, or hide itself.
fn shell(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if is_plain(text) => format!("'{}'", text.replace('\'', r"'\''")),
        _ => format!("\"$({})\"", shell_print(bytes)),
    }
}

/// A command that prints exactly these bytes.
fn shell_print(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if is_plain(text) => format!("printf %s {}", shell(bytes)),
        _ => format!("printf %s {} | base64 -d", base64(bytes)),
    }
}

/// For literals of bytes in Python and strings in Go.
fn escaped_bytes(bytes: &[u8], quote: u8) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str(r"\\"),
            b'\n' => text.push_str(r"\n"),
            _ if byte == quote => text.extend(['\\', char::from(quote)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => {
                let _ = write!(text, "\\x{byte:02x}");
            }
        }
    }
    text
}

/// For literals of text between such quotes. What is not plain is a number, which `wide` writes beyond U+FFFF.
fn escaped_text(text: &str, quote: char, wide: impl Fn(u32) -> String) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match (character, u32::from(character)) {
            _ if character == quote || character == '\\' => escaped.extend(['\\', character]),
            ('\n', _) => escaped.push_str("\\n"),
            (' '..='~', _) => escaped.push(character),
            (_, point @ ..=0xffff) => {
                let _ = write!(escaped, "\\u{point:04x}");
            }
            (_, point) => escaped.push_str(&wide(point)),
        }
    }
    escaped
}

/// JavaScript's escape of a character beyond U+FFFF.
fn braced(point: u32) -> String {
    format!("\\u{{{point:x}}}")
}

/// Python's.
fn braceless(point: u32) -> String {
    format!("\\U{point:08x}")
}

fn camel(snake: &str) -> String {
    let word = |word: &str| word.split_at_checked(1).map(|(first, rest)| first.to_ascii_uppercase() + rest);
    snake.split('_').filter_map(word).collect()
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let joined = chunk.iter().fold(0_u32, |joined, &byte| joined << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = ALPHABET[(joined >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_rfc() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
    }

    #[test]
    fn a_shell_prints_the_same_bytes() {
        let every: Vec<u8> = (0..=255).collect();
        let bodies: [&[u8]; 5] =
            [b"{\"a\":\"it's $(id) `id` \\\" !x\"}", b"", b"-n %s", "\u{202e}å\x1b[201~\n".as_bytes(), &every];
        for body in bodies {
            let printed = std::process::Command::new("sh").arg("-c").arg(shell_print(body)).output().unwrap();
            assert_eq!(printed.stdout, body);
            let echoed = format!("printf %s {}", shell(body.split(|byte| *byte == 0).next().unwrap()));
            assert!(std::process::Command::new("sh").arg("-c").arg(echoed).status().unwrap().success());
        }
    }

    #[test]
    fn literals_are_plain() {
        assert_eq!(escaped_bytes(b"a'\"\\\n\xff", b'\''), r#"a\'"\\\n\xff"#);
        assert_eq!(escaped_text("a\"\\\u{202e}\u{1f600}", '"', braced), r#"a\"\\\u202e\u{1f600}"#);
        assert_eq!(escaped_text("\u{1f600}", '"', braceless), r"\U0001f600");
        assert_eq!(camel("account_booked_transactions_modified"), "AccountBookedTransactionsModified");
    }
}
