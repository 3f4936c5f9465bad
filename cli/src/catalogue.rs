//! `events`: the names of the catalogue, and the example of one.

use clap::Args;
use serde_json::json;
use tink_webhooks::{EventType, names_of};

use crate::failure::{Exit, Outcome};
use crate::message;
use crate::output::{FAINT, Output, Styled};

/// Options of `events`.
#[derive(Args)]
pub(crate) struct EventsArgs {
    /// Print the example of this event instead, byte for byte
    #[arg(value_name = "EVENT")]
    event: Option<String>,
}

/// Lists the events, or prints one.
pub(crate) fn run(args: &EventsArgs, output: &mut Output) -> Outcome {
    if let Some(name) = &args.event {
        let body = message::example(name)?;
        output.bytes(format!("{body}\n").as_bytes())?;
        return Ok(Exit::Yes);
    }
    if output.is_json() {
        let names = EventType::ALL.iter().map(|event| {
            json!({ "name": event.name(), "type": event.as_str(), "names_occurrence": !names_of(*event).is_empty() })
        });
        output.value(&names.collect::<Vec<_>>())?;
        return Ok(Exit::Yes);
    }
    for event in EventType::ALL {
        let what = if names_of(*event).is_empty() { "a signal: handle it each time" } else { "names its occurrence" };
        output.line(format!("{:<38}{}", event.name().unwrap_or_default(), Styled(FAINT, what)))?;
    }
    Ok(Exit::Yes)
}
