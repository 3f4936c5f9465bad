"""Every queue of examples/queues/ with its real server: events come out as they went in, and are handled once.

A worker runs in a process without the secret. What it does is counted by a service that the test is.
"""

from __future__ import annotations

import http.client
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from ledger_server import Ledger
from programs import OTHER_SECRET, QUEUES, SECRET, Queue, Running, running
from tink_webhooks import EVENT_TYPES, Event, WebhookHandler
from tink_webhooks.testing import SignedDelivery, example_payload, signed_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

hooks = WebhookHandler([SECRET, OTHER_SECRET])


@pytest.fixture(params=QUEUES, ids=lambda queue: queue.name)
def queue(request: pytest.FixtureRequest) -> Queue:
    found: Queue = request.param
    return found


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    made = Ledger()
    yield made
    made.close()


@pytest.fixture
def started(queue: Queue, ledger: Ledger, tmp_path: Any) -> Iterator[Running]:
    with running(queue, ledger.url, tmp_path) as one:
        yield one


def send(started: Running, delivery: SignedDelivery) -> Event:
    """Delivers it, and gives the event that the receiver has made of it."""
    connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=30)
    connection.request("POST", "/webhooks/tink", delivery.body, delivery.headers)
    assert connection.getresponse().status == 200
    connection.close()
    return hooks.construct_event(*delivery)


def payment(number: int, secret: str = SECRET) -> SignedDelivery:
    payload = example_payload("payment:updated")
    payload["content"]["id"] = f"payment-{number}"
    return signed_delivery("payment:updated", secret=secret, payload=payload)


def seen(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry, its time without its language's way to write it."""
    at = datetime.fromisoformat(entry["timestamp"].replace("Z", "+00:00"))
    return {**entry, "timestamp": round(at.timestamp() * 1_000)}


def expected(event: Event) -> dict[str, Any]:
    assert event.verification is not None
    return {
        "type": event.type,
        "key": event.idempotency_key,
        "timestamp": round(event.timestamp.timestamp() * 1_000),
        "signed_at": event.verification.signed_at,
        "delivery_id": event.verification.delivery_id,
        "data": event.data,
    }


def in_order(entries: Any) -> list[str]:
    return sorted(json.dumps(entry, sort_keys=True) for entry in entries)


def test_every_event_comes_out_as_it_went_in_and_copies_are_handled_once(started: Running, ledger: Ledger) -> None:
    events = []
    for name in EVENT_TYPES:
        event = send(started, delivery := signed_delivery(name, secret=SECRET))
        events.append(event)
        send(started, delivery)
        if event.idempotency_key is None:
            events.append(event)  # a signal always runs
    for number in range(3):
        copy = payment(1, OTHER_SECRET if number else SECRET)
        send(started, copy)
    # Handled after all others.
    last = send(started, payment(2))
    entries = ledger.wait_for(len(events) + 2)
    assert entries[-1]["key"] == last.idempotency_key
    booked = [entry for entry in entries[:-1] if entry["data"].get("id") != "payment-1"]
    assert in_order(map(seen, booked)) == in_order(map(expected, events))
    assert len(entries) == len(events) + 2


def test_a_handler_that_failed_runs_again(started: Running, ledger: Ledger) -> None:
    ledger.refuse(2)
    event = send(started, payment(1))
    assert [entry["key"] for entry in ledger.wait_for(1)] == [event.idempotency_key]
    assert ledger.refused == 2


def test_a_worker_is_killed_between_claim_and_commit(started: Running, ledger: Ledger) -> None:
    ledger.hold()
    event = send(started, payment(1))
    ledger.wait_for_held()
    if started.queue.has_children:
        started.kill_child()
    else:
        started.worker.kill()
        started.worker.start()
    ledger.let_go()
    copy = send(started, payment(1, OTHER_SECRET))
    after = send(started, payment(2))
    entries = ledger.wait_for(2)
    assert sorted(entry["key"] for entry in entries) == sorted([event.idempotency_key, after.idempotency_key])
    assert copy.idempotency_key == event.idempotency_key
