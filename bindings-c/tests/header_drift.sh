#!/usr/bin/env bash
# Proves that the build compares the header with the implementation: each change below, made in a copy of the sources,
# must break the build, and the copy itself must not.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
copy=$root/target/tests/c/drift
rm -rf "$copy"
mkdir -p "$copy"
cp -r "$root/bindings-c" "$root/core" "$root/explain" "$root/sha256-multi" "$root/include" "$root/Cargo.lock" "$copy/"
sed 's/^members = .*/members = ["sha256-multi", "explain", "core", "bindings-c"]/' "$root/Cargo.toml" >"$copy/Cargo.toml"
cd "$copy" || exit 1
# Beside the copy, so that the dependencies are compiled once.
export CARGO_TARGET_DIR=$root/target/tests/c/drift-target
header=include/tink_webhooks.h
passed=0
failed=0

compiles() { cargo check --quiet --offline -p tink-webhooks-c >check.log 2>&1; }

record() {
    if [ "$1" = "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "  $3: expected $2, got $1"
        tail -n 5 check.log
    fi
}

outcome() { if compiles; then echo compiles; else echo 'does not compile'; fi; }

# A change is a file and a sed command, which must change something.
change() {
    cp "$1" original
    sed -i "$2" "$1"
    if cmp -s "$1" original; then
        record 'nothing changed' 'a change' "$2"
    else
        record "$(outcome)" 'does not compile' "$2"
    fi
    cp original "$1"
}

record "$(outcome)" compiles 'the sources as they are'
# Parameters, results, pointers to constant or changeable things.
change $header 's/^uint32_t tink_webhooks_event_type(/uint64_t tink_webhooks_event_type(/'
change $header 's/set_tolerance(tink_webhooks_builder \*builder, double seconds)/set_tolerance(tink_webhooks_builder *builder, int64_t seconds)/'
change $header 's/tink_webhooks_max_body_bytes(const tink_webhooks \*hooks)/tink_webhooks_max_body_bytes(tink_webhooks *hooks)/'
change $header 's/^bool tink_webhooks_error_age(const tink_webhooks_error \*error, int64_t \*seconds)/bool tink_webhooks_error_age(const tink_webhooks_error *error)/'
change $header 's/(\*tink_webhooks_handler_fn)(void \*user_data, /(*tink_webhooks_handler_fn)(/'
change bindings-c/src/event.rs 's/fn tink_webhooks_event_type(event: \*const EventObject) -> u32/fn tink_webhooks_event_type(event: *mut EventObject) -> u32/'
change $header 's/tink_webhooks_stream_update(tink_webhooks_stream \*stream/tink_webhooks_stream_update(const tink_webhooks_stream *stream/'
change $header 's/const tink_webhooks_slice \*pieces/tink_webhooks_slice *pieces/'
# A function that is declared and not there, or there and not declared.
change $header 's/^uint32_t tink_webhooks_abi_version(void);/&\nuint32_t tink_webhooks_missing(void);/'
change $header 's/^uint32_t tink_webhooks_abi_version(void);//'
# Structures: a field's type, order, presence.
change $header 's/    size_t len;/    uint32_t len;/'
change $header 's/    uint32_t secret_index;/    uint32_t other_name;/'
change $header 's/    char delivery_id\[33\];/    char delivery_id[32];/'
change bindings-c/src/views.rs 's/    pub(crate) reserved: \[u8; 7\],/&\n    pub(crate) extra: u64,/'
change $header 's/    uint32_t escaped;/    uint64_t escaped;/'
change $header 's/(const tink_webhooks_value \*value, double \*out)/(const tink_webhooks_value *value, int64_t *out)/'
change $header 's/^    tink_webhooks_slice rest;/    tink_webhooks_value rest;/'
# Numbers and names of codes and event types; versions.
change $header 's/\(TINK_WEBHOOKS_ERROR_TOO_DEEP\) 206/\1 209/'
change $header '/define TINK_WEBHOOKS_ERROR_TOO_DEEP/d'
change $header 's/\(TINK_WEBHOOKS_TYPE_ACCOUNT_CREATED\) 105/\1 106/'
change core/src/payload/event_type.rs 's/^    AccountUpdated = 106,/    AccountUpdated = 116,/'
change core/src/payload/event_type.rs 's/Self::AccountUpdated => "account_updated"/Self::AccountUpdated => "account_changed"/'
change $header '/define TINK_WEBHOOKS_TYPE_ACCOUNT_CREATED/d'
change $header 's/define TINK_WEBHOOKS_VERSION_MINOR /&1/'
change $header 's/define TINK_WEBHOOKS_VERSION "/&1/'
# What the reader of the header does not understand is not passed over.
change $header 's/^uint32_t tink_webhooks_abi_version(void);/&\nenum tink_webhooks_color { RED };/'

echo "header drift: $passed passed, $failed failed"
[ $failed = 0 ]
