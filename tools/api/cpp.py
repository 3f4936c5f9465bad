"""The public names of the C++ layer: what the header declares in its namespace, without bodies and private members."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from c import preprocessed

OPENING, CLOSING = "({[", ")}]"
CLASS = re.compile(r"(?:template <.*> )?(?:class|struct) (\w+)")


def end_of(text: str, at: int) -> int:
    """Behind the bracket that closes the one at this place."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] in OPENING) - (text[place] in CLOSING)
        if not depth:
            return place + 1
    raise ValueError(f"nothing closes {text[at : at + 40]}")


def declarations(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each semicolon or block, and what is in the block."""
    start = at = 0
    while at < len(text):
        if text[at] == "(":
            at = end_of(text, at)
        elif text[at] == ";":
            yield text[start:at].strip(), None
            start = at = at + 1
        elif text[at] == "{":
            end = end_of(text, at)
            yield text[start:at].strip(), text[at + 1 : end - 1]
            start = at = end
        else:
            at += 1


def public(text: str, within: str, is_public: bool) -> Iterator[str]:
    """One line for each public declaration."""
    for found, block in declarations(text):
        head = found
        while access := re.match(r"(public|private|protected) ?: ?", head):
            is_public = access[1] == "public"
            head = head[access.end() :]
        if not head or not is_public:
            continue
        if block is not None and head.startswith("namespace "):
            yield from public(block, f"{within}{head.removeprefix('namespace ')}::", True)
            continue
        if block is not None and (kind := CLASS.match(head)):
            yield f"{within} {head}"
            yield from public(block, f"{within}{kind[1]}::", not kind[0].endswith(f"class {kind[1]}"))
            continue
        # What a constructor does with its members is its body.
        yield f"{within} {re.sub(r'[)] : .*', ')', head)}"


def describe(header: Path) -> Iterator[str]:
    """The declarations, sorted: one line each, behind the namespace or class that they are in."""
    header = header.resolve()
    yield from sorted(public(preprocessed(header, "c++", "-x", "c++", "-std=c++17", f"-I{header.parent}"), "", True))
