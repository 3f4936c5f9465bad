//! Making signatures.

use pyo3::intern;
use pyo3::prelude::*;
use tink_webhooks::{EventType, Scheme};

use crate::arguments::{self, Number, Word, type_error, type_name};
use crate::errors::{Failure, invalid_option};

/// Makes the value of an ``X-Tink-Signature`` header, for tests and for senders.
///
/// Args:
///     body: The body that is sent: ``bytes``, ``bytearray``, ``memoryview``, or its text, which is sent as UTF-8.
///     secret: The secret as ``str`` or ``bytes``.
///     timestamp: When it is signed: seconds since the epoch (a fraction is dropped) or an aware ``datetime``; now
///         where left out. Scheme ``body`` does not use it.
///     scheme: ``v1`` (the time and the body are signed) or ``body`` (the body alone).
///
/// Returns:
///     The value of the header.
///
/// Raises:
///     InvalidConfigError: The secret, the time or the scheme is not usable.
///     InvalidPayloadError: The text cannot be encoded: it holds a lone surrogate.
///     TypeError: An argument is of another type, or the ``datetime`` has no time zone.
#[pyfunction]
#[pyo3(
    signature = (body, secret, *, timestamp = None, scheme = Word::from("v1")),
    text_signature = "(body, secret, *, timestamp=None, scheme='v1')"
)]
pub(crate) fn generate_signature(
    body: &Bound<'_, PyAny>,
    secret: &Bound<'_, PyAny>,
    timestamp: Option<&Bound<'_, PyAny>>,
    scheme: Word,
) -> Result<String, Failure> {
    let Word(scheme) = scheme;
    let scheme = Scheme::parse(&scheme)?;
    let body = arguments::body(body)?;
    let secret = match arguments::secret(secret)? {
        Some(secret) => secret,
        None if secret.is_none() => b"",
        None => return Err(type_error(&format!("secret must be str or bytes, not {}", type_name(secret)))),
    };
    let py = body.py();
    let signed_at = match timestamp {
        Some(timestamp) => seconds(timestamp)?,
        // The language's own clock, which is what tools for tests move.
        None => seconds(&py.import(intern!(py, "time"))?.call_method0(intern!(py, "time"))?)?,
    };
    Ok(tink_webhooks::generate_signature(body.as_bytes(), secret, scheme, Some(signed_at))?)
}

/// Unix seconds, floored, of a number or an aware datetime.
pub(crate) fn seconds(value: &Bound<'_, PyAny>) -> Result<i64, Failure> {
    let py = value.py();
    if let Ok(seconds) = value.extract::<i64>() {
        return Ok(seconds);
    }
    let out_of_range = || invalid_option("the time of signing must lie in the years 1970 to 9999");
    let of = |value: &Bound<'_, PyAny>| match arguments::number(value) {
        #[expect(clippy::cast_possible_truncation, reason = "saturates; the core refuses what is out of range")]
        Number::Is(seconds) if seconds.is_finite() => Ok(Some(seconds.floor() as i64)),
        Number::Is(_) | Number::OutOfRange => Err(out_of_range()),
        Number::Not => Ok(None),
    };
    if let Some(seconds) = of(value)? {
        return Ok(seconds);
    }
    let wrong =
        || type_error(&format!("timestamp must be a number of seconds or an aware datetime, not {}", type_name(value)));
    let aware = value.call_method0(intern!(py, "utcoffset")).is_ok_and(|offset| !offset.is_none());
    let timestamp = value.call_method0(intern!(py, "timestamp")).map_err(|_| wrong())?;
    if !aware {
        return Err(type_error("timestamp is a datetime without a time zone: give it one, such as timezone.utc"));
    }
    of(&timestamp)?.ok_or_else(wrong)
}

/// The example body of a known event, for `tink_webhooks.testing`; `None` for an unknown name or type.
#[pyfunction(name = "_example_body")]
pub(crate) fn example_body(event_type: &str) -> Option<&'static str> {
    let known = match EventType::from_name(event_type) {
        EventType::Unknown => EventType::from_snake_case(event_type)?,
        known => known,
    };
    Some(known.example())
}
