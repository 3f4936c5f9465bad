#!/usr/bin/env bash
# Core, and the pointer helpers of the C layer, under Miri: an interpreter that finds undefined behaviour. It is part of
# nightly toolchains only.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    echo 'miri: needs a nightly toolchain: rustup toolchain install nightly --component miri,rust-src' >&2
    exit 1
fi
# Property tests would take hours; what they try runs natively in `make test`.
export MIRIFLAGS=${MIRIFLAGS:--Zmiri-disable-isolation} PROPTEST_CASES=4 CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/miri
cargo +nightly miri test --locked -p tink-webhooks --lib --tests
cargo +nightly miri test --locked -p tink-webhooks-c
