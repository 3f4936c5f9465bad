#!/usr/bin/env bash
# Lays out what `cargo build --release -p tink-webhooks-c` made as a C program expects it: header, shared library with
# its links, archive, pkg-config file, CMake package. On musl cargo makes no shared library: then the archive alone.
#
#   bindings-c/install.sh [PREFIX]      PREFIX also from the environment; /usr/local by default
#   DESTDIR=stage bindings-c/install.sh /usr
set -eu
here=$(cd "$(dirname "$0")" && pwd)
built=${CARGO_TARGET_DIR:-$here/../target}/release
prefix=${DESTDIR:-}${1:-${PREFIX:-/usr/local}}
header=$here/../include/tink_webhooks.h
shared=$built/libtink_webhooks_c.so
archive=$built/libtink_webhooks_c.a

[ "$(uname -s)" = Linux ] || { echo 'install.sh: knows Linux only; elsewhere use cargo-c (cargo cinstall)' >&2; exit 1; }
[ -f "$archive" ] || { echo 'install.sh: first run: make build-c' >&2; exit 1; }

version=$(sed -n 's/^#define TINK_WEBHOOKS_VERSION "\(.*\)".*/\1/p' "$header")
[ -n "$version" ] || { echo 'install.sh: no version in the header' >&2; exit 1; }
# What `rustc --print native-static-libs` names, without -lgcc_s and -lc: C compilers name their own, and with -static
# there is no -lgcc_s.
needs='-lutil -lrt -lpthread -lm -ldl'
with_archive=

install -d "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/tink_webhooks" \
    "$prefix/share/tink_webhooks"
install -m 644 "$header" "${header}pp" "$prefix/include/"
if [ -f "$shared" ]; then
    soname=$(readelf -d "$shared" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
    [ -n "$soname" ] || { echo 'install.sh: the shared library has no SONAME' >&2; exit 1; }
    install -m 755 "$shared" "$prefix/lib/libtink_webhooks.so.$version"
    ln -sf "libtink_webhooks.so.$version" "$prefix/lib/$soname"
    ln -sf "$soname" "$prefix/lib/libtink_webhooks.so"
else
    echo 'install.sh: the archive alone, as cargo makes no shared library on this system (on musl it needs' \
        'RUSTFLAGS="-C target-feature=-crt-static")' >&2
    # An older one would be linked in place of the archive.
    rm -f "$prefix/lib/libtink_webhooks.so"
    with_archive=" $needs"
fi
if command -v objcopy >/dev/null; then
    work=$(mktemp -d)
    trap 'rm -r "$work"' EXIT
    # `clang -flto` would read the LLVM bitcode of Rust's runtime, which is of another version.
    objcopy --remove-section=.llvmbc --remove-section=.llvmcmd "$archive" "$work/archive.a"
    # The runtime's names are in every archive written in Rust: without other ones two would not link into one program.
    # Read after the bitcode is gone, in whose place some `nm` would read only a part.
    nm -g --defined-only "$work/archive.a" 2>/dev/null |
        awk 'NF == 3 && $3 !~ /^tink_webhooks_/ && !seen[$3]++ { print $3, "tink_webhooks_rust." $3 }' >"$work/names"
    objcopy --redefine-syms="$work/names" "$work/archive.a" "$work/renamed.a"
    install -m 644 "$work/renamed.a" "$prefix/lib/libtink_webhooks.a"
else
    echo 'install.sh: without objcopy (binutils) the archive does not link beside another one written in Rust' >&2
    install -m 644 "$archive" "$prefix/lib/libtink_webhooks.a"
fi
fill() { sed -e "s/@VERSION@/$version/" -e "s/@LIBS_PRIVATE@/$1/" -e "s/@WITH_ARCHIVE@/$with_archive/"; }
fill "$needs" <"$here/tink_webhooks.pc.in" >"$prefix/lib/pkgconfig/tink_webhooks.pc"
for file in tink_webhooksConfig.cmake tink_webhooksConfigVersion.cmake; do
    fill "${needs// /;}" <"$here/$file.in" >"$prefix/lib/cmake/tink_webhooks/$file"
done
install -m 644 "$here/tsan.supp" "$prefix/share/tink_webhooks/"
echo "installed libtink_webhooks $version in $prefix"
