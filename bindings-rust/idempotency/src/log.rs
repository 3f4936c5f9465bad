//! What is told to `tracing`, if the feature is on. An error's own text is logged with it: it must hold no secret.

#![cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is nobody to tell"))]

use crate::store::StoreError;

macro_rules! tell {
    ($level:ident, $($rest:tt)+) => {
        #[cfg(feature = "tracing")]
        tracing::$level!(target: "tink_webhooks", $($rest)+)
    };
}

pub(crate) fn commit_lost(scope: &str, key: &str, why: &str) {
    tell!(
        error,
        reason = "commit_lost",
        scope,
        key,
        "tink webhook: commit_lost: the handler of {scope} has run for {key}, and the store has no record of it, so \
         another copy runs it again: {why}"
    );
}

pub(crate) fn lease_lost(scope: &str, key: &str) {
    tell!(error, scope, key, "tink webhook: the lease of {scope} was lost while its handler runs");
}

pub(crate) fn not_extended(scope: &str, key: &str, why: &StoreError) {
    tell!(warn, scope, key, "tink webhook: the lease of {scope} was not extended: {why}");
}

pub(crate) fn runs_too_long(scope: &str, key: &str) {
    tell!(
        warn,
        scope,
        key,
        "tink webhook: the handler of {scope} runs longer than max_run: its lease is no longer extended"
    );
}

pub(crate) fn not_released(scope: &str, key: &str, why: &StoreError) {
    tell!(warn, scope, key, "tink webhook: the claim of {scope} was not released, and ends with its lease: {why}");
}

pub(crate) fn runs_without(scope: &str, key: &str, error: &tink_webhooks::Error) {
    tell!(
        warn,
        scope,
        key,
        error = error as &(dyn std::error::Error + 'static),
        "tink webhook: the handler of {scope} runs without a claim, since the store cannot be asked"
    );
}
