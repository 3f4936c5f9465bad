//! `sign`: the header of a body, or the command that sends both.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use tink_webhooks::{Scheme, clock, generate_signature};

use crate::event_input;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::secret::SecretArgs;

/// The two forms of the header.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemeArg {
    /// Of Tink's Events v2: `t=<seconds>,v1=<hex>`
    V1,
    /// Of the community libraries: the body's MAC alone
    Body,
}

impl From<SchemeArg> for Scheme {
    fn from(scheme: SchemeArg) -> Self {
        match scheme {
            SchemeArg::V1 => Self::V1,
            SchemeArg::Body => Self::Body,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// `X-Tink-Signature: t=…,v1=…`
    Header,
    /// The value alone
    Value,
    /// A curl command that sends the body with it
    Curl,
}

/// Options of `sign`.
#[derive(Args)]
pub(crate) struct SignArgs {
    /// The body: a file, or `-` for standard input. It is signed as it is, byte for byte
    #[arg(value_name = "BODY", default_value = "-")]
    body: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORM", default_value = "header")]
    print: Form,
    /// Where the curl command sends it
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000/")]
    url: String,
    /// The form of the header
    #[arg(long, default_value = "v1")]
    scheme: SchemeArg,
    /// When it counts as signed: unix seconds, or seconds ago as `-600`; now by default
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<i64>,
    #[command(flatten)]
    secret: SecretArgs,
}

/// A point in time as it is given: unix seconds, or relative to now where it is negative.
pub(crate) fn seconds(at: Option<i64>) -> Outcome<Option<i64>> {
    match at {
        Some(ago @ ..0) => Ok(Some(now()?.saturating_add(ago))),
        at => Ok(at),
    }
}

/// Unix seconds.
pub(crate) fn now() -> Outcome<i64> {
    Ok(clock::now().map_err(Failure::from)?.div_euclid(1_000))
}

/// Signs with the first secret.
pub(crate) fn run(args: &SignArgs, output: &mut Output) -> Outcome {
    let secrets = args.secret.resolve()?;
    let Some(secret) = secrets.first() else { return Err(Failure::usage("no secret")) };
    let body = event_input::read(&args.body)?;
    let value = generate_signature(&body, secret.bytes(), args.scheme.into(), seconds(args.at)?)?;
    if secrets.len() > 1 {
        output.note(format!("signed with {}", secret.source));
    }
    let header = format!("X-Tink-Signature: {value}");
    if output.is_json() {
        output.value(&json!({ "header": "X-Tink-Signature", "value": value, "body_bytes": body.len() }))?;
        return Ok(Exit::Yes);
    }
    match args.print {
        Form::Header => output.line(header)?,
        Form::Value => output.line(value)?,
        Form::Curl => output.line(curl(args, &header, body)?)?,
    }
    Ok(Exit::Yes)
}

fn curl(args: &SignArgs, header: &str, body: Vec<u8>) -> Outcome<String> {
    let data = if args.body.as_os_str() == "-" {
        // A body that begins with @ would be taken for the name of a file.
        let text = String::from_utf8(body).ok().filter(|text| !text.contains('\0') && !text.starts_with('@'));
        text.ok_or_else(|| Failure::usage("this body cannot stand in a command: give it as a file"))?
    } else {
        format!("@{}", args.body.display())
    };
    let quoted = [args.url.as_str(), "Content-Type: application/json", header, &data].map(quote);
    let [url, content_type, header, data] = &quoted;
    Ok(format!("curl -i {url} -H {content_type} -H {header} --data-binary {data}"))
}

/// A word of a POSIX shell that means these characters.
fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_ends_where_it_ends() {
        assert_eq!(quote("a'; rm -rf b"), r"'a'\''; rm -rf b'");
    }
}
