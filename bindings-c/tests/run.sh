#!/usr/bin/env bash
# Every test of the C binding, against the installed tree target/capi (CAPI=... for another one). Shows each step, and ends
# with `N passed, M failed`; the status is 0 only if nothing failed.
#
# A tool that is not installed (clang, CMake, valgrind) is skipped by name, but is a failure with TEST_ALL=1.
# A program's own checks are counted once, in its C99 build; each other build and tool counts as one test.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
capi=$(cd "${CAPI:-$root/target/capi}" && pwd) || exit 1
work=$root/target/tests/c
here=$root/bindings-c/tests
mkdir -p "$work"
export PKG_CONFIG_PATH=$capi/lib/pkgconfig
unset TINK_WEBHOOK_SECRET

strict=(-Wall -Wextra -Wpedantic -Werror -g)
read -ra shared <<<"$(pkg-config --cflags --libs tink_webhooks) -Wl,-rpath,$capi/lib -lpthread -lm"
read -ra static <<<"$(pkg-config --cflags tink_webhooks) $(pkg-config --variable=archive tink_webhooks)"
sanitize=(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
programs=(deliver stream builder handlers values texts explain hostile)
passed=0
failed=0

# One test: its description, then the command. Its output is shown only if it fails.
check() {
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "  ok      $what"
    else
        failed=$((failed + 1))
        printf '  FAILED  %s\n%s\n' "$what" "$output"
    fi
}

# A program whose last line has the counts of its own checks.
counted() {
    local output line
    output=$("$@" 2>&1)
    local status=$?
    line=${output##*$'\n'}
    if [[ $line =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
        [ $status = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ] || failed=$((failed + 1))
    else
        failed=$((failed + 1))
    fi
    grep 'skipped:' <<<"$output"
    # Without the word at its end, so that it is not taken for the count of the whole.
    if [ $status = 0 ]; then echo "  ok      ${line%,*}"; else printf '  FAILED\n%s\n' "$output"; fi
}

build_and_run() {
    local binary=$1
    shift
    "$@" -o "$binary" && "$binary"
}

# Passes if the command fails and its output has these words.
fails_saying() {
    local words=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "it did not fail"
        return 1
    fi
    grep -q "$words" <<<"$output" || { echo "$output"; return 1; }
}

echo 'The programs, as C99'
for name in "${programs[@]}"; do
    check "$name: compiles" gcc -std=c99 "${strict[@]}" "$here/test_$name.c" -o "$work/$name" "${shared[@]}"
    counted "$work/$name"
done

# A typo in a key that nobody looks at would be a handler that never runs.
check 'a registration whose result is ignored does not compile' fails_saying 'unused.result' \
    gcc -std=c99 "${strict[@]}" -c -o /dev/null -x c - -I"$capi/include" <<'PROGRAM'
#include <tink_webhooks.h>
uint32_t run(void *user_data, const tink_webhooks_event *event);
void start(tink_webhooks *hooks) { tink_webhooks_register_handler(hooks, 0, 0, 0, run, 0, 0, 0); }
PROGRAM

echo 'Other languages and compilers'
for name in "${programs[@]}"; do
    for language in c11 c2x; do
        check "$name: $language, gcc" build_and_run "$work/other" gcc -std=$language "${strict[@]}" "$here/test_$name.c" "${shared[@]}"
    done
    check "$name: C++17, g++" build_and_run "$work/other" g++ -std=c++17 -x c++ "${strict[@]}" "$here/test_$name.c" -x none "${shared[@]}"
done
if command -v clang >/dev/null && command -v clang++ >/dev/null; then
    for name in "${programs[@]}"; do
        for language in c99 c11; do
            check "$name: $language, clang" build_and_run "$work/other" clang -std=$language "${strict[@]}" "$here/test_$name.c" "${shared[@]}"
        done
        check "$name: C++17, clang++" build_and_run "$work/other" clang++ -std=c++17 "${strict[@]}" -x c++ "$here/test_$name.c" -x none "${shared[@]}"
    done
elif [ -n "${TEST_ALL:-}" ]; then
    check 'clang is installed' false
else
    echo '  skipped: clang is not installed (make test-all installs it, and asks for it)'
fi
# The C++ header, of its own language versions; with clang where that is.
check 'tink_webhooks.hpp: compiles' g++ -std=c++17 "${strict[@]}" "$here/test_cpp.cpp" -o "$work/cpp" "${shared[@]}"
counted "$work/cpp"
check 'tink_webhooks.hpp: C++20, sanitizers' build_and_run "$work/other" g++ -std=c++20 "${strict[@]}" "${sanitize[@]}" "$here/test_cpp.cpp" "${shared[@]}"
if command -v clang++ >/dev/null; then
    check 'tink_webhooks.hpp: clang++' build_and_run "$work/other" clang++ -std=c++17 "${strict[@]}" "$here/test_cpp.cpp" "${shared[@]}"
fi
# Two units of one program: nothing in the header is defined twice, and it needs no other header.
cat >"$work/unit_a.c" <<'END'
#include <tink_webhooks.h>
#include <tink_webhooks.h>
uint32_t version_of_the_other_unit(void);
int main(void) {
    tink_webhooks_verification nothing = {0, 0, 0, {0}, {0}};
    return nothing.scheme == TINK_WEBHOOKS_SCHEME_NONE && version_of_the_other_unit() == TINK_WEBHOOKS_ABI_VERSION ? 0 : 1;
}
END
cat >"$work/unit_b.c" <<'END'
#include <tink_webhooks.h>
uint32_t version_of_the_other_unit(void);
uint32_t version_of_the_other_unit(void) { return tink_webhooks_abi_version(); }
END
check 'header in two units' build_and_run "$work/other" gcc -std=c99 "${strict[@]}" "$work"/unit_{a,b}.c "${shared[@]}"
check 'header in two units, C++' build_and_run "$work/other" g++ -std=c++17 -x c++ "${strict[@]}" "$work"/unit_{a,b}.c -x none "${shared[@]}"
sed -n '/\\code/,/\\endcode/{/\\\(end\)\{0,1\}code/d;s/^ \*\( \{3\}\)\{0,1\}//;p}' "$root/include/tink_webhooks.h" >"$work/example.h"
check 'the program in the header' build_and_run "$work/other" gcc -std=c99 "${strict[@]}" -I"$work" "$here/header_example.c" "${shared[@]}"

echo 'The archive'
for name in "${programs[@]}"; do
    check "$name: static" build_and_run "$work/static" gcc -std=c11 "${strict[@]}" "$here/test_$name.c" "${static[@]}"
done
needs_no_library() { ! readelf -d "$1" | grep -q 'NEEDED.*tink_webhooks'; }
check 'the last one needs no libtink_webhooks.so' needs_no_library "$work/static"

no_bitcode() { ! readelf -SW "$capi/lib/libtink_webhooks.a" | grep -E '\.llvm(bc|cmd)\b'; }
check 'has no LLVM bitcode' no_bitcode
if command -v clang >/dev/null; then
    check 'clang -flto' build_and_run "$work/static" clang -flto -std=c11 "${strict[@]}" "$here/test_deliver.c" "${static[@]}"
fi
only_ours() { ! nm -g --defined-only "$capi/lib/libtink_webhooks.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | grep -v '^tink_webhooks_'; }
check 'defines no global name but its own' only_ours
# A program that also links another library written in Rust, whichever comes first.
if command -v rustc >/dev/null; then
    cat >"$work/other.rs" <<'PROGRAM'
#[unsafe(no_mangle)]
pub extern "C" fn other_sum(count: u64) -> u64 {
    // It needs the runtime: memory, formatting, and a panic that is caught.
    let text: String = (0..count).map(|number| format!("{number} ")).collect();
    let panicked = std::panic::catch_unwind(|| panic!("{text}")).is_err();
    text.split_whitespace().filter_map(|number| number.parse::<u64>().ok()).sum::<u64>() + u64::from(panicked)
}
PROGRAM
    cat >"$work/two_archives.c" <<'PROGRAM'
#include <tink_webhooks.h>
uint64_t other_sum(uint64_t count);
int main(void) {
    tink_webhooks_builder *builder = tink_webhooks_builder_new();
    tink_webhooks *hooks;
    uint32_t code = tink_webhooks_builder_add_secret(builder, (const uint8_t *)"s3cret", 6);
    if (code == TINK_WEBHOOKS_OK) code = tink_webhooks_builder_build(builder, &hooks, 0);
    if (code == TINK_WEBHOOKS_OK) code = tink_webhooks_verify_signature(hooks, 0, 0, 0, 0, 0, 0);
    return !(code == TINK_WEBHOOKS_ERROR_MISSING_SIGNATURE && other_sum(10) == 46);
}
PROGRAM
    check 'another archive written in Rust is built' rustc --edition 2024 --crate-type staticlib --crate-name other -O -o "$work/libother.a" "$work/other.rs"
    check 'links before it' build_and_run "$work/two" gcc -std=c11 "${strict[@]}" "$work/two_archives.c" "${static[@]}" "$work/libother.a" -lpthread -lm -ldl
    check 'links behind it' build_and_run "$work/two" gcc -std=c11 "${strict[@]}" "$work/two_archives.c" "$work/libother.a" "${static[@]}"
elif [ -n "${TEST_ALL:-}" ]; then
    check 'rustc is installed' false
else
    echo '  skipped: rustc is not installed, so no second archive can be made'
fi

echo 'The shared library'
symbols() { diff <(nm -D --defined-only "$capi/lib/libtink_webhooks.so" | awk '{ print $3 }' | sort) <(sort "$root/bindings-c/symbols.txt"); }
check 'exports exactly symbols.txt' symbols
name=libtink_webhooks.so.$(sed -n 's/^#define TINK_WEBHOOKS_ABI_VERSION \([0-9]*\)$/\1/p' "$root/include/tink_webhooks.h")
soname() { readelf -d "$capi/lib/libtink_webhooks.so" | grep -F '(SONAME)' | grep -qF "[$name]"; }
check "SONAME $name" soname
needed() { readelf -d "$work/deliver" | grep -F '(NEEDED)' | grep -qF "[$name]"; }
check 'a program asks for it by the SONAME' needed

echo 'The installed tree alone'
counted "$here/installed.sh"

# As on musl, where cargo makes the archive and no shared library.
archive_alone() {
    rm -rf "$work/alone" && mkdir -p "$work/alone/release" &&
        cp "${CARGO_TARGET_DIR:-$root/target}/release/libtink_webhooks_c.a" "$work/alone/release/" &&
        CARGO_TARGET_DIR=$work/alone "$root/bindings-c/install.sh" "$work/alone/usr" 2>&1 | grep 'the archive alone' &&
        test -z "$(find "$work/alone/usr" -name '*.so*')" &&
        PKG_CONFIG_PATH=$work/alone/usr/lib/pkgconfig \
            bash -c '"$@" $(pkg-config --cflags --libs tink_webhooks)' - gcc -std=c11 "$here/test_deliver.c" -o "$work/alone/deliver" &&
        "$work/alone/deliver"
}
check 'without a shared library the archive is installed, and pkg-config links it' archive_alone

echo 'The thread sanitizer'
threads=(-fsanitize=thread)
supp() { TSAN_OPTIONS=suppressions=$capi/share/tink_webhooks/tsan.supp "$@"; }
cat >"$work/race.c" <<'PROGRAM'
#include <pthread.h>
static int shared;
static void *count(void *unused) { shared++; return unused; }
int main(void) {
    pthread_t id;
    int failed = pthread_create(&id, 0, count, 0);
    shared++;
    return failed || pthread_join(id, 0);
}
PROGRAM
check 'a race of the program is found beside the suppressions' fails_saying 'data race' supp build_and_run "$work/tsan" gcc "${threads[@]}" "$work/race.c" -lpthread
check 'without them the library looks as if it had some' fails_saying 'data race' build_and_run "$work/tsan" gcc -g "${threads[@]}" "$here/test_handlers.c" "${shared[@]}"
check 'handlers, shared library' supp build_and_run "$work/tsan" gcc -g "${threads[@]}" "$here/test_handlers.c" "${shared[@]}"
check 'handlers, archive' supp build_and_run "$work/tsan" gcc -g "${threads[@]}" "$here/test_handlers.c" "${static[@]}"

echo 'Address and undefined-behaviour sanitizers'
printf '#include <stdlib.h>\nint main(int n, char **v) { (void)v; char *p = malloc(1); p[n] = 1; int r = p[n]; free(p); return r; }\n' >"$work/overflow.c"
printf '#include <limits.h>\nint main(int n, char **v) { (void)v; int r = INT_MAX + n; return r == 0; }\n' >"$work/signed.c"
printf '#include <tink_webhooks.h>\nint main(void) { return tink_webhooks_builder_new() == NULL; }\n' >"$work/leak.c"
check 'the address sanitizer is linked' fails_saying 'AddressSanitizer: heap-buffer-overflow' build_and_run "$work/asan" gcc "${sanitize[@]}" "$work/overflow.c"
check 'the undefined-behaviour sanitizer is linked' fails_saying 'signed integer overflow' build_and_run "$work/asan" gcc "${sanitize[@]}" "$work/signed.c"
check 'an object that is not freed is found' fails_saying 'LeakSanitizer: detected memory leaks' build_and_run "$work/asan" gcc "${sanitize[@]}" "$work/leak.c" "${shared[@]}"
for name in "${programs[@]}"; do
    check "$name" build_and_run "$work/asan" gcc -std=c11 "${strict[@]}" "${sanitize[@]}" "$here/test_$name.c" "${shared[@]}"
done
check 'the driver of the vectors: compiles' gcc -std=c11 "${strict[@]}" -O1 "${sanitize[@]}" "$root/tests/drivers/c_driver.c" -o "$work/asan_driver" "${shared[@]}"
# The bindings of the C library among the shared vectors, each with the driver's argument.
modes=(c:whole c-stream:stream c-bytes:bytes c-scattered:scattered)
vectors() {
    local mode=$1
    shift
    python3 "$root/tests/run_vectors.py" --binding "${mode%:*}" -- "$@" "${mode#*:}"
}
for mode in "${modes[@]}"; do
    check "shared vectors, ${mode#*:}" vectors "$mode" "$work/asan_driver"
done

echo 'Valgrind'
if command -v valgrind >/dev/null; then
    memcheck=(valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=9)
    gcc "$work/leak.c" -o "$work/leak" "${shared[@]}"
    check 'an object that is not freed is found' fails_saying 'definitely lost' "${memcheck[@]}" "$work/leak"
    for name in "${programs[@]}"; do
        check "$name" "${memcheck[@]}" "$work/$name"
    done
    gcc -std=c11 -g -O1 "$root/tests/drivers/c_driver.c" -o "$work/driver" "${shared[@]}"
    for mode in "${modes[@]}"; do
        check "shared vectors, ${mode#*:}" vectors "$mode" "${memcheck[@]}" "$work/driver"
    done
elif [ -n "${TEST_ALL:-}" ]; then
    check 'valgrind is installed' false
else
    echo '  skipped: valgrind is not installed'
fi

echo 'Header and implementation'
check 'unit tests of the boundary' cargo test --quiet --manifest-path "$root/Cargo.toml" -p tink-webhooks-c
counted "$here/header_drift.sh"

echo
echo "$passed passed, $failed failed"
[ $failed = 0 ]
