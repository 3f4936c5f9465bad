"""One half of a pair: ``python_pair.py put PORT LIST`` or ``python_pair.py take PORT LIST...``, over Redis on loopback.

``put`` has the secrets in ``TINK_WEBHOOK_SECRET`` and reads a delivery per line, header TAB body: it verifies each and
puts the event's text on a list. ``take`` has no secret: it runs a handler for every event of the lists, which prints,
with TABs between, the event's type, its time in epoch milliseconds, its key, scheme, secret, time of signing, delivery
and data. What an event does not have is ``-``.
"""

from __future__ import annotations

import json
import os
import sys

import redis
from tink_webhooks import Dispatcher, Event, WebhookHandler

way, port, *lists = sys.argv[1:]
client = redis.Redis(port=int(port), decode_responses=True)


def put() -> None:
    hooks = WebhookHandler(schemes=["v1", "body"])
    for line in sys.stdin.buffer:
        header, _, body = line.rstrip(b"\n").partition(b"\t")
        client.rpush(lists[0], hooks.construct_event(body, header.decode()).serialize())


def take() -> None:
    assert "TINK_WEBHOOK_SECRET" not in os.environ
    work = Dispatcher()

    @work.on("*")
    def show(event: Event) -> None:
        proof = event.verification
        assert proof is not None
        at = round(event.timestamp.timestamp() * 1_000)
        proved = (proof.scheme, proof.secret_index, proof.signed_at, proof.delivery_id)
        fields = (event.type, at, event.idempotency_key, *proved, json.dumps(event.data))
        print(*("-" if one is None else one for one in fields), sep="\t")

    for name in lists:
        for text in client.lrange(name, 0, -1):
            work.dispatch(Event.deserialize(text))


{"put": put, "take": take}[way]()
