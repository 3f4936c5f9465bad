"""Django views that receive deliveries, exempt from the CSRF check.

For example::

    from tink_webhooks.django import webhook_view

    urlpatterns = [path("webhooks/tink", webhook_view(hooks))]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from itertools import groupby
from typing import Any, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse, RawPostDataException, UnreadablePostError

from tink_webhooks import Event, WebhookHandler
from tink_webhooks._coroutines import is_coroutine_function
from tink_webhooks._dispatcher import run, run_async
from tink_webhooks._errors import handler_error
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
from tink_webhooks.wsgi import read_body

__all__ = ["async_webhook_view", "webhook_view"]

_View = TypeVar("_View", bound=Callable[..., Any])


def webhook_view(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome | None = None,
    explain_failures: bool = False,
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
        on_outcome: Called with the ``tink_webhooks.Outcome`` and the ``HttpRequest`` of every request, whatever came of
            it.
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
    """
    receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)

    def view(request: HttpRequest) -> HttpResponse:
        answer = receiver.receive(request, lambda limit: _read(request, limit), post=request.method == "POST")
        if answer.status >= 500:
            _roll_back()
        return _Response(answer)

    return _csrf_exempt(view)


def async_webhook_view(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome | None = None,
    explain_failures: bool = False,
) -> Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]:
    """Makes an asynchronous view for POSTs, exempt from the CSRF check.

    It answers as the view of ``webhook_view``. Coroutine handlers are awaited. Others run in the thread that Django has
    for synchronous code, so they may use the database; with ``ATOMIC_REQUESTS`` they do so in a transaction, which is
    rolled back if one of them fails. A coroutine handler between two of them ends it, and its own work is in none.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called, and awaited if it is a coroutine function, with the error and the ``HttpRequest`` of every
            delivery that was refused or whose handlers failed.
        on_outcome: Called, and awaited if it is a coroutine function, with the ``tink_webhooks.Outcome`` and the
            ``HttpRequest`` of every request, whatever came of it.
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
    """
    receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)

    async def view(request: HttpRequest) -> HttpResponse:
        async def read(limit: int) -> Delivery:
            return _read(request, limit)

        answer = await receiver.receive_async(request, read, post=request.method == "POST", dispatch=_dispatch)
        return _Response(answer)

    # Django refuses asynchronous views where ATOMIC_REQUESTS is on, as it cannot give them a transaction. This one has
    # its own.
    view._non_atomic_requests = _EveryDatabase()  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return _csrf_exempt(view)


class _EveryDatabase:
    """The settings may not be there yet when a view is made."""

    def __contains__(self, alias: object) -> bool:
        return True


async def _dispatch(hooks: WebhookHandler, event: Event) -> None:
    """As ``dispatch_async``, with synchronous handlers where Django runs synchronous code."""
    errors: list[Exception] = []
    for is_coroutine, handlers in groupby(hooks._matching(event, False), is_coroutine_function):
        if is_coroutine:
            errors += await run_async(handlers, event)
        else:
            errors += await sync_to_async(_in_transaction)(tuple(handlers), event)
    if errors:
        raise handler_error(event, errors)


def _in_transaction(handlers: tuple[Callable[[Event], Any], ...], event: Event) -> list[Exception]:
    """Runs synchronous handlers; in one transaction where ``ATOMIC_REQUESTS`` is on, as in a synchronous view."""
    with ExitStack() as transactions:
        for connection in connections.all():
            if connection.settings_dict["ATOMIC_REQUESTS"]:
                transactions.enter_context(transaction.atomic(connection.alias))
        errors = run(handlers, event, async_to_sync(_await))
        if errors:
            _roll_back()
        return errors


async def _await(awaitable: Awaitable[object]) -> None:
    await awaitable


def _roll_back() -> None:
    """Undoes what ``ATOMIC_REQUESTS`` would commit with the answer."""
    for connection in connections.all():
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            connection.set_rollback(True)


class _Response(HttpResponse):
    """An answer after which the thread, or the program, may end."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, status=answer.status, headers=answer.headers)
        self._end = answer.end

    def close(self) -> None:
        """Called by the server when the answer is sent."""
        super().close()
        self._end()


def _read(request: HttpRequest, limit: int) -> Delivery:
    return Delivery(_body(request, limit), request.headers.get("X-Tink-Signature"))


def _csrf_exempt(view: _View) -> _View:
    # What Django's decorator does, which before Django 5 made a synchronous view of every view.
    view.csrf_exempt = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return view


def _body(request: HttpRequest, limit: int) -> bytes:
    length = declared_length(request.headers.get("Content-Length"))
    if length and length > limit:
        raise body_too_large()
    try:
        body = request.body if length is not None or hasattr(request, "_body") else _read_stream(request, limit)
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


def _read_stream(request: HttpRequest, limit: int) -> bytes:
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
