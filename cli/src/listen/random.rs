//! Random bytes of the system.

use crate::failure::{Failure, Outcome};

/// So many random bytes as hex digits.
///
/// # Errors
/// Where the system gives none.
pub(crate) fn hex<const BYTES: usize>() -> Outcome<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| Failure::unable(format!("no random bytes: {error}")))?;
    Ok(hex::encode(bytes))
}
