#!/usr/bin/env bash
# Builds the command and tests its inspector page. Without Chromium the tests in a browser are skipped, by name.
set -eu
cd "$(dirname "$0")/../.."
cargo build --quiet --locked -p tink-webhooks-cli
export TINK_WEBHOOKS="${CARGO_TARGET_DIR:-$PWD/target}/debug/tink-webhooks"
exec node --test tests/page/*.test.mjs
