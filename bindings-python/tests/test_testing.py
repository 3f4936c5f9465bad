"""`tink_webhooks.testing`, and its pytest fixture."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tink_webhooks import InvalidConfigError, WebhookError, WebhookHandler
from tink_webhooks.asgi import WebhookApp as AsgiApp
from tink_webhooks.testing import example_payload, is_asgi, post, post_async, signed_delivery
from tink_webhooks.wsgi import WebhookApp as WsgiApp

SECRET = "s3cret"

#: Every event of the catalogue, from the vectors that are generated from it.
VECTORS = Path(__file__).resolve().parents[2] / "tests/vectors/events.json"
NAMES = sorted({vector["expect"]["name"] for vector in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]})


@pytest.mark.parametrize("name", NAMES)
def test_every_known_event(name: str) -> None:
    event = WebhookHandler(SECRET).construct_event(*signed_delivery(name, secret=SECRET))
    assert event.name == name
    assert event.type != "unknown"
    assert event.data
    assert example_payload(event.type) == example_payload(name) == event.raw


def test_fields_in_place_of_the_examples() -> None:
    delivery = signed_delivery("payment:updated", secret=SECRET, data={"amount": 1.25}, context={"userId": "u1"})
    event = WebhookHandler(SECRET).construct_event(*delivery)
    assert (event.data["amount"], event.data["currency"], event.user_id) == (1.25, "EUR", "u1")
    community = signed_delivery("credentials.updated", secret=SECRET, data={"status": "x"}, scheme="body")
    event = WebhookHandler(SECRET).construct_event(*community)
    assert (event.data["status"], event.verification.scheme) == ("x", "body")
    assert WebhookHandler(SECRET).parse_event(signed_delivery("new:one", secret="x", data={"a": 1}).body).raw == {
        "event": "new:one",
        "content": {"a": 1},
    }


def test_an_exact_body_and_time() -> None:
    delivery = signed_delivery(body='{"event": "a:b" }', secret=SECRET, timestamp=1_700_000_000)
    assert delivery.body == b'{"event": "a:b" }'
    assert delivery.signature.startswith("t=1700000000,v1=")
    assert json.loads(delivery.body)["event"] == "a:b"


def test_the_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINK_WEBHOOK_SECRET", f"{SECRET} old")
    assert WebhookHandler().construct_event(*signed_delivery()).verification.secret_index == 0
    monkeypatch.delenv("TINK_WEBHOOK_SECRET")
    with pytest.raises(InvalidConfigError):
        signed_delivery()


@pytest.mark.parametrize("kind", [AsgiApp, WsgiApp])
def test_posting(kind: Any, tink_post: Any) -> None:
    app = kind(WebhookHandler(SECRET))
    assert is_asgi(app) == (kind is AsgiApp)
    answer = tink_post(app, "refresh:finished", secret=SECRET)
    assert (answer.status, answer.text, answer.headers["content-type"]) == (200, "ok\n", "text/plain; charset=utf-8")
    assert tink_post(app, "refresh:finished", "/any", secret="another").status == 401


def test_posting_where_a_loop_runs() -> None:
    app = AsgiApp(WebhookHandler(SECRET))

    async def main() -> list[int]:
        delivery = signed_delivery(secret=SECRET)
        return [post(app, delivery).status, (await post_async(app, delivery)).status]

    assert asyncio.run(main()) == [200, 200]


def test_what_an_application_raises_reaches_the_test() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        post(app, signed_delivery(secret=SECRET))


def test_a_path_may_have_a_query() -> None:
    seen: list[tuple[str, str]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((environ["PATH_INFO"], environ["QUERY_STRING"]))
        start_response("200 OK", [])
        return []

    async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append((scope["path"], scope["query_string"].decode()))
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    for receiver in [app, asgi]:
        post(receiver, signed_delivery(secret="s3cret"), "/tink?endpoint=2")
    assert seen == [("/tink", "endpoint=2")] * 2


def test_text_without_bytes_is_the_librarys_error() -> None:
    with pytest.raises(WebhookError, match="UTF-8"):
        signed_delivery(body="\ud800", secret="s3cret")
