"""The Lua and SQL texts, as they are in ``stores/`` of the project."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Callable, Union

_FOLDER = Path(__file__).parent / "texts"

#: ``$1`` or ``:scope``, in PostgreSQL's texts and in SQLite's. No text has a colon or a dollar sign for anything else.
_PARAMETER = re.compile(r"\$(\d)|:([a-z]+)")


@cache
def text(name: str) -> str:
    """A text, by its place such as ``redis/claim.lua``."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def statement(name: str, written: Callable[[str], str]) -> str:
    """A statement without its comments, its parameters written as a client wants them."""
    bare = "\n".join(line for line in text(name).splitlines() if not line.startswith("--"))
    return _PARAMETER.sub(lambda found: written(f"p{found[1]}" if found[1] else found[2]), bare)


def pyformat(name: str) -> str:
    """As psycopg wants them."""
    return f"%({name})s"


def named(name: str) -> str:
    """As SQLite and SQLAlchemy want them."""
    return f":{name}"


def marked(_name: str) -> str:
    """As Django wants them, in order."""
    return "%s"


Parameters = dict[str, Union[str, int]]


def numbered(*values: str | int) -> Parameters:
    """The parameters of a text of PostgreSQL."""
    return {f"p{number}": value for number, value in enumerate(values, 1)}


def milliseconds(seconds: float) -> int:
    """Whole milliseconds, at least one."""
    return max(1, round(seconds * 1000))
