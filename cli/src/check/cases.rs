//! The deliveries that a receiver is asked, and what each is about.

use tink_webhooks::EventType;

use crate::check::judge::Expected::{self, Accepted, Refused};
use crate::failure::{Failure, Outcome};
use crate::fault::{Fault, Signer};
use crate::http_client::{Client, Sent};
use crate::json_edit::{self, Change};
use crate::message::{example, fresh, random_hex};

/// Ids in the large body: a realistic event of deleted transactions, larger than the 100 kB that body parsers such as
/// Express's take by default, and far below the library's cap of 2 MiB.
const LARGE: usize = 5_000;

/// The case that all others are compared with.
pub(crate) const ORDINARY: &str = "plain";

/// One question.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// Names it on the command line and in reports.
    pub(crate) name: &'static str,
    /// In words, for people.
    pub(crate) what: &'static str,
    pub(crate) expected: Expected,
    /// What it means if the answer is wrong.
    pub(crate) danger: &'static str,
    request: Request,
}

/// What is sent.
#[derive(Clone, Copy)]
enum Request {
    /// The chosen event, with or without a fault.
    Chosen(Option<Fault>),
    /// An event of the catalogue.
    Event(EventType),
    /// The chosen event twice, the same bytes; the second answer counts.
    Copy,
    /// Of the catalogue, with a field changed.
    With(EventType, &'static str, Change<'static>),
    /// The chosen event with a newline behind it.
    Newline,
    /// A large one.
    Large,
    /// GET, without a body and with its right signature.
    Get,
}

/// What deliveries are made of.
pub(crate) struct Maker<'a> {
    pub(crate) signer: Signer<'a>,
    /// The name of the chosen event.
    pub(crate) event: &'a str,
}

/// Every case, in the order in which they are sent.
const CASES: &[Case] = &[
    Case {
        name: ORDINARY,
        what: "an ordinary delivery",
        expected: Accepted,
        request: Request::Chosen(None),
        danger: "no delivery gets through: is the secret that of the receiver, and does it verify the raw bytes?",
    },
    Case {
        name: "no-header",
        what: "no signature header",
        expected: Refused,
        request: Request::Chosen(Some(Fault::NoHeader)),
        danger: "anybody can send events: check the signature even if the header is missing",
    },
    Case {
        name: "empty-header",
        what: "an empty signature header",
        expected: Refused,
        request: Request::Chosen(Some(Fault::EmptyHeader)),
        danger: "anybody can send events: an empty header must not skip the check",
    },
    Case {
        name: "malformed-header",
        what: "a signature header that is none",
        expected: Refused,
        request: Request::Chosen(Some(Fault::Malformed)),
        danger: "anybody can send events: what is not a signature must not skip the check",
    },
    Case {
        name: "forged",
        what: "signed with another secret",
        expected: Refused,
        request: Request::Chosen(Some(Fault::Forged)),
        danger: "anybody can send events: the signature is not compared, or with the wrong secret",
    },
    Case {
        name: "tampered",
        what: "one digit changed after signing",
        expected: Refused,
        request: Request::Chosen(Some(Fault::Tampered)),
        danger: "whoever is between can change amounts: sign the whole raw body",
    },
    Case {
        name: "v1-first",
        what: "v1 before t in the header",
        expected: Accepted,
        request: Request::Chosen(Some(Fault::V1First)),
        danger: "the header is read by position: read it as key=value items",
    },
    Case {
        name: "second-v1",
        what: "two v1, the second one right",
        expected: Accepted,
        request: Request::Chosen(Some(Fault::SecondV1)),
        danger: "only one v1 is tried: accept if any of them matches",
    },
    Case {
        name: "no-context",
        what: "an event without context",
        expected: Accepted,
        request: Request::Event(EventType::SettlementAccountUpdated),
        danger: "settlement and enrichment events have no context, and are lost: it is optional",
    },
    Case {
        name: "unknown-event",
        what: "an event of a name nobody knows",
        expected: Accepted,
        request: Request::Event(EventType::Unknown),
        danger: "an event that Tink adds is refused: answer 2xx to names that you do not know",
    },
    Case {
        name: "number-23.00",
        what: "a number written 23.00",
        expected: Accepted,
        request: Request::With(EventType::PaymentUpdated, "content.amount", Change::Set("23.00")),
        danger: "most likely the body was parsed and written again before it was checked, so that 23.00 became 23: verify the raw bytes",
    },
    Case {
        name: "non-ascii",
        what: "characters beyond ASCII",
        expected: Accepted,
        request: Request::With(
            EventType::AccountCreated,
            "context.externalUserId",
            Change::Set("\"användare-42 ✓ 日本\""),
        ),
        danger: "most likely the body was decoded and encoded again before it was checked: verify the raw bytes",
    },
    Case {
        name: "null-content",
        what: "content that is null",
        expected: Accepted,
        request: Request::With(EventType::AccountBookedTransactionsModified, "content", Change::Set("null")),
        danger: "an event without content is refused: take null for an empty object",
    },
    Case {
        name: "white-space",
        what: "white space between the tokens of the body",
        expected: Accepted,
        request: Request::With(
            EventType::AccountTransactionsModified,
            "content.transactions",
            Change::Set("{ \"inserted\" : 1 }\n"),
        ),
        danger: "most likely the body was parsed and written again before it was checked: verify the raw bytes",
    },
    Case {
        name: "final-newline",
        what: "a body that ends with a newline",
        expected: Accepted,
        request: Request::Newline,
        danger: "most likely the body was trimmed or written again before it was checked: verify the raw bytes",
    },
    Case {
        name: "stale",
        what: "signed long ago",
        expected: Refused,
        request: Request::Chosen(Some(Fault::Stale)),
        danger: "a captured delivery can be replayed for ever: check the age of t",
    },
    Case {
        name: "ahead",
        what: "signed in the future",
        expected: Refused,
        request: Request::Chosen(Some(Fault::Ahead)),
        danger: "t is checked in one direction only: a delivery signed ahead could be replayed until then",
    },
    Case {
        name: "copy",
        what: "the same delivery twice",
        expected: Accepted,
        request: Request::Copy,
        danger: "Tink delivers at least once: answer 2xx to a copy, too",
    },
    Case {
        name: "large",
        what: "a body of 180 kB",
        expected: Accepted,
        request: Request::Large,
        danger: "large events are lost: raise the limit of the body parser or the proxy",
    },
    Case {
        name: "get",
        what: "GET in place of POST",
        expected: Refused,
        request: Request::Get,
        danger: "deliveries are POST requests: answer 405 to others",
    },
];

/// The cases, and if wanted one for every event of Events v2, in the order in which they are sent.
pub(crate) fn all(every_event: bool) -> Vec<Case> {
    let community = EventType::ProviderConsentsRevoked.number();
    let events = EventType::ALL.iter().filter(|event| every_event && event.number() > community);
    let one = |event: &EventType| {
        let name = event.name()?;
        let danger = "its handler fails for Tink's documented example";
        Some(Case { name, what: name, expected: Accepted, request: Request::Event(*event), danger })
    };
    CASES.iter().copied().chain(events.filter_map(one)).collect()
}

impl Case {
    /// Sends it, and gives the answer that counts.
    pub(crate) fn send(&self, maker: &Maker<'_>, client: &Client) -> Outcome<Sent> {
        if matches!(self.request, Request::Get) {
            let signature = maker.signer.deliver("", None)?.signature;
            return Ok(client.send(None, signature.as_deref()));
        }
        let fault = if let Request::Chosen(fault) = self.request { fault } else { None };
        let delivery = maker.signer.deliver(&self.body(maker)?, fault)?;
        let send = || client.send(Some(&delivery.body), delivery.signature.as_deref());
        let first = send();
        Ok(if matches!(self.request, Request::Copy) && first.is_ok() { send() } else { first })
    }

    /// A body that is another occurrence each time, so that a receiver that handles each once handles it.
    fn body(&self, maker: &Maker<'_>) -> Outcome<String> {
        match self.request {
            Request::Chosen(_) | Request::Copy | Request::Get => fresh(example(maker.event)?),
            Request::Event(event) => fresh(event.example()),
            Request::Newline => Ok(fresh(example(maker.event)?)? + "\n"),
            Request::With(event, path, change) => {
                json_edit::change(&fresh(event.example())?, &json_edit::steps(path), change).map_err(Failure::usage)
            }
            Request::Large => {
                let ids: Vec<String> = (0..LARGE).map(|_| json_edit::quoted(&random_hex())).collect();
                let ids = format!("[{}]", ids.join(","));
                let example = EventType::AccountTransactionsDeleted.example();
                json_edit::change(example, &json_edit::steps("content.transactions.ids"), Change::Set(&ids))
                    .map_err(Failure::usage)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tink_webhooks::{Payload, Scheme};

    use super::*;

    fn maker() -> Maker<'static> {
        let signer = Signer { secret: b"top_secret_top_secret", scheme: Scheme::V1, now: 1_700_000_000, off: 3_600 };
        Maker { signer, event: "payment:updated" }
    }

    #[test]
    fn every_body_is_an_event() {
        for case in all(true) {
            let body = case.body(&maker()).unwrap();
            assert!(Payload::parse(body.as_bytes()).is_ok(), "{}", case.name);
        }
    }

    #[test]
    fn names_differ() {
        let mut names: Vec<&str> = all(true).into_iter().map(|case| case.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn a_body_is_what_its_case_says() {
        let body = |name: &str| all(false).iter().find(|case| case.name == name).unwrap().body(&maker()).unwrap();
        assert!(body("number-23.00").contains(r#""amount":23.00,"#));
        assert!(!body("non-ascii").is_ascii());
        assert!(body("null-content").contains(r#""content":null"#));
        assert!(body("white-space").contains("{ \"inserted\" : 1 }"));
        assert!(!body("no-context").contains("context"));
        assert!((170_000..190_000).contains(&body("large").len()));
        assert_ne!(body("plain"), body("plain"));
    }
}
