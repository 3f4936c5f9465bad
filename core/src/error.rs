//! The error table: one error type, a kind, a finer reason, and the number each reason has in C.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// What went wrong, coarsely: what a receiver answers follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The delivery is not shown to come from Tink, or not now. HTTP 401.
    InvalidSignature,
    /// Authentic, but not an event this library can read. HTTP 400, or 413 for a body over the cap.
    InvalidPayload,
    /// The test ping: authentic, and never dispatched. HTTP 200.
    TestWebhook,
    /// At least one handler failed. HTTP 500, so that Tink delivers again.
    HandlerFailed,
    /// A mistake on our side: secret, option, event type. HTTP 500.
    InvalidConfig,
    /// The request is not one that can carry a delivery, or its body did not arrive whole: HTTP adapters make it, nothing
    /// else does. HTTP 405 or 408.
    InvalidRequest,
    /// A handler could not run now, and nothing is wrong with it: what makes effects happen once says it. Where every
    /// handler that failed says so, the dispatch does. HTTP 503, so that Tink delivers again.
    Unavailable,
}

impl Kind {
    /// The kind as it is spelled in every language.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(tink_webhooks::Kind::InvalidSignature.as_str(), "invalid_signature");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidSignature => "invalid_signature",
            Self::InvalidPayload => "invalid_payload",
            Self::TestWebhook => "test_webhook",
            Self::HandlerFailed => "handler_failed",
            Self::InvalidConfig => "invalid_config",
            Self::InvalidRequest => "invalid_request",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The table is written once: variant, spelling, C number, kind, HTTP status, and what to do about it.
macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $code:literal, $kind:ident, $status:literal, $message:literal;)*) => {
        /// What went wrong, exactly. Spelled the same in every language.
        ///
        /// Where a kind has nothing finer (`test_webhook`, `handler_failed`), the reason has the kind's spelling.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the table.
            ///
            /// # Examples
            ///
            /// ```
            /// use tink_webhooks::Reason;
            /// assert!(Reason::ALL.iter().all(|reason| reason.code() > 0));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The reason as it is spelled in every language.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(tink_webhooks::Reason::TimestampTooOld.as_str(), "timestamp_too_old");
            /// ```
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The reason of this spelling.
            ///
            /// # Examples
            ///
            /// ```
            /// use tink_webhooks::Reason;
            /// assert_eq!(Reason::parse("too_deep"), Some(Reason::TooDeep));
            /// ```
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The number of this reason in C (`TINK_WEBHOOKS_…`). Never 0, which means success there; never reused.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(tink_webhooks::Reason::MissingSignature.code(), 101);
            /// ```
            pub const fn code(self) -> u32 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The kind this reason belongs to.
            ///
            /// # Examples
            ///
            /// ```
            /// use tink_webhooks::{Kind, Reason};
            /// assert_eq!(Reason::TooDeep.kind(), Kind::InvalidPayload);
            /// ```
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }

            /// The HTTP status a receiver answers.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(tink_webhooks::Reason::BodyTooLarge.http_status(), 413);
            /// ```
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What the reason means, in one sentence; an error may know more.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(tink_webhooks::Reason::InvalidJson.message(), "the body is not JSON");
            /// ```
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

reasons! {
    /// No `X-Tink-Signature` header, or an empty or blank one.
    MissingSignature = "missing_signature", 101, InvalidSignature, 401,
        "there is no X-Tink-Signature header, or it is blank";
    /// The header is neither `t=<seconds>,v1=<64 hex digits>` nor 64 hex digits.
    MalformedSignature = "malformed_signature", 102, InvalidSignature, 401,
        "the signature header is neither `t=<unix seconds>,v1=<64 hex digits>` nor 64 hex digits";
    /// The header is well-formed, but its scheme is not among the allowed ones.
    SchemeNotAllowed = "scheme_not_allowed", 103, InvalidSignature, 401,
        "the signature's scheme is not among the allowed schemes";
    /// No secret gives the signature.
    SignatureMismatch = "signature_mismatch", 104, InvalidSignature, 401,
        "no secret gives this signature: check that the body is the raw request body, byte for byte, and that the \
         secret is the one of this endpoint";
    /// Authentic, but signed longer ago than the tolerance.
    TimestampTooOld = "timestamp_too_old", 105, InvalidSignature, 401,
        "the delivery is authentic, but it was signed too long ago";
    /// Authentic, but signed further in the future than the tolerance.
    TimestampInFuture = "timestamp_in_future", 106, InvalidSignature, 401,
        "the delivery is authentic, but it was signed in the future";
    /// The body is not UTF-8.
    InvalidUtf8 = "invalid_utf8", 201, InvalidPayload, 400, "the body is not UTF-8";
    /// The body is not JSON as every one of the five languages reads it.
    InvalidJson = "invalid_json", 202, InvalidPayload, 400, "the body is not JSON";
    /// The body is JSON, but not an object.
    NotAnObject = "not_an_object", 203, InvalidPayload, 400, "the body is JSON, but not an object";
    /// Neither `event` nor `type` holds a non-empty string.
    MissingType = "missing_type", 204, InvalidPayload, 400,
        "the payload has neither an `event` nor a `type` that is a non-empty string";
    /// A community envelope (`type`) without `data`.
    MissingData = "missing_data", 205, InvalidPayload, 400, "the payload has a `type`, but no `data`";
    /// The JSON is nested beyond 128 levels.
    TooDeep = "too_deep", 206, InvalidPayload, 400, "the body is nested beyond 128 levels";
    /// One of the envelope's own keys occurs twice.
    DuplicateKey = "duplicate_key", 207, InvalidPayload, 400, "one of the envelope's own keys stands twice";
    /// The body is larger than `max_body_bytes`.
    BodyTooLarge = "body_too_large", 208, InvalidPayload, 413, "the body is larger than max_body_bytes";
    /// The test ping.
    TestWebhook = "test_webhook", 301, TestWebhook, 200,
        "this is the test ping: it is authentic, is not an event, and no handler was run; answer 200";
    /// At least one handler failed; the rest were run all the same.
    HandlerFailed = "handler_failed", 401, HandlerFailed, 500,
        "at least one handler failed; the other handlers were run all the same";
    /// No secret was given, and none is in the environment.
    SecretNotConfigured = "secret_not_configured", 501, InvalidConfig, 500,
        "no webhook secret: give one, or set TINK_WEBHOOK_SECRET; a delivery is never accepted unchecked";
    /// A secret that cannot be meant: empty, with a NUL, or with white space at an end.
    InvalidSecret = "invalid_secret", 502, InvalidConfig, 500, "a webhook secret is not usable";
    /// A tolerance that is negative, NaN or infinite.
    InvalidTolerance = "invalid_tolerance", 503, InvalidConfig, 500,
        "tolerance must be a number of seconds that is finite and not negative";
    /// A registration key that is no event type, most likely a typo.
    UnknownEventType = "unknown_event_type", 504, InvalidConfig, 500,
        "not an event type: a handler registered for it would never run";
    /// Schemes, cap, a clock's value, an asynchronous handler in a synchronous call.
    InvalidOption = "invalid_option", 505, InvalidConfig, 500, "an option is not usable";
    /// From HTTP adapters: not a POST.
    MethodNotAllowed = "method_not_allowed", 601, InvalidRequest, 405, "deliveries are POST requests";
    /// From HTTP adapters: the body did not arrive whole, or could not be decoded.
    UnreadableBody = "unreadable_body", 602, InvalidRequest, 408,
        "the body could not be read to its end: the client left, was too slow, or encoded it wrongly";
    /// From `once`: another copy of the event is being handled, and has not ended while this one waited.
    InProgress = "in_progress", 701, Unavailable, 503,
        "another copy of the event is still being handled; the handler was not run";
    /// From `once`: the store could not be asked whether the event was handled.
    StoreUnavailable = "store_unavailable", 702, Unavailable, 503,
        "the store could not be asked whether the event was handled; the handler was not run";
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a delivery was refused, a handler failed, or a configuration is not usable.
///
/// Neither the secret nor the body ever appears in it, in no form of output.
///
/// Where handlers failed, [`source`](StdError::source) is the first one's own error, so that loggers that walk the chain
/// print why. `Display` is this error alone; `Debug` names every handler's error.
///
/// # Examples
///
/// ```
/// use tink_webhooks::{Kind, Reason, WebhookHandler};
///
/// let hooks = WebhookHandler::new("67abc1e08fb64c92b450a13e0876330b")?;
/// let error = hooks.verify_signature("{}", "t=1,v1=nonsense").unwrap_err();
/// assert_eq!(error.kind(), Kind::InvalidSignature);
/// assert_eq!(error.reason(), Reason::MalformedSignature);
/// assert_eq!(error.http_status(), 401);
/// # Ok::<(), tink_webhooks::Error>(())
/// ```
pub struct Error(Box<Inner>);

/// It is put on the heap from the stack, on which keyed states have just been. So it has no parts that may be left
/// unwritten, as those of an `Option` are: they would take what was there before along. `tests/memory` looks.
struct Inner {
    reason: Reason,
    message: Cow<'static, str>,
    /// Empty: none.
    hint: String,
    has_age: bool,
    has_tolerance: bool,
    age: i64,
    tolerance: u64,
    details: Option<Box<Details>>,
}

/// What a module above this one knows more about an error, and finds again by its type. Its source is the error's.
/// Boxed once more in [`Inner`], because an absent fat pointer would have an unwritten half.
pub(crate) type Details = Box<dyn StdError + Send + Sync>;

impl Error {
    /// An error of `reason` with the table's own message.
    ///
    /// Bindings use it for what only they can see, such as an option of the wrong type.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Reason};
    /// assert_eq!(Error::new(Reason::MissingSignature).reason().as_str(), "missing_signature");
    /// ```
    pub fn new(reason: Reason) -> Self {
        Self::with_message(reason, reason.message())
    }

    /// An error of `reason` with a message of its own. The message must hold neither secret nor body.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Reason};
    /// let error = Error::with_message(Reason::InvalidOption, "max_body_bytes must be positive");
    /// assert_eq!(error.to_string(), "max_body_bytes must be positive");
    /// ```
    pub fn with_message(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            reason,
            message: message.into(),
            hint: String::new(),
            has_age: false,
            has_tolerance: false,
            age: 0,
            tolerance: 0,
            details: None,
        }))
    }

    pub(crate) fn hint_text(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = hint.into();
        self
    }

    pub(crate) fn outside_window(reason: Reason, age: i64, tolerance: Option<u64>) -> Self {
        let allowed = tolerance.map_or_else(|| "off".to_owned(), |seconds| format!("{seconds} s"));
        let message = format!("{}: age {age} s, tolerance {allowed}", reason.message());
        let mut error = Self::with_message(reason, message);
        (error.0.has_age, error.0.age) = (true, age);
        (error.0.has_tolerance, error.0.tolerance) = (tolerance.is_some(), tolerance.unwrap_or_default());
        error
    }

    /// The error a binding raises when `failed` handlers of a dispatch have failed.
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Kind};
    /// assert_eq!(Error::handlers_failed(2).kind(), Kind::HandlerFailed);
    /// ```
    pub fn handlers_failed(failed: usize) -> Self {
        let handlers = if failed == 1 { "1 handler" } else { &format!("{failed} handlers") };
        Self::with_message(
            Reason::HandlerFailed,
            format!("{handlers} failed; the other handlers were run all the same"),
        )
    }

    /// The same as [`handlers_failed`](Self::handlers_failed), with what is known of each: the reason of a handler's error where it is one of this library. Where all
    /// are of [`Kind::Unavailable`] the error is so too, with the first one's reason: nothing is broken, and a receiver
    /// answers 503. In every other case it is of [`Kind::HandlerFailed`].
    ///
    /// # Examples
    ///
    /// ```
    /// use tink_webhooks::{Error, Kind, Reason};
    /// assert_eq!(Error::dispatch_failed(&[Some(Reason::InProgress)]).http_status(), 503);
    /// assert_eq!(Error::dispatch_failed(&[Some(Reason::InProgress), None]).kind(), Kind::HandlerFailed);
    /// ```
    pub fn dispatch_failed(reasons: &[Option<Reason>]) -> Self {
        let unavailable = reasons.iter().all(|reason| reason.is_some_and(|known| known.kind() == Kind::Unavailable));
        match reasons {
            [Some(first)] if unavailable => Self::new(*first),
            [Some(first), ..] if unavailable => {
                Self::with_message(*first, format!("{} handlers could not run now: {}", reasons.len(), first.message()))
            }
            _ => Self::handlers_failed(reasons.len()),
        }
    }

    /// The same with what caused it, which is then its [`source`](StdError::source). Its text must hold neither secret nor
    /// body.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error as _;
    /// use tink_webhooks::{Error, Reason};
    /// let error = Error::new(Reason::UnreadableBody).with_source(std::io::Error::other("connection reset"));
    /// assert_eq!(error.source().unwrap().to_string(), "connection reset");
    /// ```
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.with_details(Box::new(Cause(source.into())))
    }

    pub(crate) fn with_details(mut self, details: Details) -> Self {
        self.0.details = Some(Box::new(details));
        self
    }

    pub(crate) fn details(&self) -> Option<&Details> {
        self.0.details.as_deref()
    }

    pub(crate) fn into_details(self) -> Option<Details> {
        self.0.details.map(|details| *details)
    }

    /// The coarse kind.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.verify_signature("{}", None::<&str>).unwrap_err();
    /// assert_eq!(error.kind().as_str(), "invalid_signature");
    /// ```
    pub fn kind(&self) -> Kind {
        self.0.reason.kind()
    }

    /// The exact reason.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.verify_signature("{}", None::<&str>).unwrap_err();
    /// assert_eq!(error.reason().as_str(), "missing_signature");
    /// ```
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The number of the reason in C; never 0.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.verify_signature("{}", None::<&str>).unwrap_err();
    /// assert_eq!(error.code(), 101);
    /// ```
    pub fn code(&self) -> u32 {
        self.0.reason.code()
    }

    /// The HTTP status a receiver answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.verify_signature("{}", None::<&str>).unwrap_err();
    /// assert_eq!(error.http_status(), 401);
    /// ```
    pub fn http_status(&self) -> u16 {
        self.0.reason.http_status()
    }

    /// Errors of the time window: seconds between signing and now, negative when the signature is from the future.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let header = generate_signature("{}", "s3cret", Scheme::V1, Some(1_700_000_000)).unwrap();
    /// let error = hooks.verify_signature("{}", &header).unwrap_err();
    /// assert!(error.age() > Some(300));
    /// ```
    pub fn age(&self) -> Option<i64> {
        self.0.has_age.then_some(self.0.age)
    }

    /// Errors of the time window: the tolerance in force, whole seconds; `None` also where the window is off.
    ///
    /// # Examples
    ///
    /// ```
    /// # use tink_webhooks::{Scheme, WebhookHandler, generate_signature};
    /// # let hooks = WebhookHandler::new("s3cret").unwrap();
    /// let header = generate_signature("{}", "s3cret", Scheme::V1, Some(1_700_000_000)).unwrap();
    /// let error = hooks.verify_signature("{}", &header).unwrap_err();
    /// assert_eq!(error.tolerance(), Some(300));
    /// ```
    pub fn tolerance(&self) -> Option<u64> {
        self.0.has_tolerance.then_some(self.0.tolerance)
    }

    /// What to try next, where something better than the message can be said.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.on("payment:update", |_| ()).unwrap_err();
    /// assert_eq!(error.hint(), Some("did you mean \"payment:updated\"?"));
    /// ```
    pub fn hint(&self) -> Option<&str> {
        (!self.0.hint.is_empty()).then_some(&self.0.hint)
    }

    /// The message without the hint; [`Display`](fmt::Display) shows both.
    ///
    /// # Examples
    ///
    /// ```
    /// # let hooks = tink_webhooks::WebhookHandler::new("s3cret").unwrap();
    /// let error = hooks.parse_event("[]").unwrap_err();
    /// assert_eq!(error.message(), "the body is JSON, but not an object");
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// What [`Error::with_source`] was given, as details whose source it is.
#[derive(Debug)]
struct Cause(Box<dyn StdError + Send + Sync>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.0)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        if let Some(hint) = self.hint() {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({}: {self}", self.0.reason)?;
        if let Some(details) = self.details() {
            write!(f, ": {details}")?;
        }
        f.write_str(")")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.details()?.source()
    }
}
