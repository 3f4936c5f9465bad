//! Exit statuses, and what could not be done.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// What the command ends with. Scripts rely on the numbers; the manual lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and the answer is yes.
    Yes = 0,
    /// Done, and the answer is no: not verified, not accepted, a case of `check` failed.
    No = 1,
    /// The command line, the configuration or the secret is wrong. clap ends with the same number.
    Usage = 2,
    /// It could not be done: a file, the network.
    Unable = 3,
}

impl Exit {
    /// Of two answers the worse one.
    pub(crate) fn and(self, other: Self) -> Self {
        if other as u8 > self as u8 { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended early. Neither secret nor body is ever in it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What a command returns: the answer, or why there is none.
pub(crate) type Outcome<T = Exit> = Result<T, Failure>;

impl Failure {
    /// The user's mistake.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into(), hint: None }
    }

    /// What the world did not allow.
    pub(crate) fn unable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unable, message: message.into(), hint: None }
    }

    /// What happened to a file.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::unable(format!("{}: {error}", path.display()))
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Options and secrets that the library refuses. Its errors hold neither secret nor body.
impl From<tink_webhooks::Error> for Failure {
    fn from(error: tink_webhooks::Error) -> Self {
        Self { exit: Exit::Usage, message: error.message().to_owned(), hint: error.hint().map(ToOwned::to_owned) }
    }
}

/// What could not be written to standard output. Of a reader that has left, such as `head`, nothing is said.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let left = error.kind() == io::ErrorKind::BrokenPipe;
        Self::unable(if left { String::new() } else { format!("output: {error}") })
    }
}
