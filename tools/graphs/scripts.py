"""The file graphs of a Python package and of a folder of TypeScript."""

from __future__ import annotations

import ast
import posixpath
import re
from typing import TYPE_CHECKING

from graphs import Graph, Use, blanked, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FROM = re.compile(
    r"""\b(?:import|export)\b [^;"'`]*? \bfrom \s* (?P<a>["'])(?P<from>\.[^"']*)(?P=a)   # import, export ... from
    | \bimport \s* (?P<b>["'])(?P<bare>\.[^"']*)(?P=b)
    | \b(?:import|require) \s* \( \s* (?P<c>["'])(?P<call>\.[^"']*)(?P=c)                # import(), require()
    """,
    re.VERBOSE,
)


def read_python(root: Path, folder: Path) -> Graph:
    """The modules of a package. Every import counts: under TYPE_CHECKING, in functions, and in stubs.

    A module and its stub are two nodes. An import means the source where there is one; a stub's import means the stub.
    """
    package = folder.name
    paths = {
        str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.py*")) if path.suffix in (".py", ".pyi")
    }
    graph = Graph(files=set(paths))
    for name, path in paths.items():
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        suffixes = (".pyi", ".py") if path.suffix == ".pyi" else (".py", ".pyi")
        own = (package, *path.relative_to(folder).with_suffix("").parts)
        for module, number in _imported(ast.parse(source), own):
            for target in _python_files(module, package, suffixes, paths):
                if target != name:
                    place = f"{path.relative_to(root)}:{number}"
                    graph.uses.append(Use(name, target, place, lines[number - 1].strip()))
    graph.uses = sorted(set(graph.uses))
    return graph


def _imported(tree: ast.AST, own: tuple[str, ...]) -> Iterator[tuple[list[tuple[str, ...]], int]]:
    """What is imported, as the candidates in order of preference, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield [tuple(alias.name.split("."))], node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = own[: len(own) - node.level] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            for alias in node.names:
                yield [(*base, alias.name), base], node.lineno


def _python_files(
    candidates: list[tuple[str, ...]], package: str, suffixes: tuple[str, ...], paths: dict[str, Path]
) -> list[str]:
    for module in candidates:
        if module[:1] != (package,):
            continue
        for suffix in suffixes:
            for name in ("/".join(module[1:]) + suffix, "/".join([*module[1:], "__init__"]) + suffix):
                if name in paths:
                    return [name]
    return []


def read_typescript(root: Path, folder: Path) -> Graph:
    """The files of a folder. Every import counts: of types, re-exports, `import()` and `require` of a fixed text."""
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.ts"))}
    graph = Graph(files=set(paths))
    for name, path in paths.items():
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for found in _FROM.finditer(blanked(source, strings=False)):
            wanted = posixpath.normpath(
                posixpath.join(posixpath.dirname(name), found["from"] or found["bare"] or found["call"])
            )
            stem = re.sub(r"\.[cm]?[jt]s$", "", wanted)
            for target in (f"{stem}.ts", f"{stem}.d.ts", f"{stem}/index.ts"):
                if target in paths and target != name:
                    number = line_of(source, found.end())
                    graph.uses.append(
                        Use(name, target, f"{path.relative_to(root)}:{number}", lines[number - 1].strip())
                    )
                    break
    graph.uses = sorted(set(graph.uses))
    return graph
