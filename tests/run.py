"""Runs the test suites, shows their output as it comes, and prints a count per suite at the end.

`make test` runs all of them after the build; `tests/run.py python node` runs only those.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from run_vectors import BINDINGS, language

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv/bin/python")

#: The lines of each test runner that count passed tests: in group 1 where there is one, else one test per line.
CARGO = r"^test result: ok\. (\d+) passed"
PYTEST = r"^(?:=+ )?(\d+) passed\b.* in [\d.]+s"
NODE = r"^(?:# |\S+ )?pass (\d+)$"
GO = r"^--- PASS|^    --- PASS"
PLAIN = r"^(?:.*: )?(\d+) passed, 0 failed"


@dataclass(frozen=True)
class Suite:
    """One command, and the pattern that counts passed tests in its output."""

    name: str
    command: list[str]
    count: str
    cwd: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    needs: str | None = None


#: The crates of users of Rust, the command, and the WebAssembly module as a library of this machine.
CRATES = [
    "tink-webhooks",
    "sha256-multi",
    "tink-webhooks-explain",
    "tink-webhooks-http",
    "tink-webhooks-axum",
    "tink-webhooks-actix",
    "tink-webhooks-idempotency",
    "tink-webhooks-cli",
    "tink-webhooks-wasm",
]
RUST = [option for name in CRATES for option in ("-p", name)]

#: Modules of their own, so that the Go package has no dependency.
GO_STORES = ("redisstore", "pgxstore", "sqlstore")

SUITES = [
    Suite("rust", ["cargo", "test", "--locked", "--all-features", *RUST], CARGO),
    Suite("c", ["bindings-c/tests/run.sh"], PLAIN),
    Suite("python", [PYTHON, "-m", "pytest", "-q", "bindings-python/tests"], PYTEST),
    Suite("node", ["npm", "test", "--silent"], NODE, cwd=ROOT / "bindings-node"),
    Suite("go", ["go", "test", "-race", "-v", "./..."], GO, cwd=ROOT / "bindings-go", needs="go"),
    *(
        Suite(name, ["go", "test", "-race", "-v", "./..."], GO, cwd=ROOT / "bindings-go" / name, needs="go")
        for name in GO_STORES
    ),
    Suite("page", ["tests/page/run.sh"], NODE),
    Suite("vectors", [PYTHON, "tests/run_vectors.py", "--all"], PLAIN),
    Suite("project", [PYTHON, "-m", "pytest", "-q", "tests"], PYTEST),
]


@dataclass
class Outcome:
    """How a suite ended."""

    name: str
    passed: int
    ok: bool
    seconds: float
    skipped: str | None = None

    def __str__(self) -> str:
        if self.skipped:
            return f"{self.name:<10} skipped: {self.skipped}"
        verdict = "ok" if self.ok else "FAILED"
        return f"{self.name:<10} {self.passed:>6} passed   {self.seconds:>6.1f} s   {verdict}"


def run(suite: Suite) -> Outcome:
    """Runs one suite. A suite in which no test passed has failed, whatever its exit code."""
    if suite.needs and not shutil.which(suite.needs):
        return Outcome(suite.name, 0, True, 0.0, skipped=f"{suite.needs} is not installed")
    print(f"\n==> {suite.name}: {' '.join(suite.command)}", flush=True)
    command = list(suite.command)
    if suite.name == "vectors" and not shutil.which("go"):
        bindings = (binding for binding in BINDINGS if language(binding) == "go")
        command += [part for binding in bindings for part in ("--skip", f"{binding}=go is not installed")]
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=suite.cwd,
        env={**os.environ, **suite.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    passed = last_total = 0
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        found = re.search(suite.count, line.rstrip())
        if found and suite.count == PLAIN:
            last_total = int(found[1])  # the last line is the suite's total
        elif found:
            passed += int(found[1]) if found.groups() else 1
    code = process.wait()
    passed += last_total
    return Outcome(suite.name, passed, code == 0 and passed > 0, time.monotonic() - started)


def main() -> int:
    """Runs the suites that the command line names, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", help="by default all")
    wanted = parser.parse_args().suites
    known = {suite.name for suite in SUITES}
    if unknown := set(wanted) - known:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    outcomes = [run(suite) for suite in SUITES if not wanted or suite.name in wanted]
    print("\n" + "\n".join(map(str, outcomes)))
    failed = sum(not outcome.ok for outcome in outcomes)
    # For scripts: the number of tests that passed, and of suites that failed.
    print(f"\n{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
