//! What Tink does with an answer, by its page on Events v2 (docs.tink.com/api-events-v2).

/// The statuses after which Tink delivers again; it does so after no other one, nor after a connection that failed.
const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// Most times that Tink delivers again. The intervals grow exponentially; how long they are is not documented.
pub(crate) const MOST_RETRIES: u32 = 3;

/// What Tink does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the delivery has arrived.
    Done,
    /// It delivers again, up to three times.
    Again,
    /// Nothing: the delivery counts as refused, and never comes again.
    Never,
}

impl Next {
    /// After an answer of this status; none is a connection that failed.
    pub(crate) fn after(status: Option<u16>) -> Self {
        match status {
            Some(200..=299) => Self::Done,
            Some(status) if RETRIED.contains(&status) => Self::Again,
            _ => Self::Never,
        }
    }

    /// The word in JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Again => "retries",
            Self::Never => "never_again",
        }
    }

    /// In words.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Done => "Tink is done",
            Self::Again => "Tink delivers it again, up to three times",
            Self::Never => "Tink never delivers it again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_statuses_bring_a_delivery_again() {
        let again: Vec<u16> = (100..600).filter(|&status| Next::after(Some(status)) == Next::Again).collect();
        assert_eq!(again, [408, 429, 500, 502, 503, 504]);
        assert_eq!(Next::after(Some(204)), Next::Done);
        assert_eq!([Next::after(Some(401)), Next::after(Some(302)), Next::after(None)], [Next::Never; 3]);
    }
}
