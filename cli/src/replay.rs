//! `replay`: sends a stored delivery again.

use clap::Args;

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Options of `replay`.
#[derive(Args)]
pub(crate) struct ReplayArgs {}

/// Sends it.
pub(crate) fn run(_: ReplayArgs, _: &mut Output) -> Outcome {
    Err(Failure::unable("this build cannot replay"))
}
