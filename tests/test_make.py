"""The commands of the Makefile: what each build asks for, and that the documents name only commands that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Beside Rust and a C compiler with its binutils.
NEEDS = {"c": set(), "python": {"python3"}, "node": {"node", "npm"}, "go": {"go"}}
LANGUAGES = {"python3", "node", "npm", "go"}
#: Commands of the recipes by which a tool gets in: what they run, and what they are.
RUNS = {"python3": r"python3|\.venv/", "node": r"\bnode ", "npm": r"\bnpm\b|node_modules", "go": r"\bgo (build|test)\b"}
#: A command in a document: in backticks, or a line of a block.
NAMED = re.compile(r"(?:`|^)make ([a-z-]+)(?=`| *#| *$| [A-Z_]+=)", re.MULTILINE)


def make(*arguments: str) -> str:
    ran = subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def setup(part: str, tools: set[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs `tools/setup.sh` where only these tools are installed: it looks for them, and imports modules of Python."""
    bash, true = shutil.which("bash"), shutil.which("true")
    assert bash
    assert true
    for tool in tools:
        (folder / tool).symlink_to(true)
    command = [bash, "tools/setup.sh", part]
    return subprocess.run(command, cwd=ROOT, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", NEEDS)
def test_a_build_asks_for_what_its_language_needs(language: str, tmp_path: Path) -> None:
    ran = setup(language, {"cargo", "cc", "readelf", "strip", *NEEDS[language]}, tmp_path)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("part", "missing"), [("c", "cargo"), ("python", "python3"), ("node", "node"), ("node", "npm"), ("test", "node")]
)
def test_a_missing_tool_is_named(part: str, missing: str, tmp_path: Path) -> None:
    needed = {"cargo", "cc", "readelf", "strip", "g++", "pkg-config", "python3", "node", "npm"}
    ran = setup(part, needed - {missing}, tmp_path)
    assert ran.returncode == 1
    name = {"cargo": "Rust", "python3": "Python", "node": "Node.js"}.get(missing, missing)
    assert f"{name} is not installed" in ran.stderr


@pytest.mark.parametrize("language", NEEDS)
def test_a_build_runs_what_its_language_needs(language: str) -> None:
    # -B: as from a fresh clone.
    commands = make("-n", "-B", f"build-{language}")
    for tool in LANGUAGES:
        uses = re.search(RUNS[tool], commands)
        assert bool(uses) == (tool in NEEDS[language] and bool(tool != "go" or shutil.which("go"))), (tool, uses)


def test_help_has_one_short_line_for_each_command() -> None:
    lines = [line for line in make("help").splitlines() if line.startswith("  make ")]
    assert len(lines) > 20
    assert max(map(len, lines)) <= 120


def test_documents_name_commands_that_exist() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *ROOT.glob("docs/*.md"), *ROOT.glob(".github/**/*")]
    listed = set(re.findall(r"^  make ([a-z-]+)", make("help"), re.MULTILINE))
    named = {
        command
        for document in documents
        if document.is_file()
        for command in NAMED.findall(document.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= listed
