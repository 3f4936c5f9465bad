//! The body of an event: an example of the catalogue or a file, with fields set, and as a new occurrence.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

use clap::Args;
use tink_webhooks::chrono::DateTime;
use tink_webhooks::{EventType, Key, Named, Payload, clock, names_of};

use crate::event_input;
use crate::failure::{Failure, Outcome};
use crate::json_edit::{self, Change};

/// Which event, and what is changed in it.
#[derive(Args)]
#[command(next_help_heading = "Event")]
pub(crate) struct MessageArgs {
    /// The event: a name such as `payment:updated`, `unknown`, or a file with a body as `@FILE` (`@-`: standard input)
    #[arg(value_name = "EVENT", help_heading = Option::<&str>::None)]
    pub(crate) event: String,
    /// Set a field: `content.amount=23.00` (JSON as it is written, anything else a string); a path may be a JSON pointer
    #[arg(long, value_name = "FIELD=VALUE", allow_hyphen_values = true)]
    pub(crate) set: Vec<String>,
    /// Take a field out, such as `context`
    #[arg(long, value_name = "FIELD")]
    pub(crate) unset: Vec<String>,
    /// Leave the ids and times of the example: a copy of the same occurrence each time
    #[arg(long)]
    pub(crate) fixed: bool,
}

impl MessageArgs {
    /// What the bodies are made from; standard input is read once.
    pub(crate) fn source(&self) -> Outcome<Source<'_>> {
        let text = match self.event.strip_prefix('@') {
            Some(file) => {
                let bytes = event_input::read(Path::new(file))?;
                String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{file} is not UTF-8")))?
            }
            None => example(&self.event)?.to_owned(),
        };
        // A file is sent as it is; what it names is the user's.
        Ok(Source { text, args: self, is_fresh: !self.fixed && !self.event.starts_with('@') })
    }
}

/// The event that bodies are made of.
pub(crate) struct Source<'a> {
    text: String,
    args: &'a MessageArgs,
    is_fresh: bool,
}

impl Source<'_> {
    /// One body: another occurrence each time, unless it is to stay the same.
    pub(crate) fn body(&self) -> Outcome<String> {
        let mut text = if self.is_fresh { fresh(&self.text)? } else { self.text.clone() };
        for given in &self.args.set {
            let (path, value) = given
                .split_once('=')
                .ok_or_else(|| Failure::usage(format!("--set {given}: write FIELD=VALUE, as content.amount=23.00")))?;
            let value = json_edit::value_of(value);
            text = json_edit::change(&text, &json_edit::steps(path), Change::Set(&value))
                .map_err(|error| Failure::usage(format!("--set {path}: {error}")))?;
        }
        for path in &self.args.unset {
            text = json_edit::change(&text, &json_edit::steps(path), Change::Remove)
                .map_err(|error| Failure::usage(format!("--unset {path}: {error}")))?;
        }
        Ok(text)
    }
}

/// The catalogue's example of an event, by either spelling of its name.
pub(crate) fn example(name: &str) -> Outcome<&'static str> {
    match Key::parse(name, false) {
        Ok(Key::Type(known)) => Ok(known.example()),
        Ok(Key::Unknown) => Ok(EventType::Unknown.example()),
        Ok(_) => Err(Failure::usage(format!("no example of an event {name:?}"))
            .hint("send `unknown` with --set event=NAME, or a file as @FILE; `tink-webhooks events` lists them")),
        Err(error) => Err(Failure::usage(format!("{name:?} is no event that Tink documents"))
            .hint(format!("{}; `tink-webhooks events` lists them", error.hint().unwrap_or_default()))),
    }
}

/// The body with the fields that name its occurrence made new: ids at random, times as now. A signal names none, and
/// stays as it is.
pub(crate) fn fresh(body: &str) -> Outcome<String> {
    let payload = Payload::parse(body.as_bytes()).map_err(Failure::from)?;
    let data = if json_edit::get(body, &["content"]).is_some() { "content" } else { "data" };
    let mut text = body.to_owned();
    for named in names_of(payload.event_type) {
        for path in paths(&text, data, *named) {
            let Some(old) = json_edit::get(&text, &path) else { continue };
            text = json_edit::change(&text, &path, Change::Set(&anew(old)?)).map_err(Failure::usage)?;
        }
    }
    Ok(text)
}

/// Where the fields are.
fn paths(text: &str, data: &str, named: Named) -> Vec<Vec<String>> {
    match named {
        Named::By(field) => vec![vec![data.to_owned(), field.to_owned()]],
        Named::ByEach { list, field, .. } => (0..text.len())
            .map(|at| vec![data.to_owned(), list.to_owned(), at.to_string()])
            .take_while(|element| json_edit::get(text, element).is_some())
            .map(|element| [element, vec![field.to_owned()]].concat())
            .collect(),
    }
}

/// A new value in the form of the old one: milliseconds, a time in ISO 8601, a UUID, or hex digits.
fn anew(old: &str) -> Outcome<String> {
    let now = clock::now().map_err(Failure::from)?;
    let text = old.trim_matches('"');
    if old.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(now.to_string());
    }
    if DateTime::parse_from_rfc3339(text).is_ok() {
        let now = DateTime::from_timestamp(now.div_euclid(1_000), 0).unwrap_or_default();
        return Ok(json_edit::quoted(&format!("{now:?}")));
    }
    let mut digits = random_hex();
    if text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
        // Version 4, and the variant of RFC 9562.
        digits.replace_range(12..13, "4");
        digits.replace_range(16..17, "a");
        for dash in [8, 13, 18, 23] {
            digits.insert(dash, '-');
        }
    }
    Ok(json_edit::quoted(&digits))
}

/// 32 hex digits that nobody else has: the seeds of the standard library's hash maps are from the system's randomness.
pub(crate) fn random_hex() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use tink_webhooks::IdempotencyKey;

    use super::*;

    fn key(body: &str) -> Option<IdempotencyKey> {
        Payload::parse(body.as_bytes()).unwrap().idempotency_key(body)
    }

    #[test]
    fn every_event_that_names_its_occurrence_names_another_one() {
        for event in EventType::ALL {
            let example = event.example();
            let made = [fresh(example).unwrap(), fresh(example).unwrap()];
            let keys = [key(example), key(&made[0]), key(&made[1])];
            if names_of(*event).is_empty() {
                assert!(made.iter().all(|body| body == example), "{event}");
            } else {
                assert!(keys.iter().all(Option::is_some), "{event}");
                assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{event}");
                assert_eq!(made[0].len(), example.len(), "{event}");
            }
        }
    }

    #[test]
    fn digits_stay_as_they_are() {
        assert!(fresh(EventType::SettlementTransactionCreated.example()).unwrap().contains(r#""amount":23.00,"#));
    }

    #[test]
    fn a_new_value_has_the_form_of_the_old_one() {
        assert_eq!(anew("1767225600000").unwrap().len(), 13);
        assert!(anew("\"2026-01-05T08:06:45Z\"").unwrap().ends_with("Z\""));
        let uuid = anew("\"2f9b6a5e-7f0d-4a51-9a58-3f6a5d0c1b11\"").unwrap();
        assert_eq!((uuid.len(), &uuid[15..16], &uuid[20..21]), (38, "4", "a"));
        assert_eq!(anew("\"c0ffee00112233445566778899aabbcc\"").unwrap().len(), 34);
    }

    #[test]
    fn a_name_is_taken_in_either_spelling() {
        assert_eq!(example("payment:updated").unwrap(), example("payment_updated").unwrap());
        assert!(example("unknown").is_ok());
        let failure = example("payment:update").unwrap_err();
        assert!(failure.hint.unwrap_or_default().contains("payment:updated"));
    }
}
