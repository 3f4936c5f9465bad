//! `listen`: receives deliveries, verifies, stores and forwards them.

use clap::Args;

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Options of `listen`.
#[derive(Args)]
pub(crate) struct ListenArgs {}

/// Receives until it is stopped.
pub(crate) fn run(_: ListenArgs, _: &mut Output) -> Outcome {
    Err(Failure::unable("this build cannot listen"))
}
