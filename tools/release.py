"""A release: `make release-check` tries it without publishing; `make publish-…` uploads what is in `dist/`.

release.yml runs the latter, once a person has agreed.

    tools/release.py check [--fast]   version, changelog, tree; without --fast also `make dist-quick` and the crates
    tools/release.py notes            this version's part of the changelog
    tools/release.py npm|crates|go|github
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
TESTS = "tests/test_project.py::TestVersion"
#: By --fast: without the two tests that ask what was built.
SELECTED = {True: ("-k", "not test_python and not test_c"), False: ()}


class ReleaseError(Exception):
    """Why no release can be made."""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Runs a command, and returns what it printed."""
    ran = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise ReleaseError(f"{' '.join(map(str, command))}: status {ran.returncode}\n{ran.stdout}")
    return ran.stdout


def version() -> str:
    """The version of all packages."""
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return text.partition('[workspace.package]\nversion = "')[2].partition('"')[0]


def notes() -> str:
    """What the changelog has below the heading of this version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(version())}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|^\[|\Z)", text, re.M | re.S)
    if not found or not found[1].strip():
        raise ReleaseError(f"CHANGELOG.md has no part [{version()}] with a date and a text; `make version` makes it")
    return found[1].strip() + "\n"


def tag_fits() -> None:
    """Where a tag started the run, it is that of this version."""
    tag = os.environ.get("GITHUB_REF_NAME", "") if os.environ.get("GITHUB_REF_TYPE") == "tag" else ""
    if tag and tag != f"v{version()}":
        raise ReleaseError(f"the tag is {tag}, the version {version()}")


def tree_is_clean() -> None:
    """What is built is what is committed."""
    if changed := run("git", "status", "--porcelain").strip():
        raise ReleaseError(f"these files are not committed:\n{changed}")


def publish_crates(*options: str) -> None:
    """Cargo uploads the crates, each behind those that it needs; the bindings are packages of their languages."""
    sys.path.insert(0, str(ROOT / "tools/dist"))
    names = importlib.import_module("packages").publishable()
    run("cargo", "publish", "--locked", *options, *(argument for name in names for argument in ("-p", name)))


def check(fast: bool) -> int:
    """Runs every check, and prints the outcome of each."""
    steps: list[tuple[str, Callable[[], object]]] = [
        ("the tag is that of the version", tag_fits),
        ("the changelog has the version", notes),
        ("every package has the version", lambda: run(sys.executable, "-m", "pytest", "-q", TESTS, *SELECTED[fast])),
        ("everything is committed", tree_is_clean),
    ]
    if not fast:
        steps += [
            ("the crates can be published", lambda: publish_crates("--dry-run")),
            ("make dist-quick", lambda: run("make", "dist-quick")),
        ]
    failed = 0
    for name, step in steps:
        try:
            step()
        except ReleaseError as wrong:
            failed += 1
            print(f"FAILED  {name}: {wrong}")
        else:
            print(f"ok      {name}")
    print(f"release-check: {version()}, {len(steps) - failed} passed, {failed} failed")
    return 1 if failed else 0


def npm() -> None:
    """The platforms' packages first, since the main ones name them: the command's, and then the library's."""
    mains = [f"tink-webhooks-cli-{version()}.tgz", main_tarball()]
    order = {name: place for place, name in enumerate(mains, 1)}
    files = sorted(DIST.glob("tink-webhooks-*.tgz"), key=lambda path: (order.get(path.name, 0), path.name))
    if not files or files[-1].name != main_tarball():
        raise ReleaseError(f"dist/ has no {main_tarball()}")
    for path in files:
        run("npm", "publish", "--provenance", "--access", "public", path)


def main_tarball() -> str:
    """The npm package that users install."""
    return f"tink-webhooks-{version()}.tgz"


def go() -> None:
    """Tags a commit whose tree is this one and what Go's modules have besides: archives, a WebAssembly module."""
    tags = place_go(DIST, ROOT)
    run("git", "add", "--force", "bindings-go")
    author = ["-c", "user.name=release", "-c", "user.email=release@users.noreply.github.com"]
    run("git", *author, "commit", "-m", f"go: archives of {version()}")
    for tag in tags:
        run("git", "tag", tag)
    run("gh", "auth", "setup-git")
    run("git", "push", "--atomic", "origin", *tags)


def place_go(dist: Path, root: Path) -> list[str]:
    """Unpacks Go's modules where they are in the repository. Their tags, each of which makes a proxy serve one."""
    tag = f"v{version()}"
    folders = sorted(path.parent for path in (root / "bindings-go").glob("**/go.mod"))
    for folder in folders:
        name = folder.relative_to(root / "bindings-go").as_posix()
        zipped = dist / f"tink_webhooks-go-{'' if name == '.' else name + '-'}{tag}.zip"
        if not zipped.is_file():
            raise ReleaseError(f"dist/ has no {zipped.name}")
        with tempfile.TemporaryDirectory() as unpacked, zipfile.ZipFile(zipped) as archive:
            archive.extractall(unpacked)
            (inner,) = (found.parent for found in Path(unpacked).rglob("go.mod"))
            shutil.copytree(inner, folder, dirs_exist_ok=True)
    return [f"{folder.relative_to(root).as_posix()}/{tag}" for folder in folders]


def github() -> None:
    """The release of the tag, with the artefacts, their lists and sums, and the notes."""
    with tempfile.NamedTemporaryFile("w", suffix=".md") as text:
        text.write(notes())
        text.flush()
        files = sorted(path for path in DIST.iterdir() if path.is_file())
        title = f"v{version()}"
        run("gh", "release", "create", title, "--verify-tag", "--title", title, "--notes-file", text.name, *files)


def main() -> int:
    """Does what the command line names."""
    command, *rest = sys.argv[1:] or ["help"]
    if command == "check" and rest in ([], ["--fast"]):
        return check(bool(rest))
    if command == "notes":
        print(notes(), end="")
        return 0
    commands = {"npm": npm, "crates": publish_crates, "go": go, "github": github}
    if command not in commands or rest:
        print(__doc__, file=sys.stderr)
        return 2
    tree_is_clean()
    commands[command]()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ReleaseError as wrong:
        sys.exit(f"release: {wrong}")
