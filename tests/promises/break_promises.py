"""Mutation tests: breaks each promise of docs/security.md on purpose and checks that its tests fail.

    break_promises.py               all mutations (`make break-promises`)
    break_promises.py --promise 3   those of one promise

The mutations are made in a copy of the working tree, in target/promises. First every test must pass there. Then each
mutation is applied, its tests must fail, and it is undone. A test that passes all the same, or gives no verdict, is an
error.
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

import of_deliveries  # noqa: E402, F401
import of_effects  # noqa: E402, F401
import of_receivers  # noqa: E402, F401
import of_secrets  # noqa: E402, F401
import of_the_page  # noqa: E402, F401
from breakage import BREAKAGES, Breakage, named  # noqa: E402
from named_tests import Named, SkippedError, Tree, UnclearError  # noqa: E402

WORK = ROOT / "target/promises"
#: Built or installed once; only read here.
SHARED = [".venv", "bindings-node/node_modules"]
#: Failures that tests have stored: with them they would fail again without a search.
STORED_FAILURES = [".hypothesis", "core/proptest-regressions", "core/tests/security.proptest-regressions"]


def copy_tree() -> Tree:
    """Updates the copy to the tracked files as they are now. Files that are equal stay, so that little is rebuilt."""
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
    """Removes the failures that tests have stored."""
    for name in STORED_FAILURES:
        place = tree.root / name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


#: The result of a test: None if it passed, its output if it failed, or why there is no verdict.
Ended = Union[str, UnclearError, None]


def check(tree: Tree, tests: list[Named]) -> dict[Named, Ended]:
    """Builds what the tests need, once, and runs them: two files at a time, because some tests only wait."""
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

    # Never two tests of one file at a time: they may build the same program.
    files = [[test for test in tests if test.path == path] for path in dict.fromkeys(test.path for test in tests)]
    with ThreadPoolExecutor(2) as two:
        return dict(chain.from_iterable(two.map(lambda file: [(test, run(test)) for test in file], files)))


def unbroken(tree: Tree, tests: list[Named]) -> set[Named] | None:
    """Runs the tests on the unchanged copy. Gives those that passed, without the skipped ones; None if any fails."""
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
    """Applies a mutation, runs the tests, undoes it, and prints a line. True if all tests failed."""
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
    """Makes the mutations that the command line names."""
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
    print(f"{len(each)} tests on the unchanged code …", flush=True)
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
    print(f"\n{len(breakages)} mutations, {unnoticed} not noticed ({time.monotonic() - started:.0f} s)")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
