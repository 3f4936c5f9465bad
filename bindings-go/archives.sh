#!/usr/bin/env bash
# Puts the header and the archive of an installed libtink_webhooks where Go links them from: build/include and
# build/<platform>.
#
#   bindings-go/archives.sh ../target/capi                    for this machine (`make build-go`)
#   bindings-go/archives.sh PREFIX linux-aarch64              for another, from what was built for it
#
# They are not in the repository, but on the tag of a release: there a release job runs this once per platform, and
# commits what it made with `git add --force bindings-go/build`. So who uses Go needs no Rust.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
prefix=${1:?archives.sh: name the prefix that the library is installed in}
platform=${2:-$(uname -s | sed -e s/Linux/linux/ -e s/Darwin/macos/)-$(uname -m | sed s/arm64/aarch64/)}
archive=$prefix/lib/libtink_webhooks.a

[ -f "$here/build/$platform/empty.go" ] || { echo "archives.sh: no such platform: $platform" >&2; exit 1; }
[ -f "$archive" ] || { echo "archives.sh: no $archive; first run: make build-c" >&2; exit 1; }

install -m 644 "$prefix/include/tink_webhooks.h" "$here/build/include/"
# What is for debuggers alone is more than half of it, and every user downloads it. STRIP: that of another platform.
install -m 644 "$archive" "$here/build/$platform/"
"${STRIP:-strip}" -S "$here/build/$platform/libtink_webhooks.a"

# Go's build cache does not look into an archive that a `#cgo LDFLAGS` line names. So its checksum is compiled into the
# package (shim.c): when the archive has changed, so has the package, and what uses it is linked again.
stamp="#define TW_ARCHIVE \"$platform $(cksum <"$here/build/$platform/libtink_webhooks.a")\""
[ "$(cat "$here/archive_stamp.h" 2>/dev/null)" = "$stamp" ] || echo "$stamp" >"$here/archive_stamp.h"
