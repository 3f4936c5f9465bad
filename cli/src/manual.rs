//! Completions and manual pages, made from the command line's own description.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;

/// Options of `completions`.
#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell: `source <(tink-webhooks completions bash)`
    shell: Shell,
}

/// Options of `man`.
#[derive(Args)]
pub(crate) struct ManArgs {
    /// Write the page of every command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs, mut described: Command, output: &mut Output) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut described, "tink-webhooks", &mut text);
    output.bytes(&text)?;
    Ok(Exit::Yes)
}

/// Prints the manual page, or writes those of all commands.
pub(crate) fn man(args: &ManArgs, described: Command, output: &mut Output) -> Outcome {
    if let Some(folder) = &args.dir {
        let result = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(described, folder));
        result.map_err(|error| Failure::file(folder, &error))?;
        return Ok(Exit::Yes);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(described).render(&mut page)?;
    output.bytes(&page)?;
    Ok(Exit::Yes)
}
