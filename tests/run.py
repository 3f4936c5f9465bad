"""Runs the test suites side by side, shows their output as it comes, and prints a count per suite at the end.

`make test` runs all of them after the build; `tests/run.py python node` runs only those. One more runs at a time than
there are processors, since many tests wait (`--jobs 1`: one after the other), and each line is behind its suite's name.
When this program is interrupted, it interrupts them and what they have started.
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
from dataclasses import dataclass
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

#: Set for suites that run after the one which compiles their programs; see `built` in build_programs.py.
BUILT = "TINK_WEBHOOKS_BUILT"
INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds that suites have to end what they have started, when they are interrupted.
GRACE = 20


@dataclass(frozen=True)
class Suite:
    """One command, and the pattern that counts passed tests in its output."""

    name: str
    command: list[str]
    count: str
    cwd: Path = ROOT
    needs: str | None = None
    #: Begins when this one has ended, whose programs it runs: by itself it compiles them.
    after: str | None = None


#: Modules of their own, so that the Go package has no dependency.
GO_STORES = ("sqlstore", "pgxstore", "redisstore")


def tests(*patterns: str) -> list[str]:
    """Files of tests/."""
    return [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted((ROOT / "tests").glob(pattern))]


#: What starts the receivers of the demo and of examples/, each of which has one place; what compiles and runs the
#: programs of the documents. The suite `project` has all others.
RECEIVERS = tests("test_cli_*.py", "test_docs_tools.py", "test_examples.py")
DOCUMENTS = sorted({*tests("test_docs_*.py", "test_pages*.py")} - {*RECEIVERS})


def pytest(*arguments: str) -> list[str]:
    """Runs tests in Python, and says of each that was skipped why."""
    return [PYTHON, "-m", "pytest", "-q", "-rs", *arguments]


def go_test(name: str, folder: str, *options: str) -> Suite:
    """The tests of a module, under the race detector."""
    return Suite(name, ["go", "test", "-race", *options, "-v", "./..."], GO, cwd=ROOT / folder, needs="go")


#: In the order in which they begin: first what others wait for, then those that take longest.
SUITES = [
    Suite("rust", ["tests/rust.sh"], CARGO),
    Suite("node", ["npm", "test", "--silent"], NODE, cwd=ROOT / "bindings-node"),
    Suite("python", pytest("bindings-python/tests"), PYTEST),
    Suite("project", pytest("tests", *(f"--ignore={path}" for path in (*RECEIVERS, *DOCUMENTS))), PYTEST, after="rust"),
    Suite("documents", pytest(*DOCUMENTS), PYTEST, after="rust"),
    Suite("receivers", pytest(*RECEIVERS), PYTEST, after="rust"),
    Suite("c", ["bindings-c/tests/run.sh"], PLAIN),
    *(go_test(name, f"bindings-go/{name}") for name in GO_STORES),
    # The race detector needs cgo, with which the engine is used by this tag.
    go_test("wazeroengine", "bindings-go/wazeroengine", "-tags", "wazero"),
    Suite("page", ["tests/page/run.sh"], NODE, after="rust"),
    go_test("go", "bindings-go"),
    Suite("vectors", [PYTHON, "tests/run_vectors.py", "--all"], PLAIN),
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

    def __init__(self, suite: Suite, prefix: str, env: dict[str, str]) -> None:
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
            env={**os.environ, **env},
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
    """Suites that run side by side, begun in their order."""

    def __init__(self, suites: list[Suite], jobs: int) -> None:
        self._waiting = list(suites)
        self._jobs = jobs
        self._names = {suite.name for suite in suites}
        self._width = max(map(len, self._names), default=0) if jobs > 1 and len(suites) > 1 else 0
        self._running: list[Run] = []
        self._changed = threading.Condition()
        self.outcomes: list[Outcome] = []
        #: The signal that has interrupted the program.
        self.interrupted = 0

    def _next(self) -> Suite | None:
        """The first that need not wait for another one."""
        there = {suite.name for suite in self._waiting} | {run.suite.name for run in self._running}
        return next((suite for suite in self._waiting if suite.after not in there), None)

    def _start(self, suite: Suite) -> None:
        self._waiting.remove(suite)
        if suite.needs and not shutil.which(suite.needs):
            self.outcomes.append(Outcome(suite.name, 0, True, 0.0, skipped=f"{suite.needs} is not installed"))
            return
        show(f"\n==> {suite.name}: {' '.join(suite.command)}")
        prefix = f"{suite.name:<{self._width}} | " if self._width else ""
        run = Run(suite, prefix, {BUILT: "1"} if suite.after in self._names else {})
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
        """Until the last one has ended, or the program is interrupted."""
        with self._changed:
            while (self._waiting or self._running) and not self.interrupted:
                while len(self._running) < self._jobs and (suite := self._next()):
                    self._start(suite)
                if self._running:
                    self._changed.wait(0.2)  # a signal's handler cannot end it

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


def main() -> int:
    """Runs the suites that the command line names, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suites", nargs="*", help="by default all")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="how many run at a time")
    given = parser.parse_args()
    known = {suite.name for suite in SUITES}
    if unknown := set(given.suites) - known:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    runs = Runs([suite for suite in SUITES if not given.suites or suite.name in given.suites], max(1, given.jobs))

    def interrupt(number: int, _frame: FrameType | None) -> None:
        runs.interrupted = number

    for number in INTERRUPTS:
        signal.signal(number, interrupt)
    started = time.monotonic()
    try:
        runs.all()
    finally:
        runs.end()
    if runs.interrupted:
        return 128 + runs.interrupted
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
