"""Every promise of docs/security.md names tests, and every test that it names is there."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/security.md"


def promises() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Number, promise, and the tests it names: name and file."""
    rows = re.findall(r"^\| (\d+) \| \*\*(.*?)\*\*.*? \| (.*) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return [(number, promise, re.findall(r"\[`([^`]+)`\]\(\.\./([^)]+)\)", tests)) for number, promise, tests in rows]


def python_tests(text: str) -> set[str]:
    """Functions, and methods as ``Class.method``."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, ast.FunctionDef)}
    return found


def names_in(path: Path) -> set[str]:
    """Names of the tests in a file, by its language."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return python_tests(text)
    if path.suffix == ".json":
        return {vector["id"] for vector in json.loads(text)["vectors"]}
    # In Rust the attribute makes it a test; inside `proptest!` it stands there as well.
    patterns = {
        ".rs": r"#\[(?:tokio::)?test\]\s*(?:#\[[^\n]*\]\s*)*(?:async )?fn (\w+)\(",
        ".go": r"^func (Test\w+)\(",
        ".mjs": r'^\s*test\("([^"]+)"',
        ".c": r"^static void (\w+)\(void\) \{",
    }
    return set(re.findall(patterns[path.suffix], text, re.MULTILINE))


def test_the_promises_are_numbered_and_each_names_a_test() -> None:
    found = promises()
    assert [number for number, _, _ in found] == [str(number + 1) for number in range(len(found))]
    assert len(found) == 21
    assert [promise for _, promise, tests in found if not tests] == []


def test_each_promise_is_said_once() -> None:
    """Where two changes of one row were joined, its beginning would stand there again."""
    rows = re.findall(r"^\| \d+ \| (.*?) \| \[", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(promises())
    assert [row for row in rows if not re.fullmatch(r"\*\*[^*]+\*\*[^*]*", row)] == []


NAMED = [(number, name, path) for number, _, tests in promises() for name, path in tests]


@pytest.mark.parametrize(("number", "name", "path"), NAMED, ids=lambda value: str(value)[:40])
def test_a_named_test_is_there(number: str, name: str, path: str) -> None:
    assert name in names_in(ROOT / path), f"promise {number} names {name} in {path}"


def test_a_name_that_is_not_there_would_be_found() -> None:
    for path in {path for _, _, path in NAMED}:
        assert names_in(ROOT / path), path
        assert "any_flipped_bit" not in names_in(ROOT / path)


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md"])
def test_it_is_linked_to(document: str) -> None:
    assert "](docs/security.md)" in (ROOT / document).read_text(encoding="utf-8")
