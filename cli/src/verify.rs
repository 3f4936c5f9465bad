//! `verify`: whether a delivery is authentic, and what it says.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tink_webhooks::{Delivery, Error, Kind, Reason, Verification, Verifier, chrono::DateTime};

use crate::event_input::{EventArgs, Received};
use crate::failure::{Exit, Outcome};
use crate::output::{BAD, FAINT, GOOD, Output, Styled, shown};
use crate::secret::{Secret, SecretArgs};
use crate::sign;

/// Options of `verify`.
#[derive(Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    input: EventArgs,
    /// How old, or how far ahead, a signature may be: seconds, or `off` for deliveries that were stored
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = tolerance)]
    tolerance: Tolerance,
    /// The time to verify at: unix seconds, or seconds ago as `-600`; now by default
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<i64>,
    #[command(flatten)]
    secret: SecretArgs,
}

#[derive(Clone, Copy)]
struct Tolerance(Option<Duration>);

fn tolerance(text: &str) -> Result<Tolerance, String> {
    if text == "off" {
        return Ok(Tolerance(None));
    }
    text.parse()
        .map(|seconds| Tolerance(Some(Duration::from_secs(seconds))))
        .map_err(|_| "whole seconds, or off".to_owned())
}

/// Verifies; yes if the delivery is authentic, in time, and an event.
pub(crate) fn run(args: &VerifyArgs, output: &mut Output) -> Outcome {
    let secrets = args.secret.resolve()?;
    let received = args.input.read()?;
    let verifier = Verifier::builder()
        .secrets(secrets.iter().map(Secret::bytes))
        .tolerance(args.tolerance.0)
        .max_body_bytes(usize::MAX)
        .build()?;
    for note in &received.notes {
        output.note(note);
    }
    for warning in verifier.warnings() {
        output.note(warning);
    }
    let now = match sign::seconds(args.at)? {
        Some(now) => now,
        None => sign::now()?,
    };
    let clock = || Ok::<_, Error>(now.saturating_mul(1_000));
    let signature = received.signature.as_deref();
    // Apart from the payload: an authentic body that is no event is authentic all the same.
    let proved = verifier.verify_signature(&received.body, signature, clock);
    let parsed = verifier.construct(&received.body, signature, clock);
    let exit =
        if parsed.as_ref().err().is_none_or(|error| error.kind() == Kind::TestWebhook) { Exit::Yes } else { Exit::No };
    let source =
        proved.as_ref().ok().and_then(|proved| secrets.get(proved.secret_index)).map(|secret| secret.source.as_str());
    if output.is_json() {
        output.value(&report(&received, proved.as_ref(), parsed.as_ref(), source))?;
        return Ok(exit);
    }
    match &proved {
        Ok(proved) => {
            output.line(format!("{} by the secret of {}", Styled(GOOD, "authentic"), source.unwrap_or_default()))?;
            if let Some(at) = proved.signed_at {
                let time = DateTime::from_timestamp(at, 0).map(|time| format!("{time:?}")).unwrap_or_default();
                output.line(format!("signed {time} {}", Styled(FAINT, format!("({} s before now)", now - at))))?;
            } else {
                output.line("a bare signature: it carries no time, and can be replayed for ever")?;
            }
        }
        Err(error) => refused(output, error)?,
    }
    match (&proved, &parsed) {
        (Ok(_), Ok(delivery)) => {
            output.line(format!("event {}", shown(delivery.payload.name(delivery.text).as_bytes(), 200)))?;
        }
        (Ok(_), Err(error)) => refused(output, error)?,
        _ => output.note("`tink-webhooks explain` looks for the cause"),
    }
    Ok(exit)
}

fn refused(output: &mut Output, error: &Error) -> Outcome<()> {
    let style = if error.kind() == Kind::TestWebhook { GOOD } else { BAD };
    output.line(format!("{}: {error}", Styled(style, error.reason())))
}

fn report(
    received: &Received,
    verified: Result<&Verification, &Error>,
    parsed: Result<&Delivery<'_>, &Error>,
    source: Option<&str>,
) -> Value {
    let error = verified.err().or(parsed.err());
    let proved = verified.ok();
    let delivery = parsed.ok();
    json!({
        "authentic": proved.is_some(),
        "reason": error.map(Error::reason).map(Reason::as_str),
        "message": error.map(ToString::to_string),
        "scheme": proved.map(|proved| proved.scheme.as_str()),
        "signed_at": proved.and_then(|proved| proved.signed_at),
        "secret_index": proved.map(|proved| proved.secret_index),
        "secret_source": source,
        "delivery_id": proved.and_then(|proved| proved.delivery_id).map(|id| id.to_string()),
        "event": delivery.map(|delivery| delivery.payload.name(delivery.text)),
        "type": delivery.map(|delivery| delivery.payload.event_type.as_str()),
        "idempotency_key": delivery.and_then(Delivery::idempotency_key).map(|key| key.to_string()),
        "body_bytes": received.body.len(),
    })
}
