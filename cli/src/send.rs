//! `send`: an event to a receiver, as Tink sends it, or wrong in one way.

use std::thread;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tink_webhooks::Payload;

use crate::failure::{Exit, Failure, Outcome};
use crate::fault::{Delivery, Fault, Signer};
use crate::http_client::{Client, ConnectionArgs, Sent};
use crate::message::MessageArgs;
use crate::output::{BAD, DOUBT, FAINT, GOOD, Output, STRONG, Styled, shown};
use crate::secret::SecretArgs;
use crate::sign::{self, SchemeArg};
use crate::tink::{MOST_RETRIES, Next};

/// Options of `send`.
#[derive(Args)]
pub(crate) struct SendArgs {
    /// The receiver, such as `http://localhost:8000/webhooks`
    #[arg(value_name = "URL")]
    url: String,
    /// Make the delivery wrong, or odd
    #[arg(long, value_name = "FAULT")]
    fault: Option<Fault>,
    /// The form of the signature
    #[arg(long, default_value = "v1")]
    scheme: SchemeArg,
    /// Send so many events, each another occurrence
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Send each of them so many times, byte for byte: Tink delivers at least once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    copies: u32,
    /// Deliver again as Tink does: up to three times after 408, 429, 500, 502, 503 and 504, never after a failed connection
    #[arg(long)]
    as_tink: bool,
    /// Milliseconds before the first retry; each further one takes twice as long
    #[arg(long, value_name = "MS", default_value_t = 1_000, requires = "as_tink")]
    retry_interval: u64,
    #[command(flatten)]
    message: MessageArgs,
    #[command(flatten)]
    secret: SecretArgs,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Sends; yes if the last answer to each delivery was 2xx.
pub(crate) fn run(args: &SendArgs, output: &mut Output) -> Outcome {
    let secrets = args.secret.resolve()?;
    let Some(secret) = secrets.first() else { return Err(Failure::usage("no secret")) };
    let client = Client::new(&args.url, &args.connection)?;
    let source = args.message.source()?;
    let (mut exit, mut reports) = (Exit::Yes, Vec::new());
    for _ in 0..args.repeat {
        let body = source.body()?;
        let signer = Signer { secret: secret.bytes(), scheme: args.scheme.into(), now: sign::now()?, off: 3_600 };
        let delivery = signer.deliver(&body, args.fault)?;
        if !output.is_json() {
            announce(output, args.fault, &body, &delivery)?;
        }
        for _ in 0..args.copies {
            let attempts = attempts(args, &client, &delivery, output)?;
            let last = attempts.last();
            exit = exit.and(match last.map(|attempt| &attempt.sent) {
                Some(Ok(answer)) if Next::after(Some(answer.status)) == Next::Done => Exit::Yes,
                Some(Ok(_)) => Exit::No,
                _ => Exit::Unable,
            });
            reports.push(report(&body, &attempts));
        }
    }
    if output.is_json() {
        output.value(&json!({ "url": client.url(), "deliveries": reports }))?;
    }
    Ok(exit)
}

/// One request and what became of it.
struct Attempt {
    sent: Sent,
    next: Next,
}

fn attempts(args: &SendArgs, client: &Client, delivery: &Delivery, output: &mut Output) -> Outcome<Vec<Attempt>> {
    let mut made = Vec::new();
    let mut wait = Duration::from_millis(args.retry_interval);
    loop {
        let sent = client.send(Some(&delivery.body), delivery.signature.as_deref());
        let next = Next::after(sent.as_ref().ok().map(|answer| answer.status));
        let retries = u32::try_from(made.len()).unwrap_or(u32::MAX);
        if !output.is_json() {
            tell(output, &sent, next, args.as_tink && retries == MOST_RETRIES)?;
        }
        made.push(Attempt { sent, next });
        if !args.as_tink || next != Next::Again || retries == MOST_RETRIES {
            return Ok(made);
        }
        if !output.is_json() {
            output.line(Styled(
                FAINT,
                format!("  again in {} ms ({} of {MOST_RETRIES})", wait.as_millis(), retries + 1),
            ))?;
        }
        thread::sleep(wait);
        wait = wait.saturating_mul(2);
    }
}

/// The line before a delivery.
fn announce(output: &mut Output, fault: Option<Fault>, body: &str, delivery: &Delivery) -> Outcome<()> {
    let name = name(body).unwrap_or_else(|| "a body that is no event".to_owned());
    let fault =
        fault.and_then(|fault| clap::ValueEnum::to_possible_value(&fault).map(|word| format!(", {}", word.get_name())));
    let what = format!("{} bytes{}", delivery.body.len(), fault.unwrap_or_default());
    output.line(format!("{} {}", Styled(STRONG, name), Styled(FAINT, what)))
}

/// The line after an answer.
fn tell(output: &mut Output, sent: &Sent, next: Next, is_last: bool) -> Outcome<()> {
    let style = match next {
        Next::Done => GOOD,
        Next::Again => DOUBT,
        Next::Never => BAD,
    };
    let after = if is_last && next == Next::Again { "Tink gives up" } else { next.what() };
    match sent {
        Ok(answer) => {
            let text = shown(&answer.text, 100);
            let took = format!("{} ms", answer.duration.as_millis());
            output.line(format!(
                "  {} {text}  {}",
                Styled(style, answer.status),
                Styled(FAINT, format!("{took}; {after}"))
            ))
        }
        Err(error) => output.line(format!("  {} {}", Styled(style, error), Styled(FAINT, after))),
    }
}

fn report(body: &str, attempts: &[Attempt]) -> Value {
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|attempt| match &attempt.sent {
            Ok(answer) => json!({
                "status": answer.status,
                "answer": String::from_utf8_lossy(&answer.text),
                "milliseconds": answer.duration.as_millis(),
                "tink": attempt.next.as_str(),
            }),
            Err(error) => json!({ "status": null, "error": error, "tink": attempt.next.as_str() }),
        })
        .collect();
    json!({ "event": name(body), "body_bytes": body.len(), "attempts": attempts })
}

/// The wire name in a body.
fn name(body: &str) -> Option<String> {
    Payload::parse(body.as_bytes()).ok().map(|payload| payload.name(body).into_owned())
}
