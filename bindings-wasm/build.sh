#!/usr/bin/env bash
# Makes the WebAssembly module: build.sh [FILE [FEATURES]], by default target/tink_webhooks.wasm without features. What
# wasm-opt would gain beyond rustc, 3 % of the size when compressed, is not worth a tool that has to be installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
target=wasm32-unknown-unknown
out=${1:-target/tink_webhooks.wasm}
features=${2:-}
built=${CARGO_TARGET_DIR:-target}/$target/wasm/tink_webhooks_wasm.wasm
mkdir -p "$(dirname "$out")"
# The profile saves space, for bundles. A module with a host that hashes is for Go, whose programs are larger than that.
profile=()
case ,$features, in *,host,*)
    profile=(--config profile.wasm.opt-level=3 --config profile.wasm.package.tink-webhooks.opt-level=3)
    ;;
esac

# Every runtime that it is for has 128-bit vectors. A stack that is put first overflows into a trap, not into data.
flags=(-Ctarget-feature=+simd128 -Clink-arg=-zstack-size=262144)
if [ -n "${CARGO_ENCODED_RUSTFLAGS:-}" ]; then
    export CARGO_ENCODED_RUSTFLAGS=$CARGO_ENCODED_RUSTFLAGS$'\x1f'${flags[0]}$'\x1f'${flags[1]}
else
    export RUSTFLAGS="${RUSTFLAGS:-} ${flags[*]}"
fi
cargo rustc ${profile[@]+"${profile[@]}"} --locked --quiet --profile wasm -p tink-webhooks-wasm --target $target --features "$features" --crate-type cdylib
cp "$built" "$out"
