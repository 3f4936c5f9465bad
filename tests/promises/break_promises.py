"""Breaks every promise of docs/security.md on purpose, and sees that its tests notice: ``make break-promises``.

    break_promises.py               all of breakages.py
    break_promises.py --promise 3   those of one promise

What is broken is a copy of the working tree, in target/promises. First every test must pass there; then each breakage
is made, its tests must fail, and it is mended. A test that passes all the same, or comes to no verdict, is an error.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Union

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from breakages import BREAKAGES, Breakage, named  # noqa: E402
from named_tests import Named, SkippedError, Tree, UnclearError  # noqa: E402

WORK = ROOT / "target/promises"
#: What is built or installed once, and only read here.
SHARED = [".venv", "bindings-node/node_modules"]
#: What tests remember of earlier failures: with it they would find the same again without looking.
MEMORIES = [".hypothesis", "core/proptest-regressions", "core/tests/security.proptest-regressions"]


def copy_tree() -> Tree:
    """Brings the copy up to date: tracked files as they are now. What is equal stays, so that little is built anew."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()}
    manifest = WORK / "target/copied"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    for gone in set(manifest.read_text().split("\0") if manifest.exists() else []) - files:
        (WORK / gone).unlink(missing_ok=True)
    manifest.write_text("\0".join(sorted(files)))
    for name in files:
        source, copy = ROOT / name, WORK / name
        if not copy.exists() or not filecmp.cmp(source, copy, shallow=False):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
            shutil.copymode(source, copy)
    for name in SHARED:
        if not (WORK / name).is_symlink():
            (WORK / name).symlink_to(ROOT / name)
    return Tree(WORK, ROOT / ".venv")


def forget(tree: Tree) -> None:
    """Takes away what tests remember of earlier runs."""
    for name in MEMORIES:
        place = tree.root / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


#: How a test ended: None if it passed, what it said if it failed, or why there is no verdict.
Ended = Union[str, UnclearError, None]


def check(tree: Tree, tests: list[Named]) -> dict[Named, Ended]:
    """Builds what the tests need, once, and runs them, those of two files at a time: some only wait."""
    forget(tree)
    built: dict[str, UnclearError | None] = {}
    for part in dict.fromkeys(part for test in tests for part in test.parts):
        try:
            built[part] = tree.build(part)
        except UnclearError as problem:
            built[part] = problem

    def run(test: Named) -> Ended:
        for part in test.parts:
            if problem := built[part]:
                return problem
        try:
            return tree.failure(test)
        except UnclearError as problem:
            return problem

    # Not two of one file: they may build the same program.
    files = [[test for test in tests if test.path == path] for path in dict.fromkeys(test.path for test in tests)]
    with ThreadPoolExecutor(2) as two:
        return dict(chain.from_iterable(two.map(lambda file: [(test, run(test)) for test in file], files)))


def unbroken(tree: Tree, tests: list[Named]) -> set[Named] | None:
    """Runs the tests on what is right: those that count, without those that cannot run here. None if any fails."""
    ended = check(tree, tests)
    wrong = False
    for test, how in ended.items():
        if isinstance(how, SkippedError):
            print(f"skipped: {test}: {how}")
        elif how is not None:
            print(f"{how}\nERROR: {test} does not pass as it is")
            wrong = True
    return None if wrong else {test for test, how in ended.items() if how is None}


def broken(tree: Tree, breakage: Breakage, tests: list[Named]) -> bool:
    """Breaks something, runs the tests, mends it, and prints a line. Whether all tests failed."""
    started = time.monotonic()
    print(f"promise {breakage.promise:>2}  {breakage.what} … ", end="", flush=True)
    before = {edit.file: (tree.root / edit.file).read_text(encoding="utf-8") for edit in breakage.edits}
    try:
        for edit in breakage.edits:
            edit.make(tree.root)
        ended = check(tree, tests)
    finally:
        for file, text in before.items():
            (tree.root / file).write_text(text, encoding="utf-8")
    failed = [str(test) for test in tests if isinstance(ended[test], str)]
    if failed:
        print(f"{', '.join(failed)} failed, as {'it' if len(failed) == 1 else 'they'} must", end="")
    print(f" ({time.monotonic() - started:.0f} s)")
    for test, how in ended.items():
        if not isinstance(how, str):
            print(f"  ERROR: {test} {'passes all the same' if how is None else how}")
    return len(failed) == len(tests)


def main() -> int:
    """Breaks what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--promise", type=int, action="append", help="only this one")
    wanted = parser.parse_args().promise
    breakages = [breakage for breakage in BREAKAGES if not wanted or breakage.promise in wanted]
    if not breakages:
        parser.error("no such promise")
    started = time.monotonic()
    tree = copy_tree()
    tests = {breakage: [named(breakage.promise, text) for text in breakage.fails] for breakage in breakages}
    each = list(dict.fromkeys(test for several in tests.values() for test in several))
    print(f"{len(each)} tests, as it is …", flush=True)
    runs = unbroken(tree, each)
    if runs is None:
        return 1
    print(f"passed, as they must ({time.monotonic() - started:.0f} s)", flush=True)
    unnoticed = 0
    for breakage, several in tests.items():
        if several := [test for test in several if test in runs]:
            unnoticed += not broken(tree, breakage, several)
        else:
            print(f"promise {breakage.promise:>2}  {breakage.what}: skipped")
    print(f"\n{len(breakages)} breakages, {unnoticed} not noticed ({time.monotonic() - started:.0f} s)")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
