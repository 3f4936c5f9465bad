"""`make version` sets the version everywhere. Tried in a copy of the tree, with versions that nothing else has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FIRST, SECOND = "7.89.123", "8.90.124"
#: Files in which a version may be that of something else: what they say of this project is looked at by name.
DEPENDENCIES = re.compile(r"(^|/)(Cargo\.(lock|toml)|package(-lock)?\.json|go\.(mod|sum)|requirements[\w-]*\.txt)$")
#: Large and without a version; and this file, which has the versions above.
NOT_COPIED = ("docs/img/", "fuzz/seeds/", "tests/test_version.py")
#: The tests of the version that need no build.
TEXT_LEVEL = [
    *(f"tests/test_project.py::TestVersion::{name}" for name in ("test_crates_inherit_it", "test_node", "test_go")),
    "tests/test_project.py::TestVersion::test_header",
    "tests/test_fuzz.py::test_the_c_layer_has_the_librarys_version",
]


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def set_version(tree: Path, version: str) -> None:
    ran = run(tree, "make", "version", f"V={version}")
    assert ran.returncode == 0, ran.stderr


def files(tree: Path) -> list[str]:
    return [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()]


def holding(tree: Path, version: str) -> set[str]:
    """The files in which a version stands for itself, not as a part of another number."""
    text = re.compile(rf"(?<![\d.]){re.escape(version)}(?![\d.]*\d)".encode())
    return {name for name in files(tree) if text.search((tree / name).read_bytes())}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tracked files, as they are now."""
    copy = tmp_path_factory.mktemp("tree")
    for name in run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0"):
        if name and not name.startswith(NOT_COPIED) and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def changed(tree: Path) -> Path:
    set_version(tree, FIRST)
    return tree


def test_nothing_keeps_the_old_version(changed: Path) -> None:
    old = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert old
    assert {name for name in holding(changed, old[1]) if not DEPENDENCIES.search(name)} <= {"CHANGELOG.md"}


def test_the_tests_of_one_version_pass(changed: Path) -> None:
    ran = run(changed, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TEXT_LEVEL)
    assert ran.returncode == 0, ran.stdout
    assert f"{len(TEXT_LEVEL)} passed" in ran.stdout


def test_the_lock_file_fits(changed: Path) -> None:
    ran = run(changed, "cargo", "metadata", "--locked", "--offline", "--format-version=1")
    assert ran.returncode == 0, ran.stderr
    assert f'"name":"tink-webhooks-c","version":"{FIRST}"' in ran.stdout


def test_the_changelog_has_a_heading(changed: Path) -> None:
    text = (changed / "CHANGELOG.md").read_text()
    assert re.search(rf"^## \[Unreleased\]\n\n## \[{re.escape(FIRST)}\] - \d{{4}}-\d\d-\d\d\n\n\S", text, re.MULTILINE)
    assert re.search(rf"^\[{re.escape(FIRST)}\]: https://\S+/v{re.escape(FIRST)}$", text, re.MULTILINE)
    set_version(changed, FIRST)
    assert (changed / "CHANGELOG.md").read_text() == text


def test_it_is_found_again(changed: Path) -> None:
    before = holding(changed, FIRST)
    set_version(changed, SECOND)
    assert holding(changed, FIRST) == {"CHANGELOG.md"}
    assert holding(changed, SECOND) == before


@pytest.mark.parametrize("version", ["", "1", "1.2", "v1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.256"])
def test_what_is_no_version_changes_nothing(version: str) -> None:
    before = (ROOT / "Cargo.toml").read_bytes()
    ran = run(ROOT, sys.executable, "tools/version.py", version)
    assert ran.returncode == 1
    assert ran.stderr.startswith("version: ")
    assert (ROOT / "Cargo.toml").read_bytes() == before
