//! The command line. The options of each command stand with what it does.

use clap::{Parser, Subcommand};

use crate::output::OutputArgs;
use crate::{catalogue, check, explain, listen, manual, replay, send, sign, verify};

const AFTER: &str = "\
The secret is read from TINK_WEBHOOK_SECRET, from a file, or asked for; never from the command line.

Exit status: 0 yes, done; 1 no (not verified, not accepted, a case failed); 2 the command line, the secret or an option is \
wrong; 3 it could not be done (a file, the network).";

/// Sign, verify, explain, send and receive the webhooks of Tink, and check a receiver
#[derive(Parser)]
#[command(name = "tink-webhooks", bin_name = "tink-webhooks", version, propagate_version = true, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Sign a body: print the header, or a curl command
    Sign(sign::SignArgs),
    /// Say whether a delivery is authentic, and what it says
    Verify(verify::VerifyArgs),
    /// Say why a delivery does not verify, and what to change
    Explain(explain::ExplainArgs),
    /// Send an event to a receiver as Tink would, or broken on request
    Send(send::SendArgs),
    /// Check a receiver with signed, broken and odd deliveries
    Check(check::CheckArgs),
    /// Receive deliveries, verify, store and forward them, and show them in the browser
    Listen(listen::ListenArgs),
    /// Send a stored delivery again
    Replay(replay::ReplayArgs),
    /// List the events that Tink documents, or print the example of one
    Events(catalogue::EventsArgs),
    /// Print the completions of a shell
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write those of all commands
    Man(manual::ManArgs),
}
