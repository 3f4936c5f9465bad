//! `check`: signed, broken and odd deliveries to a receiver in any language, each answer judged by its status.

mod cases;
mod checked;
mod judge;
mod junit;

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use tink_webhooks::Scheme;

use crate::failure::{Exit, Failure, Outcome};
use crate::fault::Signer;
use crate::http_client::{Client, ConnectionArgs};
use crate::output::{BAD, FAINT, GOOD, Output, STRONG, Styled, shown};
use crate::secret::SecretArgs;
use crate::sign;

use cases::{Case, Maker};
use checked::Checked;

/// Options of `check`.
#[derive(Args)]
pub(crate) struct CheckArgs {
    /// The receiver, such as `http://localhost:8000/webhooks`
    #[arg(value_name = "URL", required_unless_present = "list")]
    url: Option<String>,
    /// An event that the receiver handles, for the cases that are not about one of their own
    #[arg(long, value_name = "EVENT", default_value = "refresh:finished")]
    event: String,
    /// The receiver's time window in seconds; stale and ahead are well outside it
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(i64).range(0..1_000_000_000))]
    tolerance: i64,
    /// Only these cases, with commas between
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    only: Vec<String>,
    /// All but these cases
    #[arg(long, value_name = "CASE", value_delimiter = ',')]
    skip: Vec<String>,
    /// Besides, one delivery of every event that Tink documents
    #[arg(long)]
    every_event: bool,
    /// List the cases, and send nothing
    #[arg(long)]
    list: bool,
    /// Write a `JUnit` report into this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Checks a receiver; yes if it passes every case.
pub(crate) fn run(args: &CheckArgs, output: &mut Output) -> Outcome {
    let cases = chosen(args)?;
    let Some(url) = args.url.as_ref().filter(|_| !args.list) else {
        list(&cases, output)?;
        return Ok(Exit::Yes);
    };
    let secrets = args.secret.resolve()?;
    let Some(secret) = secrets.first() else { return Err(Failure::usage("no secret")) };
    let client = Client::new(url, &args.connection)?;
    if !output.is_json() {
        output.line(format!("{} {}\n", Styled(STRONG, "check"), client.url()))?;
    }
    let mut checked = Vec::new();
    for case in cases {
        let signer = Signer {
            secret: secret.bytes(),
            scheme: Scheme::V1,
            now: sign::now()?,
            off: (2 * args.tolerance).max(3_600),
        };
        let maker = Maker { signer, event: &args.event };
        let mut verdict = judge::judge(case.expected, case.danger, case.send(&maker, &client)?);
        if checked.is_empty() && verdict.status.is_none() {
            return Err(Failure::unable(format!("{}: no answer: {}", client.url(), verdict.what))
                .hint("start the receiver first; check sends real HTTP requests to it"));
        }
        verdict.compare(
            case.expected,
            checked.first().filter(|first: &&Checked| first.case.name == cases::ORDINARY).map(|first| &first.verdict),
        );
        let checked_now = Checked { case, verdict };
        if !output.is_json() {
            tell(&checked_now, output)?;
        }
        checked.push(checked_now);
    }
    if let Some(file) = &args.junit {
        fs::write(file, junit::report(&client.url(), &checked)).map_err(|error| Failure::file(file, &error))?;
    }
    let passed = checked.iter().filter(|one| one.verdict.passed).count();
    if output.is_json() {
        let cases: Vec<Value> = checked.iter().map(Checked::as_json).collect();
        output.value(&json!({ "url": client.url(), "passed": passed, "total": checked.len(), "cases": cases }))?;
    } else {
        let style = if passed == checked.len() { GOOD } else { BAD };
        output.line(format!("\n{}", Styled(style, format!("{passed} of {} passed", checked.len()))))?;
    }
    Ok(if passed == checked.len() { Exit::Yes } else { Exit::No })
}

/// The cases that the options leave.
fn chosen(args: &CheckArgs) -> Outcome<Vec<Case>> {
    let all = cases::all(args.every_event);
    for name in args.only.iter().chain(&args.skip) {
        if !all.iter().any(|case| case.name == *name) {
            return Err(Failure::usage(format!("no case {name:?}")).hint("`tink-webhooks check --list` has the names"));
        }
    }
    let is_wanted = |case: &Case| {
        (args.only.is_empty() || args.only.iter().any(|name| name == case.name))
            && !args.skip.iter().any(|name| name == case.name)
    };
    Ok(all.into_iter().filter(is_wanted).collect())
}

fn list(cases: &[Case], output: &mut Output) -> Outcome<()> {
    if output.is_json() {
        let cases: Vec<Value> = cases
            .iter()
            .map(|case| json!({ "case": case.name, "what": case.what, "expected": case.expected.as_str() }))
            .collect();
        return output.value(&cases);
    }
    for case in cases {
        output.line(format!("{:<22}{:<8}{}", case.name, case.expected.as_str(), case.what))?;
    }
    Ok(())
}

fn tell(checked: &Checked, output: &mut Output) -> Outcome<()> {
    let Checked { case, verdict } = checked;
    let (style, word) = if verdict.passed { (GOOD, "ok   ") } else { (BAD, "WRONG") };
    let status = verdict.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let text = shown(&verdict.text, 40);
    output.line(format!("  {} {:<44} {status} {}", Styled(style, word), case.what, Styled(FAINT, text)))?;
    if !verdict.what.is_empty() {
        output.line(format!("        {}", verdict.what))?;
    }
    Ok(())
}
