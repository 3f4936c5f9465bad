"""Which file uses which: the graph of the files of one part, its cycles and its layers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, order=True)
class Use:
    """One place where a file uses another. Both are names of nodes; `place` is `path:line`."""

    source: str
    target: str
    place: str
    text: str


@dataclass
class Graph:
    """The files of one part, by their paths inside it, and where they use each other."""

    files: set[str] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)

    def targets(self, source: str) -> set[str]:
        """The files that `source` uses. A file that uses itself is no edge."""
        return {use.target for use in self.uses if use.source == source and use.target != source}

    def edges(self) -> dict[str, set[str]]:
        """Every file, and what it uses."""
        edges: dict[str, set[str]] = {name: set() for name in self.files}
        for use in self.uses:
            if use.source != use.target:
                edges[use.source].add(use.target)
        return edges


def knots(graph: Graph) -> list[list[str]]:
    """The groups of files that all reach each other (strongly connected components of more than one file)."""
    edges = graph.edges()
    reach = {name: _reachable(edges, name) for name in edges}
    groups = {frozenset(other for other in reach[name] if name in reach[other]) | {name} for name in edges}
    return sorted(sorted(group) for group in groups if len(group) > 1)


def shortest_cycle(graph: Graph, knot: Iterable[str]) -> list[str]:
    """A shortest cycle within a knot, as the files in order, the first not repeated."""
    edges = graph.edges()
    within = set(knot)
    best: list[str] = []
    for start in sorted(within):
        paths = [[start]]
        seen = {start}
        while paths and (not best or len(paths[0]) < len(best)):
            path = paths.pop(0)
            following = edges[path[-1]] & within
            if start in following:
                best = path
                break
            for name in sorted(following - seen):
                seen.add(name)
                paths.append([*path, name])
    return best


def layers(graph: Graph) -> list[list[str]]:
    """The files from the ground up: each layer uses only layers before it. The graph must have no cycle."""
    edges = graph.edges()
    placed: set[str] = set()
    found: list[list[str]] = []
    while len(placed) < len(edges):
        layer = sorted(name for name in edges if name not in placed and edges[name] <= placed)
        if not layer:
            raise ValueError("the graph has a cycle")
        found.append(layer)
        placed.update(layer)
    return found


def reduced(graph: Graph) -> list[tuple[str, str]]:
    """The edges without those that a longer way implies. The graph must have no cycle."""
    edges = graph.edges()
    reach = {name: _reachable(edges, name) for name in edges}
    return [
        (source, target)
        for source in sorted(edges)
        for target in sorted(edges[source])
        if not any(target in reach[other] for other in edges[source] - {target})
    ]


def describe(part: str, graph: Graph) -> list[str]:
    """One message per knot of files: its size, a shortest cycle in it, and the lines that make it."""
    messages = []
    for knot in knots(graph):
        cycle = shortest_cycle(graph, knot)
        lines = [f"{part}: a cycle: {' -> '.join([*cycle, cycle[0]])}"]
        if len(knot) > len(cycle):
            lines.append(f"  {len(knot)} files reach each other: {', '.join(knot)}")
        for source, target in zip(cycle, [*cycle[1:], cycle[0]]):
            lines.append(f"  {source} uses {target}:")
            lines += [
                f"    {use.place}: {use.text}" for use in graph.uses if (use.source, use.target) == (source, target)
            ]
        messages.append("\n".join(lines))
    return messages


def blanked(source: str, *, strings: bool = True) -> str:
    """Rust or TypeScript with its comments, and unless `strings` is false its texts, replaced by spaces.

    Newlines stay, so that offsets and lines are those of the source.
    """

    def blank(found: re.Match[str]) -> str:
        text = found[0]
        if not strings and not text.startswith("/"):
            return text
        return re.sub(r"[^\n]", " ", text)

    return _COMMENT_OR_TEXT.sub(blank, source)


def line_of(source: str, offset: int) -> int:
    """The line of an offset, from 1."""
    return source.count("\n", 0, offset) + 1


_COMMENT_OR_TEXT = re.compile(
    r"""//[^\n]*
    | /\*.*?\*/
    | \bb?r(?P<hashes>\#*)".*?"(?P=hashes)
    | "(?:\\.|[^"\\])*"
    | '(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\\n])'      # a character of Rust; its lifetimes have no closing quote
    """,
    re.VERBOSE | re.DOTALL,
)


def _reachable(edges: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return found
