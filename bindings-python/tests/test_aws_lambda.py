"""The Lambda function with the events that AWS sends."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.aws_lambda import webhook_function
from tink_webhooks.testing import SignedDelivery, signed_delivery

SECRET = "s3cret"
#: The Node package's tests read them too.
SHARED = json.loads(
    (Path(__file__).resolve().parents[2] / "tests/vectors/adapters/lambda.json").read_text(encoding="utf-8")
)


def rest(delivery: SignedDelivery) -> dict[str, Any]:
    """API Gateway, payload format 1.0."""
    return {
        "resource": "/webhooks/tink",
        "path": "/webhooks/tink",
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json", "X-Tink-Signature": delivery.signature},
        "multiValueHeaders": {"X-Tink-Signature": [delivery.signature]},
        "requestContext": {"httpMethod": "POST", "stage": "prod"},
        "body": delivery.body.decode(),
        "isBase64Encoded": False,
    }


def http(delivery: SignedDelivery) -> dict[str, Any]:
    """API Gateway and function URLs, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/tink",
        "rawPath": "/webhooks/tink",
        "headers": {"content-type": "application/json", "x-tink-signature": delivery.signature},
        "requestContext": {"http": {"method": "POST", "path": "/webhooks/tink"}},
        "body": delivery.body.decode(),
        "isBase64Encoded": False,
    }


def balancer(delivery: SignedDelivery) -> dict[str, Any]:
    """A load balancer that sends headers with several values."""
    return {
        "requestContext": {"elb": {}},
        "httpMethod": "POST",
        "path": "/",
        "multiValueHeaders": {"x-tink-signature": [delivery.signature]},
        "body": base64.b64encode(delivery.body).decode(),
        "isBase64Encoded": True,
    }


def encoded(delivery: SignedDelivery) -> dict[str, Any]:
    """A body in base64."""
    return {**http(delivery), "body": base64.b64encode(delivery.body).decode(), "isBase64Encoded": True}


@pytest.fixture
def ran() -> list[str]:
    return []


@pytest.fixture
def function(ran: list[str]) -> Any:
    hooks = WebhookHandler(SECRET, max_body_bytes=2_000)
    hooks.register_handler("*", lambda event: ran.append(event.data["displayMessage"]))
    return webhook_function(hooks)


@pytest.mark.parametrize("form", [rest, http, balancer, encoded], ids=lambda form: form.__name__)
def test_every_form(function: Any, ran: list[str], form: Any) -> None:
    delivery = signed_delivery("refresh:finished", secret=SECRET, data={"displayMessage": "användare ✓"})
    answer = function(form(delivery), None)
    assert answer["statusCode"] == 200
    assert answer["body"] == "ok\n"
    assert answer["isBase64Encoded"] is False
    assert ran == ["användare ✓"]


@pytest.mark.parametrize("form", [rest, http, balancer], ids=lambda form: form.__name__)
def test_refusals(function: Any, form: Any) -> None:
    forged = signed_delivery("refresh:finished", secret="another")
    assert function(form(forged), None)["body"] == "signature_mismatch\n"
    failing = signed_delivery("account:updated", secret=SECRET)  # whose data have no displayMessage
    assert function(form(failing), None)["statusCode"] == 500


def test_bodies(function: Any) -> None:
    delivery = signed_delivery("refresh:finished", secret=SECRET)
    for body, base64_encoded, status, text in [
        (None, False, 401, "signature_mismatch\n"),
        ({"event": "refresh:finished"}, False, 500, "invalid_option\n"),
        ("A" * 4_000, True, 413, "body_too_large\n"),
        ("A" * 2_001, False, 413, "body_too_large\n"),
        ("A", True, 408, "unreadable_body\n"),
        ("é", True, 408, "unreadable_body\n"),
    ]:
        answer = function({**http(delivery), "body": body, "isBase64Encoded": base64_encoded}, None)
        assert (answer["statusCode"], answer["body"]) == (status, text)


def test_no_header(function: Any) -> None:
    event = http(signed_delivery("refresh:finished", secret=SECRET))
    for headers in [None, {}]:
        assert function({**event, "headers": headers}, None)["body"] == "missing_signature\n"


def test_another_method(function: Any) -> None:
    event = {**rest(signed_delivery(secret=SECRET)), "httpMethod": "GET"}
    answer = function(event, None)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")


def test_an_event_that_is_no_request(function: Any) -> None:
    for event in [{"Records": []}, {"requestContext": {"http": {}}}, {"requestContext": "x"}, [], "x", None]:
        with pytest.raises(TypeError, match="proxy integration"):
            function(event, None)


def test_the_hook() -> None:
    seen: list[Any] = []
    function = webhook_function(
        WebhookHandler(SECRET), on_error=lambda error, event: seen.append((error.reason, event))
    )
    event = http(SignedDelivery(b"{}", ""))
    function(event, None)
    assert seen == [("missing_signature", event)]


def test_handlers_that_are_coroutines_are_refused(function: Any) -> None:
    hooks = WebhookHandler(SECRET)

    @hooks.on("*")
    async def later(event: Event) -> None: ...

    assert webhook_function(hooks)(http(signed_delivery(secret=SECRET)), None)["statusCode"] == 500


@pytest.mark.parametrize("vector", SHARED["vectors"], ids=lambda vector: vector["id"])
def test_events_that_are_not_what_they_seem(vector: Any) -> None:
    signature = signed_delivery(body=SHARED["signed"], secret=SHARED["secret"]).signature
    event = json.loads(json.dumps(vector["event"]).replace("{signature}", signature))
    seen: list[Any] = []
    hooks = WebhookHandler(SHARED["secret"], schemes=["v1"])
    function = webhook_function(hooks, on_error=lambda error, _: seen.append(error.reason))
    expect = vector["expect"]
    if "raises" in expect:
        with pytest.raises(TypeError, match="the Lambda event is no HTTP request"):
            function(event, None)
        return
    answer = function(event, None)
    assert (answer["statusCode"], answer["body"]) == (expect["status"], f"{expect['reason']}\n")
    assert seen == ([] if expect["reason"] == "ok" else [expect["reason"]])


def test_a_load_balancer_gets_headers_in_the_form_in_which_it_sends_them(function: Any) -> None:
    delivery = signed_delivery("refresh:finished", secret=SECRET, data={"displayMessage": ""})
    answer = function(balancer(delivery), None)
    assert answer["multiValueHeaders"]["Content-Type"] == ["text/plain; charset=utf-8"]
    for form in (rest, http, encoded):
        assert "multiValueHeaders" not in function(form(delivery), None)
