//! The command `tink-webhooks`: signs, verifies, explains, sends and receives deliveries, and checks receivers.

#![forbid(unsafe_code)]

mod args;
mod catalogue;
mod check;
mod event_input;
mod explain;
mod failure;
mod fault;
mod http_client;
mod json_edit;
mod listen;
mod manual;
mod message;
mod output;
mod replay;
mod secret;
mod send;
mod sign;
mod tink;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};

fn main() -> ExitCode {
    let Cli { output, command } = Cli::parse();
    let mut output = output::Output::new(&output);
    let result = match command {
        Command::Sign(args) => sign::run(&args, &mut output),
        Command::Verify(args) => verify::run(&args, &mut output),
        Command::Explain(args) => explain::run(&args, &mut output),
        Command::Send(args) => send::run(&args, &mut output),
        Command::Check(args) => check::run(&args, &mut output),
        Command::Listen(args) => listen::run(&args, &mut output),
        Command::Replay(args) => replay::run(&args, &mut output),
        Command::Events(args) => catalogue::run(&args, &mut output),
        Command::Completions(args) => manual::completions(&args, Cli::command(), &mut output),
        Command::Man(args) => manual::man(&args, Cli::command(), &mut output),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit.into()
        }
    }
}
