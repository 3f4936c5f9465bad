//! Errors by what a host knows of them.

use tink_webhooks::{Error, Reason};

/// The error of this reason, with the message that is given or the one of the table. `None` for no reason of the core.
pub fn error(reason: &str, message: Option<String>) -> Option<Error> {
    let reason = Reason::parse(reason)?;
    Some(message.map_or_else(|| Error::new(reason), |message| Error::with_message(reason, message)))
}
