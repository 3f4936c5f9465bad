//! Why a delivery does not verify: in the module that is made with the feature `explain`.

use tink_webhooks::explain::{ENVIRONMENTS, Explanation, Limit, is_production};

use crate::handler;
use crate::memory;
use crate::number;
use crate::texts::{self, Texts};

/// The number for no secret.
const NONE: f64 = -1.0;

/// Says why a delivery does not verify. The secrets, which may be any bytes, are wiped.
pub(crate) fn explain(secrets: u32, signature: i32, body: u32, now: f64) -> u32 {
    memory::call_and_wipe(secrets, |arguments| {
        let mut rest = arguments.take(secrets)?;
        let (signature, body) = (arguments.take_if_any(signature)?, arguments.take(body)?);
        let mut secrets = Vec::new();
        while !rest.is_empty() {
            secrets.push(texts::take_bytes(&mut rest)?);
        }
        write(&tink_webhooks::explain::explain(body, signature, secrets, number::whole_seconds(now).ok()));
        Ok(())
    })
}

/// The same under the secrets of a handler.
pub(crate) fn explain_refusal(handle: u32, signature: i32, body: u32, now: f64) -> u32 {
    memory::call(|arguments| {
        let (signature, body) = (arguments.take_if_any(signature)?, arguments.take(body)?);
        let now = number::whole_seconds(now).ok();
        handler::with_verifier(handle, |verifier| {
            write(&verifier.explain(body, signature, now));
            Ok(())
        })
    })
}

fn write(found: &Explanation) {
    #[expect(clippy::cast_precision_loss, reason = "a count of secrets")]
    let secret_index = found.secret_index().map_or(NONE, |index| index as f64);
    memory::write_numbers([f64::from(u8::from(found.proved())), secret_index]);
    let (fix, text) = (found.fix(), found.to_string());
    let written = Texts::default().with(Some(found.place())).with(Some(&fix)).with(Some(&text));
    let causes = found.causes().iter().map(|cause| cause.as_str());
    let written = causes.fold(written.with_bytes(found.original_body()), |written, cause| written.with(Some(cause)));
    memory::write_result(written.into_bytes());
}

/// The names of the variables whose values [`may_explain`] asks for, as texts.
pub(crate) fn environments() {
    memory::write_result(Texts::of(ENVIRONMENTS));
}

/// Whether another refusal may be explained now, of all receivers of this instance. The record has 1 or 0.
pub(crate) fn may_explain(environment: u32, seconds: f64) -> u32 {
    static LIMIT: Limit = Limit::new();
    memory::call(|arguments| {
        let mut values = arguments.take(environment)?;
        let mut production = false;
        while !values.is_empty() {
            // A value that is no text names nothing.
            let value = texts::take(&mut values)?.and_then(|value| str::from_utf8(value).ok());
            production |= value.is_some_and(is_production);
        }
        let may = !production && LIMIT.allows(number::whole(seconds));
        memory::write_numbers([f64::from(u8::from(may))]);
        Ok(())
    })
}
