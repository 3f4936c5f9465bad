"""What docs/events.md says of the fields of an event."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from catalogue import Catalogue, Event, Schema, ref_name

#: How a row says what the text or number of a field is.
FORMATS = {"epoch-milliseconds": "epoch milliseconds", "date": "`YYYY-MM-DD`", "date-time": "ISO 8601", "uuid": "UUID"}


class Row(NamedTuple):
    """One row of the table of fields."""

    path: str
    kind: str
    required: str
    about: str


def fields_of(event: Event, catalogue: Catalogue) -> list[Row]:
    """Every field of the content, those of nested objects after it, with their paths."""
    rows: list[Row] = []
    _collect(rows, catalogue.shapes[event.data].schema, "", catalogue)
    return rows


def _collect(rows: list[Row], schema: Schema, path: str, catalogue: Catalogue) -> None:
    for part in schema.get("allOf", []):
        _collect(rows, catalogue.shapes[ref_name(part["$ref"])].schema, path, catalogue)
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        shape: Schema = catalogue.shapes[ref_name(field["$ref"])].schema if "$ref" in field else {}
        merged = {**shape, **field}
        where = f"{path}{name}"
        rows.append(Row(where, _kind(merged, catalogue), "yes" if name in required else "", _about(merged)))
        if merged.get("type") == "object":
            _collect(rows, merged, f"{where}.", catalogue)
        elif "$ref" in merged.get("items", {}):
            _collect(rows, catalogue.shapes[ref_name(merged["items"]["$ref"])].schema, f"{where}[].", catalogue)


def _kind(schema: Schema, catalogue: Catalogue) -> str:
    kind = schema["type"]
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        items = schema["items"]
        inner = catalogue.shapes[ref_name(items["$ref"])].schema if "$ref" in items else items
        return f"array of {inner['type']}s"
    if "additionalProperties" in schema:
        return f"object of {schema['additionalProperties']['type']}s"
    return f"{kind}, {FORMATS[schema['format']]}" if "format" in schema else str(kind)


def _about(schema: Schema) -> str:
    text = str(schema["description"])
    if schema.get("deprecated"):
        text = f"Deprecated. {text} {schema['x-instead']}"
    if values := schema.get("x-values"):
        text = f"{text} Known values: {_code(values)}."
    elif examples := schema.get("examples"):
        text = f"{text} For example {_code(examples)}."
    return text


def _code(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def pretty(text: str) -> str:
    """JSON text with two spaces of indentation; numbers stay as they are written."""
    marks: dict[str, str] = {}

    def keep(digits: str) -> str:
        marks[f"\x00{len(marks)}"] = digits
        return f"\x00{len(marks) - 1}"

    laid_out = json.dumps(json.loads(text, parse_float=keep), ensure_ascii=False, indent=2)
    for mark, digits in marks.items():
        laid_out = laid_out.replace(json.dumps(mark), digits)
    return laid_out


def names_occurrence(event: Event) -> str:
    """The fields that name the occurrence, as a sentence."""
    parts = []
    for entry in event.about["occurrence"]["fields"]:
        if isinstance(entry, str):
            parts.append(f"`{entry}`")
            continue
        where = " and ".join(f"`{key}` is `{value}`" for key, value in entry.get("where", {}).items())
        condition = f" whose {where}" if where else ""
        parts.append(f"the `{entry['field']}` of every element of `{entry['each']}`{condition}")
    return " and ".join(parts)
