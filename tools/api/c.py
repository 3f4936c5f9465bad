"""The ABI of the C library: its symbols, and of the header every constant, struct, function type and prototype."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Changes with each release.
VERSION = re.compile(r"TINK_WEBHOOKS_VERSION(_\w+)?")


def preprocessed(header: Path, *compiler: str) -> str:
    """The header's own declarations, as a compiler reads it: neither comments nor what it includes."""
    command = [*compiler, "-E", str(header)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    own, keep = [], False
    for line in text.splitlines():
        if marker := re.match(r'# \d+ "(.*?)"', line):
            keep = marker[1] == str(header)
        elif keep and not line.startswith("#"):
            own.append(line)
    return " ".join(" ".join(own).split())


def declarations(text: str) -> list[str]:
    """The text split at the semicolons that are in no braces."""
    found, start, depth = [], 0, 0
    for at, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == ";" and not depth:
            found.append(text[start : at + 1].strip())
            start = at + 1
    return found


def evaluated(header: Path, constants: list[str], structs: dict[str, list[str]]) -> list[str]:
    """The values of constants, the sizes of structs and the offsets of their members, as a C compiler sees them."""
    lines = []
    for name in constants:
        lines.append(f'    printf("constant %s = %lld\\n", "{name}", (long long)({name}));')
    for name, members in structs.items():
        lines.append(f'    printf("struct %s: %zu bytes\\n", "{name}", sizeof({name}));')
        lines += [
            f'    printf("struct %s.%s at %zu, %zu bytes\\n", "{name}", "{member}", offsetof({name}, {member}), '
            f"sizeof((({name} *)0)->{member}));"
            for member in members
        ]
    program = "\n".join(
        ["#include <stdio.h>", "#include <stddef.h>", f'#include "{header}"', "int main(void) {", *lines, "}", ""]
    )
    with tempfile.TemporaryDirectory() as folder:
        source, compiled = Path(folder) / "layout.c", Path(folder) / "layout"
        source.write_text(program, encoding="utf-8")
        subprocess.run(["cc", "-std=c99", "-o", str(compiled), str(source)], check=True)
        return subprocess.run([str(compiled)], check=True, capture_output=True, text=True).stdout.splitlines()


def symbols(library: Path) -> list[str]:
    """The names that the shared library exports."""
    command = ["nm", "-D", "--defined-only", "--format=posix", str(library)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(line.split()[0].partition("@")[0] for line in lines)


def describe(header: Path, library: Path) -> Iterator[str]:
    """The ABI, one fact per line, on a 64-bit system."""
    header = header.resolve()
    macros = re.findall(r"^#define (TINK_WEBHOOKS_\w+) +\S", header.read_text(encoding="utf-8"), re.MULTILINE)
    constants = [name for name in macros if not VERSION.fullmatch(name) and name != "TINK_WEBHOOKS_MUST_USE"]
    found = declarations(preprocessed(header, "cc", "-dI", "-x", "c", "-std=c99"))
    structs = {}
    for one in found:
        if struct := re.fullmatch(r"typedef struct \w+ \{(.*)\} (\w+);", one):
            members = [member.strip() for member in struct[1].split(";") if member.strip()]
            structs[struct[2]] = [re.findall(r"\(\*\s*(\w+)\)|(\w+)(?:\[\d+\])?$", one)[0] for one in members]
            structs[struct[2]] = [pointer or plain for pointer, plain in structs[struct[2]]]
    yield from evaluated(header, constants, structs)
    yield from sorted(found)
    yield from (f"symbol {name}" for name in symbols(library))
