//! The closures of a handler object, over one verifier and one registry.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use napi::bindgen_prelude::*;
use tink_webhooks::{Error, EventType, Key, Reason, Registry, Verifier, clock};
use tink_webhooks_wasm::{Answer, number};

use crate::config::Config;
use crate::errors::ErrorFields;
use crate::explain::ExplanationFields;
use crate::frame::{Clock, Frame, id_is_in};

/// The code for "the time is needed": TypeScript asks the user's clock and calls again.
const ASK_CLOCK: u32 = 1;
/// The code for a buffer that is too small to be a frame: a mistake in this package.
const NO_FRAME: u32 = 2;

/// Why a call has no result.
enum NoAnswer {
    Failed(Error),
    AskClock,
}

impl From<Error> for NoAnswer {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// One handler object. Node calls it on one thread.
struct State {
    verifier: OnceCell<Verifier>,
    /// Handlers by number, called slots: TypeScript knows which function each stands for. A function has one slot.
    registry: Registry<u32>,
    last_error: RefCell<Option<Error>>,
}

impl State {
    /// Keeps the error for `takeError`, and gives its code.
    fn fail(&self, error: Error) -> u32 {
        let code = error.code();
        *self.last_error.borrow_mut() = Some(error);
        code
    }

    fn done(&self, result: std::result::Result<(), Error>) -> u32 {
        result.map_or_else(|error| self.fail(error), |()| 0)
    }

    /// Reads the request of the frame that a call has, runs `work` on it, and writes the answer back.
    fn with_frame(
        &self,
        call: &FunctionCallContext<'_>,
        work: impl FnOnce(&Verifier, &[u8], Option<&[u8]>, Clock) -> Outcome,
    ) -> Result<u32> {
        let mut bytes = call.get::<BufferSlice<'_>>(0)?;
        let Some(mut frame) = Frame::new(&mut bytes) else { return Ok(NO_FRAME) };
        let Some(verifier) = self.verifier.get() else {
            return Ok(self.fail(Error::new(Reason::SecretNotConfigured)));
        };
        let request = frame.request();
        let signature = request.signature.map(|range| frame.bytes(range));
        let outcome = match request.body {
            Some(range) => work(verifier, frame.bytes(range), signature, request.clock),
            None => work(verifier, &call.get::<BufferSlice<'_>>(1)?, signature, request.clock),
        };
        Ok(match outcome {
            Ok((answer, id_in_signature)) => {
                frame.answer(&answer, id_in_signature);
                0
            }
            Err(NoAnswer::AskClock) => ASK_CLOCK,
            Err(NoAnswer::Failed(error)) => self.fail(error),
        })
    }
}

/// The time of a call, in epoch milliseconds.
fn read(time: Clock) -> std::result::Result<i64, NoAnswer> {
    match time {
        Clock::Ask => Err(NoAnswer::AskClock),
        Clock::Says(millis) => Ok(clock::from_millis(millis)?),
    }
}

/// The answer, and whether the delivery id [is in the signature](id_is_in), which is asked where it is read at once.
type Outcome = std::result::Result<(Answer, bool), NoAnswer>;

fn verify(verifier: &Verifier, body: &[u8], signature: Option<&[u8]>, time: Clock) -> Outcome {
    let verification = verifier.verify_signature(body, signature, || read(time))?;
    let id_in_signature = signature.zip(verification.delivery_id).is_some_and(|(text, id)| id_is_in(text, id));
    Ok((Answer::from(&verification), id_in_signature))
}

fn construct(verifier: &Verifier, body: &[u8], signature: Option<&[u8]>, time: Clock) -> Outcome {
    Ok((Answer::from(&verifier.construct(body, signature, || read(time))?), false))
}

fn parse(verifier: &Verifier, body: &[u8], _: Option<&[u8]>, time: Clock) -> Outcome {
    Ok((Answer::from(&verifier.parse(body, || read(time))?), false))
}

/// Runs a closure's body; a panic becomes a JavaScript error instead of ending the process.
fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(napi::Error::from_reason("a mistake inside tink-webhooks; please report it")))
}

pub(crate) fn create(env: &Env) -> Result<Object<'_>> {
    let state = Rc::new(State { verifier: OnceCell::new(), registry: Registry::new(), last_error: RefCell::new(None) });
    let mut object = Object::new(env)?;

    /// Adds a closure over the state, guarded.
    macro_rules! method {
        ($name:literal, |$state:ident, $call:ident| -> $result:ty $body:block) => {
            let shared = Rc::clone(&state);
            let closure =
                env.create_function_from_closure::<(), $result, _>($name, move |$call: FunctionCallContext<'_>| {
                    let $state = &*shared;
                    guard(|| -> Result<$result> { $body })
                })?;
            object.set($name, closure)?;
        };
    }

    method!("configure", |state, call| -> u32 {
        let config: Config = call.get(0)?;
        // A second configuration changes nothing: TypeScript makes one only.
        Ok(state.done(config.build().map(|verifier| drop(state.verifier.set(verifier)))))
    });
    method!("construct", |state, call| -> u32 { state.with_frame(&call, construct) });
    method!("parse", |state, call| -> u32 { state.with_frame(&call, parse) });
    method!("verify", |state, call| -> u32 { state.with_frame(&call, verify) });
    method!("explain", |state, call| -> Option<ExplanationFields> {
        let (body, signature) = (call.get::<BufferSlice<'_>>(0)?, call.get::<Option<BufferSlice<'_>>>(1)?);
        let now = number::whole_seconds(call.get(2)?).ok();
        Ok(state.verifier.get().map(|verifier| verifier.explain(&body, signature.as_deref(), now).into()))
    });
    method!("takeError", |state, _call| -> Option<ErrorFields> {
        Ok(state.last_error.borrow_mut().take().map(|error| ErrorFields::new(&error)))
    });
    method!("maxBodyBytes", |state, _call| -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "it was a double when it was set, or is 2 MiB")]
        Ok(state.verifier.get().map(|verifier| verifier.max_body_bytes() as f64))
    });
    // What to log once about the secrets.
    method!("warnings", |state, _call| -> Vec<&'static str> {
        Ok(state.verifier.get().map(|verifier| verifier.warnings().to_vec()).unwrap_or_default())
    });
    // Whether the slot was added; `null` after an error.
    method!("register", |state, call| -> Option<bool> {
        let (key, slot, allow_unknown): (String, u32, bool) = (call.get(0)?, call.get(1)?, call.get(2)?);
        let registered = Key::parse(&key, allow_unknown)
            .and_then(|key| state.registry.register(&key, slot, |registered, new| Ok(registered == new)));
        match registered {
            Ok(handed_back) => Ok(Some(handed_back.is_none())),
            Err(error) => {
                state.fail(error);
                Ok(None)
            }
        }
    });
    // The slots that were removed; `null` after an error.
    method!("unregister", |state, call| -> Option<Vec<u32>> {
        match state.registry.unregister_text(&call.get::<String>(0)?) {
            Ok(removed) => Ok(Some(removed.iter().map(|slot| **slot).collect())),
            Err(error) => {
                state.fail(error);
                Ok(None)
            }
        }
    });
    method!("matching", |state, call| -> Vec<u32> {
        let event_type = u16::try_from(call.get::<u32>(0)?).ok().and_then(EventType::from_number);
        let name: String = call.get(1)?;
        let snapshot = state.registry.snapshot();
        Ok(snapshot.matching(event_type.unwrap_or(EventType::Unknown), &name).map(|slot| **slot).collect())
    });
    method!("keys", |state, _call| -> Vec<String> {
        Ok(state.registry.snapshot().groups().map(|(key, _)| key.as_str().to_owned()).collect())
    });
    method!("slots", |state, call| -> Vec<u32> {
        let wanted: String = call.get(0)?;
        let snapshot = state.registry.snapshot();
        let group = snapshot.groups().find(|(key, _)| key.as_str() == wanted);
        Ok(group.map(|(_, slots)| slots.iter().map(|slot| **slot).collect()).unwrap_or_default())
    });
    Ok(object)
}
