#!/usr/bin/env bash
# Puts the WebAssembly module where package wazeroengine embeds it: wasm.sh FILE, which bindings-wasm/build.sh made with
# the features `explain` and `host` (`make build-go`).
#
# As with the archives (archives.sh) the repository contains it only on the tag of a release: `make dist` puts it into the
# package, and the result is committed with `git add --force`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
file=${1:?wasm.sh: name the module, which bindings-wasm/build.sh makes}
to=$here/wazeroengine/tink_webhooks.wasm

# Only where it changed: Go compiles anew what embeds it.
cmp --silent "$file" "$to" || install -m 644 "$file" "$to"
