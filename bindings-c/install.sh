#!/usr/bin/env bash
# Lays out what `cargo build --release -p tink-webhooks-c` made as a C program expects it: header, shared library with
# its links, archive, pkg-config file, CMake package. On musl cargo makes no shared library: then the archive alone.
#
#   bindings-c/install.sh [PREFIX]      PREFIX also from the environment; /usr/local by default
#   DESTDIR=stage bindings-c/install.sh /usr
#
# For another system, TARGET is what was given to `cargo build --target`; OBJCOPY, NM and for Windows DLLTOOL and AR name
# programs that read its files, such as those of LLVM (`make dist`).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${TARGET:-}
built=${CARGO_TARGET_DIR:-$here/../target}/${target:+$target/}release
prefix=${DESTDIR:-}${1:-${PREFIX:-/usr/local}}
header=$here/../include/tink_webhooks.h
objcopy=${OBJCOPY:-objcopy}
nm=${NM:-nm}

define() { sed -n "s/^#define TINK_WEBHOOKS_$1 \"\{0,1\}\([0-9.]*\)\"\{0,1\}\( .*\)\{0,1\}\$/\1/p" "$header"; }
version=$(define VERSION)
abi=$(define ABI_VERSION)
[ -n "$version" ] && [ -n "$abi" ] || { echo 'install.sh: no version in the header' >&2; exit 1; }

# `needs` is what `rustc --print native-static-libs` names, without what C compilers name by themselves: -lgcc_s (with
# -static there is none), -lunwind, -lc, -lSystem.
case ${target:-$(uname -s)} in
Linux | *-linux-*)
    shared=libtink_webhooks_c.so file=lib/libtink_webhooks.so.$version link=lib/libtink_webhooks.so
    needs='-lutil -lrt -lpthread -lm -ldl'
    ;;
*-apple-darwin)
    shared=libtink_webhooks_c.dylib file=lib/libtink_webhooks.$version.dylib link=lib/libtink_webhooks.dylib
    needs='-lm'
    ;;
*-windows-*)
    shared=tink_webhooks_c.dll file=bin/tink_webhooks.dll link=$file
    needs='-lkernel32 -lntdll -luserenv -lws2_32 -ldbghelp'
    ;;
*)
    echo 'install.sh: knows Linux, and what is built for macOS and Windows with TARGET; elsewhere use cargo-c' \
        '(cargo cinstall)' >&2
    exit 1
    ;;
esac
shared=$built/$shared
archive=$built/libtink_webhooks_c.a
[ -f "$archive" ] || { echo 'install.sh: first run: make build-c' >&2; exit 1; }
with_archive=

install -d "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/tink_webhooks" \
    "$prefix/share/tink_webhooks"
install -m 644 "$header" "${header}pp" "$prefix/include/"

if [ -f "$shared" ]; then
    install -d "$prefix/${file%/*}"
    install -m 755 "$shared" "$prefix/$file"
    case $link in
    *.so)
        soname=$(readelf -d "$shared" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
        [ -n "$soname" ] || { echo 'install.sh: the shared library has no SONAME' >&2; exit 1; }
        ;;
    *.dylib) soname=libtink_webhooks.$abi.dylib ;;
    *.dll)
        # The library's name in a program that links this: cargo's own has another.
        { printf 'LIBRARY tink_webhooks.dll\nEXPORTS\n' && cat "$here/symbols.txt"; } >"$prefix/lib/tink_webhooks.def"
        machine=$([ "${target%%-*}" = aarch64 ] && echo arm64 || echo i386:x86-64)
        ${DLLTOOL:-dlltool} -m "$machine" -d "$prefix/lib/tink_webhooks.def" -l "$prefix/lib/libtink_webhooks.dll.a"
        # Under the name that Microsoft's linker looks for.
        install -m 644 "$prefix/lib/libtink_webhooks.dll.a" "$prefix/lib/tink_webhooks.lib"
        ;;
    esac
    if [ "$link" != "$file" ]; then
        ln -sf "${file#lib/}" "$prefix/lib/$soname"
        ln -sf "$soname" "$prefix/$link"
    fi
else
    echo 'install.sh: the archive alone, as cargo makes no shared library on this system (on musl it needs' \
        'RUSTFLAGS="-C target-feature=-crt-static")' >&2
    # An older one would be linked in place of the archive.
    rm -f "$prefix/$link"
    with_archive=" $needs"
fi

if command -v "$objcopy" >/dev/null; then
    work=$(mktemp -d)
    trap 'rm -r "$work"' EXIT
    case $target in
    *-gnullvm)
        # What rustc adds of DLLs, and empty members, which `objcopy` cannot read: put aside, or left out.
        cp "$archive" "$work/all.a"
        archive=$work/all.a
        "$AR" t "$archive" | sort | uniq -c | while read -r count member; do
            case $member in
            *.dll)
                for number in $(seq "$count"); do
                    "$AR" x --output "$work" "$archive" "$member"
                    mv "$work/$member" "$work/$member.$number.o"
                    "$AR" d "$archive" "$member"
                done
                ;;
            *.dwo) "$AR" d "$archive" "$member" ;;
            esac
        done
        ;;
    esac
    # `clang -flto` would read the LLVM bitcode of Rust's runtime, which is of another version. Debug information, all of
    # it the runtime's, is more than half of the archive.
    "$objcopy" --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd "$archive" "$work/archive.a"
    # The runtime's names are in every archive written in Rust: without other ones two would not link into one program.
    # Read after the bitcode is gone, in whose place some `nm` would read only a part.
    "$nm" -g --defined-only "$work/archive.a" 2>/dev/null |
        awk 'NF == 3 && $3 !~ /^_?tink_webhooks_/ && !seen[$3]++ { print $3, "tink_webhooks_rust." $3 }' >"$work/names"
    "$objcopy" --redefine-syms="$work/names" "$work/archive.a" "$work/renamed.a"
    for member in "$work"/*.dll.*.o; do
        [ ! -f "$member" ] || "$AR" q "$work/renamed.a" "$member"
    done
    install -m 644 "$work/renamed.a" "$prefix/lib/libtink_webhooks.a"
else
    echo 'install.sh: without objcopy (binutils) the archive does not link beside another one written in Rust' >&2
    install -m 644 "$archive" "$prefix/lib/libtink_webhooks.a"
fi

fill() {
    sed -e "s/@VERSION@/$version/" -e "s/@LIBS_PRIVATE@/$1/" -e "s/@WITH_ARCHIVE@/$with_archive/" -e "s|@SHARED@|$link|"
}
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
    if(EXISTS "${_tink_webhooks_prefix}/@SHARED@")
        add_library(tink_webhooks::tink_webhooks SHARED IMPORTED)
        set_target_properties(tink_webhooks::tink_webhooks PROPERTIES
            IMPORTED_LOCATION "${_tink_webhooks_prefix}/@SHARED@"
            INTERFACE_INCLUDE_DIRECTORIES "${_tink_webhooks_prefix}/include")
        if(WIN32)
            set_target_properties(tink_webhooks::tink_webhooks PROPERTIES
                IMPORTED_IMPLIB "${_tink_webhooks_prefix}/lib/tink_webhooks.lib")
        endif()
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
