"""An adapter reads no more of a body than the cap. Its answer does not show that, so the reads are counted."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest
from tink_webhooks import WebhookHandler

if TYPE_CHECKING:
    from collections.abc import Callable

CAP = 2_000
CHUNK = 500
HOOKS = WebhookHandler("s3cret", max_body_bytes=CAP)


class Body(io.RawIOBase):
    """A hundred times the cap, in chunks that are counted."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        size = min(CHUNK if size < 0 else size, CHUNK, 100 * CAP - self.given)
        self.given += size
        return b" " * size


def environ(body: Body) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }


def called(application: Any, body: Body) -> str:
    statuses: list[str] = []
    list(application(environ(body), lambda status, headers: statuses.append(status)))
    return statuses[0]


def wsgi(body: Body) -> str:
    from tink_webhooks.wsgi import WebhookApp

    return called(WebhookApp(HOOKS), body)


def flask(body: Body) -> str:
    flask = pytest.importorskip("flask")
    from tink_webhooks.flask import webhook_view

    app = flask.Flask("receiver")
    app.post("/")(webhook_view(HOOKS))
    return called(app, body)


def asgi(body: Body) -> str:
    from tink_webhooks.asgi import WebhookApp

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        chunk = body.read()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(WebhookApp(HOOKS)({"type": "http", "method": "POST", "headers": []}, receive, send))
    return str(sent[0]["status"])


@pytest.mark.parametrize("adapter", [wsgi, flask, asgi], ids=lambda adapter: adapter.__name__)
def test_no_more_than_the_cap_is_read(adapter: Callable[[Body], str]) -> None:
    body = Body()
    assert adapter(body).startswith("413")
    assert body.given <= CAP + CHUNK
