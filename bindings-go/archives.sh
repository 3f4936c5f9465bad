#!/usr/bin/env bash
# Puts the header and the archive of an installed libtink_webhooks where Go links them from: build/include and
# build/<platform>.
#
#   bindings-go/archives.sh ../target/capi                    for this machine (`make build-go`)
#   bindings-go/archives.sh PREFIX linux-aarch64              for another, from what was built for it
#
# The repository contains them only on the tag of a release: `make dist` runs this once per platform, and the result is
# committed with `git add --force bindings-go/build`. So users of the Go package need no Rust.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:?archives.sh: name the prefix that the library is installed in}
platform=${2:-$(uname -s | sed -e s/Linux/linux/ -e s/Darwin/macos/)-$(uname -m | sed s/arm64/aarch64/)}
archive=$prefix/lib/libtink_webhooks.a

[ -f "$here/build/$platform/empty.go" ] || { echo "archives.sh: no such platform: $platform" >&2; exit 1; }
[ -f "$archive" ] || { echo "archives.sh: no $archive; first run: make build-c" >&2; exit 1; }

install -m 644 "$prefix/include/tink_webhooks.h" "$here/build/include/"
# Debug information is more than half of the archive, which every user downloads. STRIP names the program for another
# platform.
install -m 644 "$archive" "$here/build/$platform/"
"${STRIP:-strip}" -S "$here/build/$platform/libtink_webhooks.a"

# Go's build cache ignores changes to an archive that a `#cgo LDFLAGS` line names. So the archive's checksum is compiled
# into the package (shim.c): when the archive changes, the package changes, and programs are linked again.
stamp="#define TW_ARCHIVE \"$platform $(cksum <"$here/build/$platform/libtink_webhooks.a")\""
[ "$(cat "$here/archive_stamp.h" 2>/dev/null)" = "$stamp" ] || echo "$stamp" >"$here/archive_stamp.h"
