#!/usr/bin/env bash
# The tests in Rust, of the crates of users, the command, and the WebAssembly module as a library of this machine. What
# the tests of other suites run of this workspace is compiled before, in the same go: each of these programs alone needs
# other features of tokio, and so everything above it once more. See `built` in build_programs.py.
set -eu
cd "$(dirname "$0")/.."

crates=()
for name in tink-webhooks{,-explain,-http,-axum,-actix,-idempotency,-cli,-wasm,-driver,-demo,-once-receiver} sha256-multi; do
    crates+=(-p "$name")
done

# So that no other suite takes those of before where this fails.
rm -f "${CARGO_TARGET_DIR:-target}"/debug/{tink-webhooks,receiver,once_receiver}
cargo build --locked --all-features "${crates[@]}" --bins --tests
cargo test --locked --all-features "${crates[@]}"
