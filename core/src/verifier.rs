//! Verification: size cap, header grammar, MAC, time window, and then the payload. In this order, in every language.

use std::time::Duration;

use crate::delivery::Delivery;
use crate::error::{Error, Reason};
use crate::event::Event;
use crate::payload::Payload;
use crate::signature::check::Prefix;
use crate::signature::header::Header;
use crate::signature::hmac::{Key, State, digest, digest_pieces, macs};
use crate::signature::scheme::Schemes;
use crate::signature::secret::{self, Secrets};
use crate::signature::{Scheme, Tolerance, Verification, VerificationStream};

/// Largest body that is looked at unless said otherwise: 2 MiB.
const DEFAULT_MAX_BODY_BYTES: usize = 2_097_152;

/// Secrets and options, ready for use: what every binding builds on. Immutable; share it between threads.
///
/// Rust users want [`WebhookHandler`](crate::WebhookHandler), which adds handlers and the event type of this language.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Verifier, clock};
///
/// let verifier = Verifier::builder().secret("top_secret_top_secret_top_secret").tolerance(None).build()?;
/// let body = br#"{"context": {...}, "event": "...",  "content": {...}}"#;
/// let header = b"t=1620198421,v1=3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb";
/// let verification = verifier.verify_signature(body, Some(header), clock::now)?;
/// assert_eq!(verification.signed_at, Some(1_620_198_421));
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    secrets: Secrets,
    tolerance: Tolerance,
    schemes: Schemes,
    max_body_bytes: usize,
}

impl Verifier {
    /// Starts with the defaults; without a secret [`VerifierBuilder::build`] takes them from the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, Verifier};
    /// let verifier = Verifier::builder().secret("s3cret").schemes([Scheme::V1]).build()?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn builder() -> VerifierBuilder {
        VerifierBuilder::default()
    }

    /// The cap on a body's size, for receivers that read it from a stream.
    ///
    /// # Examples
    ///
    /// ```
    /// let verifier = tink_webhooks::Verifier::builder().secret("s3cret").build().unwrap();
    /// assert_eq!(verifier.max_body_bytes(), 2_097_152);
    /// ```
    pub const fn max_body_bytes(&self) -> usize {
        self.max_body_bytes
    }

    /// Checks a signature. The body need not be JSON.
    ///
    /// `clock` gives epoch milliseconds ([`clock::now`](crate::clock::now) is the system's); it is read at most once, after the MAC has
    /// held, and its error is passed on as it is.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidSignature`](crate::Kind::InvalidSignature), [`Reason::BodyTooLarge`], and what the
    /// clock returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Reason, Verifier, clock};
    /// let verifier = Verifier::builder().secret("s3cret").build().unwrap();
    /// let error: Error = verifier.verify_signature(b"{}", None, clock::now).unwrap_err();
    /// assert_eq!(error.reason(), Reason::MissingSignature);
    /// ```
    pub fn verify_signature<E: From<Error>>(
        &self,
        body: &[u8],
        signature: Option<&[u8]>,
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Verification, E> {
        let hash = |states: &mut [State], [t, dot]: Prefix<'_>| digest(states, [t, dot, body]);
        self.verify(body.len(), body, Some(body), signature, hash, clock)
    }

    /// The same for a body that lies in pieces, one after the other: it is not joined.
    ///
    /// # Errors
    /// As [`verify_signature`](Self::verify_signature).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Verifier, clock, generate_signature, Scheme};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let header = generate_signature("in two pieces", "s3cret", Scheme::V1, None)?;
    /// verifier.verify_signature_scattered(&["in two", " pieces"], Some(header.as_bytes()), clock::now)?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[inline]
    pub fn verify_signature_scattered<E: From<Error>>(
        &self,
        pieces: &[impl AsRef<[u8]>],
        signature: Option<&[u8]>,
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Verification, E> {
        let pieces = || pieces.iter().map(AsRef::as_ref);
        let size = pieces().fold(0_usize, |size, piece| size.saturating_add(piece.len()));
        let beginning = pieces().find(|piece| !piece.is_empty()).unwrap_or_default();
        let hash = |states: &mut [State], prefix: Prefix<'_>| digest_pieces(states, prefix.into_iter().chain(pieces()));
        self.verify(size, beginning, None, signature, hash, clock)
    }

    /// The same for a body that only the caller can read, of which it says how long it is and what it begins with. `mac`
    /// gets the chaining values of HMAC's inner and outer hash behind the key's block, and what is signed ahead of the body,
    /// and writes the MAC: its bytes, eight to a word. For the WebAssembly module, whose host has the body.
    ///
    /// # Errors
    /// As [`verify_signature`](Self::verify_signature).
    #[doc(hidden)]
    #[inline]
    pub fn verify_signature_elsewhere<E: From<Error>>(
        &self,
        size: usize,
        beginning: &[u8],
        signature: Option<&[u8]>,
        mac: impl Fn(&mut [u64; 4], [&[u32; 8]; 2], [&[u8]; 2]),
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Verification, E> {
        let header = self.admit(size, beginning, signature)?;
        let made = |key: &Key| key.mac_elsewhere(|made, values| mac(made, values, header.prefix()));
        header.judge(self.secrets.keys().iter().map(made), self.tolerance, clock)
    }

    /// Begins the verification of a body that arrives in pieces: for servers and proxies that need not keep it. The
    /// header is checked at once.
    ///
    /// # Errors
    /// [`Reason::MissingSignature`], [`Reason::MalformedSignature`] and [`Reason::SchemeNotAllowed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Verifier, clock, generate_signature, Scheme};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let header = generate_signature("in two pieces", "s3cret", Scheme::V1, None)?;
    /// let mut stream = verifier.begin_verification(Some(header.as_bytes()))?;
    /// stream.update(b"in two")?;
    /// stream.update(b" pieces")?;
    /// assert_eq!(stream.finish(clock::now)?.scheme, Scheme::V1);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn begin_verification(&self, signature: Option<&[u8]>) -> Result<VerificationStream, Error> {
        let header = Header::parse(signature)?;
        self.schemes.require(header.scheme())?;
        Ok(VerificationStream::new(header, &self.secrets, self.tolerance, self.max_body_bytes))
    }

    /// Checks the signature and reads the payload.
    ///
    /// # Errors
    /// As [`verify_signature`](Self::verify_signature) and [`Payload::parse`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Verifier, clock, generate_signature, Scheme};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let body = br#"{"event":"account:updated","content":{"id":"a1"}}"#;
    /// let header = generate_signature(body, "s3cret", Scheme::V1, None)?;
    /// let delivery = verifier.construct(body, Some(header.as_bytes()), clock::now)?;
    /// assert_eq!(delivery.payload.event_type.as_str(), "account_updated");
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn construct<'b, E: From<Error>>(
        &self,
        body: &'b [u8],
        signature: Option<&[u8]>,
        mut clock: impl FnMut() -> Result<i64, E>,
    ) -> Result<Delivery<'b>, E> {
        let mut received = None;
        let verification = self.verify_signature(body, signature, || {
            let now = clock()?;
            received = Some(now);
            Ok::<_, E>(now)
        })?;
        Delivery::proven(body, verification, received, clock)
    }

    /// The same for a body that lies in pieces, one after the other. The event has a copy of it, joined.
    ///
    /// # Errors
    /// As [`construct`](Self::construct).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Verifier, clock, generate_signature, Scheme};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let header = generate_signature(r#"{"event":"account:updated"}"#, "s3cret", Scheme::V1, None)?;
    /// let pieces = [r#"{"event":"acc"#, r#"ount:updated"}"#];
    /// let event = verifier.construct_scattered(&pieces, Some(header.as_bytes()), clock::now)?;
    /// assert!(event.verification().is_some());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn construct_scattered<E: From<Error>>(
        &self,
        pieces: &[impl AsRef<[u8]>],
        signature: Option<&[u8]>,
        clock: impl FnMut() -> Result<i64, E>,
    ) -> Result<Event<'static>, E> {
        let pieces = || pieces.iter().map(AsRef::as_ref);
        let size = pieces().fold(0_usize, |size, piece| size.saturating_add(piece.len()));
        self.check_size(size)?;
        // Joined first: what is verified is then what is read, whatever happens to the pieces meanwhile.
        let mut body = Vec::with_capacity(size);
        pieces().for_each(|piece| body.extend_from_slice(piece));
        Event::owning(body, |body| self.construct(body, signature, clock))
    }

    /// Reads a payload **without checking any signature**: for bodies that were verified before.
    ///
    /// # Errors
    /// As [`Payload::parse`], [`Reason::BodyTooLarge`], and what the clock returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Verifier, clock};
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// let delivery = verifier.parse(br#"{"event":"account:updated"}"#, clock::now)?;
    /// assert!(delivery.verification.is_none());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn parse<'b, E: From<Error>>(
        &self,
        body: &'b [u8],
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Delivery<'b>, E> {
        self.check_size(body.len())?;
        let (text, payload) = Payload::parse_bytes(body)?;
        let timestamp_millis = match payload.timestamp_millis {
            Some(stated) => stated,
            None => clock()?,
        };
        Ok(Delivery { text, payload, timestamp_millis, verification: None })
    }

    /// The checks in their order, for any body whose size and beginning are known; `whole` is the body if it is in one
    /// piece.
    #[inline]
    fn verify<'s, E: From<Error>>(
        &self,
        size: usize,
        beginning: &[u8],
        whole: Option<&[u8]>,
        signature: Option<&'s [u8]>,
        hash: impl Fn(&mut [State], Prefix<'s>),
        clock: impl FnOnce() -> Result<i64, E>,
    ) -> Result<Verification, E> {
        let header = self.admit(size, beginning, signature)?;
        let hash = |states: &mut [State]| hash(states, header.prefix());
        match self.secrets.keys() {
            [key] => {
                let at_once = || key.mac_at_once(header.prefix(), whole?);
                let mac = || at_once().unwrap_or_else(|| key.mac_of(hash));
                header.judge(std::iter::once_with(mac), self.tolerance, clock)
            }
            keys => header.judge(macs(keys, hash), self.tolerance, clock),
        }
    }

    /// The checks that need no MAC, in their order.
    #[inline]
    fn admit<'s>(&self, size: usize, beginning: &[u8], signature: Option<&'s [u8]>) -> Result<Header<'s>, Error> {
        self.check_size(size)?;
        let header = Header::parse(signature)?;
        self.schemes.require(header.scheme())?;
        if header.is_refuted_by(beginning) {
            return Err(Error::new(Reason::SignatureMismatch));
        }
        Ok(header)
    }

    /// What to log once, where a secret is usable and most likely not meant: one with quotes at both ends, or with a comma.
    /// Every delivery would be refused. The texts hold nothing of the secrets.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// let verifier = Verifier::builder().secret("new,old").build()?;
    /// assert!(verifier.warnings()[0].contains("comma"));
    /// assert!(Verifier::builder().secrets(["new", "old"]).build()?.warnings().is_empty());
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn warnings(&self) -> &[&'static str] {
        self.secrets.warnings()
    }

    /// Says why this verifier refuses a delivery: [`explain`](crate::explain::explain) under the secrets it has, whose own
    /// bytes it has not kept, so that what was done to a secret is not found. `now` is in unix seconds, else the system's.
    ///
    /// For receivers that log it while they are developed: behind the answer, under one [`Limit`](crate::explain::Limit).
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Scheme, Verifier, explain::Cause, generate_signature};
    /// let secret = "67abc1e08fb64c92b450a13e0876330b";
    /// let verifier = Verifier::builder().secret(secret).build()?;
    /// let header = generate_signature(r#"{"a":1}"#, secret, Scheme::V1, None)?;
    /// assert_eq!(verifier.explain(br#"{"a": 1}"#, Some(header.as_bytes()), None).cause(), Cause::JsonSpaced);
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    #[cfg(feature = "explain")]
    pub fn explain(&self, body: &[u8], signature: Option<&[u8]>, now: Option<i64>) -> crate::explain::Explanation {
        crate::explain::explain_refusal(body, signature.unwrap_or_default(), &self.secrets, now)
    }

    fn check_size(&self, size: usize) -> Result<(), Error> {
        if size > self.max_body_bytes { Err(Error::new(Reason::BodyTooLarge)) } else { Ok(()) }
    }
}

/// Makes a [`Verifier`]. A mistake in any option is reported by [`build`](Self::build).
#[derive(Debug)]
#[must_use]
pub struct VerifierBuilder {
    secrets: Option<Result<Secrets, Error>>,
    tolerance: Result<Tolerance, Error>,
    schemes: Result<Schemes, Error>,
    max_body_bytes: usize,
}

impl Default for VerifierBuilder {
    fn default() -> Self {
        Self {
            secrets: None,
            tolerance: Ok(Tolerance::default()),
            schemes: Ok(Schemes::ALL),
            max_body_bytes: DEFAULT_MAX_BODY_BYTES,
        }
    }
}

impl VerifierBuilder {
    /// The secret, as Tink's create-endpoint response shows it; its own bytes are the key. Replaces earlier ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secret("s3cret").build().is_ok());
    /// assert!(Verifier::builder().secret("").build().is_err());
    /// ```
    pub fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        self.secrets = Some(Secrets::one(secret.as_ref()));
        self
    }

    /// Several secrets, for rotation or several endpoints: any of them may match. Replaces earlier ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secrets(["new", "old"]).build().is_ok());
    /// ```
    pub fn secrets<S: AsRef<[u8]>>(mut self, secrets: impl IntoIterator<Item = S>) -> Self {
        self.secrets = Some(Secrets::several(secrets));
        self
    }

    /// The secrets from a value of `TINK_WEBHOOK_SECRET` that the caller has read: separated by white space.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secrets_from_environment(Some("new old")).build().is_ok());
    /// assert!(Verifier::builder().secrets_from_environment(None).build().is_err());
    /// ```
    pub fn secrets_from_environment(mut self, value: Option<&str>) -> Self {
        self.secrets = Some(Secrets::from_environment(value));
        self
    }

    /// How old, or how far ahead, a signature may be; cut to whole seconds. `None` switches the window off.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// use std::time::Duration;
    /// assert!(Verifier::builder().secret("s3cret").tolerance(Duration::from_secs(600)).build().is_ok());
    /// assert!(Verifier::builder().secret("s3cret").tolerance(None).build().is_ok());
    /// ```
    pub fn tolerance(mut self, tolerance: impl Into<Option<Duration>>) -> Self {
        let seconds = tolerance.into().map(|tolerance| Tolerance::from_seconds(tolerance.as_secs_f64()));
        self.tolerance = seconds.unwrap_or(Ok(Tolerance::OFF));
        self
    }

    /// The same in seconds, for bindings whose languages count so; `None` switches the window off.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secret("s3cret").tolerance_seconds(Some(-1.0)).build().is_err());
    /// ```
    pub fn tolerance_seconds(mut self, seconds: Option<f64>) -> Self {
        self.tolerance = seconds.map_or(Ok(Tolerance::OFF), Tolerance::from_seconds);
        self
    }

    /// The schemes to accept. To receive Events v2 only, allow [`Scheme::V1`] alone: a bare signature carries no
    /// time, and can be replayed for ever.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// use tink_webhooks::Scheme;
    /// assert!(Verifier::builder().secret("s3cret").schemes([Scheme::V1]).build().is_ok());
    /// ```
    pub fn schemes(mut self, schemes: impl IntoIterator<Item = Scheme>) -> Self {
        self.schemes = Schemes::new(schemes);
        self
    }

    /// The same by name, for bindings.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secret("s3cret").scheme_names(["v0"]).build().is_err());
    /// ```
    pub fn scheme_names<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        let schemes = names.into_iter().map(|name| Scheme::parse(name.as_ref())).collect::<Result<Vec<_>, _>>();
        self.schemes = schemes.and_then(Schemes::new);
        self
    }

    /// The largest body that is looked at, in bytes; 2 MiB by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// assert!(Verifier::builder().secret("s3cret").max_body_bytes(0).build().is_err());
    /// ```
    pub const fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Checks the options.
    ///
    /// # Errors
    /// Any reason of [`Kind::InvalidConfig`](crate::Kind::InvalidConfig) but `unknown_event_type`.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::Verifier;
    /// let verifier = Verifier::builder().secret("s3cret").build()?;
    /// # Ok::<(), tink_webhooks::Error>(())
    /// ```
    pub fn build(self) -> Result<Verifier, Error> {
        let tolerance = self.tolerance?;
        let schemes = self.schemes?;
        if self.max_body_bytes == 0 {
            return Err(Error::with_message(Reason::InvalidOption, "max_body_bytes must be positive"));
        }
        let secrets = match self.secrets {
            Some(secrets) => secrets?,
            None => Secrets::from_environment(secret::environment().as_ref().map(|value| value.as_str()))?,
        };
        Ok(Verifier { secrets, tolerance, schemes, max_body_bytes: self.max_body_bytes })
    }
}
