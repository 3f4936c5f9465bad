//! Verification of a body that arrives in pieces. Nothing of it is kept but one unfinished MAC per secret.

use std::fmt;

use crate::error::{Error, Reason};
use crate::signature::header::Header;
use crate::signature::hmac::RunningMacs;
use crate::signature::secret::Secrets;
use crate::signature::verification::Verification;
use crate::signature::window::Tolerance;

/// The verification of a body that arrives in pieces: [`Verifier::begin_verification`] checks the header,
/// [`update`](Self::update) takes the pieces in order, [`finish`](Self::finish) gives the verdict. However the body is
/// cut, the verdict is that on the whole body. It is about the signature only.
///
/// A stream that is dropped or not finished proves nothing; one that is finished is used up, so no call can come in
/// the wrong order:
///
/// # Examples
///
/// ```compile_fail,E0382
/// # let verifier = tink_webhooks::Verifier::builder().secret("s3cret").build()?;
/// let mut stream = verifier.begin_verification(Some(b"t=1,v1=..."))?;
/// stream.finish(tink_webhooks::clock::now)?;
/// stream.update(b"one more piece")?; // borrow of moved value
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
///
/// [`Verifier::begin_verification`]: crate::Verifier::begin_verification
#[must_use = "only `finish` gives a verdict"]
pub struct VerificationStream {
    /// What is to be proven.
    header: Header<'static>,
    /// One per secret, in their order; none once it is refuted or the body too large.
    macs: RunningMacs,
    tolerance: Tolerance,
    /// How many bytes may still come; `None` once more came.
    room: Option<usize>,
    /// How many bytes came, while there was room.
    taken: usize,
}

impl VerificationStream {
    pub(crate) fn new(header: Header<'_>, secrets: &Secrets, tolerance: Tolerance, max_body_bytes: usize) -> Self {
        let prefix = header.prefix();
        let mut stream = Self {
            header: header.forget_text(),
            macs: RunningMacs::begin(secrets.keys()),
            tolerance,
            room: Some(max_body_bytes),
            taken: 0,
        };
        for part in prefix {
            stream.macs.update(part);
        }
        stream
    }

    /// Takes the next piece; it may be empty.
    ///
    /// # Errors
    /// [`Reason::BodyTooLarge`] as soon as more came than the cap allows, from then on, and from
    /// [`finish`](Self::finish) too.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Reason, Scheme, Verifier, generate_signature};
    /// let verifier = Verifier::builder().secret("s3cret").max_body_bytes(8).build()?;
    /// let header = generate_signature("four bytes", "s3cret", Scheme::V1, None)?;
    /// let mut stream = verifier.begin_verification(Some(header.as_bytes()))?;
    /// stream.update("four")?;
    /// assert_eq!(stream.update(" bytes").unwrap_err().reason(), Reason::BodyTooLarge);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn update(&mut self, piece: impl AsRef<[u8]>) -> Result<(), Error> {
        let piece = piece.as_ref();
        self.room = self.room.and_then(|room| room.checked_sub(piece.len()));
        if self.room.is_none() {
            self.macs.clear();
            return Err(Error::new(Reason::BodyTooLarge));
        }
        if self.taken == 0 && self.header.is_refuted_by(piece) {
            self.macs.clear();
        }
        self.taken += piece.len();
        self.macs.update(piece);
        Ok(())
    }

    /// Gives the verdict on everything that came.
    ///
    /// `clock` gives epoch milliseconds ([`clock::now`](crate::clock::now) is the system's); it is read at most once,
    /// after the MAC has held, and its error is passed on as it is.
    ///
    /// # Errors
    /// [`Reason::BodyTooLarge`], [`Reason::SignatureMismatch`], [`Reason::TimestampTooOld`],
    /// [`Reason::TimestampInFuture`], and what the clock returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, Verifier, clock, generate_signature};
    /// let verifier = Verifier::builder().secrets(["new", "old"]).build()?;
    /// let header = generate_signature("the body", "old", Scheme::V1, None)?;
    /// let mut stream = verifier.begin_verification(Some(header.as_bytes()))?;
    /// stream.update("the body")?;
    /// assert_eq!(stream.finish(clock::now)?.secret_index, 1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn finish<E: From<Error>>(mut self, clock: impl FnOnce() -> Result<i64, E>) -> Result<Verification, E> {
        if self.room.is_none() {
            return Err(Error::new(Reason::BodyTooLarge).into());
        }
        self.header.judge(self.macs.finish(), self.tolerance, clock)
    }

    pub(crate) const fn taken(&self) -> usize {
        self.taken
    }
}

impl fmt::Debug for VerificationStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationStream").field("scheme", &self.header.scheme()).finish_non_exhaustive()
    }
}
