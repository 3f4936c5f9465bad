"""How each language spells types, names and documentation."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from catalogue import Catalogue, Schema, Shape, ref_name

WIDTH = 120


def doc_of(shape: Shape) -> str:
    """What the documentation of a shape says, with code in backticks."""
    description = shape.schema.get("description", "")
    if not shape.events:
        return str(description)
    names = ", ".join(f"`{event.name}`" for event in shape.events)
    if len(shape.events) > 1:
        return f"{description} It is the data of {names}."
    return f"`{shape.events[0].name}`. {shape.events[0].summary} {description}".strip()


def field_doc(schema: Schema) -> str:
    """What the documentation of a field says, without its deprecation."""
    return str(schema.get("description", ""))


def wrap(text: str, indent: int, mark: str = "") -> str:
    """Lines of a comment, each with its indentation and mark."""
    prefix = " " * indent + mark
    return textwrap.fill(
        text, WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False, break_long_words=False
    )


def listed(values: list[str], last: str = "or") -> str:
    """`A, B or C`."""
    return f" {last} ".join(filter(None, [", ".join(values[:-1]), values[-1]]))


# --------------------------------------------------------------------------------------------------------------- Python


def python_type(schema: Schema) -> str:
    """The annotation of a field."""
    if "$ref" in schema:
        return ref_name(schema["$ref"])
    if values := schema.get("x-values"):
        return f"Union[Literal[{', '.join(map(quoted, values))}], str]"
    kind = schema["type"]
    if isinstance(kind, list):
        return f"Union[{', '.join(python_type({'type': one}) for one in kind)}]"
    if kind == "array":
        return f"list[{python_type(schema['items'])}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"dict[str, {python_type(values) if values else 'Any'}]"
    return {"string": "str", "integer": "int", "number": "Number", "boolean": "bool"}[str(kind)]


def quoted(text: str) -> str:
    """A string literal of most languages."""
    return f'"{text}"'


def literal(text: str) -> str:
    """The same for text with quotes, backslashes and line breaks."""
    return json.dumps(text)


def python_doc(text: str, indent: int, deprecation: str | None = None) -> str:
    """A docstring, of one line where it fits."""
    text = text.replace("`", "``")
    if deprecation:
        text = f"{text} Deprecated: {deprecation[0].lower()}{deprecation[1:].replace('`', '``')}"
    whole = " " * indent + f'"""{text}"""'
    if len(whole) <= WIDTH:
        return whole
    head, _, rest = text.partition(". ")
    return f'{" " * indent}"""{head}.\n\n{wrap(rest, indent)}\n{" " * indent}"""'


# ----------------------------------------------------------------------------------------------------------- TypeScript


def typescript_type(schema: Schema, catalogue: Catalogue) -> str:
    """The type of a field; biome lays it out."""
    if "$ref" in schema:
        shape = catalogue.shapes[ref_name(schema["$ref"])]
        if shape.schema.get("x-typescript") == "inline":
            return "{\n" + typescript_fields(shape.schema, catalogue) + "\n}"
        return shape.name
    if values := schema.get("x-values"):
        return f"Open<{' | '.join(map(quoted, values))}>"
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(typescript_type({"type": one}, catalogue) for one in kind)
    if kind == "array":
        return f"{typescript_type(schema['items'], catalogue)}[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {typescript_type(values, catalogue) if values else 'unknown'}>"
    return {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}[str(kind)]


def typescript_fields(schema: Schema, catalogue: Catalogue) -> str:
    """The fields of an interface, each with its comment."""
    required = schema.get("required", [])
    lines = []
    for name, field in schema["properties"].items():
        about = field_doc(field)
        if not about and "$ref" in field:
            about = field_doc(catalogue.shapes[ref_name(field["$ref"])].schema)
        if field.get("deprecated"):
            about = f"{about}\n\n@deprecated {field['x-instead']}"
        mark = "" if name in required else "?"
        lines.append(f"{typescript_doc(about, 2)}{name}{mark}: {typescript_type(field, catalogue)};")
    return "\n".join(lines)


def template_literal(text: str) -> str:
    """A text as a template literal, line by line as it is."""
    escaped = text.replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"`{escaped}`"


def python_text(text: str) -> str:
    """A text as a literal of Python between three quotes, line by line as it is."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""\\\n{escaped}"""'


def typescript_doc(text: str, indent: int = 0) -> str:
    """A documentation comment and its line end; nothing for no text."""
    if not text:
        return ""
    if "\n" not in text and indent + len(text) + len("/**  */") <= WIDTH:
        return f"/** {text} */\n"
    lines = [wrap(part, 0, " * ") if part else " *" for part in text.split("\n")]
    return "/**\n" + "\n".join(lines) + "\n */\n"


# ------------------------------------------------------------------------------------------------------------------- Go

INITIALISMS = {"Id": "ID", "Ids": "IDs", "Uri": "URI", "Api": "API"}


def go_name(name: str) -> str:
    """`userId` is UserID."""
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name[0].upper() + name[1:])
    return "".join(INITIALISMS.get(word, word) for word in words)


def go_constant(shape: str, value: str) -> str:
    """The constant of a known value: OperationSourceAPI for OPERATION_SOURCE_API."""
    prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", shape).upper() + "_"
    words = value.removeprefix(prefix).split("_")
    return shape + "".join(INITIALISMS.get(word.capitalize(), word.capitalize()) for word in words)


def go_type(schema: Schema, catalogue: Catalogue, *, optional: bool = False) -> str:
    """The type of a field; objects that may be missing are pointers."""
    if "x-go-type" in schema:
        return str(schema["x-go-type"])
    if "$ref" in schema:
        shape = catalogue.shapes[ref_name(schema["$ref"])]
        return f"*{shape.name}" if optional and shape.schema["type"] == "object" else shape.name
    kind = schema["type"]
    if kind == "array":
        return f"[]{go_type(schema['items'], catalogue)}"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"map[string]{go_type(values, catalogue)}" if values else "json.RawMessage"
    if schema.get("format") == "epoch-milliseconds":
        return "Time"
    return {"string": "string", "integer": "Int", "number": "Number", "boolean": "bool"}[str(kind)]


def go_tag(name: str, schema: Schema, *, optional: bool) -> str:
    """The field's tag for package json."""
    option = ",omitzero" if schema.get("format") == "epoch-milliseconds" else ",omitempty"
    return f'`json:"{name}{option if optional else ""}"`'


def go_text(text: str, schema: Schema) -> str:
    """Prose with Go's names in place of code in backticks."""
    fields: dict[str, Any] = schema.get("properties", {})
    return re.sub("`(.*?)`", lambda found: go_name(found[1]) if found[1] in fields else found[1], text)


def go_doc(shape: Shape) -> str:
    """The comment of a type, which begins with its name."""
    description = go_text(shape.schema.get("description", ""), shape.schema)
    if not shape.events:
        return f"{shape.name} is {description[0].lower()}{description[1:]}"
    names = listed([f'"{event.name}"' for event in shape.events], "and")
    summary = f"{shape.events[0].summary} " if len(shape.events) == 1 else ""
    return f"{shape.name} is the data of {names}. {summary}{description}".strip()


def go_field_doc(field: Schema, schema: Schema) -> str:
    """The comment of a field, with its known values and its deprecation."""
    text = go_text(field_doc(field), schema)
    if values := field.get("x-values"):
        text = f"{text} It is {listed(values)}, or another."
    lines = wrap(text, 4, "// ") if text else ""
    if field.get("deprecated"):
        lines += "\n//\n" + wrap(f"Deprecated: by Tink. {go_text(field['x-instead'], schema)}", 4, "// ")
    return lines


# ----------------------------------------------------------------------------------------------------------------- Rust

#: A field may not have this name in Rust.
RUST_KEYWORDS = {"type": "type_"}


def rust_name(name: str) -> str:
    """`userId` is user_id."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return RUST_KEYWORDS.get(snake, snake)


def rust_variant(shape: str, value: str) -> str:
    """The variant of a known value: Api for OPERATION_SOURCE_API of OperationSource."""
    prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", shape).upper() + "_"
    return "".join(word.capitalize() for word in value.removeprefix(prefix).split("_"))


def rust_type(schema: Schema, catalogue: Catalogue) -> str:
    """The type of a field that is there."""
    if "x-go-type" in schema:
        return {"Text": "String", "Number": "Number"}[str(schema["x-go-type"])]
    if "$ref" in schema:
        return catalogue.shapes[ref_name(schema["$ref"])].name
    kind = schema["type"]
    if kind == "array":
        return f"Vec<{rust_type(schema['items'], catalogue)}>"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"BTreeMap<String, {rust_type(values, catalogue)}>" if values else "serde_json::Value"
    if schema.get("format") == "epoch-milliseconds":
        return "DateTime<Utc>"
    return {"string": "String", "integer": "i64", "number": "Number", "boolean": "bool"}[str(kind)]


def rust_field(name: str, field: Schema, schema: Schema, catalogue: Catalogue, *, optional: bool) -> str:
    """A field of a struct with its comment and attributes; one that is not documented as always there is an option."""
    about = field_doc(field)
    if not about and "$ref" in field:
        about = field_doc(catalogue.shapes[ref_name(field["$ref"])].schema)
    if values := field.get("x-values"):
        about = f"{about} It is {listed([f'`{value}`' for value in values])}, or another."
    lines = [wrap(rust_text(about, schema), 4, "/// ")]
    if field.get("deprecated"):
        lines.append(f'    #[deprecated(note = "by Tink. {rust_text(field["x-instead"], schema)}")]')
    if name in RUST_KEYWORDS:
        lines.append(f'    #[serde(rename = "{name}")]')
    kind = rust_type(field, catalogue)
    reads = {"DateTime<Utc>": "time", "i64": "int"}.get(kind) or ("text" if field.get("x-go-type") == "Text" else None)
    optional = optional or kind == "DateTime<Utc>"  # of which 0 stands for none
    if reads:
        lines.append(f'    #[serde(deserialize_with = "scalar::{reads}{"_or_none" if optional else ""}")]')
    lines.append(f"    pub {rust_name(name)}: {f'Option<{kind}>' if optional else kind},")
    return "\n".join(lines)


def rust_text(text: str, schema: Schema) -> str:
    """Prose with Rust's names of fields."""
    fields: dict[str, Any] = schema.get("properties", {})
    return re.sub("`(.*?)`", lambda found: f"`{rust_name(found[1])}`" if found[1] in fields else found[0], text)


def rust_doc(shape: Shape) -> str:
    """The comment of a type."""
    return rust_text(doc_of(shape), shape.schema)
