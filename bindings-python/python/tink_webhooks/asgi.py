"""An ASGI application that receives deliveries: run it by itself, or mount it in Starlette, FastAPI, Litestar, Django.

For example::

    from tink_webhooks.asgi import WebhookApp

    app.add_route("/webhooks/tink", WebhookApp(hooks))  # FastAPI, Starlette

``app.mount`` works too, but Starlette then redirects a POST whose path has no slash at the end, and Tink follows no
redirects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tink_webhooks import WebhookHandler
from tink_webhooks._receiver import (
    Answer,
    Delivery,
    OnError,
    OnOutcome,
    Receiver,
    already_read,
    announces_body,
    body_too_large,
    declared_length,
)

__all__ = ["WebhookApp"]

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]

_READ_BEFORE = (
    "mount this application where no middleware consumes the request's stream, or hand `await request.body()` to "
    "handle_webhook_async"
)


class WebhookApp:
    """An ASGI application that takes POSTs on any path below where it is mounted.

    It answers 200 if all handlers have returned, else the ``http_status`` of the error, with its ``reason`` as text.
    Coroutine handlers are awaited; others are called in the event loop, so they must not block it.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called, and awaited if it is a coroutine function, with the error and the ASGI scope of every
            delivery that was refused or whose handlers failed.
        on_outcome: Called, and awaited if it is a coroutine function, with the ``tink_webhooks.Outcome`` and the ASGI
            scope of every request, whatever came of it.
    """

    def __init__(
        self,
        hooks: WebhookHandler | None = None,
        *,
        on_error: OnError | None = None,
        on_outcome: OnOutcome | None = None,
    ) -> None:
        self._receiver = Receiver(hooks, on_error, on_outcome)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """The ASGI interface.

        Raises:
            TypeError: The scope is none of ``http``, ``websocket`` and ``lifespan``.
        """
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await _send(answer, send)
            answer.end()
        else:
            raise TypeError(f"an ASGI scope of type {scope['type']!r} is not for this application")

    async def _answer(self, scope: _Scope, receive: _Receive) -> Answer:
        async def read(limit: int) -> Delivery:
            return Delivery(await read_body(scope, receive, limit), signature(scope))

        return await self._receiver.receive_async(scope, read, post=scope["method"] == "POST")


def signature(scope: _Scope) -> bytes | None:
    """The header's value."""
    return _header(scope, b"x-tink-signature")


def _header(scope: _Scope, wanted: bytes) -> bytes | None:
    """A header's value. Several lines are one value with commas, as HTTP says; the core checks it."""
    values = [value for name, value in scope["headers"] if name.lower() == wanted]
    return b",".join(values) if values else None


def announced(scope: _Scope) -> tuple[int | None, bool]:
    """The declared length of the body, and whether there must be one."""
    length = declared_length(_header(scope, b"content-length"))
    return length, announces_body(length, _header(scope, b"transfer-encoding"), signature(scope))


async def read_body(scope: _Scope, receive: _Receive, limit: int) -> bytes:
    """The whole body, of which never more than ``limit`` bytes and one message are held."""
    length, expected = announced(scope)
    if length and length > limit:
        raise body_too_large()
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            if expected and not size:
                # Either may be; there is no telling them apart.
                raise ConnectionError(f"the client left before it sent the body, or the body was read: {_READ_BEFORE}")
            raise ConnectionError("the client left before the body was complete")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise body_too_large()
        chunks.append(chunk)
        more = message.get("more_body", False)
    if expected and not size:
        raise already_read(_READ_BEFORE)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _send(answer: Answer, send: _Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _lifespan(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
