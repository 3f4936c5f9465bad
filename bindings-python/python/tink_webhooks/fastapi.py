"""A FastAPI dependency that gives an endpoint a verified event.

In short::

    from tink_webhooks.fastapi import verified_event

    @app.post("/webhooks/tink")
    async def receive(event: Annotated[Event, Depends(verified_event(hooks))]) -> None:
        await hooks.dispatch_async(event)

To run handlers without an endpoint of your own, add ``tink_webhooks.asgi.WebhookApp`` as a route.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from tink_webhooks import Event, WebhookError
from tink_webhooks._receive import Receiver, already_read, body_too_large, declared_length
from tink_webhooks.asgi import signature

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tink_webhooks import WebhookHandler
    from tink_webhooks._receive import _OnError


def verified_event(
    hooks: WebhookHandler | None = None, *, on_error: _OnError | None = None
) -> Callable[[Request], Awaitable[Event]]:
    """Makes a dependency: the event of a delivery whose signature holds. Its handlers do not run by themselves.

    A refused delivery, and the test ping, is an ``HTTPException`` with the error's status and its reason as detail.
    The body is then read: where the endpoint needs its bytes, they are ``event.raw_body``.

    Args:
        hooks: The handler object; the default handler where left out.
        on_error: Called, and awaited if it is a coroutine function, with the error and the request.
    """
    receiver = Receiver(hooks, on_error)

    async def tink_event(request: Request) -> Event:
        try:
            body = await _body(request, receiver.limit())
            return receiver.construct(body, signature(request.scope))
        except (WebhookError, OSError) as error:
            answer = await receiver.refused_async(error, request)
            raise HTTPException(answer.status, answer.text) from error

    return tink_event


async def _body(request: Request, limit: int) -> bytes:
    length = declared_length(request.headers.get("content-length"))
    if length and length > limit:
        raise body_too_large()
    chunks: list[bytes] = []
    size = 0
    try:
        # Starlette gives the whole body here where it has been read before.
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                break
            chunks.append(chunk)
    except RuntimeError:
        raise already_read("ask for `await request.body()` in what reads it, which keeps the bytes") from None
    except ClientDisconnect as error:
        raise ConnectionError("the client left before the body was complete") from error
    if size > limit:
        raise body_too_large()
    if length and not size:
        raise already_read("no middleware may consume the request's stream")
    return b"".join(chunks)
