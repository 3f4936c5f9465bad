"""This library and others in Python: ``python_bench.py ROUNDS SECRET BODY…`` prints JSON per case and body."""

from __future__ import annotations

import base64
import gc
import hashlib
import hmac
import itertools
import json
import random
import sys
import threading
import time
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import standardwebhooks
import stripe
from floor import Floor
from python_bodies import dense, several
from python_peers import by_hand, digest, stripe_json
from tink_webhooks import WebhookHandler, generate_signature

if TYPE_CHECKING:
    from collections.abc import Callable

READ = "construct, data read"
HAND = "hmac.digest + compare_digest + orjson.loads"
#: The fewest bytes of a body that is verified without the GIL, and so by two threads at once.
WITHOUT_GIL = 2_048


def digest_one_of(keys: list[bytes], body: bytes, header: str) -> None:
    """The check by hand under several keys."""
    message, claimed = f"{header[2:12]}.".encode() + body, bytes.fromhex(header[16:])
    if not any([hmac.compare_digest(hmac.digest(key, message, "sha256"), claimed) for key in keys]):  # noqa: C419
        raise ValueError


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

    found = {
        "empty call": partial(Floor(secret).empty, body, header),
        "verify": lambda: hooks.verify_signature(body, header),
        "hmac.digest + compare_digest": lambda: digest(key, body, header),
        "construct": lambda: hooks.construct_event(body, header),
        READ: lambda: hooks.construct_event(body, header).data,
        "stripe verify_header + json.loads": partial(stripe_json, body, header, secret),
        "stripe Webhook.construct_event": lambda: stripe.Webhook.construct_event(body, header, secret),
        "standardwebhooks verify": lambda: standard.verify(body, standard_headers),
        "hmac.new + compare_digest + json.loads": lambda: (stdlib(), json.loads(body)),
        HAND: lambda: by_hand(key, body, header),
    }
    bodies = {
        "not ASCII": several(body, ids_anew=False, ascii_only=False),
        "ids never repeat": several(body, ids_anew=True, ascii_only=True),
        "not ASCII, ids never repeat": several(body, ids_anew=True, ascii_only=False),
        **({"dense": [dense(len(body))]} if len(body) > 100_000 else {}),
    }
    for name, others in bodies.items():
        signed = [(other, generate_signature(other, secret)) for other in others]
        ours, hand = (itertools.cycle(signed).__next__ for _ in range(2))
        found[f"{READ}, {name}"] = lambda following=ours: hooks.construct_event(*following()).data
        found[f"{HAND}, {name}"] = lambda following=hand: by_hand(key, *following())
    for count in [2, 4]:
        # The right secret is the last, so every other is tried first.
        secrets = [*(f"other-{index}" for index in range(count - 1)), secret]
        found[f"verify, {count} secrets"] = partial(
            WebhookHandler(secrets, schemes=["v1"]).verify_signature, body, header
        )
        found[f"hmac.digest + compare_digest, {count} secrets"] = partial(
            digest_one_of, [other.encode() for other in secrets], body, header
        )
    for count in [1, 10, 100]:
        many = WebhookHandler(secret, schemes=["v1"])
        for _ in range(count):
            many.register_handler("*", lambda event: event.type)
        event, plain = many.construct_event(body, header), many.get_handlers()["*"]
        found[f"dispatch, {count} handlers"] = partial(many.dispatch, event)
        found[f"plain loop, {count} handlers"] = partial(loop, plain, event)
        found[f"handle, {count} handlers"] = lambda many=many: many.handle_webhook(body, header)
    return found


def loop(handlers: list[Callable[[Any], Any]], event: Any) -> None:
    """What a dispatch is compared with."""
    for handler in handlers:
        handler(event)


def on_threads(hooks: list[WebhookHandler], bodies: list[bytes], headers: list[str], calls: int) -> float:
    """Nanoseconds a call of threads of which each has a handler object and a body, which may be the same ones."""
    start = threading.Barrier(len(hooks) + 1)

    def run(construct: Callable[[bytes, str], Any], body: bytes, header: str) -> None:
        start.wait()
        for _ in range(calls):
            construct(body, header)

    threads = [
        threading.Thread(target=run, args=(one.construct_event, body, header))
        for one, body, header in zip(hooks, bodies, headers)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter_ns()
    for thread in threads:
        thread.join()
    return (time.perf_counter_ns() - began) / (calls * len(hooks))


def scaling(rounds: int, secret: str, body: bytes, calls: int) -> dict[str, list[float]]:
    """One thread and two: with one handler object and one body for all, and with nothing that they share."""
    samples: dict[str, list[float]] = {}
    header = generate_signature(body, secret)
    for _ in range(rounds):
        for count in [1, 2]:
            shared = [WebhookHandler(secret, schemes=["v1"])] * count
            own = [WebhookHandler(secret, schemes=["v1"]) for _ in range(count)]
            copies = [bytes(bytearray(body)) for _ in range(count)]
            headers = [header[:2] + header[2:] for _ in range(count)]
            for name, taken in [
                (f"construct, {count} threads", on_threads(shared, [body] * count, [header] * count, calls)),
                (f"construct, nothing shared, {count} threads", on_threads(own, copies, headers, calls)),
            ]:
                samples.setdefault(name, []).append(taken)
    return samples


def timed(rounds: int, secret: str, body: bytes) -> dict[str, list[float]]:
    """Runs the cases in turns; the first rounds are not counted."""
    every = cases(secret, body)
    for name, case in list(every.items()):
        try:
            case()
        except Exception as error:
            print(f"left out: {name} at {len(body)} bytes: {type(error).__name__}: {error}"[:200], file=sys.stderr)
            del every[name]
    calls = max(3, 400_000 // (len(body) + 500))
    floor, header = Floor(secret), generate_signature(body, secret)
    samples: dict[str, list[float]] = {name: [] for name in [*every, "core's construct, in Rust"]}
    for round_number in range(rounds + 2):
        taken = {"core's construct, in Rust": floor.construct(body, header, calls) / calls}
        # What the case before has left in memory and in the processor's caches is not to be measured.
        for name, case in random.Random(round_number).sample(list(every.items()), len(every)):  # noqa: S311
            case()
            start = time.perf_counter_ns()
            for _ in range(calls):
                case()
            taken[name] = (time.perf_counter_ns() - start) / calls
        if round_number >= 2:
            for name, ns in taken.items():
                samples[name].append(ns)
        gc.collect()
    floors = zip(samples["core's construct, in Rust"], samples["empty call"])
    samples["core's construct and an empty call"] = [core + call for core, call in floors]
    if len(body) >= WITHOUT_GIL:
        samples |= scaling(max(5, min(rounds, 9)), secret, body, calls * 20)
    return samples


def used_memory() -> list[bytes]:
    """Objects that are spread over some 15 MB, as in a program that has run for a while.

    Without them it would depend on chance whether what one case frees is given back to the system, and then fetched
    anew page by page in each of its rounds.
    """
    filled = [bytes(size) for size in range(0, 480, 16) for _ in range(15_000_000 // 30 // (size + 33))]
    return filled[::100]


def main() -> None:
    """Prints what was measured."""
    rounds, secret, *paths = sys.argv[1:]
    gc.disable()  # a collection would hit one case at random
    kept = used_memory()
    for path in paths:
        body = Path(path).read_bytes()
        for name, taken in timed(int(rounds), secret, body).items():
            print(json.dumps({"case": name, "bytes": len(body), "ns": taken}), flush=True)
    del kept


main()
