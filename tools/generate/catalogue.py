"""Reads events/: each event, and every named shape, checked against the schema of the catalogue."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

Schema = dict[str, Any]


class CatalogueError(Exception):
    """A file of events/ is wrong; the message names it."""


@dataclass
class Event:
    """One event: what its file says, and the names that follow from it."""

    file: str
    about: dict[str, Any]
    name: str
    type: str
    variant: str
    number: int
    envelope: str
    summary: str
    example: str
    #: The name of the type of its content.
    data: str


@dataclass
class Shape:
    """A named type: an object, or an open enumeration."""

    name: str
    schema: Schema
    file: str
    #: The shape whose fields it has, and no others.
    base: str | None = None
    #: The events whose content it is.
    events: list[Event] = field(default_factory=list)


@dataclass
class Catalogue:
    """All events by their numbers, and all shapes, each after those it uses."""

    events: list[Event]
    shapes: dict[str, Shape]


def compact(text: str) -> str:
    """JSON text without the white space between its tokens. Numbers stay as they are written."""
    return re.sub(r'("(?:\\.|[^"\\])*")|\s+', lambda found: found[1] or "", text)


def ref_name(ref: str) -> str:
    """The shape that a reference names."""
    file, _, pointer = ref.partition("#/")
    if pointer == "content":
        return variant_of(file.removesuffix(".yaml"))
    return pointer.removeprefix("$defs/")


def variant_of(event_type: str) -> str:
    """`refresh_finished` is RefreshFinished."""
    return "".join(word.capitalize() for word in event_type.split("_"))


def load(folder: Path) -> Catalogue:
    """Reads and checks every file. Raises CatalogueError."""
    validator = Draft202012Validator(json.loads((folder / "catalogue.schema.json").read_text(encoding="utf-8")))
    documents = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}
    shapes: dict[str, Shape] = {}
    events: list[Event] = []
    for file, document in documents.items():
        if file != "shared.yaml":
            if wrong := [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]:
                raise CatalogueError(f"{file}: {'; '.join(sorted(wrong))}")
            events.append(_event(file, document))
        for name, schema in document.get("$defs", {}).items():
            _add(shapes, Shape(name, schema, file))
    events.sort(key=lambda event: event.number)
    for one, other in zip(events, events[1:]):
        if one.number == other.number:
            raise CatalogueError(f"{other.file}: the number {one.number} belongs to {one.name}")
    for event in events:
        content = event.about["content"]
        if "$ref" not in content:
            base = ref_name(content["allOf"][0]["$ref"]) if "allOf" in content else None
            _add(shapes, Shape(event.data, content, event.file, base))
    for event in events:
        if event.data not in shapes:
            raise CatalogueError(f"{event.file}: there is no shape {event.data}")
        shapes[event.data].events.append(event)
    return Catalogue(events, _ordered(shapes, events))


def _event(file: str, about: dict[str, Any]) -> Event:
    name = about["name"]
    event_type = re.sub("[:.-]", "_", name)
    if file != f"{event_type}.yaml":
        raise CatalogueError(f"{file}: the file of {name} must be {event_type}.yaml")
    content = about["content"]
    variant = variant_of(event_type)
    data = ref_name(content["$ref"]) if "$ref" in content else variant
    return Event(
        file, about, name, event_type, variant, about["number"], about["envelope"], about["summary"],
        compact(about["example"]), data,
    )  # fmt: skip


def _add(shapes: dict[str, Shape], shape: Shape) -> None:
    if shape.name in shapes:
        raise CatalogueError(f"{shape.file}: {shapes[shape.name].file} has a shape {shape.name} already")
    shapes[shape.name] = shape


def refs(schema: Schema) -> list[str]:
    """The shapes that a schema refers to, in their order."""
    found = [ref_name(schema["$ref"])] if "$ref" in schema else []
    for part in [*schema.get("allOf", []), *schema.get("properties", {}).values()]:
        found += refs(part)
    for key in {"items", "additionalProperties"} & schema.keys():
        found += refs(schema[key])
    return found


def _ordered(shapes: dict[str, Shape], events: list[Event]) -> dict[str, Shape]:
    ordered: dict[str, Shape] = {}

    def visit(name: str, asked_by: str) -> None:
        if name not in shapes:
            raise CatalogueError(f"{asked_by}: there is no shape {name}")
        if name not in ordered:
            for used in refs(shapes[name].schema):
                visit(used, shapes[name].file)
            ordered[name] = shapes[name]

    # Tink's own events first, then the community's.
    for event in sorted(events, key=lambda event: event.envelope != "events-v2"):
        visit(event.data, event.file)
    if unused := shapes.keys() - ordered.keys():
        raise CatalogueError(f"{shapes[min(unused)].file}: no event uses {min(unused)}")
    return ordered
