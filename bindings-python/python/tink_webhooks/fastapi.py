"""A FastAPI dependency that gives an endpoint a verified event.

For example::

    from tink_webhooks.fastapi import verified_event

    @app.post("/webhooks/tink")
    async def receive(event: Annotated[Event, Depends(verified_event(hooks))]) -> None:
        await hooks.dispatch_async(event)

To run handlers without an endpoint of your own, add ``tink_webhooks.asgi.WebhookApp`` as a route.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import overload

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from tink_webhooks import Event, WebhookHandler
from tink_webhooks._receiver import Delivery, OnError, OnOutcome, Receiver, Seen, already_read, body_too_large
from tink_webhooks.asgi import Head, Pieces, checked_timeout, in_time

__all__ = ["verified_event"]

_FIX = (
    "no middleware may consume the request's stream: use `await request.body()` in what reads it, which keeps the bytes"
)


@overload
def verified_event(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: None = None,
    explain_failures: bool = False,
    body_timeout: float | None = 30,
) -> Callable[[Request], Awaitable[Event]]: ...


@overload
def verified_event(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome,
    explain_failures: bool = False,
    body_timeout: float | None = 30,
) -> Callable[[Request], AsyncIterator[Event]]: ...


def verified_event(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome | None = None,
    explain_failures: bool = False,
    body_timeout: float | None = 30,
) -> Callable[[Request], Awaitable[Event] | AsyncIterator[Event]]:
    """Makes a dependency that verifies a delivery and gives the endpoint its event. It does not run handlers.

    For a refused delivery and for the test ping it raises ``HTTPException`` with the ``http_status`` of the error, and
    its ``reason`` as detail. It reads the body; an endpoint that needs the bytes takes ``event.raw_body``.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called, and awaited if it is a coroutine function, with the error and the request of every
            delivery that was refused.
        on_outcome: Called, and awaited if it is a coroutine function, with the ``tink_webhooks.Outcome`` and the
            request of every delivery, when its endpoint has ended: ``failed`` if that raised what is answered with a
            5xx. FastAPI calls it after the answer was made.
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
        body_timeout: How many seconds a body may take to arrive; then the status is 408. ``None`` switches the limit
            off.

    Raises:
        InvalidConfigError: ``body_timeout`` is not above 0.
        TypeError: ``body_timeout`` is no number.
    """
    receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)
    checked_timeout(body_timeout)

    async def verified(request: Request) -> tuple[Event, Seen]:
        head, ended = Head(request.scope), False

        async def read(limit: int) -> Delivery:
            nonlocal ended
            body = await in_time(body_timeout, _body(request, head, limit))
            ended = True
            return Delivery(body, head.signature)

        seen = await receiver.verify(request, read)
        if seen.event is None:
            headers = {} if ended else head.before_the_end()
            raise HTTPException(seen.answer.status, seen.answer.text, headers)
        return seen.event, seen

    async def tink_event(request: Request) -> Event:
        return (await verified(request))[0]

    async def counted_event(request: Request) -> AsyncIterator[Event]:
        event, seen = await verified(request)
        try:
            yield event
        except Exception as error:
            await receiver.ended(request, seen, error, getattr(error, "status_code", 500))
            raise
        await receiver.ended(request, seen, None, 200)

    return tink_event if on_outcome is None else counted_event


async def _body(request: Request, head: Head, limit: int) -> bytes:
    if head.length and head.length > limit:
        raise body_too_large()
    pieces = Pieces(limit)
    try:
        # Starlette gives the whole body here where it has been read before.
        async for piece in request.stream():
            pieces.add(piece)
    except RuntimeError:
        raise already_read(_FIX) from None
    except ClientDisconnect as error:
        if head.announces_body and not pieces:
            # Either may be; there is no telling them apart.
            raise ConnectionError(f"the client left before it sent the body, or the body was read: {_FIX}") from error
        raise ConnectionError("the client left before the body was complete") from error
    if not pieces and head.announces_body:
        raise already_read(_FIX)
    return pieces.body()
