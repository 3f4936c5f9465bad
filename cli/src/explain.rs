//! `explain`: why a delivery does not verify, and what to change.

use std::path::Path;

use clap::Args;
use serde_json::json;
use tink_webhooks::explain::{Explanation, explain};

use crate::event_input::{EventArgs, Received};
use crate::failure::{Exit, Outcome};
use crate::output::{BAD, DOUBT, GOOD, Output, Styled};
use crate::secret::{Secret, SecretArgs, variables};
use crate::sign;

/// Options of `explain`.
#[derive(Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    input: EventArgs,
    /// The time to explain at: unix seconds, or seconds ago as `-600`; now by default
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<i64>,
    /// Write the bytes that were signed, where they were found, into this file
    #[arg(long, value_name = "FILE")]
    write_original: Option<std::path::PathBuf>,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Fewest bytes of a candidate secret: what is shorter, as `production` in `NODE_ENV`, proves nothing.
const FEWEST: usize = 16;

/// Explains; yes if the delivery verifies under the configured secret.
pub(crate) fn run(args: &ExplainArgs, output: &mut Output) -> Outcome {
    let mut secrets = match &args.secret.env_file {
        // The variables are asked for by name only where they verify.
        Some(_) => args.secret.configured_in_file()?,
        None => args.secret.resolve()?,
    };
    let configured = secrets.len();
    if let Some(file) = &args.secret.env_file {
        secrets.extend(candidates(file, &args.secret.secret_env)?);
    }
    let mut received = args.input.read()?;
    for note in &received.notes {
        output.note(note);
    }
    let elsewhere = if received.signature.is_none() { find_signature(&received) } else { None };
    if let Some((name, value)) = &elsewhere {
        output.note(format!("no X-Tink-Signature header; taken from {name}"));
        received.signature = Some(value.clone());
    }
    let at = sign::seconds(args.at)?;
    let found = explain(&received.body, &received.signature, secrets.iter().map(Secret::bytes), at);
    let secret = found.secret_index().and_then(|index| secrets.get(index));
    let is_configured = configured == 0 || found.secret_index().is_none_or(|index| index < configured);
    if let (Some(file), Some(original)) = (&args.write_original, found.original_body()) {
        std::fs::write(file, original).map_err(|error| crate::failure::Failure::file(file, &error))?;
    }
    let exit = if found.verifies() && is_configured && elsewhere.is_none() { Exit::Yes } else { Exit::No };
    if output.is_json() {
        let causes: Vec<&str> = found.causes().iter().map(|cause| cause.as_str()).collect();
        output.value(&json!({
            "cause": found.cause().as_str(),
            "causes": causes,
            "proved": found.proved(),
            "where": found.place(),
            "fix": found.fix(),
            "text": found.to_string(),
            "secret_index": found.secret_index(),
            "secret_source": secret.map(|secret| &secret.source),
            "signature_header": elsewhere.as_ref().map(|(name, _)| name),
        }))?;
        return Ok(exit);
    }
    tell(&found, secret, args, is_configured, output)?;
    if let Some((name, _)) = &elsewhere {
        output.line(format!(
            "The signature came in the header {name}, which no receiver reads: send it as X-Tink-Signature."
        ))?;
    }
    Ok(exit)
}

fn tell(
    found: &Explanation,
    secret: Option<&Secret>,
    args: &ExplainArgs,
    is_configured: bool,
    output: &mut Output,
) -> Outcome<()> {
    let style = match (found.verifies(), found.proved()) {
        (true, _) => GOOD,
        (false, true) => BAD,
        (false, false) => DOUBT,
    };
    let text = found.to_string();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    output.line(Styled(style, first))?;
    if !rest.is_empty() {
        output.line(rest)?;
    }
    if let Some(secret) = secret {
        output.line(format!("The secret that fits is that of {}.", secret.source))?;
    }
    if !is_configured {
        output.line(format!("{} is another one: put this one there.", args.secret.secret_env))?;
    }
    if args.write_original.is_some() && found.original_body().is_none() {
        output.note("the bytes that were signed were not found: nothing is written");
    }
    Ok(())
}

/// Every other variable of a file that may be a secret.
fn candidates(file: &Path, besides: &str) -> Outcome<Vec<Secret>> {
    let named = |(name, value): (String, zeroize::Zeroizing<Vec<u8>>)| {
        Secret::new(value.as_slice(), format!("{name} of {}", file.display()))
    };
    let all = variables(file)?.into_iter();
    Ok(all.filter(|(name, value)| name != besides && value.len() >= FEWEST).map(named).collect())
}

/// A signature in a header of another name: a gateway or a middleware has renamed it.
fn find_signature(received: &Received) -> Option<(String, Vec<u8>)> {
    let is_v1 = |value: &[u8]| value.starts_with(b"t=") && value.windows(4).any(|part| part == b",v1=");
    let is_hex = |value: &[u8]| value.len() == 64 && value.iter().all(u8::is_ascii_hexdigit);
    let is_one =
        |name: &str, value: &[u8]| is_v1(value) || name.to_ascii_lowercase().contains("signature") && is_hex(value);
    received.headers.iter().find(|(name, value)| is_one(name, value)).cloned()
}
