"""This library and others in Python: ``python_bench.py ROUNDS SECRET BODY…`` prints JSON per case and body."""

from __future__ import annotations

import base64
import gc
import hashlib
import hmac
import json
import sys
import time
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import standardwebhooks
import stripe
from python_peers import stripe_json
from tink_webhooks import WebhookHandler, generate_signature

if TYPE_CHECKING:
    from collections.abc import Callable


def cases(secret: str, body: bytes) -> dict[str, Callable[[], Any]]:
    """The cases to time."""
    header = generate_signature(body, secret)
    t, v1 = header[2:12], header[16:]
    key = secret.encode()
    hooks = WebhookHandler(secret, schemes=["v1"])
    standard = standardwebhooks.Webhook(base64.b64encode(key).decode())
    now = datetime.now(timezone.utc)
    standard_headers = {
        "webhook-id": "id",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": standard.sign("id", now, body.decode()),
    }

    def stdlib() -> None:
        mac = hmac.new(key, f"{t}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mac, v1):
            raise ValueError

    def digest() -> None:
        mac = hmac.digest(key, f"{t}.".encode() + body, "sha256")
        if not hmac.compare_digest(mac, bytes.fromhex(v1)):
            raise ValueError

    found = {
        "verify": lambda: hooks.verify_signature(body, header),
        "construct": lambda: hooks.construct_event(body, header),
        "construct, data read": lambda: hooks.construct_event(body, header).data,
        "stripe verify_header + json.loads": partial(stripe_json, body, header, secret),
        "stripe Webhook.construct_event": lambda: stripe.Webhook.construct_event(body, header, secret),
        "standardwebhooks verify": lambda: standard.verify(body, standard_headers),
        "hmac.new + compare_digest + json.loads": lambda: (stdlib(), json.loads(body)),
        "hmac.digest + compare_digest + orjson.loads": lambda: (digest(), orjson.loads(body)),
    }
    for count in [1, 10, 100]:
        many = WebhookHandler(secret, schemes=["v1"])
        for _ in range(count):
            many.register_handler("*", lambda event: event.type)
        found[f"handle, {count} handlers"] = lambda many=many: many.handle_webhook(body, header)
    return found


def main() -> None:
    """Runs the cases in turns; the first rounds are not counted."""
    rounds, secret, *paths = sys.argv[1:]
    gc.disable()  # a collection would hit one case at random
    for path in paths:
        body = Path(path).read_bytes()
        timed = cases(secret, body)
        for name, case in list(timed.items()):
            try:
                case()
            except Exception as error:
                print(f"left out: {name} at {len(body)} bytes: {type(error).__name__}: {error}"[:200], file=sys.stderr)
                del timed[name]
        calls = max(3, 400_000 // (len(body) + 500))
        samples: dict[str, list[float]] = {name: [] for name in timed}
        for round_number in range(int(rounds) + 2):
            for name, case in timed.items():
                start = time.perf_counter_ns()
                for _ in range(calls):
                    case()
                if round_number >= 2:
                    samples[name].append((time.perf_counter_ns() - start) / calls)
            gc.collect()
        for name, taken in samples.items():
            print(json.dumps({"case": name, "bytes": len(body), "ns": taken}), flush=True)


main()
