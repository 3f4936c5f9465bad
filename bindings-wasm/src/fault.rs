//! Why a call has no result, and the code that says so.

use tink_webhooks::Error;

/// The code of success.
pub(crate) const DONE: u32 = 0;
/// The code of [`Fault::AskClock`].
const ASK_CLOCK: u32 = 1;
/// The code of [`Fault::Misuse`].
const MISUSE: u32 = 2;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error of the core. Its code is its number in C, and `error` gives the rest.
    Failed(Error),
    /// The time is needed: the host asks its clock, and calls again.
    AskClock,
    /// The host broke the protocol: a handle that it does not hold, or arguments that are not in the arena.
    Misuse,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Fault {
    /// The code, and the error that is behind it.
    pub(crate) fn parts(self) -> (u32, Option<Error>) {
        match self {
            Self::Failed(error) => (error.code(), Some(error)),
            Self::AskClock => (ASK_CLOCK, None),
            Self::Misuse => (MISUSE, None),
        }
    }
}
