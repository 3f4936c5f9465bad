#!/usr/bin/env bash
# Installs what a build needs from Debian's packages when it runs as root, and names the command when it does not.
# `tools/setup.sh all` names besides what `make test-all` cannot do without, and `make test` can: clang, CMake, valgrind.
# `tools/setup.sh bench` names what the peers of the C binding and the receivers under load need in `make bench`.
# Cargo, Node and Go are never installed: their own installers do that better.
set -eu

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

command -v cargo >/dev/null || fail 'Rust is not installed; see https://rustup.rs'
command -v node >/dev/null || fail 'Node.js is not installed; see https://nodejs.org (20 or newer)'
command -v npm >/dev/null || fail 'npm is not installed; see https://nodejs.org (20 or newer)'
command -v python3 >/dev/null || fail 'Python is not installed; install python3 (3.9 or newer)'

missing=()
command -v cc >/dev/null && command -v g++ >/dev/null || missing+=(build-essential)
command -v pkg-config >/dev/null || missing+=(pkg-config)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
# Only the C receiver of the demo needs it.
{ command -v pkg-config >/dev/null && pkg-config --exists libmicrohttpd; } || missing+=(libmicrohttpd-dev)
if [ "${1:-}" = all ]; then
    command -v clang++ >/dev/null || missing+=(clang)
    command -v cmake >/dev/null || missing+=(cmake)
    command -v valgrind >/dev/null || missing+=(valgrind)
fi
# The peers of the C binding, and what loads the receivers.
if [ "${1:-}" = bench ]; then
    pkg-config --exists simdjson || missing+=(libsimdjson-dev)
    pkg-config --exists libcrypto || missing+=(libssl-dev)
    command -v wrk >/dev/null || missing+=(wrk)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    printf '==> %s\n' "$install"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    if { apt-get update && DEBIAN_FRONTEND=noninteractive $install; } >"$log" 2>&1; then
        exit 0
    fi
    tail -n 5 "$log" >&2
fi

if [ "${missing[*]}" = libmicrohttpd-dev ]; then
    echo 'setup: libmicrohttpd is missing, so the C receiver is skipped; to have it: sudo apt-get install libmicrohttpd-dev'
    exit 0
fi
fail "please run: sudo $install"
