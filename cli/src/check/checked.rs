//! A case that a receiver was asked, and its answer.

use serde_json::{Value, json};

use crate::check::cases::Case;
use crate::check::judge::Verdict;

/// A case, how it went, and what that means.
pub(crate) struct Checked {
    pub(crate) case: Case,
    pub(crate) verdict: Verdict,
}

impl Checked {
    /// For `--json`.
    pub(crate) fn as_json(&self) -> Value {
        let Self { case, verdict } = self;
        json!({
            "case": case.name,
            "what": case.what,
            "expected": case.expected.as_str(),
            "status": verdict.status,
            "passed": verdict.passed,
            "tink": verdict.next.as_str(),
            "explanation": verdict.what,
            "answer": String::from_utf8_lossy(&verdict.text),
            "milliseconds": verdict.duration.as_millis(),
        })
    }
}
