# What a person types, and what CI types. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
CAPI := target/capi
PREFIX ?= /usr/local
# Go's part is skipped, by name, where there is no Go.
GO := $(shell command -v go 2>/dev/null)

say = @printf '\n\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Building ------------------------------------------------------------------------------------------------------------

.PHONY: build build-c build-python build-node build-go build-drivers
build: build-c build-python build-node build-go ## build every binding: .venv/, bindings-node/, target/capi/

.PHONY: setup
setup: # Debian packages where that is allowed; names the command where it is not
	@tools/setup.sh

build-c: setup
	$(call say,C: target/capi)
	cargo build --release -p tink-webhooks-c
	bindings-c/install.sh $(CAPI)

.PHONY: install-c
install-c: ## install the C library that was built (PREFIX=/usr/local, DESTDIR)
	@DESTDIR='$(DESTDIR)' bindings-c/install.sh '$(PREFIX)'

build-python: $(VENV)/.ready
	$(call say,Python: .venv)
	rm -f target/wheels/*.whl
	$(VENV)/bin/maturin build --release --quiet -m bindings-python/Cargo.toml -i $(PYTHON) -o target/wheels
	$(VENV)/bin/pip install --quiet --force-reinstall --no-deps target/wheels/*.whl

build-node: bindings-node/node_modules/.ready
	$(call say,Node: bindings-node)
	cd bindings-node && npm run --silent build

build-go: build-c
ifneq ($(GO),)
	$(call say,Go: bindings-go)
	bindings-go/archives.sh $(CAPI)
	cd bindings-go && go build ./...
else
	@echo 'skipped: Go is not installed (https://go.dev/dl); bindings-go is not built'
endif

build-drivers: build
	$(call say,Drivers of the shared vectors)
	tests/drivers/build.sh

$(VENV)/.ready: bindings-python/requirements-dev.txt | setup
	$(call say,Python tools into .venv)
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

bindings-node/node_modules/.ready: bindings-node/package-lock.json bindings-node/package.json
	$(call say,Node tools into bindings-node/node_modules)
	cd bindings-node && npm ci --no-audit --no-fund
	touch $@

tools/pyright/node_modules/.ready: tools/pyright/package-lock.json tools/pyright/package.json
	$(call say,Type checker into tools/pyright/node_modules)
	cd tools/pyright && npm ci --no-audit --no-fund
	touch $@

tools/runtimes/node_modules/.ready: tools/runtimes/package-lock.json tools/runtimes/package.json
	$(call say,Node 22 and 24 and Bun and Deno into tools/runtimes/node_modules)
	cd tools/runtimes && npm ci --no-audit --no-fund && mkdir -p node_modules
	touch $@

## Trying --------------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: build ## start a real receiver per language, send signed and forged deliveries, print what each answered
	$(call say,Demo)
	$(PYTHON) tests/demo/demo.py

.PHONY: bench
bench: build ## measure every binding beside its peers, and receivers under load, ten minutes; rewrites docs/performance.md
	@tools/setup.sh bench
	$(call say,Where the time of a delivery goes in Node)
	node benchmarks/node_steps.mjs
	$(PYTHON) benchmarks/bench.py

## Checking ------------------------------------------------------------------------------------------------------------

.PHONY: test
test: build-drivers ## run every test of every binding and the shared vectors
	$(PYTHON) tests/run.py

.PHONY: test-all setup-all
setup-all:
	@tools/setup.sh all

test-all: export TEST_ALL := 1
test-all: setup-all test tools/runtimes/node_modules/.ready ## the same, and what takes longer or is large: clang; every Python; Node 22 and 24, Bun, Deno (570 MB); short soak, fuzzing and differential tests; Go under AddressSanitizer; promises broken on purpose
	$(PYTHON) bindings-python/tests/every_python.py
	node bindings-node/test/every_runtime.mjs
	SOAK_SCALE=$${SOAK_SCALE:-0.02} $(PYTHON) tests/soak/soak.py
ifneq ($(GO),)
	@# With its usual quarantine nothing that is freed comes back, and the tests of memory see just that.
	cd bindings-go && ASAN_OPTIONS=quarantine_size_mb=8 go test -asan .
else
	@echo 'skipped: Go is not installed; its tests under AddressSanitizer'
endif
	@$(MAKE) differential DIFFERENTIAL_SECONDS=10
	@$(MAKE) fuzz FUZZ_SECONDS=10
	@$(MAKE) break-promises

FUZZ_SECONDS ?= 60
DIFFERENTIAL_SECONDS ?= 60

.PHONY: fuzz
fuzz: setup ## run the coverage-guided fuzz targets, FUZZ_SECONDS (60) each
	$(call say,Fuzzing)
	python3 fuzz/run.py --seconds $(FUZZ_SECONDS)

.PHONY: differential
differential: $(VENV)/.ready ## compare with json of Python, V8 and Go, and with Stripe's libraries, DIFFERENTIAL_SECONDS (60) each
	$(call say,The payload beside Python and V8 and Go)
	$(PYTHON) tests/differential/payload.py --seconds $(DIFFERENTIAL_SECONDS)
	$(call say,Verification beside stripe-python and stripe-node)
	$(PYTHON) tests/differential/verify.py --seconds $(DIFFERENTIAL_SECONDS)

.PHONY: known-answers
known-answers: build-drivers ## hold every binding to Wycheproof and JSONTestSuite: WYCHEPROOF=path JSON_TEST_SUITE=path
	$(PYTHON) tests/known_answers.py $(if $(WYCHEPROOF),--wycheproof '$(WYCHEPROOF)') $(if $(JSON_TEST_SUITE),--json-test-suite '$(JSON_TEST_SUITE)')

.PHONY: soak
soak: build ## ten million deliveries through Rust and C, a million through Python, Node and Go, with flat memory (SOAK_SCALE=0.02: a part)
	$(PYTHON) tests/soak/soak.py

.PHONY: break-promises
break-promises: $(VENV)/.ready bindings-node/node_modules/.ready ## break every promise of docs/security.md on purpose, in a copy, and see its tests fail: ten minutes (PROMISE=3: only that one)
	$(call say,Promises broken on purpose)
	$(PYTHON) tests/promises/break_promises.py $(if $(PROMISE),--promise $(PROMISE))

.PHONY: audit
audit: ## licences, origins and known weaknesses of what is depended on; needs cargo-deny
	@tools/audit.sh

.PHONY: miri
miri: ## core and the pointer helpers of C under Miri; needs a nightly toolchain
	@tools/miri.sh

.PHONY: lint
lint: build-go build-python bindings-node/node_modules/.ready tools/pyright/node_modules/.ready ## rustfmt, clippy, ruff, mypy, pyright, TypeScript, gofmt, go vet, staticcheck
	$(call say,Rust)
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target/fuzz/lint --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --quiet -p tink-webhooks
	$(call say,Python)
	$(VENV)/bin/ruff check --config bindings-python/pyproject.toml bindings-python tests examples benchmarks fuzz
	$(VENV)/bin/ruff format --check --config bindings-python/pyproject.toml bindings-python tests examples benchmarks fuzz
	cd bindings-python && MYPYPATH=python ../$(VENV)/bin/mypy python/tink_webhooks tests/types
	cd bindings-python/tests && ../../$(VENV)/bin/stubtest tink_webhooks --ignore-missing-stub --mypy-config-file ../pyproject.toml
	cd bindings-python && ../tools/pyright/node_modules/.bin/pyright -p . --pythonpath ../$(PYTHON) python/tink_webhooks tests/types
	$(call say,Node)
	cd bindings-node && npm run --silent lint
ifneq ($(GO),)
	$(call say,Go)
	test -z "$$(gofmt -l bindings-go examples/go tests benchmarks/go benchmarks/http | tee /dev/stderr)"
	cd bindings-go && go vet ./...
	cd bindings-go && go tool -modfile=../tools/staticcheck/go.mod staticcheck ./...
	cd examples/go && go vet ./...
	cd tests/demo/go && go vet ./...
	cd tests/soak/go && go vet ./...
	cd benchmarks/go && go vet ./...
	cd benchmarks/http/go && go vet ./...
else
	@echo 'skipped: Go is not installed; gofmt, go vet and staticcheck'
endif

.PHONY: clean
clean: ## remove everything that was built
	rm -rf target $(VENV) tests/differential/node_modules tools/pyright/node_modules tools/runtimes/node_modules bindings-node/node_modules bindings-node/dist \
		bindings-node/*.node bindings-go/archive_stamp.h bindings-go/build/include/*.h bindings-go/build/*/*.a
