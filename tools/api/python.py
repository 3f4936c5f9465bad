"""The API of the Python package: the names that its public modules export, with their signatures and annotations."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

# Names of griffe are imported late: the other languages are compared without it.


def signature(function: object) -> str:
    """`name(parameters) -> type`, with defaults. What is positional or keyword only shows by `/` and `*`."""
    return function.signature()


def members(of: object) -> Iterator[tuple[str, object]]:
    """The members of a class that are public, or special methods that it defines itself."""
    for name, member in sorted(of.members.items()):
        special = name.startswith("__") and name.endswith("__") and name not in {"__slots__", "__doc__", "__module__"}
        if (special and member.is_function) or not name.startswith("_"):
            yield name, member


def function_lines(path: str, function: object, overloads: list[object]) -> Iterator[str]:
    """One line per overload, or one for the function."""
    kind = "async def" if "async" in function.labels else "def"
    for one in overloads or [function]:
        yield f"{kind} {path}: {signature(one)}"


def lines(path: str, found: object) -> Iterator[str]:
    """An exported object, and of a class what is in it."""
    if found.is_alias:
        found = found.final_target
    if found.is_class:
        bases = ", ".join(str(base) for base in found.bases)
        keywords = "".join(f", {name}={value}" for name, value in getattr(found, "keywords", {}).items())
        yield f"class {path}({bases}{keywords})"
        for name, member in members(found):
            inner = member.final_target if member.is_alias else member
            if inner.is_function:
                overloads = found.overloads.get(name) or inner.overloads or []
                yield from function_lines(f"{path}.{name}", inner, overloads)
            else:
                yield from lines(f"{path}.{name}", inner)
    elif found.is_function:
        overloads = found.overloads or (found.parent.overloads.get(found.name) if found.parent else None) or []
        yield from function_lines(path, found, overloads)
    elif found.is_attribute:
        kind = "property" if "property" in found.labels else "attribute"
        yield f"{kind} {path}: {found.annotation}" + (
            f" = {found.value}" if found.value and not found.annotation else ""
        )


def describe(package: Path) -> Iterator[str]:
    """Each public module with the names in its `__all__`, or those that it defines."""
    import griffe

    logging.getLogger("griffe").setLevel(logging.ERROR)
    loader = griffe.GriffeLoader(search_paths=[str(package.parent)], allow_inspection=False)
    root = loader.load(package.name)
    loader.resolve_aliases(external=False)
    modules = [root, *(one for name, one in sorted(root.members.items()) if one.is_module and not name.startswith("_"))]
    for module in modules:
        yield f"module {module.path}"
        names = module.exports or [
            name for name, one in module.members.items() if not name.startswith("_") and not one.is_alias
        ]
        for name in sorted(str(name) for name in names):
            if name == "__version__":
                yield f"attribute {module.path}.{name}"
            else:
                yield from lines(f"{module.path}.{name}", module.members[name])
