"""Bodies like a given one, for the timings in Python: with ids of their own, with text that is not ASCII, and dense."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

from tink_webhooks.testing import example_payload

if TYPE_CHECKING:
    from collections.abc import Callable

ID = re.compile("[0-9a-f]{32}")
#: Words and sentences; not names of types, which have no small letters, nor numbers.
TEXT = re.compile("(?=.*[a-z])[A-Za-z].*")


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """The same JSON value with other strings; its keys stay."""
    if isinstance(value, dict):
        return {key: changed(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def several(body: bytes, *, ids_anew: bool, ascii_only: bool) -> list[bytes]:
    """The body, or some like it of which none has an id of another one. Enough for any cache to have forgotten them."""
    payload = json.loads(body)
    source = random.Random(1)  # noqa: S311

    def change(text: str) -> str:
        if ID.fullmatch(text):
            return f"{source.getrandbits(128):032x}" if ids_anew else text
        return text if ascii_only or not TEXT.fullmatch(text) else text[:2] + "äö" + text[4:]

    made = []
    for _ in range(max(3, 200_000 // len(body)) if ids_anew else 1):
        other = {**payload, "content": changed(payload["content"], change)}
        made.append(json.dumps(other, separators=(",", ":"), ensure_ascii=False).encode())
    return made


def dense(length: int) -> bytes:
    """A body of many short strings, numbers and containers, of about this length."""
    insights, payment = example_payload("actionable_insights_created"), example_payload("payment_updated")
    pair = [*insights["content"]["insights"], payment["content"]]
    each = len(json.dumps(pair, separators=(",", ":"))) - 1
    insights["content"]["insights"] = pair * (length // each)
    return json.dumps(insights, separators=(",", ":")).encode()
