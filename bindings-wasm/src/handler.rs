//! Handler objects: a verifier, once it is configured, and a registry of the host's handlers by number.

use std::cell::RefCell;

use tink_webhooks::{Error, EventType, Key, Reason, Registry, Verifier, clock};

use crate::answer::Answer;
use crate::fault::Fault;
use crate::memory::{self, Arguments};
use crate::number;
use crate::slab::Slab;
use crate::texts::{self, Texts};

thread_local! {
    static HANDLERS: RefCell<Slab<Handler>> = const { RefCell::new(Slab::new()) };
}

struct Handler {
    verifier: Option<Verifier>,
    /// Handlers by number, called slots: the host knows which function each stands for.
    registry: Registry<u32>,
}

pub(crate) fn create() -> u32 {
    HANDLERS.with_borrow_mut(|handlers| handlers.insert(Handler { verifier: None, registry: Registry::new() }))
}

/// Its keys are wiped.
pub(crate) fn release(handle: u32) {
    drop(HANDLERS.with_borrow_mut(|handlers| handlers.remove(handle)));
}

fn with<T>(handle: u32, work: impl FnOnce(&Handler) -> Result<T, Fault>) -> Result<T, Fault> {
    HANDLERS.with_borrow(|handlers| work(handlers.get(handle).ok_or(Fault::Misuse)?))
}

/// Something about a verifier, for a host that has configured it.
pub(crate) fn with_verifier<T>(handle: u32, work: impl FnOnce(&Verifier) -> Result<T, Fault>) -> Result<T, Fault> {
    with(handle, |handler| work(handler.verifier.as_ref().ok_or_else(|| Error::new(Reason::SecretNotConfigured))?))
}

/// Which options were given; `configure` takes them as bits of a number.
mod given {
    pub(super) const SEVERAL: u32 = 1;
    pub(super) const ENVIRONMENT: u32 = 2;
    pub(super) const TOLERANCE: u32 = 4;
    pub(super) const WINDOW_OFF: u32 = 8;
    pub(super) const SCHEMES: u32 = 16;
    pub(super) const CAP: u32 = 32;
}

/// The numbers that `configure` takes.
pub(crate) struct Options {
    pub(crate) given: u32,
    pub(crate) secrets: u32,
    pub(crate) tolerance: f64,
    pub(crate) max_body_bytes: f64,
}

pub(crate) fn configure(handle: u32, options: &Options, length: u32) -> u32 {
    memory::call_and_wipe(length, |arguments| {
        let verifier = build(options, arguments.take(length)?)?;
        HANDLERS.with_borrow_mut(|handlers| {
            let handler = handlers.get_mut(handle).ok_or(Fault::Misuse)?;
            // A second configuration changes nothing: a host makes one only.
            handler.verifier.get_or_insert(verifier);
            Ok(())
        })
    })
}

fn build(options: &Options, mut bytes: &[u8]) -> Result<Verifier, Fault> {
    let has = |bit| options.given & bit != 0;
    let mut secrets = Vec::new();
    for _ in 0..options.secrets {
        secrets.push(texts::take_bytes(&mut bytes)?);
    }
    let mut builder = Verifier::builder();
    builder = match secrets[..] {
        [] if has(given::ENVIRONMENT) => builder.secrets_from_environment(None),
        // A value that is no text has no secrets in it.
        [value] if has(given::ENVIRONMENT) => builder.secrets_from_environment(str::from_utf8(value).ok()),
        [secret] if !has(given::SEVERAL) => builder.secret(secret),
        _ => builder.secrets(&secrets),
    };
    if has(given::WINDOW_OFF) {
        builder = builder.tolerance_seconds(None);
    } else if has(given::TOLERANCE) {
        builder = builder.tolerance_seconds(Some(options.tolerance));
    }
    if has(given::SCHEMES) {
        let mut names = Vec::new();
        while !bytes.is_empty() {
            names.push(texts::text(texts::take_bytes(&mut bytes)?)?);
        }
        builder = builder.scheme_names(names);
    }
    if has(given::CAP) {
        builder = builder.max_body_bytes(number::cap(options.max_body_bytes)?);
    }
    Ok(builder.build()?)
}

/// The cap in bytes; -1 for an object that was not configured.
pub(crate) fn max_body_bytes(handle: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it was a double when it was set, or is 2 MiB")]
    with_verifier(handle, |verifier| Ok(verifier.max_body_bytes() as f64)).unwrap_or(-1.0)
}

/// What to log once about the secrets, as texts.
pub(crate) fn warnings(handle: u32) -> u32 {
    memory::code(with_verifier(handle, |verifier| {
        memory::write_result(Texts::of(verifier.warnings().iter().copied()));
        Ok(())
    }))
}

/// How the time of a call is known.
#[derive(Clone, Copy)]
pub(crate) enum Clock {
    /// The host has a clock of the user's, which it asks only when it has to.
    Ask,
    /// What that clock gave, or the system's, in epoch milliseconds.
    Says(f64),
}

impl Clock {
    pub(crate) fn new(ask: u32, now: f64) -> Self {
        if ask == 0 { Self::Says(now) } else { Self::Ask }
    }

    pub(crate) fn read(self) -> Result<i64, Fault> {
        match self {
            Self::Ask => Err(Fault::AskClock),
            Self::Says(millis) => Ok(clock::from_millis(millis)?),
        }
    }
}

/// What is done with a delivery: its body and its signature, if there is one. It writes the answer, which given back would
/// be copied at each step.
pub(crate) type Work = fn(&Verifier, &[u8], Option<&[u8]>, Clock) -> Result<(), Fault>;

pub(crate) fn verify(verifier: &Verifier, body: &[u8], signature: Option<&[u8]>, time: Clock) -> Result<(), Fault> {
    memory::write_answer(&Answer::from(&verifier.verify_signature(body, signature, || time.read())?));
    Ok(())
}

pub(crate) fn construct(verifier: &Verifier, body: &[u8], signature: Option<&[u8]>, time: Clock) -> Result<(), Fault> {
    memory::write_answer(&Answer::from(&verifier.construct(body, signature, || time.read())?));
    Ok(())
}

pub(crate) fn parse(verifier: &Verifier, body: &[u8], _: Option<&[u8]>, time: Clock) -> Result<(), Fault> {
    memory::write_answer(&Answer::from(&verifier.parse(body, || time.read())?));
    Ok(())
}

/// Does it with the delivery in the arena.
pub(crate) fn deliver(handle: u32, signature: i32, body: u32, time: Clock, work: Work) -> u32 {
    memory::call(|arguments| {
        let (signature, body) = (arguments.take_if_any(signature)?, arguments.take(body)?);
        with_verifier(handle, |verifier| work(verifier, body, signature, time))
    })
}

/// Checks the signature of a body that the host keeps, and over which it makes the MACs: only the signature is in the
/// arena. `first` is the body's first byte, and negative where there is none.
#[cfg(all(feature = "host", target_family = "wasm"))]
pub(crate) fn verify_lent(handle: u32, signature: i32, size: u32, first: i32, time: Clock) -> u32 {
    memory::call(|arguments| {
        let signature = arguments.take_if_any(signature)?;
        let first = u8::try_from(first).ok();
        let verification = with_verifier(handle, |verifier| {
            verifier.verify_signature_elsewhere(size as usize, first.as_slice(), signature, sha256_multi::mac, || {
                time.read()
            })
        })?;
        memory::write_verification(&verification);
        Ok(())
    })
}

/// Registers a slot. The record says whether it was added, or was there before.
pub(crate) fn register(handle: u32, key: u32, slot: u32, allow_unknown: bool) -> u32 {
    on_registry(handle, |registry, arguments| {
        let key = Key::parse(arguments.text(key)?, allow_unknown)?;
        let handed_back = registry.register(&key, slot, |registered, new| Ok::<_, Error>(registered == new))?;
        memory::write_numbers([f64::from(u8::from(handed_back.is_none()))]);
        Ok(())
    })
}

/// Removes the slots of a key, or one of them. The result has those that were removed.
pub(crate) fn unregister(handle: u32, key: u32, only: Option<u32>) -> u32 {
    on_registry(handle, |registry, arguments| {
        let removed = registry.remove_text_where(arguments.text(key)?, |slot| only.is_none_or(|only| only == *slot))?;
        write_slots(removed.iter().map(|slot| **slot));
        Ok(())
    })
}

/// The slots that run for an event, in their order.
pub(crate) fn matching(handle: u32, event_type: u32, name: u32) -> u32 {
    on_registry(handle, |registry, arguments| {
        let event_type = u16::try_from(event_type).ok().and_then(EventType::from_number);
        let snapshot = registry.snapshot();
        let matching = snapshot.matching(event_type.unwrap_or(EventType::Unknown), arguments.text(name)?);
        write_slots(matching.map(|slot| **slot));
        Ok(())
    })
}

/// The keys that something is registered for, as texts.
pub(crate) fn keys(handle: u32) -> u32 {
    on_registry(handle, |registry, _| {
        memory::write_result(Texts::of(registry.snapshot().groups().map(|(key, _)| key.as_str())));
        Ok(())
    })
}

/// The slots of one of them.
pub(crate) fn slots(handle: u32, key: u32) -> u32 {
    on_registry(handle, |registry, arguments| {
        let wanted = arguments.text(key)?;
        let snapshot = registry.snapshot();
        let group = snapshot.groups().find(|(key, _)| key.as_str() == wanted);
        write_slots(group.into_iter().flat_map(|(_, slots)| slots.iter().map(|slot| **slot)));
        Ok(())
    })
}

fn on_registry(handle: u32, work: impl FnOnce(&Registry<u32>, &mut Arguments<'_>) -> Result<(), Fault>) -> u32 {
    memory::call(|arguments| with(handle, |handler| work(&handler.registry, arguments)))
}

fn write_slots(slots: impl Iterator<Item = u32>) {
    memory::write_result(slots.flat_map(u32::to_le_bytes).collect());
}
