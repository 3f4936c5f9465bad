//! What is kept of one delivery: how it came, what was proved, what the receiver answered.

use serde::{Deserialize, Serialize};
use tink_webhooks::{Error, Event, Kind, Scheme, WebhookHandler};
use ureq::http::HeaderMap;

use super::explained::Explained;
use super::forward::Attempt;
use super::headers::{Header, from_latin1, headers_of};

/// Most attempts of one delivery that are kept: the first, which is the forwarding, and the newest.
const MOST_ATTEMPTS: usize = 12;

/// Raised when a program of today could not read the files of yesterday.
pub(crate) const FORMAT: u32 = 1;

/// One delivery. Its body stands in a file of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) format: u32,
    pub(crate) id: String,
    /// Epoch milliseconds.
    pub(crate) received_at: i64,
    /// Path and query, as they were asked for.
    pub(crate) target: String,
    pub(crate) headers: Vec<Header>,
    /// Of the body.
    pub(crate) bytes: usize,
    /// Whether the body is stored: one over the cap, or one that did not arrive whole, is not.
    pub(crate) kept: bool,
    pub(crate) verdict: Verdict,
    /// What was proved when it came.
    pub(crate) verification: Option<Proved>,
    pub(crate) problem: Option<Problem>,
    pub(crate) explanation: Option<Explained>,
    pub(crate) event: Option<EventFacts>,
    /// The status that the sender got; none while it is not answered.
    pub(crate) answered: Option<u16>,
    pub(crate) attempts: Vec<Attempt>,
}

/// What came of the verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Authentic, and an event.
    Verified,
    /// Authentic, and Tink's test ping.
    Test,
    /// Authentic, but not an event that the library can read.
    Invalid,
    /// Not shown to come from Tink, or not now.
    Refused,
}

impl Verdict {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Test => "test ping",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
        }
    }
}

/// A [`Verification`](tink_webhooks::Verification), as text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Proved {
    pub(crate) scheme: String,
    pub(crate) signed_at: Option<i64>,
    pub(crate) secret_index: usize,
    pub(crate) delivery_id: Option<String>,
}

impl Proved {
    /// The scheme, to sign anew with.
    pub(crate) fn scheme(&self) -> Scheme {
        Scheme::parse(&self.scheme).unwrap_or(Scheme::V1)
    }
}

/// An error of the library. It holds neither secret nor body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Problem {
    pub(crate) kind: String,
    pub(crate) reason: String,
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// Seconds since it was signed, where that is the problem.
    pub(crate) age: Option<i64>,
    pub(crate) tolerance: Option<u64>,
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind().to_string(),
            reason: error.reason().to_string(),
            status: error.http_status(),
            message: error.message().to_owned(),
            hint: error.hint().map(ToOwned::to_owned),
            age: error.age(),
            tolerance: error.tolerance(),
        }
    }
}

/// What the payload says of itself. Of a delivery that did not verify it proves nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EventFacts {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    /// Epoch milliseconds.
    pub(crate) timestamp: i64,
    pub(crate) user_id: Option<String>,
    pub(crate) external_user_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

impl From<&Event<'_>> for EventFacts {
    fn from(event: &Event<'_>) -> Self {
        Self {
            name: event.name().to_owned(),
            event_type: event.event_type().to_string(),
            timestamp: event.timestamp_millis(),
            user_id: event.user_id().map(ToOwned::to_owned),
            external_user_id: event.external_user_id().map(ToOwned::to_owned),
            idempotency_key: event.idempotency_key().map(|key| key.to_string()),
        }
    }
}

/// Verdict, proof, problem and event of a delivery.
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    verification: Option<Proved>,
    problem: Option<Problem>,
    event: Option<EventFacts>,
}

impl Judgement {
    /// Judges what was received: the whole body, or why there is none.
    pub(crate) fn of(hooks: &WebhookHandler, headers: &HeaderMap, body: Result<&[u8], &Error>) -> Self {
        let body = match body {
            Ok(body) => body,
            Err(error) => return Self::failed(Verdict::Refused, error, None),
        };
        // The event is also read of what does not verify: the list then says what it claims to be.
        let event = hooks.parse_event(body);
        let facts = event.as_ref().ok().map(EventFacts::from);
        match (hooks.verify_signature(body, headers), event) {
            (Err(error), _) => Self::failed(Verdict::Refused, &error, facts),
            (Ok(proved), event) => {
                let verification = Some(Proved {
                    scheme: proved.scheme.to_string(),
                    signed_at: proved.signed_at,
                    secret_index: proved.secret_index,
                    delivery_id: proved.delivery_id.map(|id| id.to_string()),
                });
                match event {
                    Ok(_) => Self { verdict: Verdict::Verified, verification, problem: None, event: facts },
                    Err(error) => {
                        let is_test = error.kind() == Kind::TestWebhook;
                        let verdict = if is_test { Verdict::Test } else { Verdict::Invalid };
                        Self { verification, ..Self::failed(verdict, &error, None) }
                    }
                }
            }
        }
    }

    fn failed(verdict: Verdict, error: &Error, event: Option<EventFacts>) -> Self {
        Self { verdict, verification: None, problem: Some(Problem::from(error)), event }
    }

    /// What is answered where there is no receiver, by the table of errors.
    pub(crate) fn status(&self) -> u16 {
        self.problem.as_ref().map_or(200, |problem| problem.status)
    }
}

impl Record {
    pub(crate) fn new(
        id: String,
        received_at: i64,
        target: String,
        headers: &HeaderMap,
        body: Option<&[u8]>,
        judgement: Judgement,
    ) -> Self {
        let Judgement { verdict, verification, problem, event } = judgement;
        Self {
            format: FORMAT,
            id,
            received_at,
            target,
            headers: headers_of(headers),
            bytes: body.map_or(0, <[u8]>::len),
            kept: body.is_some(),
            verdict,
            verification,
            problem,
            explanation: None,
            event,
            answered: None,
            attempts: Vec::new(),
        }
    }

    /// Whether this program signs it anew without being told to: only what verified when it came.
    pub(crate) const fn can_sign(&self) -> bool {
        self.verification.is_some() && self.kept
    }

    pub(crate) fn add(&mut self, attempt: Attempt) {
        if self.attempts.len() == MOST_ATTEMPTS {
            self.attempts.remove(1);
        }
        self.attempts.push(attempt);
    }

    /// One line on what is wrong with it.
    pub(crate) fn cause(&self) -> Option<&str> {
        if self.verdict == Verdict::Test {
            return None;
        }
        let explained = self.explanation.as_ref().filter(|explained| !explained.verifies());
        explained
            .map(|explained| explained.what.as_str())
            .or(self.problem.as_ref().map(|problem| problem.message.as_str()))
    }

    /// The values of the header with this name, in lower case, as one.
    pub(crate) fn header(&self, name: &str) -> Option<Vec<u8>> {
        let values: Vec<Vec<u8>> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| from_latin1(value)).collect();
        (!values.is_empty()).then(|| values.join(&b','))
    }

    /// About how much memory it takes, and its file.
    pub(crate) fn weight(&self) -> usize {
        let of = |headers: &[Header]| headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let answers: usize = self.attempts.iter().map(|attempt| of(&attempt.headers) + attempt.body.len()).sum();
        self.bytes + of(&self.headers) + answers + 1_000
    }
}
