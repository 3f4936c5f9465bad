#!/usr/bin/env bash
# Runs the tests of the core and of the C layer's pointer helpers under Miri, an interpreter that finds undefined
# behaviour. Only nightly toolchains have it.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo 'miri: needs a nightly toolchain: rustup toolchain install nightly --component miri,rust-src' >&2
    exit 1
fi
# Property tests would take hours here; `make test` runs them natively.
export MIRIFLAGS=${MIRIFLAGS:--Zmiri-disable-isolation} PROPTEST_CASES=4 CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/miri
cargo +nightly miri test --locked -p tink-webhooks --lib --tests
cargo +nightly miri test --locked -p tink-webhooks-c
