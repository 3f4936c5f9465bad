"""An ASGI application that receives deliveries: run it by itself, or mount it in Starlette, FastAPI, Litestar, Django.

For example::

    from tink_webhooks.asgi import WebhookApp

    app.add_route("/webhooks/tink", WebhookApp(hooks))  # FastAPI, Starlette

``app.mount`` works too, but Starlette then redirects a POST whose path has no slash at the end, and Tink follows no
redirects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import TYPE_CHECKING, Any, NoReturn, overload

from tink_webhooks import WebhookHandler, _native
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
from tink_webhooks._within import beside, within

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
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
        body_timeout: How many seconds a body may take to arrive; then the answer is 408 ``unreadable_body``. ``None``
            switches the limit off. It works under asyncio and trio.

    Raises:
        InvalidConfigError: ``body_timeout`` is not above 0.
        TypeError: ``body_timeout`` is no number.
    """

    def __init__(
        self,
        hooks: WebhookHandler | None = None,
        *,
        on_error: OnError | None = None,
        on_outcome: OnOutcome | None = None,
        explain_failures: bool = False,
        body_timeout: float | None = 30,
    ) -> None:
        self._receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)
        self._body_timeout = checked_timeout(body_timeout)

    if TYPE_CHECKING:
        # Starlette's `add_route` takes an ASGI application, but its annotation names functions of a request alone.
        @overload
        async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None: ...
        @overload
        def __call__(self, request: Any, /) -> NoReturn: ...

    async def __call__(  # type: ignore[misc]  # pyright: ignore[reportInconsistentOverload]
        self, scope: _Scope, receive: _Receive, send: _Send
    ) -> None:
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
            await self._serve(scope, receive, send)
        else:
            raise TypeError(f"an ASGI scope of type {scope['type']!r} is not for this application")

    async def _serve(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        head, ended = Head(scope), False

        async def read(limit: int) -> Delivery:
            nonlocal ended
            body = await in_time(self._body_timeout, read_body(head, receive, limit))
            ended = True
            return Delivery(body, head.signature)

        answer = await self._receiver.receive_async(scope, read, post=scope["method"] == "POST")
        if ended:
            await _send(answer, send, {})
        else:
            await _send(answer, send, head.before_the_end(), receive)
        answer.end()


class Head:
    """What the headers of a request say of its body, and its signature: they are looked through once."""

    __slots__ = ("_encoding", "_version", "length", "signature")

    def __init__(self, scope: _Scope) -> None:
        length = encoding = signature = None
        for name, value in scope["headers"]:
            known = name.lower()
            if known == b"x-tink-signature":
                signature = _after(signature, value)
            elif known == b"content-length":
                length = _after(length, value)
            elif known == b"transfer-encoding":
                encoding = _after(encoding, value)
        #: The header's value; the core checks it.
        self.signature: bytes | None = signature
        #: The declared length of the body.
        self.length = None if length is None else declared_length(length)
        self._encoding = encoding
        self._version: str = scope.get("http_version", "1.1")

    @property
    def announces_body(self) -> bool:
        """Whether there must be a body."""
        return announces_body(self.length, self._encoding, self.signature)

    def before_the_end(self) -> dict[str, str]:
        """The headers, besides its own, of an answer that is given before the end of the body.

        Without them servers keep the connection, and take the rest of the body whatever its length.
        """
        # HTTP/2 and HTTP/3 forbid this header: they end the one stream.
        closes = (self.length or self._encoding) and self._version.startswith("1.")
        return {"Connection": "close"} if closes else {}


def _after(before: bytes | None, value: bytes) -> bytes:
    """Several lines of a header are one value with commas, as HTTP says."""
    return value if before is None else b",".join((before, value))


class Pieces:
    """Joins a body: whatever pieces it comes in, no more than ``limit`` bytes are held."""

    __slots__ = ("_first", "_joined", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        #: Most bodies come in one piece, which is not copied.
        self._first = b""
        self._joined: bytearray | None = None

    def __len__(self) -> int:
        return len(self._first if self._joined is None else self._joined)

    def add(self, piece: bytes) -> None:
        """Appends a piece.

        Raises:
            InvalidPayloadError: There would be more bytes than ``limit``.
        """
        if len(self) + len(piece) > self._limit:
            raise body_too_large()
        if self._joined is not None:
            self._joined += piece
        elif not self._first:
            self._first = bytes(piece)
        elif piece:
            self._joined = bytearray(self._first)
            self._joined += piece
            self._first = b""

    def body(self) -> bytes:
        """All pieces."""
        return self._first if self._joined is None else bytes(self._joined)


async def read_body(head: Head, receive: _Receive, limit: int) -> bytes:
    """The whole body, of which never more than ``limit`` bytes and one message are held."""
    if head.length and head.length > limit:
        raise body_too_large()
    pieces = Pieces(limit)
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            if head.announces_body and not pieces:
                # Either may be; there is no telling them apart.
                raise ConnectionError(f"the client left before it sent the body, or the body was read: {_READ_BEFORE}")
            raise ConnectionError("the client left before the body was complete")
        pieces.add(message.get("body", b""))
        more = message.get("more_body", False)
    if not pieces and head.announces_body:
        raise already_read(_READ_BEFORE)
    return pieces.body()


def checked_timeout(seconds: object) -> float | None:
    """The option ``body_timeout``.

    Raises:
        InvalidConfigError: It is not above 0.
        TypeError: It is no number.
    """
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"body_timeout must be a number of seconds or None, not {type(seconds).__name__}")
    if not seconds > 0:
        raise _native._refusal("invalid_option", f"body_timeout must be above 0, not {seconds}; None is no limit")
    return seconds


async def in_time(seconds: float | None, body: Coroutine[Any, Any, bytes]) -> bytes:
    """The body that is read.

    Raises:
        ConnectionError: It took longer.
    """
    try:
        return await within(seconds, body)
    except TimeoutError as error:
        raise ConnectionError(f"the body was not complete after {seconds} s") from error


async def _send(answer: Answer, send: _Send, more: dict[str, str], receive: _Receive | None = None) -> None:
    """Sends an answer; with ``receive`` before the end of the body."""
    headers = [(name.lower().encode(), value.encode()) for name, value in {**answer.headers, **more}.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    end: _Message = {"type": "http.response.body", "body": answer.body}
    if receive is None:
        await send(end)
    else:
        # Hypercorn queues ten messages. If nobody takes them it does not get to closing the connection.
        await beside(_ended(send, end), _drop(receive))


async def _ended(send: _Send, message: _Message) -> None:
    await send(message)


async def _drop(receive: _Receive) -> None:
    while (await receive())["type"] == "http.request":
        pass


async def _lifespan(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
