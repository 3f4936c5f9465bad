//! Restores pickled objects. Pickles name these functions, so their names must not change.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tink_webhooks::{Delivery, DeliveryId, Scheme};

use crate::errors::Failure;
use crate::event::{Event, Verification};

/// What `pickle` calls to make an event again. Checks no signature: the event is as trustworthy as the pickle.
#[pyfunction(name = "_deserialize_event")]
pub(crate) fn deserialize_event<'py>(text: &Bound<'py, PyAny>, decimals: bool) -> Result<Bound<'py, Event>, Failure> {
    Event::of_text(text, decimals)
}

/// What pickles of version 0.1 call to make an event again.
#[pyfunction(name = "_restore_event")]
pub(crate) fn restore_event<'py>(
    body: &Bound<'py, PyBytes>,
    timestamp_millis: i64,
    decimals: bool,
    verification: Option<&Bound<'_, Verification>>,
) -> Result<Bound<'py, Event>, Failure> {
    let verification = verification.map(|verification| verification.get().0);
    let delivery = Delivery::restore(body.as_bytes(), timestamp_millis, verification)?;
    Ok(Event::object(body, delivery, decimals)?)
}

/// What `pickle` calls to make a verification again.
#[pyfunction(name = "_restore_verification")]
pub(crate) fn restore_verification(
    scheme: &str,
    signed_at: Option<i64>,
    secret_index: usize,
    delivery_id: Option<&str>,
) -> Result<Verification, Failure> {
    let delivery_id = delivery_id.map(DeliveryId::parse).transpose()?;
    let scheme = Scheme::parse(scheme)?;
    Ok(tink_webhooks::Verification::restore(scheme, signed_at, secret_index, delivery_id)?.into())
}
