#!/usr/bin/env bash
# Builds the command, unless it is built (tests/rust.sh), and tests its inspector page. Without Chromium the tests in a
# browser are skipped, by name.
set -eu
cd "$(dirname "$0")/../.."
[ -n "${TINK_WEBHOOKS_BUILT:-}" ] || cargo build --quiet --locked -p tink-webhooks-cli
export TINK_WEBHOOKS="${CARGO_TARGET_DIR:-$PWD/target}/debug/tink-webhooks"
exec node --test tests/page/*.test.mjs
