"""The lists of kinds and reasons that a binding writes out are the core's."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: From here on the codes are of mistakes that only a caller of the C ABI can make.
CALLS = 900


def names_of_codes() -> tuple[set[str], set[str]]:
    """The kinds and the reasons as the core spells them, asked of the C library by their numbers."""
    library = ctypes.CDLL(str(ROOT / "target/capi/lib/libtink_webhooks.so"))
    name, kind = library.tink_webhooks_code_name, library.tink_webhooks_code_kind
    for function in (name, kind):
        function.argtypes, function.restype = [ctypes.c_uint32], ctypes.c_char_p
    codes = [code for code in range(1, CALLS) if name(code) != b"unknown_code"]
    return {kind(code).decode() for code in codes}, {name(code).decode() for code in codes}


KINDS, REASONS = names_of_codes()


def union(name: str) -> set[str]:
    """The members of a union of string literals in the declarations that the Node package is published with."""
    declarations = (ROOT / "bindings-node/dist/errors.d.ts").read_text(encoding="utf-8")
    (members,) = re.findall(rf"^export type {name} = (.*?);$", declarations, re.MULTILINE | re.DOTALL)
    return set(re.findall(r'"(\w+)"', members))


def test_the_list_is_the_whole_table() -> None:
    table = re.findall(r"^\|[^|]*\| `(\w+)` \| \d+ \| \d+ \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert set(table) == REASONS


def test_node_reasons() -> None:
    assert union("Reason") == REASONS


def test_node_kinds() -> None:
    assert union("Kind") == KINDS


def test_node_has_a_class_for_each_kind() -> None:
    """A kind without one would be a plain `WebhookError`. `HandlerError` is not in the table, as it takes an event."""
    source = (ROOT / "bindings-node/dist/errors.js").read_text(encoding="utf-8")
    (table,) = re.findall(r"^const classes = \{(.*?)^\};", source, re.MULTILINE | re.DOTALL)
    assert {*re.findall(r"^ *(\w+): \w+Error,$", table, re.MULTILINE), "handler_failed"} == KINDS


def test_go_codes() -> None:
    source = (ROOT / "bindings-go/errors.go").read_text(encoding="utf-8")
    codes = re.findall(r'^\tErr\w+ +ErrorCode = "(\w+)"$', source, re.MULTILINE)
    assert len(codes) == len(set(codes))
    # The two of its own are of a stream that is used in the wrong way.
    assert set(codes) == KINDS | REASONS | {"invalid_call", "already_finished"}
