"""Runs the test suites side by side, shows their output as it comes, and prints a count per suite at the end.

`make test` runs all of them after the build; `tests/run.py python node` runs only those. As many run at a time as there
are processors (`--jobs 1`: one after the other), each line behind its suite's name. When this program is interrupted,
it interrupts them and what they have started.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from run_vectors import BINDINGS, language

ROOT = Path(__file__).resolve().parent.parent
PYTHON = str(ROOT / ".venv/bin/python")

#: The lines of each test runner that count passed tests: in group 1 where there is one, else one test per line.
CARGO = r"^test result: ok\. (\d+) passed"
PYTEST = r"^(?:=+ )?(\d+) passed\b.* in [\d.]+s"
NODE = r"^(?:# |\S+ )?pass (\d+)$"
GO = r"^--- PASS|^    --- PASS"
PLAIN = r"^(?:.*: )?(\d+) passed, 0 failed"

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds that suites have to end what they have started, when they are interrupted.
GRACE = 20


@dataclass(frozen=True)
class Suite:
    """One command, and the pattern that counts passed tests in its output."""

    name: str
    command: list[str]
    count: str
    #: About how long it takes on two cores by itself: those that take longest begin first.
    seconds: int
    cwd: Path = ROOT
    env: dict[str, str] = field(default_factory=dict)
    needs: str | None = None
    #: What no other suite may have at the same time.
    holds: frozenset[str] = frozenset()


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
GO_STORES = {"redisstore": 41, "pgxstore": 41, "sqlstore": 72}


def tests(*patterns: str) -> list[str]:
    """Files of tests/."""
    return [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted((ROOT / "tests").glob(pattern))]


#: What runs the command; what compiles and runs the programs of the documents. The suite `project` has all others.
COMMAND = tests("test_cli_*.py", "test_docs_tools.py")
DOCUMENTS = sorted({*tests("test_docs_*.py", "test_pages*.py", "test_examples.py")} - {*COMMAND})

#: The tests in Rust compile it anew, with the features that they need, and so take it from under those that run it.
BINARY = frozenset({"target/debug/tink-webhooks"})


def pytest(*arguments: str) -> list[str]:
    """Runs tests in Python, and says of each that was skipped why."""
    return [PYTHON, "-m", "pytest", "-q", "-rs", *arguments]


def go_test(name: str, seconds: int, folder: str) -> Suite:
    """The tests of a module, under the race detector."""
    return Suite(name, ["go", "test", "-race", "-v", "./..."], GO, seconds, cwd=ROOT / folder, needs="go")


SUITES = [
    Suite("rust", ["cargo", "test", "--locked", "--all-features", *RUST], CARGO, 180, holds=BINARY),
    Suite("c", ["bindings-c/tests/run.sh"], PLAIN, 80),
    Suite("python", pytest("bindings-python/tests"), PYTEST, 200),
    Suite("node", ["npm", "test", "--silent"], NODE, 300, cwd=ROOT / "bindings-node"),
    go_test("go", 57, "bindings-go"),
    *(go_test(name, seconds, f"bindings-go/{name}") for name, seconds in GO_STORES.items()),
    Suite("page", ["tests/page/run.sh"], NODE, 67, holds=BINARY),
    Suite("vectors", [PYTHON, "tests/run_vectors.py", "--all"], PLAIN, 25),
    Suite("command", pytest(*COMMAND), PYTEST, 150, holds=BINARY),
    Suite("documents", pytest(*DOCUMENTS), PYTEST, 150),
    Suite("project", pytest("tests", *(f"--ignore={path}" for path in (*COMMAND, *DOCUMENTS))), PYTEST, 150),
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


class Run:
    """A suite that runs, in a process group of its own."""

    def __init__(self, suite: Suite, prefix: str) -> None:
        self.suite = suite
        self.outcome: Outcome | None = None
        self._prefix = prefix
        self._started = time.monotonic()
        command = list(suite.command)
        if suite.name == "vectors" and not shutil.which("go"):
            bindings = (binding for binding in BINDINGS if language(binding) == "go")
            command += [part for binding in bindings for part in ("--skip", f"{binding}=go is not installed")]
        self._process = subprocess.Popen(
            command,
            cwd=suite.cwd,
            env={**os.environ, **suite.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def read(self) -> None:
        """Shows the output to its end, and counts. A suite in which no test passed has failed, whatever its status."""
        passed = last_total = 0
        assert self._process.stdout is not None
        for line in self._process.stdout:
            show(f"{self._prefix}{line.rstrip()}")
            found = re.search(self.suite.count, line.rstrip())
            if found and self.suite.count == PLAIN:
                last_total = int(found[1])  # the last line is the suite's total
            elif found:
                passed += int(found[1]) if found.groups() else 1
        code = self._process.wait()
        passed += last_total
        seconds = time.monotonic() - self._started
        self.outcome = Outcome(self.suite.name, passed, code == 0 and passed > 0, seconds)

    def send(self, number: int) -> None:
        """Sends a signal to all processes of the group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def wait(self, until: float) -> None:
        """Until its first process has ended, or for so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))


_output = threading.Lock()


def show(line: str) -> None:
    """Prints a line whole, whatever others print at the same time."""
    with _output:
        print(line, flush=True)


class Runs:
    """Suites that run side by side: those that take longest first, and those that wait for another one later."""

    def __init__(self, suites: list[Suite], jobs: int) -> None:
        self._waiting = sorted(suites, key=lambda suite: -suite.seconds)
        self._jobs = jobs
        self._width = max((len(suite.name) for suite in suites), default=0) if jobs > 1 and len(suites) > 1 else 0
        self._running: list[Run] = []
        self._changed = threading.Condition()
        self.outcomes: list[Outcome] = []

    def _next(self) -> Suite | None:
        """The first that needs nothing which another one holds."""
        held = {what for run in self._running for what in run.suite.holds}
        return next((suite for suite in self._waiting if not suite.holds & held), None)

    def _start(self, suite: Suite) -> None:
        self._waiting.remove(suite)
        if suite.needs and not shutil.which(suite.needs):
            self.outcomes.append(Outcome(suite.name, 0, True, 0.0, skipped=f"{suite.needs} is not installed"))
            return
        show(f"\n==> {suite.name}: {' '.join(suite.command)}")
        run = Run(suite, f"{suite.name:<{self._width}} | " if self._width else "")
        self._running.append(run)
        threading.Thread(target=self._follow, args=(run,), daemon=True).start()

    def _follow(self, run: Run) -> None:
        try:
            run.read()
        finally:
            with self._changed:
                self._running.remove(run)
                self.outcomes.append(outcome := run.outcome or Outcome(run.suite.name, 0, False, 0.0))
                if self._width:
                    show(f"==> {outcome}")
                self._changed.notify_all()

    def all(self) -> None:
        """Until the last one has ended."""
        with self._changed:
            while self._waiting or self._running:
                while len(self._running) < self._jobs and (suite := self._next()):
                    self._start(suite)
                if self._running:
                    self._changed.wait()

    def end(self) -> None:
        """Interrupts those that run, as Ctrl-C does, so that they end what they have started; then kills them."""
        running = list(self._running)
        for run in running:
            run.send(signal.SIGINT)
        until = time.monotonic() + GRACE
        for run in running:
            run.wait(until)
        for run in running:
            run.send(signal.SIGKILL)
            run.wait(time.monotonic() + GRACE)


def interrupted(number: int, _frame: FrameType | None) -> None:
    """Ends the program by way of what waits. What then ends the suites is not interrupted once more."""
    for ignored in INTERRUPTS:
        signal.signal(ignored, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main() -> int:
    """Runs the suites that the command line names, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", help="by default all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many run at a time")
    given = parser.parse_args()
    known = {suite.name for suite in SUITES}
    if unknown := set(given.suites) - known:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    runs = Runs([suite for suite in SUITES if not given.suites or suite.name in given.suites], max(1, given.jobs))
    for number in INTERRUPTS:
        signal.signal(number, interrupted)
    started = time.monotonic()
    try:
        runs.all()
    finally:
        runs.end()
    names = [suite.name for suite in SUITES]
    outcomes = sorted(runs.outcomes, key=lambda outcome: names.index(outcome.name))
    print("\n" + "\n".join(map(str, outcomes)))
    if len(outcomes) > 1:
        print(f"{'together':<10} {time.monotonic() - started:>22.1f} s")
    failed = sum(not outcome.ok for outcome in outcomes)
    # For scripts: the number of tests that passed, and of suites that failed.
    print(f"\n{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
