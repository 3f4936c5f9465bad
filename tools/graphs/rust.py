"""The file graph of a Rust crate, read from the paths in its text.

What counts: every `use` and every path in code, in `#[cfg(test)]` too, that leads to another file of the crate, and
every call of a macro that another file defines by `macro_rules!`. A name that is reached through a re-export counts as
a use of the file that defines it, so a folder's mod.rs hides nothing. A file that only declares modules and re-exports
is not a node. What does not count: a method that another file adds to a type, without that file's name in a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphs import Graph, Use, blanked, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Module = tuple[str, ...]  # names, from the crate's root

_NAME = r"(?:r\#)?[A-Za-z_]\w*"
_USE = re.compile(r"\b(?P<public>pub\s*(?:\([^)]*\)\s*)?)?use\s+(?P<tree>[^;]+);")
_DECLARED = re.compile(rf"\b(?:pub\s*(?:\([^)]*\)\s*)?)?mod\s+({_NAME})\s*;")
_INLINE = re.compile(rf"\bmod\s+({_NAME})\s*\{{")
_PATH = re.compile(rf"(?<![\w:$]){_NAME}(?:\s*::\s*{_NAME})+")
_VISIBLE_IN = re.compile(r"\bpub\s*\(\s*in\s[^)]*\)")
_ATTRIBUTE = re.compile(r"#!?\[(?:[^\[\]]|\[[^\]]*\])*\]")


@dataclass
class _Import:
    path: tuple[str, ...]  # absolute, from the crate's root; the last name may be "*"
    name: str  # under which it is known here; "*" for all
    public: bool
    offset: int


@dataclass
class _File:
    path: Path
    module: Module
    text: str  # without comments and texts
    source: str
    children: set[str] = field(default_factory=set)
    inline: list[tuple[int, int, str]] = field(default_factory=list)
    imports: list[_Import] = field(default_factory=list)

    @property
    def transparent(self) -> bool:
        """Whether it holds nothing but declarations of modules and `use`."""
        rest = _ATTRIBUTE.sub("", self.text)
        return bool(self.children) and not _DECLARED.sub("", _USE.sub("", rest)).strip()

    def inside(self, offset: int) -> tuple[str, ...]:
        """The inline modules around an offset."""
        return tuple(name for start, end, name in self.inline if start <= offset < end)


def read(root: Path, folder: Path) -> Graph:
    """The graph of the crate whose lib.rs is in `folder`. Places are relative to `root`."""
    files = {file.module: file for file in (_parse(path, folder) for path in sorted(folder.rglob("*.rs")))}
    for file in files.values():
        _read_imports(file)
    names = {module: str(file.path.relative_to(folder)) for module, file in files.items()}
    nodes = {module for module, file in files.items() if not file.transparent}
    graph = Graph(files={names[module] for module in nodes})
    macros = {
        name: file.module for file in files.values() for name in re.findall(rf"\bmacro_rules!\s*({_NAME})", file.text)
    }

    for module in nodes:
        file = files[module]
        lines = file.source.splitlines()
        for target, offset in _targets(file, files, macros):
            if target in nodes and target != module:
                number = line_of(file.source, offset)
                place = f"{file.path.relative_to(root)}:{number}"
                graph.uses.append(Use(names[module], names[target], place, lines[number - 1].strip()))
    graph.uses = sorted(set(graph.uses))
    return graph


def _targets(file: _File, files: dict[Module, _File], macros: dict[str, Module]) -> Iterator[tuple[Module, int]]:
    """The files that a file uses, with the offset of each use."""
    for imported in file.imports:
        for target in _resolve(imported.path, files):
            yield target, imported.offset
    aliases = {imported.name: imported.path for imported in file.imports if imported.name not in ("*", "_")}
    text = _VISIBLE_IN.sub(_spaces, _USE.sub(_spaces, file.text))
    for found in _PATH.finditer(text):
        parts = tuple(part.strip() for part in found[0].split("::"))
        path = _absolute(file, parts, found.start())
        if path is None and parts[0] in aliases:
            path = aliases[parts[0]] + parts[1:]
        if path is not None:
            for target in _resolve(path, files):
                yield target, found.start()
    for found in re.finditer(rf"(?<![\w:])({_NAME})!", text):
        if found[1] in macros:
            yield macros[found[1]], found.start()


def _parse(path: Path, folder: Path) -> _File:
    parts = path.relative_to(folder).with_suffix("").parts
    module = () if parts == ("lib",) else parts[:-1] if parts[-1] == "mod" else parts
    source = path.read_text(encoding="utf-8")
    file = _File(path, module, blanked(source), source)
    below = folder.joinpath(*module)
    file.children = {
        name
        for name in _DECLARED.findall(file.text)
        if (below / f"{name}.rs").is_file() or (below / name / "mod.rs").is_file()
    }
    for found in _INLINE.finditer(file.text):
        depth, end = 1, found.end()
        while depth and end < len(file.text):
            depth += {"{": 1, "}": -1}.get(file.text[end], 0)
            end += 1
        file.inline.append((found.end(), end, found[1]))
    return file


def _spaces(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _read_imports(file: _File) -> None:
    for found in _USE.finditer(file.text):
        for parts, name in _leaves(found["tree"].strip()):
            path = _absolute(file, parts, found.start())
            if path is not None:
                file.imports.append(_Import(path, name, bool(found["public"]), found.start("tree")))


def _leaves(tree: str) -> list[tuple[tuple[str, ...], str]]:
    """The paths of a `use`, each with the name that it is known under."""
    head, brace, rest = tree.partition("{")
    prefix = tuple(part.strip() for part in head.split("::") if part.strip())
    if not brace:
        original, _, alias = prefix[-1].partition(" as ")
        parts = (*prefix[:-1], original.strip())
        if parts[-1] == "self":
            parts = parts[:-1]
        return [(parts, (alias.strip() or parts[-1]))] if parts else []
    found = []
    for item in _items(rest[: rest.rindex("}")]):
        found += [((*prefix, *parts), name) for parts, name in _leaves_below(item, prefix)]
    return found


def _leaves_below(item: str, prefix: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
    name, _, alias = item.partition(" as ")
    if name.strip() == "self":
        return [((), alias.strip() or prefix[-1])]
    return _leaves(item)


def _items(text: str) -> list[str]:
    found, depth, start = [], 0, 0
    for offset, character in enumerate(text + ","):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append(text[start:offset].strip())
            start = offset + 1
    return [item for item in found if item]


def _absolute(file: _File, parts: tuple[str, ...], offset: int) -> tuple[str, ...] | None:
    """The path from the crate's root; None for a name of another crate, or of this file."""
    here = (*file.module, *file.inside(offset))
    first = parts[0]
    if first == "crate":
        return parts[1:]
    if first not in ("self", "super"):
        # A module that the file itself declares.
        return (*file.module, *parts) if first in file.children and not file.inside(offset) else None
    while parts and parts[0] in ("self", "super"):
        here = here if parts[0] == "self" else here[:-1]
        parts = parts[1:]
    return (*here, *parts)


def _resolve(
    path: tuple[str, ...], files: dict[Module, _File], tried: frozenset[tuple[str, ...]] = frozenset()
) -> set[Module]:
    """The files that define what a path leads to."""
    if path in tried:
        return set()
    tried |= {path}
    module: Module = ()
    rest = path
    while rest and (*module, rest[0]) in files:
        module, rest = (*module, rest[0]), rest[1:]
    file = files[module]
    if not rest:
        return {module}
    exported = [found for found in file.imports if not file.inside(found.offset)]
    if rest[0] == "*":
        return {module}.union(*(_resolve(found.path, files, tried) for found in exported if found.public))
    for found in exported:
        if found.name == rest[0]:
            return _resolve((*found.path, *rest[1:]), files, tried)
    if not _defines(file, rest[0]):
        for found in exported:
            if found.name == "*":
                for target in _resolve((*found.path[:-1], *rest), files, tried):
                    if _defines(files[target], rest[0]):
                        return {target}
    return {module}


def _defines(file: _File, name: str) -> bool:
    pattern = rf"\b(?:fn|struct|enum|trait|type|const|static|mod|union|macro_rules!)\s+{re.escape(name)}\b"
    return re.search(pattern, file.text) is not None
