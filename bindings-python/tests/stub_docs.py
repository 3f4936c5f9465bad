"""Copies the docstrings of the installed package into its stubs, which editors show.

`stub_docs.py` rewrites the stubs; `stub_docs.py --check` only names what differs. The text itself is written
once: in the doc comments of src/*.rs, and in the docstrings of python/tink_webhooks/*.py. First: `make build-python`.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[1] / "python/tink_webhooks"
STUBS = ("_native", "_dispatcher", "_handler")
Definition = Union[ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef]


class Member(NamedTuple):
    """A public class, function, method or property of a stub."""

    name: str
    node: Definition
    stub: str | None
    runtime: str | None


def members(stub: str) -> Iterator[Member]:
    """Every public member of a stub beside what the installed package says of it."""
    tree = ast.parse((PACKAGE / f"{stub}.pyi").read_text(encoding="utf-8"))
    yield from _members(importlib.import_module(f"tink_webhooks.{stub}"), tree.body, "")


def _members(owner: object, nodes: list[ast.stmt], prefix: str) -> Iterator[Member]:
    # Of overloads the last one carries the docstring.
    last = {node.name: node for node in nodes if isinstance(node, Definition.__args__)}  # type: ignore[attr-defined]
    for name, node in last.items():
        if name.startswith("_"):
            continue
        member = getattr(owner, name)
        yield Member(prefix + name, node, ast.get_docstring(node), inspect.getdoc(member))
        if isinstance(node, ast.ClassDef):
            yield from _members(member, node.body, f"{prefix}{name}.")


def rewritten(stub: str) -> str:
    """The text of a stub with the docstrings of the installed package."""
    lines = (PACKAGE / f"{stub}.pyi").read_text(encoding="utf-8").splitlines()
    # From the end, so that the line numbers before stay right.
    for member in sorted(members(stub), key=lambda member: member.node.lineno, reverse=True):
        if member.stub == member.runtime or member.runtime is None:
            continue
        first = member.node.body[0]
        indent = " " * (member.node.col_offset + 4)
        paragraphs = [f"{indent}{line}".rstrip() for line in member.runtime.splitlines()]
        paragraphs[0] = f'{indent}"""{member.runtime.splitlines()[0]}'
        if len(paragraphs) == 1:
            paragraphs[0] += '"""'
        else:
            paragraphs.append(f'{indent}"""')
        if member.stub is not None:
            lines[first.lineno - 1 : first.end_lineno] = paragraphs
        elif lines[first.lineno - 1].endswith(": ..."):
            lines[first.lineno - 1 : first.end_lineno] = [lines[first.lineno - 1][: -len(" ...")], *paragraphs]
        else:
            # Below the line that ends the head of the class, above comments on its first member.
            head = next(line for line in range(member.node.lineno, first.lineno) if lines[line - 1].endswith(":"))
            lines[head:head] = [*paragraphs, ""]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Rewrites the stubs, or says what is stale."""
    if "--check" not in sys.argv[1:]:
        for stub in STUBS:
            (PACKAGE / f"{stub}.pyi").write_text(rewritten(stub), encoding="utf-8")
        return 0
    stale = [
        f"{stub}.pyi: {member.name}" for stub in STUBS for member in members(stub) if member.stub != member.runtime
    ]
    for name in stale:
        print(f"{name} has another docstring than the installed package: run {Path(__file__).name}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
