"""A WSGI application that receives deliveries: run it by itself, or mount it.

In short::

    from werkzeug.middleware.dispatcher import DispatcherMiddleware
    from tink_webhooks.wsgi import WebhookApp

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/webhooks/tink": WebhookApp(hooks)})
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from tink_webhooks._errors import WebhookError
from tink_webhooks._receive import (
    METHOD_NOT_ALLOWED,
    Answer,
    Receiver,
    already_read,
    announces_body,
    body_too_large,
    declared_length,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tink_webhooks import WebhookHandler
    from tink_webhooks._receive import _OnError

    _Environ = dict[str, Any]
    _StartResponse = Callable[..., Any]

    class _Readable(Protocol):
        """What of ``wsgi.input`` is used."""

        def read(self, size: int, /) -> bytes:
            """Up to so many bytes; none at the end."""
            ...


_READ_BEFORE = (
    "mount this application outside of the layer that reads or parses requests, or hand `request.get_data()` (Flask) "
    "or `request.body` (Django) to handle_webhook"
)


class WebhookApp:
    """Takes POSTs on any path below where it is mounted. Coroutine handlers are refused.

    Args:
        hooks: The handler object; the default handler where left out.
        on_error: Called with the error and the WSGI environ of every delivery that was refused or whose handlers
            failed.
    """

    def __init__(self, hooks: WebhookHandler | None = None, *, on_error: _OnError | None = None) -> None:
        self._receiver = Receiver(hooks, on_error)

    def __call__(self, environ: _Environ, start_response: _StartResponse) -> Iterable[bytes]:
        """The WSGI interface."""
        answer = self._answer(environ)
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers.items()))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: _Environ) -> Answer:
        if environ["REQUEST_METHOD"] != "POST":
            return METHOD_NOT_ALLOWED
        receiver = self._receiver
        try:
            body = _body(environ, receiver.limit())
        except (WebhookError, OSError) as error:
            return receiver.refused(error, environ)
        return receiver.handle(body, environ.get("HTTP_X_TINK_SIGNATURE"), environ)


def _body(environ: _Environ, limit: int) -> bytes:
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
    chunks: list[bytes] = []
    size = 0
    while size != length:
        chunk = stream.read(min(65_536, (limit + 1 if length is None else length) - size))
        if not chunk:
            break
        size += len(chunk)
        if size > limit:
            raise body_too_large()
        chunks.append(chunk)
    return b"".join(chunks)
