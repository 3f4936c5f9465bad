"""For the tests of your receiver: signed deliveries of every known event, and functions that post them.

For example::

    from tink_webhooks.testing import post, signed_delivery

    def test_refresh() -> None:
        answer = post(app, signed_delivery("refresh:finished", secret="s3cret"), "/webhooks/tink")
        assert answer.status == 200

With pytest there is the fixture ``tink_post``, which makes the delivery too.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import os
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Union

from tink_webhooks import _native
from tink_webhooks._native import generate_signature

__all__ = ["App", "Response", "SignedDelivery", "TinkPost", "example_payload", "post", "post_async", "signed_delivery"]

#: An ASGI or a WSGI application.
App = Any
_Secret = Union[str, bytes]


class SignedDelivery(NamedTuple):
    """A delivery as Tink would send it.

    Attributes:
        body: The exact body, as ``bytes``.
        signature: The value of the ``X-Tink-Signature`` header, as ``str``.
    """

    body: bytes
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the POST: ``Content-Type`` and ``X-Tink-Signature``."""
        return {"Content-Type": "application/json", "X-Tink-Signature": self.signature}


class Response(NamedTuple):
    """The answer of an application.

    Attributes:
        status: The HTTP status.
        headers: The headers; their names are in lower case.
        body: The body, as ``bytes``.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, decoded as UTF-8."""
        return self.body.decode()


class TinkPost(Protocol):
    """The type of the pytest fixture ``tink_post``, for annotations: ``def test_refresh(tink_post: TinkPost)``."""

    def __call__(self, app: App, event_type: str = "refresh:finished", path: str = "/", **delivery: Any) -> Response:
        """Makes a delivery, and posts it to an application.

        Args:
            app: An ASGI or a WSGI application.
            event_type: A wire name or a snake_case type.
            path: The path of the endpoint, and its query if it has one.
            delivery: Keyword arguments of ``signed_delivery``, such as ``secret``.

        Returns:
            The answer. What the application raises passes through.
        """
        ...


def example_payload(event_type: str = "refresh:finished") -> dict[str, Any]:
    """The payload of an event as Tink would send it: invented values in the documented shape.

    Args:
        event_type: A wire name or a snake_case type. A name this library does not know gives an event of that name.

    Returns:
        A new ``dict``, to be changed and encoded as JSON.
    """
    body = _native._example_body(event_type)
    payload: dict[str, Any] = json.loads(body) if body else {"event": event_type, "content": {}}
    return payload


def signed_delivery(
    event_type: str = "refresh:finished",
    *,
    secret: _Secret | None = None,
    data: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    body: bytes | str | None = None,
    timestamp: float | datetime | None = None,
    scheme: str = "v1",
) -> SignedDelivery:
    """Makes a delivery with a valid signature.

    Args:
        event_type: A wire name or a snake_case type.
        secret: The secret, ``str`` or ``bytes``. Left out: the first one of ``TINK_WEBHOOK_SECRET``.
        data: Fields of ``content`` (or ``data``) in place of the example's.
        context: Fields of ``context`` in place of the example's.
        body: The exact body, in place of the example; ``event_type``, ``data`` and ``context`` are then not used.
        timestamp: When it is signed: seconds since the epoch, or an aware ``datetime``. Left out: now.
        scheme: ``v1`` (time and body are signed) or ``body`` (only the body is).

    Raises:
        InvalidConfigError: There is no secret, or the secret, the time or the scheme is not usable.
    """
    if body is None:
        payload = example_payload(event_type)
        if data is not None:
            payload.setdefault("content" if "event" in payload else "data", {}).update(data)
        if context is not None:
            payload.setdefault("context", {}).update(context)
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    if secret is None:
        secret = next(iter(os.environ.get("TINK_WEBHOOK_SECRET", "").split()), None)
    # Before the text is encoded: what has no bytes is refused there, by the library's own error.
    signature = generate_signature(body, secret, timestamp=timestamp, scheme=scheme)
    return SignedDelivery(body.encode() if isinstance(body, str) else body, signature)


def post(app: App, delivery: SignedDelivery, path: str = "/") -> Response:
    """Posts a delivery to an application in this process, without a server.

    Args:
        app: An ASGI application (FastAPI, Starlette, Litestar, Django) or a WSGI one (Flask, Django). Lifespan events
            are not sent.
        delivery: The delivery.
        path: The path of the endpoint, and its query if it has one.

    Returns:
        The answer. What the application raises passes through.
    """
    if not is_asgi(app):
        return _post_wsgi(app, delivery, path)
    # In a thread of its own, so that it works where a loop runs already.
    outcome: list[Response | BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(post_async(app, delivery, path)))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    (result,) = outcome
    if isinstance(result, BaseException):
        raise result
    return result


async def post_async(app: App, delivery: SignedDelivery, path: str = "/") -> Response:
    """Posts a delivery to an ASGI application in this event loop, without a server.

    Args:
        app: An ASGI application. Lifespan events are not sent.
        delivery: The delivery.
        path: The path of the endpoint, and its query if it has one.

    Returns:
        The answer. What the application raises passes through.
    """
    path, _, query = path.partition("?")
    headers = {**delivery.headers, "Host": "testserver", "Content-Length": str(len(delivery.body))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("testserver", 443),
    }
    messages: list[dict[str, Any]] = []
    requests = iter([{"type": "http.request", "body": delivery.body, "more_body": False}])
    done = asyncio.Event()

    async def receive() -> dict[str, Any]:
        for message in requests:
            return message
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()

    await app(scope, receive, send)
    start = next(message for message in messages if message["type"] == "http.response.start")
    return Response(
        start["status"],
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start.get("headers", ())},
        b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body"),
    )


def is_asgi(app: App) -> bool:
    """Whether an application is an ASGI application, which is called with ``await``; others are taken for WSGI."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004


def _post_wsgi(app: App, delivery: SignedDelivery, path: str) -> Response:
    path, _, query = path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(delivery.body)),
        "CONTENT_TYPE": "application/json",
        "HTTP_HOST": "testserver",
        "HTTP_X_TINK_SIGNATURE": delivery.signature,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(delivery.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
        started[:] = [(status, headers)]

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    ((status, headers),) = started
    return Response(int(status.split()[0]), {name.lower(): value for name, value in headers}, body)
