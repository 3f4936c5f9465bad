//! Why a delivery does not verify.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};
use tink_webhooks::explain::{Cause, Explanation, Limit, explain, in_production};

use crate::arguments;
use crate::errors::Failure;
use crate::sign::seconds;

/// The causes, whether they are proved, the place, the fix, the text, which secret fits, and the body that was signed:
/// what `tink_webhooks._explain` makes an object of.
pub(crate) type Parts<'py> =
    (Bound<'py, PyTuple>, bool, &'static str, String, String, Option<usize>, Option<Bound<'py, PyBytes>>);

/// The parts of an explanation; the secrets are bytes.
#[pyfunction(name = "_explain")]
#[expect(clippy::needless_pass_by_value, reason = "a function of Python takes its arguments so")]
pub(crate) fn explain_delivery<'py>(
    body: &Bound<'py, PyAny>,
    signature: &Bound<'py, PyAny>,
    secrets: Vec<Bound<'py, PyBytes>>,
    now: &Bound<'py, PyAny>,
) -> Result<Parts<'py>, Failure> {
    let py = body.py();
    let body = arguments::body(body)?;
    let signature = arguments::signature(signature)?;
    let now = if now.is_none() {
        // The language's own clock, which is what tools for tests move.
        seconds(&py.import(intern!(py, "time"))?.call_method0(intern!(py, "time"))?)?
    } else {
        seconds(now)?
    };
    let (bytes, secrets) = (body.as_bytes(), secrets.iter().map(PyBytesMethods::as_bytes).collect::<Vec<_>>());
    // It may take a while.
    let found = py.detach(|| explain(bytes, signature, secrets, Some(now)));
    parts(py, &found)
}

pub(crate) fn parts<'py>(py: Python<'py>, found: &Explanation) -> Result<Parts<'py>, Failure> {
    let causes =
        PyTuple::new(py, found.causes().iter().copied().map(Cause::as_str).map(|word| PyString::intern(py, word)))?;
    let original = found.original_body().map(|body| PyBytes::new(py, body));
    Ok((causes, found.proved(), found.place(), found.fix(), found.to_string(), found.secret_index(), original))
}

/// Whether another refusal may be explained now, of all receivers of this process, which it never may in production: see core's
/// `Limit`. `seconds` is what
/// ``time.monotonic()`` gives.
#[pyfunction(name = "_may_explain")]
pub(crate) fn may_explain(seconds: f64) -> bool {
    static LIMIT: Limit = Limit::new();
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let seconds = seconds as i64;
    !in_production() && LIMIT.allows(seconds)
}
