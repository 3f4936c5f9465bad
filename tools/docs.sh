#!/usr/bin/env bash
# Makes the API references: target/docs/index.html and a folder per language. `make docs` calls it.
#
#   tools/docs.sh                  every language
#   tools/docs.sh rust c           only these (rust, c, python, node, go)
#
# An undocumented public name fails in Rust, C and Node. For Python a test compares the docstrings with the stub.
# What a language's own reference needs and is not installed (Doxygen, Go) is skipped by name.
set -eu
cd "$(dirname "$0")/.."
out=$PWD/target/docs
version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
mkdir -p "$out"

for_rust() {
    RUSTDOCFLAGS='-D warnings -D missing_docs' cargo doc --no-deps --locked --quiet --all-features -p tink-webhooks \
        -p tink-webhooks-http -p tink-webhooks-axum -p tink-webhooks-actix -p tink-webhooks-idempotency
    rm -rf "$out/rust"
    cp -r "${CARGO_TARGET_DIR:-target}/doc" "$out/rust"
    rm -f "$out/rust/.lock"
}

for_c() {
    command -v doxygen >/dev/null || { echo 'skipped: Doxygen is not installed; no C reference'; return; }
    rm -rf "$out/c"
    doxygen - <<'END'
PROJECT_NAME           = libtink_webhooks
INPUT                  = include/tink_webhooks.h
OUTPUT_DIRECTORY       = target/docs
HTML_OUTPUT            = c
GENERATE_LATEX         = NO
OPTIMIZE_OUTPUT_FOR_C  = YES
HAVE_DOT               = NO
DISABLE_INDEX          = YES
VERBATIM_HEADERS       = NO
MACRO_EXPANSION        = YES
EXPAND_ONLY_PREDEF     = YES
PREDEFINED             = TINK_WEBHOOKS_MUST_USE=
# Every name has a comment. A reference to a name that does not exist is an error, too.
WARN_IF_UNDOCUMENTED   = YES
WARN_NO_PARAMDOC       = NO
WARN_IF_INCOMPLETE_DOC = NO
WARN_AS_ERROR          = FAIL_ON_WARNINGS
QUIET                  = YES
END
}

# Of the package as it is installed: each module that has no underscore.
for_python() {
    local modules
    modules=$(.venv/bin/python - <<'PYTHON'
import pkgutil
import tink_webhooks

names = [module.name for module in pkgutil.iter_modules(tink_webhooks.__path__) if not module.name.startswith("_")]
print("tink_webhooks", *(f"tink_webhooks.{name}" for name in names))
PYTHON
    )
    rm -rf "$out/python"
    # Types that only type checkers import are shown as they are written; pdoc warns about each.
    # shellcheck disable=SC2086 # one word per module
    PYTHONWARNINGS=ignore .venv/bin/pdoc --docformat google --output-directory "$out/python" $modules
}

for_node() {
    rm -rf "$out/node"
    (cd bindings-node && ../tools/checkers/node_modules/.bin/typedoc --logLevel Warn)
}

# Go has no tool of its own that writes HTML: `go doc -http` serves the same.
for_go() {
    command -v go >/dev/null || { echo 'skipped: Go is not installed; no Go reference'; return; }
    rm -rf "$out/go"
    mkdir -p "$out/go"
    (
        cd bindings-go
        go list ./... | grep -vE "/(internal|build)/" | while read -r package; do
            go doc -all "$package" >"$out/go/${package##*/}.txt"
        done
        mv "$out/go/bindings-go.txt" "$out/go/tinkwebhooks.txt"
        for store in */go.mod; do
            (cd "${store%/*}" && go doc -all . >"$out/go/${store%/*}.txt")
        done
    )
}

link() { [ ! -e "$out/$2" ] || printf '<li><a href="%s">%s</a></li>\n' "$2" "$1"; }

for language in ${*:-rust c python node go}; do
    case $language in
    rust | c | python | node | go) "for_$language" ;;
    *) echo "docs: no such language: $language" >&2; exit 2 ;;
    esac
done

cat >"$out/index.html" <<HTML
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tink-webhooks $version: API references</title>
<h1>tink-webhooks $version: API references</h1>
<ul>
$(link Rust rust/tink_webhooks/index.html)
$(link 'C and C++' c/tink__webhooks_8h.html)
$(link Python python/tink_webhooks.html)
$(link 'Node, TypeScript' node/index.html)
$(link Go go/tinkwebhooks.txt)
$(link 'Go, for tests' go/tinkwebhookstest.txt)
</ul>
</html>
HTML
echo "made target/docs/index.html"
