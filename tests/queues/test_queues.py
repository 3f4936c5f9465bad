"""Queues of examples/queues/ with their real servers, all of them with ``TEST_ALL=1``.

Events come out as they went in, and are handled once. A worker runs in a process without the secret. What it does is
counted by a service that the test is.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from ledger_server import Ledger
from programs import OTHER_SECRET, QUEUES, ROOT, SECRET, Running, running
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.testing import SignedDelivery, signed_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

numbers = itertools.count(1)
hooks = WebhookHandler([SECRET, OTHER_SECRET])
#: Every type of the catalogue.
TYPES = sorted(path.stem for path in (ROOT / "events").glob("*.yaml") if path.stem != "shared")


@pytest.fixture(scope="module", params=QUEUES, ids=lambda queue: queue.name)
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp(request.param.name)
    with contextlib.closing(Ledger()) as ledger, running(request.param, ledger, folder) as one:
        yield one


@pytest.fixture
def ledger(started: Running) -> Ledger:
    started.ledger.forget()
    return started.ledger


def send(started: Running, delivery: SignedDelivery) -> Event:
    """Delivers it, and gives the event that the receiver has made of it."""
    connection = http.client.HTTPConnection("127.0.0.1", started.port, timeout=30)
    connection.request("POST", "/webhooks/tink", delivery.body, delivery.headers)
    assert connection.getresponse().status == 200
    connection.close()
    return hooks.construct_event(*delivery)


def payment(number: int | None = None, secret: str = SECRET) -> SignedDelivery:
    """A new one, or one that was there."""
    return signed_delivery("payment:updated", secret=secret, data={"id": f"payment-{number or next(numbers)}"})


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


def are_equal(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> bool:
    """In any order. A number is the same as 23 and as 23.0."""
    left = list(others)
    for one in some:
        if one not in left:
            print("not expected, or once more than expected:", one)
            return False
        left.remove(one)
    return not left


def test_every_event_comes_out_as_it_went_in_and_copies_are_handled_once(started: Running, ledger: Ledger) -> None:
    events = []
    for name in TYPES:
        event = send(started, delivery := signed_delivery(name, secret=SECRET))
        send(started, delivery)
        # A signal always runs.
        events += [event] if event.idempotency_key else [event, event]
    assert len(TYPES) < len(events) < 2 * len(TYPES)
    copies = [send(started, payment(number := next(numbers)))]
    copies += [send(started, payment(number, OTHER_SECRET)) for _ in range(3)]
    events.append(send(started, payment()))  # handled after all others, or nearly
    entries = [seen(entry) for entry in ledger.wait_for(len(events) + 1)]
    # A worker that has several jobs at once may begin with any of the copies.
    (one,) = [entry for entry in entries if entry["key"] == copies[0].idempotency_key]
    assert one in [expected(copy) for copy in copies]
    entries.remove(one)
    assert are_equal(entries, [expected(event) for event in events])


def test_a_handler_that_failed_runs_again(started: Running, ledger: Ledger) -> None:
    ledger.refuse(2)
    event = send(started, payment())
    assert [entry["key"] for entry in ledger.wait_for(1)] == [event.idempotency_key]
    assert ledger.refused == 2


def test_a_worker_is_killed_between_claim_and_commit(started: Running, ledger: Ledger) -> None:
    ledger.hold()
    event = send(started, payment(number := next(numbers)))
    ledger.wait_for_held()
    started.kill_worker()
    ledger.let_go()
    # Nothing brings it back but the queue.
    entries = ledger.wait_for(1, started.queue.seconds)
    assert [entry["key"] for entry in entries] == [event.idempotency_key]
    send(started, payment(number, OTHER_SECRET))
    other = send(started, payment())
    assert [entry["key"] for entry in ledger.wait_for(2)] == [event.idempotency_key, other.idempotency_key]
