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
fill "$needs" >"$prefix/lib/pkgconfig/tink_webhooks.pc" <<'END'
prefix=${pcfiledir}/../..
libdir=${prefix}/lib
includedir=${prefix}/include
# The archive in place of the shared library: pkg-config --variable=archive tink_webhooks
archive=${libdir}/libtink_webhooks.a @LIBS_PRIVATE@

Name: tink_webhooks
Description: Verify, parse and dispatch the webhooks of Tink
Version: @VERSION@
Cflags: -I${includedir}
Libs: -L${libdir} -ltink_webhooks@WITH_ARCHIVE@
Libs.private: @LIBS_PRIVATE@
END
fill "${needs// /;}" >"$prefix/lib/cmake/tink_webhooks/tink_webhooksConfig.cmake" <<'END'
# find_package(tink_webhooks): the targets tink_webhooks::tink_webhooks, the shared library where it is installed, and
# tink_webhooks::archive.
get_filename_component(_tink_webhooks_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET tink_webhooks::archive)
    add_library(tink_webhooks::archive STATIC IMPORTED)
    set_target_properties(tink_webhooks::archive PROPERTIES
        IMPORTED_LOCATION "${_tink_webhooks_prefix}/lib/libtink_webhooks.a"
        INTERFACE_INCLUDE_DIRECTORIES "${_tink_webhooks_prefix}/include"
        INTERFACE_LINK_LIBRARIES "@LIBS_PRIVATE@")
endif()

if(NOT TARGET tink_webhooks::tink_webhooks)
    if(EXISTS "${_tink_webhooks_prefix}/lib/libtink_webhooks.so")
        add_library(tink_webhooks::tink_webhooks SHARED IMPORTED)
        set_target_properties(tink_webhooks::tink_webhooks PROPERTIES
            IMPORTED_LOCATION "${_tink_webhooks_prefix}/lib/libtink_webhooks.so"
            INTERFACE_INCLUDE_DIRECTORIES "${_tink_webhooks_prefix}/include")
    else()
        add_library(tink_webhooks::tink_webhooks INTERFACE IMPORTED)
        set_target_properties(tink_webhooks::tink_webhooks PROPERTIES INTERFACE_LINK_LIBRARIES tink_webhooks::archive)
    endif()
endif()

unset(_tink_webhooks_prefix)
END
fill '' >"$prefix/lib/cmake/tink_webhooks/tink_webhooksConfigVersion.cmake" <<'END'
# Before 1.0 every minor version is another interface; later every major one.
set(PACKAGE_VERSION "@VERSION@")
if(PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
    string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*)" _tink_webhooks_has "${PACKAGE_VERSION}")
    string(REGEX MATCH "^(0\\.[0-9]+|[1-9][0-9]*|0$)" _tink_webhooks_wants "${PACKAGE_FIND_VERSION}")
    if(_tink_webhooks_wants STREQUAL "" OR _tink_webhooks_has STREQUAL _tink_webhooks_wants)
        set(PACKAGE_VERSION_COMPATIBLE TRUE)
    else()
        set(PACKAGE_VERSION_COMPATIBLE FALSE)
    endif()
    if(PACKAGE_VERSION VERSION_EQUAL PACKAGE_FIND_VERSION)
        set(PACKAGE_VERSION_EXACT TRUE)
    endif()
    unset(_tink_webhooks_has)
    unset(_tink_webhooks_wants)
endif()
END
install -m 644 "$here/tsan.supp" "$prefix/share/tink_webhooks/"
echo "installed libtink_webhooks $version in $prefix"
