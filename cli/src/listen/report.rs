//! What the terminal shows: a line per delivery, and under it why it failed.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tink_webhooks::chrono::{DateTime, Timelike};

use super::record::{Record, Verdict};
use crate::output::{BAD, DOUBT, FAINT, GOOD, STRONG, Styled, shown};

/// Most characters of a name or a text of somebody else.
const MOST: usize = 60;

/// The lines for people.
pub(crate) fn text(record: &Record) -> String {
    let time = DateTime::from_timestamp_millis(record.received_at).unwrap_or_default().time();
    let time = format!("{:02}:{:02}:{:02}Z", time.hour(), time.minute(), time.second());
    let (style, sign) = match record.verdict {
        Verdict::Verified | Verdict::Test => (GOOD, "✓"),
        Verdict::Invalid => (DOUBT, "!"),
        Verdict::Refused => (BAD, "✕"),
    };
    let verdict = format!("{sign} {:<9}", record.verdict.word());
    let name = record.event.as_ref().map_or("-", |event| event.name.as_str());
    let name = format!("{:<32}", shown(name.as_bytes(), MOST));
    let mut text = format!("{} {} {}", Styled(FAINT, time), Styled(style, verdict), Styled(STRONG, name));
    let _ = match record.attempts.last() {
        Some(attempt) => match (&attempt.error, attempt.status) {
            (Some(error), _) => write!(text, " {}", Styled(BAD, format!("→ {}", shown(error.as_bytes(), MOST)))),
            (None, status) => {
                let status = status.unwrap_or_default();
                let style = if (200..300).contains(&status) { GOOD } else { BAD };
                write!(text, " → {} in {} ms", Styled(style, status), attempt.ms)
            }
        },
        None => write!(text, " answered {}", record.answered.unwrap_or_default()),
    };
    let _ = write!(text, "  {}", Styled(FAINT, &record.id));
    why(&mut text, record);
    text
}

fn why(text: &mut String, record: &Record) {
    let Some(problem) = record.problem.as_ref().filter(|_| record.verdict != Verdict::Test) else { return };
    let mut row = |line: &str| {
        let _ = write!(text, "\n          {line}");
    };
    if let Some(explained) = record.explanation.as_ref().filter(|explained| !explained.verifies()) {
        let certainty = if explained.proved { "proved" } else { "likely" };
        row(&format!("{}, {} ({certainty}): {}", problem.reason, explained.cause, explained.what));
        row(&explained.place);
    } else {
        row(&format!("{}: {}", problem.reason, problem.message));
        problem.hint.as_deref().into_iter().for_each(&mut row);
    }
    let accepted =
        record.attempts.last().and_then(|attempt| attempt.status).is_some_and(|status| (200..300).contains(&status));
    if accepted && record.verdict == Verdict::Refused {
        row("the receiver accepted it: it does not verify, or it has another secret or tolerance than this command");
    }
}

/// The object for programs.
pub(crate) fn json(record: &Record) -> Value {
    let event = record.event.as_ref();
    let attempt = record.attempts.last();
    json!({
        "type": "delivery",
        "id": record.id,
        "received_at": record.received_at,
        "verdict": record.verdict,
        "event": event.map(|event| &event.name),
        "event_type": event.map(|event| &event.event_type),
        "idempotency_key": event.and_then(|event| event.idempotency_key.as_ref()),
        "verification": record.verification,
        "error": record.problem,
        "explanation": record.explanation,
        "body_bytes": record.bytes,
        "answered": record.answered,
        "receiver": attempt.map(|attempt| json!({
            "url": attempt.url, "status": attempt.status, "ms": attempt.ms, "error": attempt.error, "tink": attempt.next,
        })),
    })
}
