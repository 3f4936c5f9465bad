"""Reads explain/causes.yaml: what `explain` can say. Every cause is whole, and every fix is used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from catalogue import CatalogueError

FIELDS = {"word", "proved", "what", "where", "fix"}


@dataclass(frozen=True)
class Cause:
    """One cause, and the name of its variant in Rust."""

    word: str
    variant: str
    #: Whether a MAC can prove it.
    proved: bool
    what: str
    where: str
    #: Names of fixes.
    fix: list[str]

    @property
    def sentence(self) -> str:
        """What happened, as a sentence."""
        return self.what[0].upper() + self.what[1:] + "."


@dataclass(frozen=True)
class Causes:
    """All causes in the order of the file, and the lines of each fix."""

    causes: list[Cause]
    fixes: dict[str, str]


def load(path: Path) -> Causes:
    """Reads and checks the file. Raises CatalogueError."""
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    causes = []
    for about in read["causes"]:
        if set(about) != FIELDS or not re.fullmatch(r"[a-z0-9_]+", about["word"]):
            raise CatalogueError(f"{path.name}: {about} has not the fields {sorted(FIELDS)}")
        variant = "".join(part.capitalize() for part in about["word"].split("_"))
        texts = {name: about[name].strip() for name in ("what", "where")}
        causes.append(Cause(variant=variant, **{**about, **texts}))
    words = [cause.word for cause in causes]
    used = {name for cause in causes for name in cause.fix}
    if len(set(words)) != len(words) or used != set(read["fixes"]):
        raise CatalogueError(f"{path.name}: a word twice, or a fix unknown or unused: {used ^ set(read['fixes'])}")
    return Causes(causes, {name: text.strip("\n") for name, text in read["fixes"].items()})
