"""What programs in Python do to a body: a JSON object of names and hex in, of names, rows and hex out."""

from __future__ import annotations

import base64
import html
import json
import sys
import urllib.parse
from typing import Callable


def dumps(**options: object) -> Callable[[bytes], str]:
    """The parsed body, written again."""
    return lambda body: json.dumps(json.loads(body), **options)  # type: ignore[arg-type]


def as_cp1252(body: bytes) -> str | bytes:
    """Read as Windows-1252, where that has a character for each byte."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body


ROWS: dict[str, Callable[[bytes], str | bytes]] = {
    "json.dumps": dumps(),
    "json.dumps, compact": dumps(separators=(",", ":")),
    "json.dumps, not ASCII": dumps(ensure_ascii=False),
    "json.dumps, compact, not ASCII": dumps(ensure_ascii=False, separators=(",", ":")),
    "json.dumps, sort_keys": dumps(sort_keys=True),
    "json.dumps, sort_keys, compact": dumps(sort_keys=True, separators=(",", ":")),
    "json.dumps, indent": dumps(indent=2),
    "json.dumps, indent 4": dumps(indent=4, ensure_ascii=False),
    "json.dumps of the text": lambda body: json.dumps(body.decode()),
    "str of a dict": lambda body: str(json.loads(body)),
    "str of bytes": str,
    "read as latin-1": lambda body: body.decode("latin-1"),
    "read as cp1252": as_cp1252,
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "utf-8-sig": lambda body: body.decode().encode("utf-8-sig"),
    "html.escape": lambda body: html.escape(body.decode()),
    "html.escape, quotes left": lambda body: html.escape(body.decode(), quote=False),
    "quote_plus": lambda body: urllib.parse.quote_plus(body),
    "urlencode": lambda body: urllib.parse.urlencode({"payload": body}),
    "base64 in lines": base64.encodebytes,
    "a line break": lambda body: body + b"\n",
    "CRLF behind it": lambda body: body + b"\r\n",
    "in a JSON object": lambda body: json.dumps({"payload": json.loads(body.decode())}, ensure_ascii=False),
}

made = {
    name: {
        row: (text.encode() if isinstance(text := distort(bytes.fromhex(body)), str) else text).hex()
        for row, distort in ROWS.items()
    }
    for name, body in json.load(sys.stdin).items()
}
json.dump(made, sys.stdout)
