//! `replay`: sends a delivery that `listen` has kept again.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tink_webhooks::{clock, generate_signature};

use crate::failure::{Exit, Failure, Outcome};
use crate::listen::forward::{How, Receiver};
use crate::listen::headers::from_latin1;
use crate::listen::record::{Proved, Record};
use crate::listen::{StoreArgs, WindowArgs, sign_anew, store};
use crate::output::{BAD, GOOD, Output, Styled, shown};
use crate::secret::SecretArgs;
use crate::tink::Next;

/// Most characters of an answer that are shown.
const MOST: usize = 200;

/// Options of `replay`.
#[derive(Args)]
pub(crate) struct ReplayArgs {
    /// The delivery: its id, the end or the beginning of it, or `last`
    #[arg(value_name = "ID")]
    id: String,
    /// Where it is sent; by default where it was forwarded to
    #[arg(long, value_name = "URL")]
    forward_to: Option<String>,
    /// Sign it anew: only what verified when it came
    #[arg(long, conflicts_with = "sign_untrusted")]
    sign: bool,
    /// Sign it anew although it did not verify: you have read it, and want your receiver to take it
    #[arg(long)]
    sign_untrusted: bool,
    /// How long the receiver may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    forward_timeout: u64,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Sends it, and says what came of it: yes where the receiver took it.
pub(crate) fn run(args: &ReplayArgs, output: &mut Output) -> Outcome {
    args.secret.refuse_argument()?;
    let folder = args.store.folder()?;
    let (record, body) = find(&folder, &args.id)?;
    let url = args.forward_to.clone().or_else(|| record.attempts.last().map(|attempt| attempt.url.clone()));
    let url = url.ok_or_else(|| Failure::usage("it was never forwarded: say where it goes with --forward-to URL"))?;
    let receiver = Receiver::new(&url, Duration::from_secs(args.forward_timeout))?;
    let signature = signature(args, &record, &body)?;
    if let Some(age) = age(&record).filter(|age| signature.is_none() && *age > 300) {
        output.note(format!("it was signed {age} s ago, which most receivers refuse; --sign signs it anew"));
    }
    let how = if signature.is_some() { How::ReplaySigned } else { How::Replay };
    let attempt = receiver.send(how, &record.headers, &body, signature.as_deref()).attempt;
    let next = Next::after(attempt.status);
    if output.is_json() {
        output.value(&json!({
            "id": record.id, "how": how, "url": attempt.url, "status": attempt.status, "ms": attempt.ms,
            "error": attempt.error, "tink": next.as_str(),
        }))?;
    } else {
        let style = if next == Next::Done { GOOD } else { BAD };
        let answer = match (&attempt.error, attempt.status) {
            (Some(error), _) => error.clone(),
            (None, status) => format!("{} in {} ms", status.unwrap_or_default(), attempt.ms),
        };
        output.line(format!("{} → {url}: {}; {}", record.id, Styled(style, answer), next.what()))?;
        if !attempt.body.is_empty() {
            output.line(shown(&from_latin1(&attempt.body), MOST))?;
        }
    }
    Ok(match (attempt.status, next) {
        (None, _) => Exit::Unable,
        (_, Next::Done) => Exit::Yes,
        _ => Exit::No,
    })
}

/// The new signature, if one is wanted.
fn signature(args: &ReplayArgs, record: &Record, body: &[u8]) -> Outcome<Option<String>> {
    if !args.sign && !args.sign_untrusted {
        return Ok(None);
    }
    let secrets = args.secret.resolve()?;
    let hooks = args.window.hooks(&secrets)?;
    if args.sign_untrusted {
        let scheme = record.verification.as_ref().map_or(tink_webhooks::Scheme::V1, Proved::scheme);
        let Some(secret) = secrets.first() else { return Err(Failure::usage("no secret")) };
        return Ok(Some(generate_signature(body, secret.bytes(), scheme, None)?));
    }
    sign_anew(&hooks, &secrets, record, body)
        .map(Some)
        .map_err(|text| Failure::usage(text).hint("if you have read it and know what it does: --sign-untrusted"))
}

fn age(record: &Record) -> Option<i64> {
    let signed_at = record.verification.as_ref()?.signed_at?;
    Some(clock::now().ok()?.div_euclid(1_000) - signed_at)
}

/// The delivery that the user means.
fn find(folder: &Path, wanted: &str) -> Outcome<(Record, Vec<u8>)> {
    let records = if folder.is_dir() { store::records(folder)? } else { Vec::new() };
    let mut found: Vec<Record> = match wanted {
        "last" => records.into_iter().rev().take(1).collect(),
        _ => records.into_iter().filter(|one| one.id.starts_with(wanted) || one.id.ends_with(wanted)).collect(),
    };
    let place = folder.display();
    let record = match (found.pop(), found.len()) {
        (Some(record), 0) => record,
        (None, _) => return Err(Failure::usage(format!("no such delivery in {place}"))),
        (Some(_), others) => return Err(Failure::usage(format!("{} deliveries have such an id", others + 1))),
    };
    if !record.kept {
        return Err(Failure::usage("the body of this delivery was not kept"));
    }
    let file = folder.join(format!("{}.body", record.id));
    let body = std::fs::read(&file).map_err(|error| Failure::file(&file, &error))?;
    Ok((record, body))
}
