# The commands of this project: `make help` lists them. CI runs the same ones.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
CAPI := target/capi
PREFIX ?= /usr/local
# Without Go its part is skipped, by name.
GO := $(shell command -v go 2>/dev/null)
# Modules of their own in bindings-go/, so that the root has no dependency.
GO_MODULES := redisstore pgxstore sqlstore wazeroengine

comma := ,
say = @printf '\n\033[1m==> %s\033[0m\n' "$(1)"

# A target with `##` behind its prerequisites is listed, under the heading `## ... ---` above it.
.PHONY: help
help: ## list the commands
	@awk '/^## .* -+$$/ { sub(/^## /, ""); sub(/ -+$$/, ""); heading = $$0 } \
		/^[a-z-]+:.*## / { if (heading) print "\n" heading; heading = ""; \
		name = $$0; sub(/:.*/, "", name); sub(/.*## /, ""); printf "  make %-15s %s\n", name, $$0 }' $(firstword $(MAKEFILE_LIST))

## Build ---------------------------------------------------------------------------------------------------------------

.PHONY: build build-c build-python build-node build-go build-drivers cli install-c
build: build-c build-python build-node build-go ## build every binding: .venv/, bindings-node/, target/capi/

build-c: setup-c ## needs Rust and a C compiler: header and libraries into target/capi/
	$(call say,C: target/capi)
	cargo build --release -p tink-webhooks-c
	bindings-c/install.sh $(CAPI)

build-python: $(VENV)/.ready ## needs Rust and Python: the package into .venv/
	$(call say,Python: .venv)
	rm -f target/wheels/*.whl
	$(VENV)/bin/maturin build --release --quiet -m bindings-python/Cargo.toml -i $(PYTHON) -o target/wheels
	$(VENV)/bin/pip install --quiet --force-reinstall --no-deps target/wheels/*.whl

build-node: bindings-node/node_modules/.ready ## needs Rust and Node: the package in bindings-node/
	$(call say,Node: bindings-node)
	cd bindings-node && npm run --silent build

build-go: setup-go build-c ## needs Rust, a C compiler and Go: the archive into bindings-go/build/, and the WebAssembly module
ifneq ($(GO),)
	$(call say,Go: bindings-go)
	bindings-go/archives.sh $(CAPI)
	bindings-wasm/build.sh target/tink_webhooks_go.wasm explain,host
	bindings-go/wasm.sh target/tink_webhooks_go.wasm
	cd bindings-go && go build ./...
else
	@echo 'skipped: Go is not installed (https://go.dev/dl); bindings-go is not built'
endif

# With musl, so that it runs on every Linux; its C code (of ring) needs nothing of a C library.
CLI_TARGET := $(shell uname -m)-unknown-linux-musl

cli: setup-cli ## the command tink-webhooks as one static file: target/bin/tink-webhooks
	$(call say,The command: target/bin/tink-webhooks)
	CC_$(subst -,_,$(CLI_TARGET))=cc cargo build --profile cli -p tink-webhooks-cli --target $(CLI_TARGET)
	install -D -m 755 "$${CARGO_TARGET_DIR:-target}/$(CLI_TARGET)/cli/tink-webhooks" target/bin/tink-webhooks

install-c: ## install the C library that was built (PREFIX=/usr/local, DESTDIR)
	@DESTDIR='$(DESTDIR)' bindings-c/install.sh '$(PREFIX)'

build-drivers: build
	$(call say,Drivers of the shared vectors)
	tests/drivers/build.sh
ifneq ($(GO),)
	@# So that tests need no network.
	cd tests/go/once && go mod download
endif

# What each part needs, and no more: checked, and installed where it is a Debian package. See tools/setup.sh.
setup-%:
	@tools/setup.sh $*

$(VENV)/.ready: bindings-python/requirements-dev.txt | setup-python
	$(call say,Python tools into .venv)
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

bindings-node/node_modules/.ready: bindings-node/package-lock.json bindings-node/package.json | setup-node
	$(call say,Node tools into bindings-node/node_modules)
	cd bindings-node && npm ci --no-audit --no-fund
	touch $@

tools/checkers/node_modules/.ready: tools/checkers/package-lock.json tools/checkers/package.json
	$(call say,Pyright and TypeDoc into tools/checkers/node_modules)
	cd tools/checkers && npm ci --no-audit --no-fund
	touch $@

tools/runtimes/node_modules/.ready: tools/runtimes/package-lock.json tools/runtimes/package.json
	$(call say,Node 22 and 24$(comma) Bun$(comma) Deno$(comma) Next.js and package managers into tools/runtimes/node_modules)
	cd tools/runtimes && npm ci --no-audit --no-fund && mkdir -p node_modules
	touch $@

tools/sqlite/node_modules/.ready: tools/sqlite/package-lock.json tools/sqlite/package.json
	$(call say,A Node with node:sqlite$(comma) and better-sqlite3$(comma) into tools/sqlite/node_modules)
	cd tools/sqlite && npm ci --no-audit --no-fund && mkdir -p node_modules
	touch $@

tools/edge/node_modules/.ready: tools/edge/package-lock.json tools/edge/package.json
	$(call say,Wrangler$(comma) workerd and Vite into tools/edge/node_modules)
	cd tools/edge && npm ci --no-audit --no-fund
	touch $@

## Try ----------------------------------------------------------------------------------------------------------------

tests/page/node_modules/.ready: tests/page/package-lock.json tests/page/package.json
	$(call say,What drives a browser into tests/page/node_modules)
	cd tests/page && npm ci --no-audit --no-fund
	touch $@

.PHONY: demo
demo: setup-test build ## start a receiver per language, send signed and forged deliveries, print each answer
	$(call say,Demo)
	$(PYTHON) tests/demo/demo.py

.PHONY: bench
bench: setup-bench build tools/sqlite/node_modules/.ready ## measure every binding beside its peers, a quarter of an hour; rewrites docs/performance.md
	$(call say,Where the time of a delivery goes in Node)
	node benchmarks/node_steps.mjs
	$(PYTHON) benchmarks/bench.py

## Test: everything ----------------------------------------------------------------------------------------------------

.PHONY: test
test: setup-test build-drivers tests/page/node_modules/.ready tools/sqlite/node_modules/.ready ## every test of every binding, and the shared vectors
	$(PYTHON) tests/run.py

.PHONY: test-all
test-all: export TEST_ALL := 1
test-all: setup-all test tools/runtimes/node_modules/.ready tools/edge/node_modules/.ready ## besides, what is slow or large: other runtimes and Next.js (1 GB), soak, fuzzing, mutations
	$(PYTHON) bindings-python/tests/every_python.py
	node bindings-node/test/every_runtime.mjs
	node bindings-node/test/bundled_programs.mjs
	node bindings-node/test/every_edge.mjs
	SOAK_SCALE=$${SOAK_SCALE:-0.02} $(PYTHON) tests/soak/soak.py
ifneq ($(GO),)
	@# With the default quarantine freed memory is not returned, and the tests of memory would fail.
	cd bindings-go && ASAN_OPTIONS=quarantine_size_mb=8 go test -asan .
else
	@echo 'skipped: Go is not installed; its tests under AddressSanitizer'
endif
	@$(MAKE) differential DIFFERENTIAL_SECONDS=10
	@$(MAKE) fuzz FUZZ_SECONDS=10
	@$(MAKE) break-promises

# What is missing of the emulators and package managers is skipped by name.
.PHONY: dist-test
dist-test: $(VENV)/.ready bindings-node/node_modules/.ready tools/runtimes/node_modules/.ready ## install and run what `make dist` made (DIST_TEST="wheel c": some kinds)
	$(call say,What a release uploads$(comma) installed in empty places)
	@tools/setup.sh dist-test || true
	PYTHONPATH=tools/dist $(PYTHON) -c 'import sys, testing; sys.exit(testing.main(sys.argv[1:]))' $(DIST_TEST)

# Without buildah or root it is skipped by name.
.PHONY: dist-images
dist-images: $(VENV)/.ready tools/runtimes/node_modules/.ready ## run the steps of examples/docker/ in root directories (IMAGES="go c": some)
	$(call say,Images of what dist/ has)
	@tools/setup.sh dist-images || true
	PYTHONPATH=tools/dist $(PYTHON) -m testing.images $(IMAGES)

## Test: one language, building nothing else (CONTRIBUTING.md has the seconds) ----------------------------------------

.PHONY: test-rust test-c test-python test-node test-go test-vectors test-project
test-rust: setup-rust ## the core
	python3 tests/run.py rust

test-c: setup-test-c build-c ## the C library: compilers, sanitizers, valgrind, header drift
	python3 tests/run.py c

test-python: build-python ## the Python package
	python3 tests/run.py python

test-node: build-node tools/sqlite/node_modules/.ready ## the Node package
	python3 tests/run.py node

test-go: build-go ## the Go package, its stores and its engine without cgo, under the race detector
	python3 tests/run.py go $(GO_MODULES)

.PHONY: test-page
test-page: setup-page tests/page/node_modules/.ready ## the inspector page of the command, in Chromium
	python3 tests/run.py page

# Of the drivers, those in Rust, C and Go, with cgo and without, are compiled.
LANGUAGES := $(or $(BINDING),rust c python node go)
COMPILED := $(patsubst go,go nocgo,$(filter rust c go,$(LANGUAGES)))

test-vectors: $(patsubst %,build-%,$(filter-out rust,$(LANGUAGES))) ## the shared vectors through every binding (BINDING=python: only that one)
	$(if $(COMPILED),tests/drivers/build.sh $(COMPILED))
	python3 tests/$(if $(BINDING),run_vectors.py $(addprefix --language ,$(BINDING)),run.py vectors)

test-project: build-drivers ## the tests of tests/: versions, documents, examples, soak, timing, memory
	python3 tests/run.py project documents receivers

## Look for what no test covers yet ------------------------------------------------------------------------------------

FUZZ_SECONDS ?= 60
DIFFERENTIAL_SECONDS ?= 60

.PHONY: fuzz
fuzz: setup-fuzz ## run the coverage-guided fuzz targets (FUZZ_SECONDS=60)
	$(call say,Fuzzing)
	python3 fuzz/run.py --seconds $(FUZZ_SECONDS)

.PHONY: differential
differential: $(VENV)/.ready ## compare with the JSON parsers of Python, V8, Go and with Stripe (DIFFERENTIAL_SECONDS=60)
	$(call say,The payload beside Python and V8 and Go)
	$(PYTHON) tests/differential/payload.py --seconds $(DIFFERENTIAL_SECONDS)
	$(call say,Verification beside stripe-python and stripe-node)
	$(PYTHON) tests/differential/verify.py --seconds $(DIFFERENTIAL_SECONDS)

.PHONY: known-answers
known-answers: build-drivers ## run Wycheproof and JSONTestSuite (WYCHEPROOF=path JSON_TEST_SUITE=path)
	$(PYTHON) tests/known_answers.py $(if $(WYCHEPROOF),--wycheproof '$(WYCHEPROOF)') $(if $(JSON_TEST_SUITE),--json-test-suite '$(JSON_TEST_SUITE)')

.PHONY: soak
soak: build ## millions of deliveries per language, with flat memory (SOAK_SCALE=0.02: a part)
	$(PYTHON) tests/soak/soak.py

.PHONY: break-promises
break-promises: $(VENV)/.ready bindings-node/node_modules/.ready ## mutation tests: break each promise of docs/security.md (PROMISE=3: only that one)
	$(call say,Mutations: each promise broken on purpose)
	$(PYTHON) tests/promises/break_promises.py $(if $(PROMISE),--promise $(PROMISE))

## Release -------------------------------------------------------------------------------------------------------------

# KINDS=wheel npm: only these, of wheel, sdist, npm, c, go and crate.
DIST_TOOLS := target/dist/venv

$(DIST_TOOLS)/.ready: tools/dist/requirements.txt | setup-python
	$(call say,Tools of the release into $(DIST_TOOLS))
	test -x $(DIST_TOOLS)/bin/python || python3 -m venv $(DIST_TOOLS)
	$(DIST_TOOLS)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

.PHONY: dist dist-quick
dist: setup-dist $(DIST_TOOLS)/.ready bindings-node/node_modules/.ready ## what a release uploads, for every platform, into dist/ (DIST_PYTHONS=all)
	$(call say,Release: dist)
	$(DIST_TOOLS)/bin/python tools/dist build $(KINDS)

dist-quick: setup-dist $(DIST_TOOLS)/.ready bindings-node/node_modules/.ready ## the same for this platform alone
	$(call say,Release: dist$(comma) this platform alone)
	$(DIST_TOOLS)/bin/python tools/dist build --quick $(KINDS)

.PHONY: dist-matrix
dist-matrix: $(VENV)/.ready ## put what `make dist-test` found into docs/platforms.md
	PYTHONPATH=tools/dist $(PYTHON) -c 'from testing import ROOT, matrix; matrix.write(ROOT / "dist")'

.PHONY: dist-reproduce
dist-reproduce: setup-dist $(DIST_TOOLS)/.ready bindings-node/node_modules/.ready ## build the last commit twice, in two places, and compare the bytes (ALL=--all: every platform)
	$(call say,Release: two builds)
	$(DIST_TOOLS)/bin/python tools/dist reproduce $(ALL) $(KINDS)

## Check and document --------------------------------------------------------------------------------------------------

.PHONY: audit
audit: ## licences, sources and known vulnerabilities of the dependencies; needs cargo-deny
	@tools/audit.sh

.PHONY: miri
miri: ## the core and the pointer helpers of C under Miri; needs a nightly toolchain
	@cargo +nightly miri --version >/dev/null 2>&1 || { \
		echo 'miri: needs a nightly toolchain: rustup toolchain install nightly --component miri,rust-src' >&2; exit 1; }
	@# Property tests would take hours here; `make test` runs them natively.
	export MIRIFLAGS=$${MIRIFLAGS:--Zmiri-disable-isolation} PROPTEST_CASES=4 \
		CARGO_TARGET_DIR=$${CARGO_TARGET_DIR:-target}/miri && \
		cargo +nightly miri test --locked -p sha256-multi -p tink-webhooks \
			--features tink-webhooks/tracing --lib --tests && \
		cargo +nightly miri test --locked -p tink-webhooks-c
	@# To Miri a processor has what the program is compiled for: AVX2 by this alone.
	@case $$(rustc +nightly -vV) in *'host: x86_64'*) \
		export MIRIFLAGS=$${MIRIFLAGS:--Zmiri-disable-isolation} PROPTEST_CASES=4 \
			RUSTFLAGS='-Ctarget-cpu=x86-64-v3 -Ctarget-feature=+movbe,+xsave,+cmpxchg16b' \
			CARGO_TARGET_DIR=$${CARGO_TARGET_DIR:-target}/miri-avx2 && \
			cargo +nightly miri test --locked -p tink-webhooks --lib payload;; esac

.PHONY: generate
generate: $(VENV)/.ready bindings-node/node_modules/.ready ## write what follows from events/ in every language
	$(PYTHON) tools/generate

.PHONY: lint
lint: build-go build-python bindings-node/node_modules/.ready tools/checkers/node_modules/.ready ## rustfmt, clippy, ruff, mypy, pyright, biome, TypeScript, gofmt, go vet, staticcheck
	$(call say,Generated files)
	$(PYTHON) tools/generate --check
	$(PYTHON) tools/module_graph.py --check
	$(call say,Rust)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	@# What only the WebAssembly modules have.
	RUSTFLAGS=-Ctarget-feature=+simd128 cargo clippy --quiet -p sha256-multi -p tink-webhooks -p tink-webhooks-wasm --features tink-webhooks-wasm/explain,tink-webhooks-wasm/host --target wasm32-unknown-unknown --locked -- -D warnings
	for crate in tink-webhooks tink-webhooks-idempotency; do cargo clippy --quiet -p $$crate --all-features --all-targets --locked -- -D warnings; done
	for crate in tink-webhooks tink-webhooks-http tink-webhooks-axum tink-webhooks-actix tink-webhooks-idempotency; do cargo clippy --quiet -p $$crate --no-default-features --locked -- -D warnings; done
	for crate in examples/rust benchmarks/rust benchmarks/http/rust benchmarks/python_floor; do cargo metadata --locked --quiet --format-version 1 --manifest-path $$crate/Cargo.toml >/dev/null; done
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target/fuzz/lint --locked -- -D warnings
	$(call say,Python)
	$(VENV)/bin/ruff check --config bindings-python/pyproject.toml bindings-python tests examples benchmarks fuzz tools
	$(VENV)/bin/ruff format --check --config bindings-python/pyproject.toml bindings-python tests examples benchmarks fuzz tools
	cd bindings-python && MYPYPATH=python ../$(VENV)/bin/mypy python/tink_webhooks tests/types
	@# The overloads of one method are for type checkers alone.
	cd bindings-python/tests && ../../$(VENV)/bin/stubtest tink_webhooks --ignore-missing-stub --mypy-config-file ../pyproject.toml --allowlist <(echo tink_webhooks.asgi.WebhookApp.__call__)
	cd bindings-python && ../tools/checkers/node_modules/.bin/pyright -p . --pythonpath ../$(PYTHON) python/tink_webhooks tests/types
	$(PYTHON) tests/snippets.py
	$(VENV)/bin/mypy --strict examples/python && tools/checkers/node_modules/.bin/pyright --pythonpath $(PYTHON) examples/python
	$(call say,Node)
	cd bindings-node && npm run --silent lint
	$(call say,Public API beside api/)
	$(PYTHON) tools/api --check
	$(call say,Workflows and Dockerfiles)
	@$(MAKE) lint-ci
	$(call say,API references)
	tools/docs.sh rust c python node go
ifneq ($(GO),)
	$(call say,Go)
	test -z "$$(gofmt -l bindings-go examples tests benchmarks/go | tee /dev/stderr)"
	cd bindings-go && go vet ./...
	cd bindings-go && go tool -modfile=../tools/staticcheck/go.mod staticcheck ./...
	for module in $(GO_MODULES); do (cd bindings-go/$$module && go vet ./... && \
		go tool -modfile=../../tools/staticcheck/go.mod staticcheck ./...) || exit; done
	cd examples/go && go vet ./...
	cd tests/go && go vet ./...
	cd tests/go/recipes && go vet ./...
	cd tests/go/once && go vet ./...
	cd examples/queues/go && go vet ./...
	cd benchmarks/go && go vet ./...
else
	@echo 'skipped: Go is not installed; gofmt, go vet and staticcheck'
endif

# Actions that are not pinned, permissions that are too wide, scripts that take in a title: all without the network.
.PHONY: lint-ci
lint-ci: $(VENV)/.ready ## actionlint, zizmor, JSON Schemas and hadolint; `make lint` runs it
ifneq ($(GO),)
	cd bindings-go && go tool -modfile=../tools/actionlint/go.mod actionlint ../.github/workflows/*.yml
else
	@echo 'skipped: Go is not installed; actionlint'
endif
	$(VENV)/bin/zizmor --offline --quiet --no-progress .github
	$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/bin/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(VENV)/bin/hadolint examples/docker/*.Dockerfile

.PHONY: api
api: build-c $(VENV)/.ready bindings-node/node_modules/.ready ## write the public API of every language into api/; `make lint` compares
	$(PYTHON) tools/api

.PHONY: docs
docs: setup-docs build-python bindings-node/node_modules/.ready tools/checkers/node_modules/.ready ## the API reference of every language: target/docs/index.html
	tools/docs.sh

.PHONY: version
version: ## set the version of all packages: V=0.2.0
	@python3 tools/version.py '$(V)'

.PHONY: release-check
release-check: $(VENV)/.ready ## dry run of a release (RELEASE_CHECK=fast: only what needs no build)
	@$(PYTHON) tools/release.py check $(if $(filter fast,$(RELEASE_CHECK)),--fast)

# What release.yml runs once a person has agreed. It uploads what is in dist/, so it is not listed by `make help`.
publish-%:
	@python3 tools/release.py $*

.PHONY: clean
clean: ## remove everything that was built
	rm -rf dist target $(VENV) tests/differential/node_modules tools/*/node_modules tests/page/node_modules bindings-node/node_modules bindings-node/dist \
		bindings-node/*.node bindings-go/archive_stamp.h bindings-go/build/include/*.h bindings-go/build/*/*.a bindings-go/wazeroengine/*.wasm
