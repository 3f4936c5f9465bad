"""One delivery of every event type, for the vectors that hold every binding."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from catalogue import Catalogue, Event

SECRET = "67abc1e08fb64c92b450a13e0876330b"  # noqa: S105 - signs vectors
NOW = 1_700_000_000


def render(catalogue: Catalogue) -> str:
    """The text of the file, two vectors an event; JSON has no comments, so `about` says where it comes from."""
    entries = [entry for event in catalogue.events for entry in (_signed(event), _bare(event))]
    about = (
        "Generated from events/ by `make generate`; do not edit. "
        "One delivery of every event type, registered in both spellings."
    )
    return (
        f'{{ "about": {text(about)},\n  "defaults": {text({"secret": SECRET, "now": NOW})},\n  "vectors": [\n'
        + ",\n".join(entries)
        + "\n  ]\n}\n"
    )


def text(value: Any) -> str:
    """JSON text of one line."""
    return json.dumps(value, ensure_ascii=False)


def _entry(event: Event, bare: bool, handlers: list[str], expect: dict[str, Any]) -> str:
    first = {
        "id": f"event-{event.type.replace('_', '-')}{'-bare' if bare else ''}",
        "why": "the same with a bare signature"
        if bare
        else "a delivery of this type runs handlers of both spellings, then *, and no other",
    }
    second = {
        "op": "handle",
        "handlers": handlers,
        "body": event.example,
        "signature": "{bare}" if bare else f"t={NOW},v1={{v1}}",
    }
    lines = [text(part)[1:-1] for part in (first, second, {"expect": {**_payload(event), **expect}})]
    return "    {" + ",\n     ".join(lines) + "}"


def _signed(event: Event) -> str:
    handlers = [f"{event.name} wire ok", f"{event.type} snake ok", "* any ok", "unknown unknown ok"]
    mac = hmac.new(SECRET.encode(), f"{NOW}.{event.example}".encode(), hashlib.sha256).hexdigest()
    verified = {"scheme": "v1", "signed_at": NOW, "secret_index": 0, "delivery_id": mac[:32]}
    return _entry(event, False, handlers, {**verified, "ran": ["wire", "snake", "any"]})


def _bare(event: Event) -> str:
    return _entry(event, True, [f"{event.type} snake ok"], {"scheme": "body", "secret_index": 0, "ran": ["snake"]})


def _payload(event: Event) -> dict[str, Any]:
    payload = json.loads(event.example)
    data = payload["content" if event.envelope == "events-v2" else "data"]
    context = payload.get("context")
    expect = {"type": event.type, "name": event.name, "data": data, "timestamp": NOW * 1_000}
    if "timestamp" in payload:
        at = datetime.fromisoformat(payload["timestamp"].replace("Z", "+00:00"))
        expect["timestamp"] = round(at.timestamp() * 1_000)
    if context is not None:
        expect["context"] = context
    if event.about["occurrence"]["fields"]:
        body = event.example.encode()
        expect["idempotency_key"] = hashlib.sha256(b"tink-webhooks/key/1\n" + body).hexdigest()[:32]
    for key, name in (("user_id", "userId"), ("external_user_id", "externalUserId")):
        for place in (context or {}, data):
            if place.get(name):
                expect.setdefault(key, place[name])
    return expect
