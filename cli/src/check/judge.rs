//! What an answer means: by its status, since Tink goes by nothing else.

use std::time::Duration;

use crate::http_client::Sent;
use crate::tink::Next;

/// What a receiver must do with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Answer 2xx.
    Accepted,
    /// Answer with a status that is neither 2xx nor 3xx, and that Tink does not retry.
    Refused,
}

impl Expected {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accept",
            Self::Refused => "refuse",
        }
    }
}

/// The answer to a case, judged.
pub(crate) struct Verdict {
    pub(crate) passed: bool,
    /// None where there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) next: Next,
    /// What is wrong and what to do about it, or what should be known; may be empty.
    pub(crate) what: String,
    /// The beginning of the answer's body.
    pub(crate) text: Vec<u8>,
    pub(crate) duration: Duration,
}

/// Judges an answer. `danger` is what a wrong one means.
pub(crate) fn judge(expected: Expected, danger: &str, sent: Sent) -> Verdict {
    let (status, text, duration, error) = match sent {
        Ok(answer) => (Some(answer.status), answer.text, answer.duration, String::new()),
        Err(error) => (None, Vec::new(), Duration::ZERO, error),
    };
    let next = Next::after(status);
    let (passed, what) = match status {
        Some(status) => meaning(expected, status, next, danger),
        None => (false, format!("{error}; {}", next.what())),
    };
    Verdict { passed, status, next, what, text, duration }
}

impl Verdict {
    /// What is odd about a case says nothing where the ordinary delivery was answered in the same way.
    pub(crate) fn compare(&mut self, expected: Expected, ordinary: Option<&Self>) {
        let is_alike = ordinary.is_some_and(|ordinary| !ordinary.passed && ordinary.status == self.status);
        if is_alike && !self.passed && expected == Expected::Accepted {
            self.what = format!("like the ordinary delivery. {}", self.next.what());
        }
    }
}

/// Whether an answer is right, and what to say about it.
fn meaning(expected: Expected, status: u16, next: Next, danger: &str) -> (bool, String) {
    match (expected, next) {
        (Expected::Accepted, Next::Again) => (false, format!("{danger}. {}, then it is lost", next.what())),
        (Expected::Accepted, Next::Never) => (false, format!("{danger}. {}", next.what())),
        (Expected::Refused, Next::Done) => (false, format!("accepted: {danger}")),
        (Expected::Refused, Next::Again) => (
            false,
            format!(
                "refused, but by status {status}, after which Tink delivers again up to three times: if it was a crash, \
                 catch it; answer 401"
            ),
        ),
        (Expected::Refused, Next::Never) if (300..400).contains(&status) => {
            (false, "a redirect is no refusal: answer 401, or 405 to what is no POST".to_owned())
        }
        (Expected::Accepted, Next::Done) | (Expected::Refused, Next::Never) => (true, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(expected: Expected, status: u16) -> bool {
        meaning(expected, status, Next::after(Some(status)), "").0
    }

    #[test]
    fn what_is_accepted_is_answered_2xx() {
        let right: Vec<u16> = (200..600).filter(|&status| passes(Expected::Accepted, status)).collect();
        assert_eq!(right, (200..300).collect::<Vec<u16>>());
    }

    #[test]
    fn what_is_refused_does_not_come_again() {
        for right in [400, 401, 403, 404, 405, 412, 413, 422, 501] {
            assert!(passes(Expected::Refused, right), "{right}");
        }
        for wrong in [200, 204, 302, 307, 408, 429, 500, 502, 503, 504] {
            assert!(!passes(Expected::Refused, wrong), "{wrong}");
        }
    }
}
