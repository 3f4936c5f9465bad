#!/usr/bin/env bash
# Builds the drivers of the bindings whose languages are compiled, into target/tests/: all, or those named (rust, c, go, nocgo).
# See tests/README.md.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p target/tests

build_rust() {
    cargo build --quiet -p tink-webhooks-driver
    cp target/debug/tink-webhooks-driver target/tests/rust_driver
}

build_c() {
    export PKG_CONFIG_PATH=$PWD/target/capi/lib/pkgconfig
    # shellcheck disable=SC2046 # the flags are meant to be split
    cc -std=c11 -Wall -Wextra -Wpedantic -Werror -O1 tests/drivers/c_driver.c -o target/tests/c_driver \
        $(pkg-config --cflags --libs tink_webhooks) -Wl,-rpath,"$PWD/target/capi/lib"
}

build_go() {
    if command -v go >/dev/null; then
        (cd bindings-go && go build -o ../target/tests/go_driver ./internal/driver)
    else
        echo 'skipped: Go is not installed; no Go driver'
    fi
}

# The same program without cgo: Go adds the import of the engine to it.
build_nocgo() {
    if command -v go >/dev/null; then
        (cd bindings-go && GOWORK=$PWD/wazeroengine/testdata/go.work CGO_ENABLED=0 \
            go build -overlay wazeroengine/testdata/driver.json -o ../target/tests/go_wasm_driver ./internal/driver)
    fi
}

for language in ${*:-rust c go nocgo}; do
    "build_$language"
done
