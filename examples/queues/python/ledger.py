"""What the workers do for an event: they tell the ledger, another service, whose address is in LEDGER_URL."""

from __future__ import annotations

import json
import os
from urllib.request import Request, urlopen

from tink_webhooks import Event

LEDGER = os.environ.get("LEDGER_URL", "http://127.0.0.1:9000/")


def book(event: Event) -> None:
    """Books an event. A service that takes such keys drops what is booked again after a kill."""
    verified = event.verification
    entry = {
        "type": event.type,
        "key": event.idempotency_key,
        "timestamp": event.timestamp.isoformat(),
        "signed_at": verified and verified.signed_at,
        "delivery_id": verified and verified.delivery_id,
        "data": event.data,
    }
    headers = {"Content-Type": "application/json"}
    if event.idempotency_key is not None:
        headers["Idempotency-Key"] = event.idempotency_key
    with urlopen(Request(LEDGER, json.dumps(entry).encode(), headers), timeout=60):
        pass  # where the status is no 2xx it has raised
