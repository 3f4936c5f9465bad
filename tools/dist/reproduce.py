"""Builds the last commit twice, in two folders and under two home directories, and compares what came of it.

    python tools/dist reproduce [--all] [KIND]...

For the platform of this machine alone, or with --all for every one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from archives import members, sha256
from native import ROOT, run

#: Two places of different length: a path that gets into a file then changes its size too.
PLACES = ("one", "another-place/of-its-own")


def prepare(work: Path, place: str) -> tuple[Path, dict[str, str]]:
    """A clone and a home directory, and the variables for a build there. Nothing is fetched that cargo has here."""
    clone, home = work / place / "source", work / place / "home"
    run("git", "clone", "--quiet", "--no-hardlinks", ROOT, clone)
    modules = Path("bindings-node/node_modules")
    shutil.copytree(ROOT / modules, clone / modules, symlinks=True)
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    for name in ("config.toml", "registry/cache", "registry/index"):
        if (cargo / name).is_dir():
            shutil.copytree(cargo / name, home / ".cargo" / name)
        elif (cargo / name).is_file():
            (home / ".cargo").mkdir(parents=True, exist_ok=True)
            shutil.copyfile(cargo / name, home / ".cargo" / name)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO", "XDG_", "SOURCE_DATE"))}
    rustup = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
    return clone, kept | {"HOME": str(home), "CARGO_HOME": str(home / ".cargo"), "RUSTUP_HOME": rustup}


def build(work: Path, place: str, arguments: list[str]) -> Path:
    """Builds in a place; the folder of what came of it."""
    clone, environment = prepare(work, place)
    out = work / place / "dist"
    command = [sys.executable, clone / "tools/dist", "build", *arguments, "--out", out]
    log = work / place / "log"
    print(f"build in {clone}", flush=True)
    started = time.monotonic()
    with log.open("wb") as file:
        code = subprocess.run(command, cwd=clone, env=environment, stdout=file, stderr=file, check=False).returncode
    if code != 0:
        sys.exit(f"{log.read_text()}\ndist: the build failed in {clone}")
    print(f"{time.monotonic() - started:.0f} s", flush=True)
    return out


def differing(one: Path, other: Path) -> str:
    """Which files of two archives differ, in one line."""
    left, right = dict(members(one)), dict(members(other))
    names = sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))
    return ", ".join(names[:10]) or "the archive itself: order, times or modes"


def compare(first: Path, second: Path) -> int:
    """Prints each file of two folders; the number of those that differ."""
    names = sorted({path.name for folder in (first, second) for path in folder.iterdir()})
    wrong = 0
    for name in names:
        one, other = first / name, second / name
        if not one.is_file() or not other.is_file():
            verdict = "in one of the builds only"
        elif one.read_bytes() == other.read_bytes():
            print(f"{name:<64} {sha256(one)[:16]}", flush=True)
            continue
        else:
            verdict = "differs: " + (differing(one, other) if name.endswith((".whl", ".gz", ".tgz", ".zip")) else "")
        wrong += 1
        print(f"{name:<64} {verdict}", flush=True)
    print(f"{len(names) - wrong} of {len(names)} files have the same bytes")
    return wrong


def main(argv: list[str]) -> int:
    """1 if two builds differ."""
    parser = argparse.ArgumentParser(prog="dist reproduce", description="Builds twice and compares.")
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--all", action="store_true", help="for every platform")
    given = parser.parse_args(argv)
    if run("git", "status", "--porcelain"):
        print("what is not committed is not built")
    arguments = [*given.kinds, *([] if given.all else ["--quick"])]
    with tempfile.TemporaryDirectory(prefix="tink-webhooks-") as work:
        first, second = (build(Path(work), place, arguments) for place in PLACES)
        return int(compare(first, second) > 0)
