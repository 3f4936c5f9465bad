//! The object that handles deliveries.

use std::sync::Arc;

use tink_webhooks::{Error, Event, Reason, Registry, Verification, Verifier, clock};

use crate::callback::{Callback, ClockFn, HandlerFn};
use crate::failure::{ErrorObject, Failure};
use crate::guard::guard_code;
use crate::pointers::write;
use crate::views::VerificationView;

/// `tink_webhooks`
pub struct Hooks {
    /// None in a dispatcher.
    verifier: Option<Verifier>,
    registry: Registry<Callback<HandlerFn>>,
    /// Shared with the streams that were begun with it.
    clock: Option<Arc<Callback<ClockFn>>>,
}

impl Hooks {
    pub(crate) fn new(verifier: Verifier, clock: Option<Callback<ClockFn>>) -> Self {
        Self { verifier: Some(verifier), registry: Registry::new(), clock: clock.map(Arc::new) }
    }

    /// One that has no secret, and verifies nothing.
    pub(crate) fn dispatcher() -> Self {
        Self { verifier: None, registry: Registry::new(), clock: None }
    }

    pub(crate) const fn registry(&self) -> &Registry<Callback<HandlerFn>> {
        &self.registry
    }

    pub(crate) fn verifier(&self) -> Result<&Verifier, Failure> {
        let none =
            || Error::with_message(Reason::SecretNotConfigured, "a dispatcher has no secret: it verifies nothing");
        Ok(self.verifier.as_ref().ok_or_else(none)?)
    }

    pub(crate) const fn clock(&self) -> Option<&Arc<Callback<ClockFn>>> {
        self.clock.as_ref()
    }

    pub(crate) fn now(&self) -> Result<i64, Error> {
        now(self.clock.as_deref())
    }

    pub(crate) fn construct<'b>(&self, body: &'b [u8], signature: &[u8]) -> Result<Event<'b>, Failure> {
        Ok(Event::from(self.verifier()?.construct(body, Some(signature), || self.now())?))
    }

    pub(crate) fn parse<'b>(&self, body: &'b [u8]) -> Result<Event<'b>, Failure> {
        Ok(Event::from(self.verifier()?.parse(body, || self.now())?))
    }

    pub(crate) fn dispatch(&self, event: &Event<'_>) -> Result<(), Failure> {
        let (event_type, name) = (event.event_type(), event.name());
        let handlers = self.registry.snapshot();
        let failures = handlers.matching(event_type, name).map(|handler| handler.run(event)).filter(|&code| code != 0);
        let failures: Vec<u32> = failures.collect();
        if failures.is_empty() { Ok(()) } else { Err(Failure::Handlers(failures)) }
    }
}

/// The time by the caller's clock, or by the system's.
pub(crate) fn now(clock: Option<&Callback<ClockFn>>) -> Result<i64, Error> {
    clock.map_or_else(clock::now, Callback::now)
}

/// Runs `verify` and writes its result. `out` reads as unverified until then, and after a refusal.
///
/// # Safety
/// `out` and `err` are each NULL, or valid as the header says.
pub(crate) unsafe fn verified(
    out: *mut VerificationView,
    err: *mut *mut ErrorObject,
    verify: impl FnOnce() -> Result<Verification, Failure>,
) -> u32 {
    // SAFETY: as the caller says.
    unsafe {
        guard_code(err, || {
            write(out, VerificationView::UNVERIFIED);
            write(out, VerificationView::from(&verify()?));
            Ok(())
        })
    }
}
