"""A WSGI application that receives deliveries: run it by itself, or mount it.

For example::

    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from tink_webhooks.wsgi import WebhookApp

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/webhooks/tink": WebhookApp(hooks)})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, Protocol

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

_Environ = dict[str, Any]
_StartResponse = Callable[..., Any]


class _Readable(Protocol):
    """The part of ``wsgi.input`` that is used."""

    def read(self, size: int, /) -> bytes:
        """Returns up to ``size`` bytes; none at the end."""
        ...


_READ_BEFORE = (
    "mount this application outside of the layer that reads or parses requests, or hand `request.get_data()` (Flask) "
    "or `request.body` (Django) to handle_webhook"
)


class WebhookApp:
    """A WSGI application that takes POSTs on any path below where it is mounted.

    It answers 200 if all handlers have returned, else the ``http_status`` of the error, with its ``reason`` as text.
    An event with a coroutine handler is answered 500, and none of its handlers runs.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called with the error and the WSGI environ of every delivery that was refused or whose handlers
            failed.
        on_outcome: Called with the ``tink_webhooks.Outcome`` and the WSGI environ of every request, whatever
            came of it.
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
    """

    def __init__(
        self,
        hooks: WebhookHandler | None = None,
        *,
        on_error: OnError | None = None,
        on_outcome: OnOutcome | None = None,
        explain_failures: bool = False,
    ) -> None:
        self._receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)

    def __call__(self, environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
        """The WSGI interface."""
        method = environ["REQUEST_METHOD"]
        answer = self._receiver.receive(environ, lambda limit: _read(environ, limit), post=method == "POST")
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        chunks = [] if method == "HEAD" else [answer.body]
        return chunks if answer.ends is None else _Last(chunks, answer)


class _Last:
    """The chunks of an answer after which the thread, or the program, ends."""

    def __init__(self, chunks: list[bytes], answer: Answer) -> None:
        self._chunks = chunks
        self.close = answer.end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def _read(environ: _Environ, limit: int) -> Delivery:
    return Delivery(read_body(environ, limit), environ.get("HTTP_X_TINK_SIGNATURE"))


def read_body(environ: _Environ, limit: int) -> bytes:
    length = declared_length(environ.get("CONTENT_LENGTH"))
    stream: _Readable = environ["wsgi.input"]
    if length is None:
        # Without a length the end is known only where the server marks it; reading on would wait for ever.
        encoding = environ.get("HTTP_TRANSFER_ENCODING")
        if environ.get("wsgi.input_terminated"):
            body = read_up_to(stream, limit)
            if not body and announces_body(length, encoding, environ.get("HTTP_X_TINK_SIGNATURE")):
                raise already_read(_READ_BEFORE)
            return body
        if encoding:
            raise ConnectionError("the server does not say where the body ends (Transfer-Encoding without its support)")
        return b""
    if length > limit:
        raise body_too_large()
    body = read_up_to(stream, limit, length)
    if length and not body:
        raise already_read(_READ_BEFORE)
    if len(body) < length:
        raise ConnectionError("the client left before the body was complete")
    return body


def read_up_to(stream: _Readable, limit: int, length: int | None = None) -> bytes:
    """Reads ``length`` bytes, or to the end, but not beyond ``limit``."""
    body = bytearray()  # pieces of a few bytes, kept one by one, would cost many times the limit
    while len(body) != length:
        piece = stream.read(min(65_536, (limit + 1 if length is None else length) - len(body)))
        if not piece:
            break
        if len(body) + len(piece) > limit:
            raise body_too_large()
        body += piece
    return bytes(body)
