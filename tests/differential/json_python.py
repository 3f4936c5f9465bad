"""Python's json: a body in hex per line; answers with the value in canonical form, or `!` and the error.

The canonical form, which `json_node.mjs` and `json_go.go` write too: `z` `t` `f`; `n` and the bits of the double (minus
zero is zero); `s`, the UTF-16 code units in hex, `.`; `[`...`]`; `{` key value ... `}`, sorted by code units.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import Any


def canonical(value: Any) -> str:
    if value is None:
        return "z"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, (int, float)):
        try:
            double = float(value) + 0.0
        except OverflowError:
            double = float("inf") if value > 0 else float("-inf")
        return "n" + struct.pack(">d", double).hex()
    if isinstance(value, str):
        return "s" + value.encode("utf-16-be", "surrogatepass").hex() + "."
    if isinstance(value, list):
        return "[" + "".join(map(canonical, value)) + "]"
    members = sorted((canonical(key), canonical(item)) for key, item in value.items())
    return "{" + "".join(key + item for key, item in members) + "}"


def answer(body: bytes) -> str:
    try:
        value = canonical(json.loads(body.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        return f"!{type(error).__name__}"
    try:
        same = canonical(json.loads(body)) == value
    except (ValueError, RecursionError):
        same = False
    return value if same else "!json.loads of bytes and of text differ"


if __name__ == "__main__":
    for line in sys.stdin:
        print(answer(bytes.fromhex(line)), flush=True)
