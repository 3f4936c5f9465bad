"""`tests/run.py`: what runs side by side, what it counts, and that an interrupted run leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import run
from run import PLAIN, ROOT, Outcome, Runs, Suite


def suite(name: str, script: str, **options: object) -> Suite:
    """One whose command is a script of the shell."""
    return Suite(name, ["sh", "-c", script], PLAIN, **options)  # type: ignore[arg-type]


def ran(*suites: Suite, jobs: int = 2) -> dict[str, Outcome]:
    """What became of them, in the order in which they ended."""
    runs = Runs(list(suites), jobs)
    runs.all()
    return {outcome.name: outcome for outcome in runs.outcomes}


#: Ends when both of them have begun.
MEET = "touch {0}; while ! [ -e {1} ]; do sleep 0.02; done; echo 1 passed, 0 failed"


def test_suites_run_side_by_side(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    outcomes = ran(suite("one", MEET.format(one, other)), suite("other", MEET.format(other, one)))
    assert [outcomes[name].ok for name in ("one", "other")] == [True, True]
    printed = capfd.readouterr().out
    assert "\none   | 1 passed, 0 failed\n" in printed
    assert "\nother | 1 passed, 0 failed\n" in printed


def test_no_more_than_jobs_run_and_in_their_order(tmp_path: Path) -> None:
    alone = f"mkdir {tmp_path}/it && sleep 0.1 && rmdir {tmp_path}/it && echo 1 passed, 0 failed"
    outcomes = ran(*(suite(name, alone) for name in "cab"), jobs=1)
    assert list(outcomes) == ["c", "a", "b"]
    assert all(outcome.ok for outcome in outcomes.values())


def test_one_begins_after_the_one_whose_programs_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made"
    first = suite("first", f"sleep 0.2; touch {made}; echo 1 passed, 0 failed")
    uses = f"test -e {made} && echo $TINK_WEBHOOKS_BUILT passed, 0 failed"
    outcomes = ran(first, suite("second", uses, after="first"), suite("third", "false"))
    assert outcomes["second"].ok
    assert list(outcomes) == ["third", "first", "second"]
    # By itself it compiles them. This test may itself run in such a suite.
    monkeypatch.delenv(run.BUILT, raising=False)
    assert ran(suite("second", f"test -z $TINK_WEBHOOKS_BUILT && {uses.replace('$TINK_WEBHOOKS_BUILT', '1')}"))[
        "second"
    ].ok


@pytest.mark.parametrize(
    ("script", "passed", "ok"),
    [
        ("echo 3 passed, 0 failed; echo 4 passed, 0 failed", 4, True),
        ("echo 3 passed, 0 failed; exit 1", 3, False),
        ("echo 3 passed, 1 failed", 0, False),
        ("true", 0, False),
    ],
)
def test_what_counts_as_passed(script: str, passed: int, ok: bool) -> None:
    outcome = ran(suite("it", script))["it"]
    assert (outcome.passed, outcome.ok) == (passed, ok)


def test_what_is_not_installed_is_skipped_by_name() -> None:
    outcome = ran(suite("it", "false", needs="no-such-program"))["it"]
    assert (outcome.ok, outcome.skipped) == (True, "no-such-program is not installed")


#: Runs a suite that has a child, and another one that does not listen to SIGINT.
INTERRUPTED = """
import sys
import run
run.GRACE = 1
run.SUITES = [run.Suite(name, ["sh", "-c", script], run.PLAIN) for name, script in zip("ab", sys.argv[1:])]
sys.argv[1:] = ["--jobs", "2"]
sys.exit(run.main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    scripts = [
        f"trap 'echo ended; exit 1' INT; sh -c 'echo $$ >{tmp_path}/a; exec sleep 600'",
        f"trap '' INT; echo $$ >{tmp_path}/b; sleep 600",
    ]
    started = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *scripts], cwd=ROOT / "tests", stdout=subprocess.PIPE, text=True
    )
    files = [tmp_path / name for name in "ab"]
    while not all(file.exists() and file.read_text(encoding="ascii") for file in files):
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(number)
    printed, _ = started.communicate()
    assert started.returncode == 128 + number
    assert "passed, 0 failed" not in printed
    until = time.monotonic() + 60
    for file in files:
        while is_alive(int(file.read_text(encoding="ascii"))):
            assert time.monotonic() < until, f"{file.name} goes on"
            time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """It runs, or sleeps: neither gone nor waiting for its parent alone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_every_test_of_this_folder_is_in_one_suite() -> None:
    parts = {one.name: one.command[one.command.index("-rs") + 1 :] for one in run.SUITES if "-rs" in one.command}
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").glob("test_*.py")}
    others = {*parts["receivers"], *parts["documents"]}
    assert len(others) == len(parts["receivers"]) + len(parts["documents"])
    assert others < there
    assert parts["project"] == ["tests", *(f"--ignore={path}" for path in (*parts["receivers"], *parts["documents"]))]
