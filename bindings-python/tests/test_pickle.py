"""Events and errors go through queues."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
import tink_webhooks
from tink_webhooks import (
    Event,
    HandlerError,
    InvalidConfigError,
    InvalidPayloadError,
    WebhookError,
    WebhookHandler,
    _native,
)
from tink_webhooks.testing import signed_delivery

SECRET = "s3cret"
FIELDS = ["type", "name", "data", "context", "user_id", "external_user_id", "timestamp", "raw", "raw_body"]


@pytest.fixture
def hooks() -> WebhookHandler:
    return WebhookHandler(SECRET)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("scheme", ["v1", "body"])
def test_an_event_comes_back_as_it_was(hooks: WebhookHandler, scheme: str, protocol: int) -> None:
    event = hooks.construct_event(*signed_delivery("payment:updated", secret=SECRET, scheme=scheme))
    back = pickle.loads(pickle.dumps(event, protocol))
    assert type(back) is Event
    assert [getattr(back, field) for field in FIELDS] == [getattr(event, field) for field in FIELDS]
    assert back.verification == event.verification
    assert repr(back) == repr(event)


def test_the_time_of_receipt_is_kept(hooks: WebhookHandler) -> None:
    event = hooks.parse_event('{"event":"a:b"}')
    back = pickle.loads(pickle.dumps(event))
    assert (back.timestamp, back.verification) == (event.timestamp, None)


def test_decimals_stay_decimals() -> None:
    event = WebhookHandler(SECRET, float_mode="decimal").parse_event('{"event":"a:b","content":{"amount":23.00}}')
    amount = pickle.loads(pickle.dumps(event)).data["amount"]
    assert isinstance(amount, Decimal)
    assert str(amount) == "23.00"


def test_copies(hooks: WebhookHandler) -> None:
    event = hooks.construct_event(*signed_delivery(secret=SECRET))
    assert copy.copy(event).data == event.data
    deep = copy.deepcopy(event)
    assert deep.data == event.data
    assert deep.data is not event.data


def test_another_process_dispatches_it(hooks: WebhookHandler) -> None:
    event = hooks.construct_event(*signed_delivery("refresh:finished", secret=SECRET))
    code = (
        "import pickle, sys; from tink_webhooks import on, _default\n"
        "on('refresh:finished')(lambda event: print(event.name, event.verification.delivery_id))\n"
        "_default.default.dispatch(pickle.load(sys.stdin.buffer))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(event), capture_output=True, check=True)
    assert event.verification
    assert done.stdout.decode().split() == ["refresh:finished", event.verification.delivery_id]


def test_what_was_added_to_an_error_stays(hooks: WebhookHandler) -> None:
    def fails(event: Event) -> None:
        raise ValueError("one")

    hooks.register_handler("*", fails)
    for call in [lambda: hooks.parse_event(b"[]"), lambda: hooks.dispatch(hooks.parse_event(b'{"event":"a:b"}'))]:
        with pytest.raises(WebhookError) as raised:
            call()
        error = raised.value
        error.request_id = 5
        error.__notes__ = ["noted"]  # what `add_note` does, from Python 3.11 on
        for copied in [pickle.loads(pickle.dumps(error)), copy.copy(error)]:
            assert (type(copied), copied.request_id, copied.__notes__) == (type(error), 5, ["noted"])
            assert (str(copied), copied.reason, copied.hint) == (str(error), error.reason, error.hint)


def test_a_handler_error_too(hooks: WebhookHandler) -> None:
    @hooks.on("*")
    def fails(event: Event) -> None:
        raise ValueError("one")

    with pytest.raises(HandlerError) as raised:
        hooks.handle_webhook(*signed_delivery("account:updated", secret=SECRET))
    back = pickle.loads(pickle.dumps(raised.value))
    assert type(back) is HandlerError
    assert back.event.name == "account:updated"
    assert [str(error) for error in back.errors] == ["one"]
    assert (str(back), back.reason, back.http_status) == (str(raised.value), "handler_failed", 500)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((b"{}", 0, False, None), InvalidPayloadError),
        ((b'{"event":"a:b"', 0, False, None), InvalidPayloadError),
        ((b"\xff", 0, False, None), InvalidPayloadError),
        ((b'{"event":"a:b"}', 2**62, False, None), InvalidConfigError),
        ((b'{"event":"a:b"}', 2**70, False, None), OverflowError),
        (('{"event":"a:b"}', 0, False, None), TypeError),
        ((b'{"event":"a:b"}', 0, False, "v1"), TypeError),
    ],
)
def test_a_spoilt_event_is_an_error(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _native._restore_event(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("v2", None, 0, None),
        ("v1", 1, 0, "short"),
        ("v1", 1, 0, "é" * 16),
        ("v1", None, 0, "0" * 32),
        ("v1", -1, 0, "0" * 32),
        ("v1", 1, 0, None),
        ("body", None, 0, "0" * 32),
    ],
)
def test_so_is_a_spoilt_verification(arguments: Any) -> None:
    with pytest.raises(InvalidConfigError):
        _native._restore_verification(*arguments)


@pytest.mark.parametrize("name", ["_make", "HandlerError", "InvalidSignatureError", "WebhookError"])
def test_pickles_that_name_the_module_of_the_errors_can_be_loaded(name: str) -> None:
    loaded = pickle.loads(f"ctink_webhooks._errors\n{name}\n.".encode())
    assert getattr(tink_webhooks, name, loaded) is loaded
