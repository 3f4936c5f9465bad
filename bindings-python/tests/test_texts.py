"""Events as text, idempotency keys, and a dispatcher without a secret."""

from __future__ import annotations

import asyncio
import base64
import copy
import gc
import json
import pickle
import weakref
from decimal import Decimal
from typing import Any

import pytest
import tink_webhooks
from kombu.utils import json as kombu_json
from tink_webhooks import (
    Dispatcher,
    Event,
    HandlerError,
    InvalidConfigError,
    InvalidPayloadError,
    WebhookHandler,
    _native,
    generate_signature,
)
from tink_webhooks.testing import signed_delivery

SECRET = "s3cret"
FIELDS = ["type", "name", "data", "context", "user_id", "external_user_id", "timestamp", "raw", "raw_body"]


@pytest.fixture
def event() -> Event:
    return WebhookHandler(SECRET).construct_event(*signed_delivery("payment:updated", secret=SECRET))


def same(one: Event, other: Event) -> bool:
    return all(getattr(one, field) == getattr(other, field) for field in [*FIELDS, "verification", "idempotency_key"])


@pytest.mark.parametrize(
    "kind", [str, str.encode, lambda text: bytearray(text.encode()), lambda text: memoryview(text.encode())]
)
def test_the_text_gives_the_event_back(event: Event, kind: Any) -> None:
    text = event.serialize()
    assert json.loads(text)["body"] == event.raw_body.decode()
    assert same(Event.deserialize(kind(text)), event)


def test_the_float_mode_is_chosen_where_it_is_read() -> None:
    text = WebhookHandler(SECRET).parse_event('{"event":"a:b","content":{"amount":23.00}}').serialize()
    assert Event.deserialize(text).data == {"amount": 23.0}
    amount = Event.deserialize(text, float_mode="decimal").data["amount"]
    assert isinstance(amount, Decimal)
    assert str(amount) == "23.00"
    with pytest.raises(InvalidConfigError):
        Event.deserialize(text, float_mode="double")  # type: ignore[arg-type]


def test_what_is_no_text_of_an_event(event: Event) -> None:
    for wrong in (None, 5, {"version": 2}, event):
        with pytest.raises(TypeError, match=r"Event\.deserialize takes the text"):
            Event.deserialize(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidConfigError) as refused:
        Event.deserialize('{"hidden":1}')
    assert refused.value.reason == "invalid_option"
    assert "hidden" not in str(refused.value)
    with pytest.raises(InvalidPayloadError) as surrogate:
        Event.deserialize("\ud800")
    assert surrogate.value.reason == "invalid_utf8"


def test_pickles_are_the_text(event: Event) -> None:
    function, arguments = event.__reduce__()  # type: ignore[misc]
    assert (function, arguments) == (_native._deserialize_event, (event.serialize(), False))
    assert same(pickle.loads(pickle.dumps(event)), event)
    assert same(copy.deepcopy(event), event)


#: `pickle.dumps(event, 4)` as the package wrote it before its events had a text: a `v1` delivery under the second
#: secret, and a bare one with `float_mode="decimal"`.
PICKLES_OF_BEFORE = [
    (
        "gASV2AAAAAAAAACMFXRpbmtfd2ViaG9va3MuX25hdGl2ZZSMDl9yZXN0b3JlX2V2ZW50lJOUKENLeyJldmVudCI6InBheW1l"
        "bnQ6dXBkYXRlZCIsImNvbnRlbnQiOnsiaWQiOiJwMSIsInVwZGF0ZWQiOjEsImFtb3VudCI6Mi41MH19lIoGAKjadpsBiWgA"
        "jBVfcmVzdG9yZV92ZXJpZmljYXRpb26Uk5QojAJ2MZRKALlVaUsBjCBiMWU3ZGI5MzRlYmIyNWZhNjQ2YzJjOWU1YmU1NzJj"
        "YZR0lFKUdJRSlC4=",
        "v1",
    ),
    (
        "gASVtAAAAAAAAACMFXRpbmtfd2ViaG9va3MuX25hdGl2ZZSMDl9yZXN0b3JlX2V2ZW50lJOUKENLeyJldmVudCI6InBheW1l"
        "bnQ6dXBkYXRlZCIsImNvbnRlbnQiOnsiaWQiOiJwMSIsInVwZGF0ZWQiOjEsImFtb3VudCI6Mi41MH19lIoGAKjadpsBiGgA"
        "jBVfcmVzdG9yZV92ZXJpZmljYXRpb26Uk5QojARib2R5lE5LAU50lFKUdJRSlC4=",
        "body",
    ),
]


@pytest.mark.parametrize(("pickled", "scheme"), PICKLES_OF_BEFORE, ids=["v1", "body"])
def test_pickles_of_before_are_read(pickled: str, scheme: str) -> None:
    back = pickle.loads(base64.b64decode(pickled))
    body = b'{"event":"payment:updated","content":{"id":"p1","updated":1,"amount":2.50}}'
    assert (type(back), back.raw_body, back.timestamp.timestamp()) == (Event, body, 1767225600)
    assert (back.verification.scheme, back.verification.secret_index) == (scheme, 1)
    assert type(back.data["amount"]) is (float if scheme == "v1" else Decimal)
    # Pickled again it has the text, and says the same.
    again = pickle.loads(pickle.dumps(back))
    assert same(again, back)
    assert type(again.data["amount"]) is type(back.data["amount"])


def test_json_refuses_an_event_loudly(event: Event) -> None:
    for dumps in (json.dumps, kombu_json.dumps):
        with pytest.raises(TypeError, match="not JSON serializable"):
            dumps({"event": event})


def test_kombu_takes_events_once_it_knows_them(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("_encoders", "_decoders"):
        monkeypatch.setattr(kombu_json, table, dict(getattr(kombu_json, table)))
    kombu_json.register_type(Event, "tink_webhooks.Event", Event.serialize, Event.deserialize)
    message = kombu_json.dumps([[event], {}, {"chain": None}])
    back = kombu_json.loads(message)[0][0]
    assert type(back) is Event
    assert same(back, event)
    del kombu_json._decoders["tink_webhooks.Event"]
    with pytest.raises(ValueError, match="Unsupported type"):
        kombu_json.loads(message)


def test_keys_are_for_occurrences(event: Event) -> None:
    key = event.idempotency_key
    assert key is not None
    assert len(key) == 32
    header = generate_signature(event.raw_body, "other")
    again = WebhookHandler("other").construct_event(event.raw_body, header)
    assert again.idempotency_key == key
    assert (
        WebhookHandler(SECRET).construct_event(*signed_delivery("account:updated", secret=SECRET)).idempotency_key
        is None
    )


def test_a_dispatcher_needs_no_secret(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
    worker, ran = Dispatcher(), []

    @worker.on("payment:updated")
    def updated(event: Event) -> None:
        ran.append(event.name)

    @worker.on("*")
    def fails(event: Event) -> None:
        raise ValueError("away")

    with pytest.raises(HandlerError) as failed:
        worker.dispatch(Event.deserialize(event.serialize()))
    assert (ran, failed.value.event.name) == (["payment:updated"], "payment:updated")
    assert worker.get_handlers() == {"payment_updated": [updated], "*": [fails]}
    worker.unregister_handlers("*")
    worker.dispatch(event)
    assert repr(worker) == "<Dispatcher with 1 handlers>"
    with pytest.raises(InvalidConfigError):
        worker.on("payment:update")(updated)


def test_a_dispatcher_awaits_coroutines(event: Event) -> None:
    worker, ran = Dispatcher(), []

    @worker.on("payment:updated")
    async def updated(event: Event) -> None:
        await asyncio.sleep(0)
        ran.append(event.name)

    asyncio.run(worker.dispatch_async(event))
    assert ran == ["payment:updated"]
    with pytest.raises(InvalidConfigError, match="coroutine function"):
        worker.dispatch(event)


def test_a_dispatcher_verifies_nothing(event: Event) -> None:
    worker = Dispatcher()
    for name in (
        "construct_event",
        "parse_event",
        "verify_signature",
        "handle_webhook",
        "max_body_bytes",
        "_configure",
    ):
        assert not hasattr(worker, name)
    with pytest.raises(TypeError):
        worker.dispatch(event.serialize())  # type: ignore[arg-type]


def test_a_handler_object_is_a_dispatcher_that_also_verifies() -> None:
    hooks = WebhookHandler(SECRET)
    assert isinstance(hooks, Dispatcher)
    assert repr(hooks) == "<WebhookHandler with 0 handlers>"

    def register(handlers: Dispatcher) -> None:
        handlers.on("payment:updated")(print)

    register(hooks)
    assert hooks.get_handlers() == {"payment_updated": [print]}


@pytest.mark.parametrize("make", [Dispatcher, lambda: WebhookHandler(SECRET)])
def test_cycles_are_collected(make: Any) -> None:
    hooks = make()
    hooks.on("*")(lambda event: hooks)
    gone = weakref.ref(hooks)
    del hooks
    gc.collect()
    assert gone() is None


def test_it_is_public() -> None:
    assert tink_webhooks.Dispatcher is Dispatcher
    assert Dispatcher.__module__ == "tink_webhooks"
