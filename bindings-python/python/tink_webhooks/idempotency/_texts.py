"""The Lua and SQL texts, as they are in ``stores/`` of the project."""

from __future__ import annotations

import re
from typing import Callable, Union

from tink_webhooks.idempotency._store_texts import TEXTS

#: ``$1`` or ``:scope``, in PostgreSQL's texts and in SQLite's. No text has a colon or a dollar sign for anything else.
_PARAMETER = re.compile(r"\$(\d)|:([a-z]+)")


_made: dict[tuple[str, Callable[[str], str]], str] = {}


def text(name: str) -> str:
    """A text, by its place such as ``redis/claim``."""
    return TEXTS[name]


def statement(name: str, written: Callable[[str], str]) -> str:
    """A statement without its comments, its parameters written as a client wants them."""
    found = _made.get((name, written))
    if found is None:
        bare = "\n".join(line for line in text(name).splitlines() if not line.startswith("--"))
        found = _PARAMETER.sub(lambda match: written(f"p{match[1]}" if match[1] else match[2]), bare)
        _made[name, written] = found
    return found


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
