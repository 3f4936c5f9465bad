"""A mutation that breaks a promise: texts to replace, and the tests of docs/security.md that must then fail.

A test is named as in the document. ``[...]`` behind it are the parameters of a pytest test; ``@`` is the binding that
a vector runs through (without it, Rust's). The text to replace must occur exactly once in its file, which
``test_breakages.py`` checks; a short one survives more changes around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from named_tests import Named
from test_docs_security import promises

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """A text in a file, and its replacement."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The file's text, changed."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} must have this once, but has it {text.count(self.old)} times: {self.old}")
        return text.replace(self.old, self.new)

    def make(self, root: Path) -> None:
        """Changes the file."""
        path = root / self.file
        path.write_text(self.applied(path.read_text(encoding="utf-8")), encoding="utf-8")


@dataclass(frozen=True)
class Breakage:
    """A mutation of the code against one promise."""

    promise: int
    what: str
    edits: tuple[Edit, ...]
    fails: tuple[str, ...]


def named(promise: int, text: str) -> Named:
    """The test that a name in ``fails`` stands for; a ``KeyError`` if the document does not name it for the promise."""
    name, parameters, binding = re.fullmatch(r"(.*?)(\[.*\])?(?:@(.*))?", text).groups()  # type: ignore[union-attr]
    paths = {known: path for number, _, tests in promises() if number == str(promise) for known, path in tests}
    return Named(name, paths[name], parameters or "", binding or "rust")


#: The mutations of the modules that are imported, promise by promise: five modules have all.
BREAKAGES: list[Breakage] = []


def broken(promise: int, what: str, *edits: tuple[str, str, str], fails: list[str]) -> None:
    """Adds a mutation."""
    BREAKAGES.append(Breakage(promise, what, tuple(Edit(*edit) for edit in edits), tuple(fails)))
