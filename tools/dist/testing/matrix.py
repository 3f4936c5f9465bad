"""The table of docs/platforms.md: what a release has for each system, and how that was tested."""

from __future__ import annotations

import json
from pathlib import Path

from native import PLATFORMS

from .common import ROOT

PAGE = ROOT / "docs/platforms.md"
BEGIN, END = "<!-- made by `make dist-matrix` -->\n", "<!-- end -->\n"
#: What a reader calls them.
SYSTEMS = {"gnu": "Linux", "musl": "Alpine", "darwin": "macOS", "win32": "Windows"}
#: The words for what came of running an artefact.
MARKS = {"passed": "run", "not run": "inspected", "skipped": "inspected"}


def kibibytes(size: int) -> str:
    """A size as the table has it."""
    return f"{round(size / 1024)} KiB"


def table(dist: Path) -> str:
    """The table as Markdown. Raises ValueError where a test failed: then there is nothing to tell."""
    rows = json.loads((dist / "tested.json").read_text())
    if failed := [row["file"] for row in rows if row["result"] == "failed"]:
        raise ValueError(f"tests failed: {', '.join(failed)}")
    lines = ["| system | oldest | wheel | npm package | C library | Go archive |", "|---|---|---|---|---|---|"]
    for platform in PLATFORMS:
        system, processor, *libc = platform.name.split("-")
        system = f"{SYSTEMS[libc[0] if libc else system]} {processor.replace('x64', 'x86-64')}"
        cells = []
        for kind in ("wheel", "npm", "c"):
            found = [row for row in rows if row["kind"] == kind and row["platform"] == platform.name]
            # For musl there is no CPython and no Node where this is tested.
            marks = MARKS | {"passed": "loaded"} if platform.musl and kind != "c" else MARKS
            cells.append(f"{marks[found[0]['result']]}, {kibibytes(found[0]['size'])}" if found else "none")
        cells.append(f"`build/{platform.go}`" if platform.go else "none")
        lines.append(f"| {system} | {platform.oldest} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(dist: Path) -> None:
    """Puts the table into the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(dist)}\n{END}{rest.split(END)[1]}", encoding="utf-8")
