//! What is printed: text for people, in colours where a terminal shows them, or one JSON object for programs.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use clap::{Args, ColorChoice};
use serde::Serialize;
use serde_json::json;

use crate::failure::{Failure, Outcome};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DOUBT: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();

/// How every command prints.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    json: bool,
    /// Colours: `auto` for terminals only, and none where `NO_COLOR` is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

/// Standard output and standard error.
pub(crate) struct Output {
    json: bool,
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
}

impl Output {
    pub(crate) fn new(args: &OutputArgs) -> Self {
        let choice = match args.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Self { json: args.json, out: AutoStream::new(io::stdout(), choice), err: AutoStream::new(io::stderr(), choice) }
    }

    /// Whether JSON is wanted: then [`value`](Self::value) is called once and [`line`](Self::line) is not.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// A line of text.
    pub(crate) fn line(&mut self, text: impl Display) -> Outcome<()> {
        writeln!(self.out, "{text}").and_then(|()| self.out.flush()).map_err(Failure::from)
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Outcome<()> {
        let mut out = self.out.as_inner();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::from)
    }

    /// The answer as one line of JSON.
    pub(crate) fn value(&mut self, value: &impl Serialize) -> Outcome<()> {
        let text = serde_json::to_string(value).map_err(|error| Failure::unable(format!("output: {error}")))?;
        self.line(text)
    }

    /// What a person should know besides: on standard error, in either form of output.
    pub(crate) fn note(&mut self, text: impl Display) {
        // Nothing can be done about a closed standard error.
        let _ = writeln!(self.err, "{FAINT}{text}{FAINT:#}");
    }

    /// Why the command ended early.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        if self.json {
            let _ = self.value(&json!({ "error": failure.message, "hint": failure.hint, "exit": failure.exit as u8 }));
        }
        let _ = writeln!(self.err, "{BAD}error:{BAD:#} {failure}");
        if let Some(hint) = &failure.hint {
            let _ = writeln!(self.err, "{STRONG}hint:{STRONG:#} {hint}");
        }
    }
}

/// Text with a style around it.
pub(crate) struct Styled<T>(pub(crate) Style, pub(crate) T);

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}

/// Bytes of somebody else, for a terminal: one line of at most `most` characters without control characters, which
/// could move the cursor or change what was printed.
pub(crate) fn shown(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut line = String::new();
    for (at, character) in text.trim().chars().enumerate() {
        if at == most {
            line.push('…');
            break;
        }
        if is_harmless(character) { line.push(character) } else { line.extend(character.escape_default()) }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_stranger_moves_the_cursor() {
        assert_eq!(shown(b"ok\n", 80), "ok");
        assert_eq!(shown(b"a\x1b[2Jb\r\nc", 80), "a\\u{1b}[2Jb\\r\\nc");
        assert_eq!(shown("a\u{202e}b".as_bytes(), 80), "a\\u{202e}b");
        assert_eq!(shown(b"\xff", 80), "\u{fffd}");
        assert_eq!(shown(b"abcdef", 3), "abc…");
    }
}
