"""What adapters say of handlers under `once`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from once_stores import KEY, PAYMENT, SECRET, Counted, fail, steal
from tink_webhooks import Event, HandlerError, Outcome, UnavailableError, WebhookHandler
from tink_webhooks.asgi import WebhookApp as AsgiApp
from tink_webhooks.idempotency import Claim, MemoryStore, once
from tink_webhooks.testing import post, signed_delivery
from tink_webhooks.wsgi import WebhookApp as WsgiApp

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "tests/vectors/adapters/once.json").read_text(encoding="utf-8")
)["vectors"]


class Receiver:
    """An application over a handler object, and its outcomes."""

    def __init__(self, kind: str) -> None:
        self.hooks = WebhookHandler(SECRET)
        self.outcomes: list[Outcome] = []
        make: Any = WsgiApp if kind == "wsgi" else AsgiApp
        self.app = make(self.hooks, on_outcome=lambda outcome, request: self.outcomes.append(outcome))

    def post(self, name: str = "payment:updated") -> tuple[int, str, str]:
        answer = post(self.app, signed_delivery(name, secret=SECRET))
        return answer.status, answer.body.decode().strip(), self.outcomes[-1].outcome


@pytest.fixture(params=["wsgi", "asgi"])
def receiver(request: pytest.FixtureRequest) -> Receiver:
    return Receiver(request.param)


def test_a_duplicate_is_said_to_be_one(receiver: Receiver) -> None:
    ran: list[Event] = []
    receiver.hooks.on("payment:updated")(once(MemoryStore(), "book")(ran.append))
    assert receiver.post() == (200, "ok", "handled")
    assert receiver.post() == (200, "ok", "duplicate")
    assert len(ran) == 1
    assert (receiver.outcomes[-1].kind, receiver.outcomes[-1].error) == (None, None)
    receiver.hooks.on("*")(lambda event: None)
    assert receiver.post() == (200, "ok", "handled"), "one handler has run"


def test_in_progress_and_a_store_that_is_away_answer_503(receiver: Receiver) -> None:
    store = Counted()
    receiver.hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    store.claim("book", KEY, "another", 60)
    assert receiver.post() == (503, "in_progress", "in_progress")
    store.fails["claim"] = 1
    assert receiver.post() == (503, "store_unavailable", "failed")
    error = receiver.outcomes[-1].error
    assert isinstance(error, HandlerError)
    assert (error.kind, [type(one) for one in error.errors]) == ("unavailable", [UnavailableError])
    assert error.event.name == "payment:updated"


def test_another_failure_beside_it_answers_500(receiver: Receiver) -> None:
    store = Counted()
    receiver.hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    receiver.hooks.on("payment:updated")(fail)
    store.claim("book", KEY, "another", 60)
    assert receiver.post() == (500, "handler_failed", "failed")


class Answers(MemoryStore):
    """Answers every claim in the same way."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        if self.what == "store_unavailable":
            raise ConnectionError("away")
        if self.what in ("done", "in_progress"):
            return Claim("done" if self.what == "done" else "busy", 60)
        return super().claim(scope, key, token, lease)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_what_is_answered_in_every_language(receiver: Receiver, vector: dict[str, Any]) -> None:
    for number, what in enumerate(vector["handlers"]):

        def handler(event: Event, what: str = what) -> None:
            if what == "fail":
                raise ValueError("no such account")

        receiver.hooks.on("payment:updated")(once(Answers(what), f"scope {number}", wait=0)(handler))
    assert receiver.post() == tuple(vector["expect"][name] for name in ("status", "reason", "outcome"))


def test_a_lost_commit_is_in_the_outcome(receiver: Receiver) -> None:
    store = Counted()

    receiver.hooks.on("payment:updated")(once(store, "book")(lambda event: steal(store)))
    receiver.hooks.on("refresh:finished")(once(store, "look")(lambda event: None))
    assert receiver.post() == (200, "ok", "handled")
    assert receiver.outcomes[-1].commit_lost
    receiver.post("refresh:finished")
    assert not receiver.outcomes[-1].commit_lost


def test_a_handler_error_of_this_kind_survives_pickling() -> None:
    import pickle

    store = Counted()
    hooks = WebhookHandler(SECRET)
    hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    store.claim("book", KEY, "another", 60)
    with pytest.raises(HandlerError) as caught:
        hooks.dispatch(PAYMENT)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.kind, again.reason, again.http_status) == ("unavailable", "in_progress", 503)
