//! The secret: from an environment variable, a file of variables, a file of its own, or asked for at the terminal.
//!
//! Never from the command line, which every process of the machine can read. What is read is wiped when it is dropped,
//! and no type here shows it.

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use zeroize::Zeroizing;

use crate::failure::{Failure, Outcome};

/// Where the secret comes from.
#[derive(Args)]
#[command(next_help_heading = "Secret")]
pub(crate) struct SecretArgs {
    /// The environment variable with the secret, or with several and white space between
    #[arg(long, value_name = "NAME", default_value = "TINK_WEBHOOK_SECRET")]
    pub(crate) secret_env: String,
    /// A file of `NAME=value` lines to take that variable from
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// A file with the secret
    #[arg(long, value_name = "FILE", conflicts_with = "env_file")]
    pub(crate) secret_file: Option<PathBuf>,
    /// Ask for the secret at the terminal
    #[arg(long, conflicts_with_all = ["env_file", "secret_file"])]
    pub(crate) ask_secret: bool,
    // Taken, so that clap does not suggest another spelling, and refused.
    #[arg(long, hide = true, value_name = "SECRET")]
    secret: Option<String>,
}

/// A secret and where it was found. Wiped when it is dropped; it has no `Debug`.
pub(crate) struct Secret {
    bytes: Zeroizing<Vec<u8>>,
    /// In words: the name of the variable or the file, never the value.
    pub(crate) source: String,
}

impl Secret {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>, source: impl Into<String>) -> Self {
        Self { bytes: Zeroizing::new(bytes.into()), source: source.into() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl SecretArgs {
    /// The secrets in force, at least one. What they are is checked by the library where they are used.
    ///
    /// # Errors
    /// Where there is none, where a file cannot be read, and where one was given on the command line.
    pub(crate) fn resolve(&self) -> Outcome<Vec<Secret>> {
        self.find()?.ok_or_else(|| {
            let place = self.env_file.as_ref().map_or_else(
                || format!("the environment variable {} is not set", self.secret_env),
                |file| format!("{} has no variable {}", file.display(), self.secret_env),
            );
            Failure::usage(format!("no secret: {place}"))
                .hint("set it, name another with --secret-env, or use --env-file, --secret-file or --ask-secret")
        })
    }

    /// The same; none where nothing is configured and nobody can be asked.
    pub(crate) fn find(&self) -> Outcome<Option<Vec<Secret>>> {
        self.refuse_argument()?;
        if self.ask_secret {
            return ask().map(Some);
        }
        if let Some(file) = &self.secret_file {
            let text = read(file)?;
            return Ok(several(&text, &file.display().to_string()));
        }
        if self.env_file.is_some() {
            return Ok(Some(self.configured_in_file()?).filter(|found| !found.is_empty()));
        }
        if let Some(value) = env::var_os(&self.secret_env) {
            let value = Zeroizing::new(value.into_encoded_bytes());
            if let Some(found) = several(&value, &self.secret_env) {
                return Ok(Some(found));
            }
        }
        if io::stdin().is_terminal() && io::stderr().is_terminal() { ask().map(Some) } else { Ok(None) }
    }

    /// The secrets of the named variable in the file of variables; none where it does not have it, or there is no file.
    pub(crate) fn configured_in_file(&self) -> Outcome<Vec<Secret>> {
        self.refuse_argument()?;
        let Some(file) = &self.env_file else { return Ok(Vec::new()) };
        let found = variables(file)?.into_iter().rev().find(|(name, _)| *name == self.secret_env);
        Ok(found
            .and_then(|(name, value)| several(&value, &format!("{name} of {}", file.display())))
            .unwrap_or_default())
    }

    /// A secret on the command line is refused before anything is done with it.
    pub(crate) fn refuse_argument(&self) -> Outcome<()> {
        if self.secret.is_none() {
            return Ok(());
        }
        Err(Failure::usage("a secret is not taken from the command line: every process of this machine can read it")
            .hint("now it is in your shell's history too; set TINK_WEBHOOK_SECRET, or use --env-file, --secret-file or --ask-secret"))
    }
}

/// The secrets that a value names: white space stands between them, as in `TINK_WEBHOOK_SECRET` of the library.
fn several(value: &[u8], source: &str) -> Option<Vec<Secret>> {
    let parts: Vec<&[u8]> = value.split(u8::is_ascii_whitespace).filter(|part| !part.is_empty()).collect();
    let name = |at: usize| {
        if parts.len() == 1 { source.to_owned() } else { format!("{source}, {} of {}", at + 1, parts.len()) }
    };
    let found: Vec<Secret> = parts.iter().enumerate().map(|(at, part)| Secret::new(*part, name(at))).collect();
    (!found.is_empty()).then_some(found)
}

/// Asks for it at the terminal, without echo.
fn ask() -> Outcome<Vec<Secret>> {
    let typed = rpassword::prompt_password("webhook secret (not shown): ")
        .map(Zeroizing::new)
        .map_err(|error| Failure::usage(format!("the secret could not be asked for: {error}")))?;
    several(typed.as_bytes(), "what was typed").ok_or_else(|| Failure::usage("no secret was typed"))
}

fn read(path: &Path) -> Outcome<Zeroizing<Vec<u8>>> {
    fs::read(path).map(Zeroizing::new).map_err(|error| Failure::file(path, &error))
}

/// Every variable of a file of `NAME=value` lines, as dotenv reads them: `export` in front, quotes around, comments.
pub(crate) fn variables(path: &Path) -> Outcome<Vec<(String, Zeroizing<Vec<u8>>)>> {
    let text = read(path)?;
    Ok(text.split(|&byte| byte == b'\n').filter_map(variable).collect())
}

fn variable(line: &[u8]) -> Option<(String, Zeroizing<Vec<u8>>)> {
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"export ").unwrap_or(line).trim_ascii();
    let equals = line.iter().position(|&byte| byte == b'=')?;
    let name = str::from_utf8(line[..equals].trim_ascii()).ok()?;
    if name.is_empty() || name.starts_with('#') {
        return None;
    }
    Some((name.to_owned(), Zeroizing::new(unquoted(line[equals + 1..].trim_ascii()).to_vec())))
}

/// A value without its quotes, or without the comment behind it.
fn unquoted(value: &[u8]) -> &[u8] {
    if let [quote @ (b'"' | b'\'' | b'`'), rest @ ..] = value
        && let Some(end) = rest.iter().position(|byte| byte == quote)
    {
        return &rest[..end];
    }
    let comment = value.windows(2).position(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'#');
    value[..comment.unwrap_or(value.len())].trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Option<(String, String)> {
        let (name, value) = variable(line.as_bytes())?;
        Some((name, String::from_utf8_lossy(&value).into_owned()))
    }

    #[test]
    fn lines_of_an_env_file() {
        let cases = [
            ("A=b", Some(("A", "b"))),
            ("export A=b", Some(("A", "b"))),
            ("  A = b  ", Some(("A", "b"))),
            ("A=\"b c\" # d", Some(("A", "b c"))),
            ("A='b#c'", Some(("A", "b#c"))),
            ("A=b#c # d", Some(("A", "b#c"))),
            ("A=\"b", Some(("A", "\"b"))),
            ("A=b=c\r", Some(("A", "b=c"))),
            ("A=", Some(("A", ""))),
            ("# A=b", None),
            ("nothing", None),
        ];
        for (line, expected) in cases {
            assert_eq!(read_line(line), expected.map(|(name, value)| (name.to_owned(), value.to_owned())), "{line}");
        }
    }

    #[test]
    fn several_secrets_say_which_they_are() {
        let found = several(b" new\n old ", "NAME").unwrap_or_default();
        let sources: Vec<&str> = found.iter().map(|secret| secret.source.as_str()).collect();
        assert_eq!(sources, ["NAME, 1 of 2", "NAME, 2 of 2"]);
        assert!(several(b" \n", "NAME").is_none());
    }
}
