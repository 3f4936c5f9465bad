#!/usr/bin/env bash
# What `make install-c` leaves is enough by itself: C programs are compiled, linked and run against it with an empty
# environment and a PATH that holds a compiler, pkg-config and CMake, and no Rust.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
version=$(sed -n 's/^#define TINK_WEBHOOKS_VERSION "\([^"]*\)".*/\1/p' "$root/include/tink_webhooks.h")
soname=libtink_webhooks.so.$(sed -n 's/^#define TINK_WEBHOOKS_ABI_VERSION \([0-9]*\)$/\1/p' "$root/include/tink_webhooks.h")

check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '  FAILED  %s\n%s\n' "$what" "$output"
    fi
}

mkdir "$work/bin" "$work/src" "$work/build"
for tool in sh cc gcc as ld pkg-config make cmake sed uname; do
    found=$(command -v $tool) && ln -s "$found" "$work/bin/$tool"
done
cp "$root"/bindings-c/tests/{check.h,test_deliver.c,test_stream.c} "$work/src/"
cp -r "$root/bindings-c/tests/cmake" "$work/src/cmake"

install() { env -u MAKEFLAGS -u MFLAGS make -C "$root" --no-print-directory install-c "$@"; }
prefix=$work/usr/local
check 'make install-c PREFIX=...' install PREFIX="$prefix"

# Runs a command of a shell with nothing but the installed tree.
alone() { (cd "$work/build" && env -i HOME="$work" PATH="$work/bin" PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LC_ALL=C "$@"); }
without_rust() { ! alone sh -c 'command -v cargo || command -v rustc'; }
check 'there is no Rust in reach' without_rust

shared() {
    # shellcheck disable=SC2016 # the inner shell expands it
    alone sh -c 'cc -std=c99 "$0" -o shared $(pkg-config --cflags --libs tink_webhooks)' "$work/src/test_$1.c" &&
        alone LD_LIBRARY_PATH="$prefix/lib" ./shared
}
archive() {
    # shellcheck disable=SC2016
    alone sh -c 'cc -std=c99 "$0" -o archive $(pkg-config --cflags tink_webhooks) $(pkg-config --variable=archive tink_webhooks)' \
        "$work/src/test_$1.c" && alone ./archive && ! readelf -d "$work/build/archive" | grep -q tink
}
wholly_static() {
    # shellcheck disable=SC2016
    alone sh -c 'cc -static -std=c99 "$0" -o static $(pkg-config --static --cflags --libs tink_webhooks)' \
        "$work/src/test_$1.c" && alone ./static && ! readelf -d "$work/build/static" | grep -q NEEDED
}
loaded() { LD_LIBRARY_PATH=$prefix/lib ldd "$work/build/shared" | grep -q "$soname => $prefix/lib/$soname"; }
for name in deliver stream; do
    check "$name: shared library" shared $name
    check "$name: archive" archive $name
    check "$name: wholly static" wholly_static $name
done
check 'the shared library is the installed one' loaded

# The libraries that a Rust archive needs, but those that a C compiler names by itself.
native() {
    diff <(echo | rustc --crate-type=staticlib --print native-static-libs -o "$work/native.a" - 2>&1 |
        sed -n 's/^note: native-static-libs: //p' | tr ' ' '\n' | grep -v '^-l\(gcc_s\|c\)$' | sort) \
        <(alone pkg-config --static --libs-only-l tink_webhooks | tr ' ' '\n' | grep -v '^-ltink_webhooks$' | grep . | sort)
}
check 'pkg-config --static names what rustc names' native

tree() { (cd "$1" && find . ! -type d | sort); }
destdir() {
    install DESTDIR="$work/stage" PREFIX=/opt/tink && diff <(tree "$prefix") <(tree "$work/stage/opt/tink") &&
        [ "$(readlink "$work/stage/opt/tink/lib/libtink_webhooks.so")" = "$soname" ] &&
        ! grep -r "$work" "$work/stage/opt/tink/lib/pkgconfig"
}
check 'make install-c DESTDIR=... PREFIX=...' destdir

if [ -e "$work/bin/cmake" ]; then
    with_cmake() {
        alone cmake -S "$work/src/cmake" -B "$work/build/cmake" && alone cmake --build "$work/build/cmake" &&
            [ "$(alone "$work/build/cmake/with_shared")" = "verified, $version" ] &&
            [ "$(alone "$work/build/cmake/with_archive")" = "verified, $version" ] &&
            ! readelf -d "$work/build/cmake/with_archive" | grep -q tink
    }
    check 'CMake, shared library and archive' with_cmake
    with_package() {
        alone cmake -S "$work/src/cmake" -B "$work/build/package" -DCMAKE_PREFIX_PATH="$prefix" -DVERSION="$version" &&
            alone cmake --build "$work/build/package" &&
            [ "$(alone "$work/build/package/with_shared")" = "verified, $version" ] &&
            readelf -d "$work/build/package/with_shared" | grep -q "$soname" &&
            [ "$(alone "$work/build/package/with_archive")" = "verified, $version" ] &&
            ! readelf -d "$work/build/package/with_archive" | grep -q tink
    }
    check 'the CMake package, shared library and archive' with_package
elif [ -n "${TEST_ALL:-}" ]; then
    check 'CMake is installed' false
else
    echo '  skipped: CMake is not installed'
fi

echo "installed tree: $passed passed, $failed failed"
[ $failed = 0 ]
