#!/usr/bin/env bash
# Checks licences, duplicates, sources and known vulnerabilities of the dependencies (deny.toml). A check that cannot run
# is a failure, with a message that says what it needs.
set -u
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
    cat >&2 <<'EOF'
audit: needs cargo-deny, which is not installed: cargo install --locked cargo-deny
       (takes some minutes; cargo-deny reads the same advisories as cargo-audit)
EOF
    exit 1
fi
status=0
cargo deny --all-features check bans licenses sources || status=1

output=$(cargo deny --color never check advisories 2>&1) && found=0 || found=$?
echo "$output"
if grep -q 'failed to fetch advisory database' <<<"$output"; then
    cat >&2 <<'EOF'
audit: NOT CHECKED for known vulnerabilities: that needs https://github.com/rustsec/advisory-db, which could not be fetched.
       With network access cargo-deny fetches it itself. Without, put a clone where the message above says, and run
       `cargo deny --offline check advisories`.
EOF
    exit 1
fi
[ "$found" = 0 ] || status=1
exit $status
