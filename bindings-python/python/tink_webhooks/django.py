"""Django views that receive deliveries, exempt from the CSRF check.

For example::

    from tink_webhooks.django import webhook_view

    urlpatterns = [path("webhooks/tink", webhook_view(hooks))]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.db import connections
from django.http import HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError

from tink_webhooks import WebhookError, WebhookHandler
from tink_webhooks._receiver import (
    Answer,
    OnError,
    Receiver,
    already_read,
    announces_body,
    body_too_large,
    declared_length,
)
from tink_webhooks.wsgi import read_body

__all__ = ["async_webhook_view", "webhook_view"]

_View = TypeVar("_View", bound=Callable[..., Any])


def webhook_view(
    hooks: WebhookHandler | None = None, *, on_error: OnError | None = None
) -> Callable[[HttpRequest], HttpResponse]:
    """Makes a view for POSTs, exempt from the CSRF check.

    It answers 200 if all handlers have returned, else the ``http_status`` of the error, with its ``reason`` as text.
    An event with a coroutine handler is answered 500, and none of its handlers runs: use ``async_webhook_view``. With
    ``ATOMIC_REQUESTS`` the transaction is rolled back where the answer is 500, so that nothing stays of a handler that
    failed when Tink delivers again.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called with the error and the ``HttpRequest`` of every delivery that was refused or whose handlers
            failed.
    """
    receiver = Receiver(hooks, on_error)

    def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return _response(receiver.wrong_method(request))
        try:
            body = _body(request, receiver.limit())
        except (WebhookError, OSError) as error:
            return _response(receiver.refused(error, request))
        answer = receiver.handle(body, request.headers.get("X-Tink-Signature"), request)
        if answer.status >= 500:
            _roll_back()
        return _response(answer)

    return _csrf_exempt(view)


def async_webhook_view(
    hooks: WebhookHandler | None = None, *, on_error: OnError | None = None
) -> Callable[[HttpRequest], Awaitable[HttpResponse]]:
    """Makes an asynchronous view for POSTs, exempt from the CSRF check.

    It answers as the view of ``webhook_view``. Coroutine handlers are awaited; others are called in the event loop, so
    they must not block it.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called, and awaited if it is a coroutine function, with the error and the ``HttpRequest`` of every
            delivery that was refused or whose handlers failed.
    """
    receiver = Receiver(hooks, on_error)

    async def view(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return _response(await receiver.wrong_method_async(request))
        try:
            body = _body(request, receiver.limit())
        except (WebhookError, OSError) as error:
            return _response(await receiver.refused_async(error, request))
        return _response(await receiver.handle_async(body, request.headers.get("X-Tink-Signature"), request))

    return _csrf_exempt(view)


def _roll_back() -> None:
    """What ``ATOMIC_REQUESTS`` would commit with the answer. Asynchronous views are never in such a transaction."""
    for connection in connections.all():
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            connection.set_rollback(True)


def _csrf_exempt(view: _View) -> _View:
    # What Django's decorator does, which before Django 5 made a synchronous view of every view.
    view.csrf_exempt = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return view


def _body(request: HttpRequest, limit: int) -> bytes:
    length = declared_length(request.headers.get("Content-Length"))
    if length and length > limit:
        raise body_too_large()
    try:
        body = request.body if length is not None or hasattr(request, "_body") else _read(request, limit)
    except RawPostDataException:
        raise already_read("use `request.body` before `request.POST`, `request.FILES` or `request.read()`") from None
    except RequestDataTooBig:  # Django's own cap, DATA_UPLOAD_MAX_MEMORY_SIZE
        raise body_too_large() from None
    except UnreadablePostError as error:
        raise ConnectionError("the client left before the body was complete") from error
    headers = request.headers
    if not body and announces_body(length, headers.get("Transfer-Encoding"), headers.get("X-Tink-Signature")):
        raise already_read(
            "use `request.body` in the middleware that reads the request's stream, which keeps the bytes"
        )
    if length and len(body) < length:
        raise ConnectionError("the client left before the body was complete")
    return body


def _read(request: HttpRequest, limit: int) -> bytes:
    """The body of a request that does not say its length: ``request.body`` would read all of it."""
    if getattr(request, "_read_started", False):
        raise RawPostDataException
    body: bytes
    if isinstance(request, WSGIRequest):
        # Its own stream ends at Content-Length, and without one at once, so the server's is read.
        body = read_body(request.environ, limit)
    else:
        body = request.read(limit + 1)
        if len(body) > limit:
            raise body_too_large()
    request._body = body  # as `request.body` keeps it, for the hook
    return body


def _response(answer: Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, headers=answer.headers)
