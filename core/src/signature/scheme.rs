//! The two signature schemes, and which of them a receiver allows.

use std::fmt;

use crate::error::{Error, Reason};

/// How a delivery is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Events v2: `t=<unix seconds>,v1=<64 hex digits>`, HMAC-SHA256 over `<t>.<body>`.
    V1,
    /// Bare: 64 hex digits, HMAC-SHA256 over the body alone. It carries no time and can be replayed for ever.
    Body,
}

impl Scheme {
    /// `v1` or `body`.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::Scheme::V1.as_str(), "v1");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::Body => "body",
        }
    }

    /// Its number in C and in Node's frames.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Scheme;
    /// assert_eq!((Scheme::V1.number(), Scheme::Body.number()), (1, 2));
    /// ```
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::Body => 2,
        }
    }

    /// The scheme of this name.
    ///
    /// # Errors
    /// [`Reason::InvalidOption`] for any other name.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Scheme;
    /// assert_eq!(Scheme::parse("body")?, Scheme::Body);
    /// assert!(Scheme::parse("v0").is_err());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "v1" => Ok(Self::V1),
            "body" => Ok(Self::Body),
            _ => Err(Error::with_message(Reason::InvalidOption, "a scheme is either \"v1\" or \"body\"")),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The schemes a receiver allows; both unless said otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schemes {
    v1: bool,
    body: bool,
}

impl Schemes {
    pub(crate) const ALL: Self = Self { v1: true, body: true };

    pub(crate) fn new(allowed: impl IntoIterator<Item = Scheme>) -> Result<Self, Error> {
        let mut schemes = Self { v1: false, body: false };
        for scheme in allowed {
            match scheme {
                Scheme::V1 => schemes.v1 = true,
                Scheme::Body => schemes.body = true,
            }
        }
        if !schemes.v1 && !schemes.body {
            return Err(Error::with_message(Reason::InvalidOption, "schemes is empty: allow \"v1\", \"body\" or both"));
        }
        Ok(schemes)
    }

    pub(crate) fn require(self, scheme: Scheme) -> Result<(), Error> {
        let allowed = match scheme {
            Scheme::V1 => self.v1,
            Scheme::Body => self.body,
        };
        if allowed {
            return Ok(());
        }
        Err(Error::new(Reason::SchemeNotAllowed).hint_text(match scheme {
            Scheme::V1 => "the header is of scheme \"v1\", the form Tink sends",
            Scheme::Body => "the header is of scheme \"body\"; Tink's Events v2 uses \"v1\"",
        }))
    }
}
