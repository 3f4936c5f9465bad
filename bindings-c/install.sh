#!/usr/bin/env bash
# Lays out what `cargo build --release -p tink-webhooks-c` made as a C program expects it: header, shared library with
# its links, archive, pkg-config file.
#
#   bindings-c/install.sh [PREFIX]      PREFIX also from the environment; /usr/local by default
#   DESTDIR=stage bindings-c/install.sh /usr
set -eu
here=$(cd "$(dirname "$0")" && pwd)
built=${CARGO_TARGET_DIR:-$here/../target}/release
prefix=${DESTDIR:-}${1:-${PREFIX:-/usr/local}}
header=$here/../include/tink_webhooks.h
shared=$built/libtink_webhooks_c.so

[ "$(uname -s)" = Linux ] || { echo 'install.sh: knows Linux only; elsewhere use cargo-c (cargo cinstall)' >&2; exit 1; }
[ -f "$shared" ] || { echo 'install.sh: first run: make build-c' >&2; exit 1; }

version=$(sed -n 's/^#define TINK_WEBHOOKS_VERSION "\(.*\)".*/\1/p' "$header")
soname=$(readelf -d "$shared" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
[ -n "$version" ] && [ -n "$soname" ] || { echo 'install.sh: no version in the header, or no SONAME' >&2; exit 1; }

install -d "$prefix/include" "$prefix/lib/pkgconfig"
install -m 644 "$header" "$prefix/include/"
install -m 755 "$shared" "$prefix/lib/libtink_webhooks.so.$version"
ln -sf "libtink_webhooks.so.$version" "$prefix/lib/$soname"
ln -sf "$soname" "$prefix/lib/libtink_webhooks.so"
install -m 644 "$built/libtink_webhooks_c.a" "$prefix/lib/libtink_webhooks.a"
# What `rustc --print native-static-libs` names, without -lgcc_s and -lc: C compilers name their own, and with -static
# there is no -lgcc_s.
sed -e "s/@VERSION@/$version/" -e 's/@LIBS_PRIVATE@/-lutil -lrt -lpthread -lm -ldl/' \
    "$here/tink_webhooks.pc.in" >"$prefix/lib/pkgconfig/tink_webhooks.pc"
echo "installed libtink_webhooks $version in $prefix"
