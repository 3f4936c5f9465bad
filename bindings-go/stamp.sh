#!/usr/bin/env bash
# Tells Go that target/capi/lib/libtink_webhooks.a has changed. Go's build cache does not look into an archive that a
# `#cgo LDFLAGS` line names, but it does look at every header of the package.
set -eu
cd "$(dirname "$0")"
archive=../target/capi/lib/libtink_webhooks.a
[ -f "$archive" ] || { echo 'stamp.sh: first run: make build-c' >&2; exit 1; }
sum=$(sha256sum "$archive")
stamp="/* libtink_webhooks.a: ${sum%% *} */"
[ "$(cat archive_stamp.h 2>/dev/null)" = "$stamp" ] || echo "$stamp" >archive_stamp.h
