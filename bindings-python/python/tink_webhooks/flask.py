"""A Flask view that receives deliveries.

For example::

    from tink_webhooks.flask import webhook_view

    app.post("/webhooks/tink")(webhook_view(hooks))
"""

from __future__ import annotations

from collections.abc import Callable

import flask
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from tink_webhooks import WebhookHandler
from tink_webhooks._receiver import (
    Delivery,
    OnError,
    OnOutcome,
    Receiver,
    already_read,
    announces_body,
    body_too_large,
)
from tink_webhooks.wsgi import read_up_to

__all__ = ["webhook_view"]


def webhook_view(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome | None = None,
    explain_failures: bool = False,
    name: str = "tink_webhooks",
) -> Callable[[], flask.Response]:
    """Makes a view for POSTs.

    It answers 200 if all handlers have returned, else the ``http_status`` of the error, with its ``reason`` as text.
    An event with a coroutine handler is answered 500, and none of its handlers runs.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called with the error and the ``flask.Request`` of every delivery that was refused or whose handlers
            failed.
        on_outcome: Called with the ``tink_webhooks.Outcome`` and the ``flask.Request`` of every request, whatever came
            of it.
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.
        name: The view's name, which Flask uses as its endpoint: two views of one application need two names.
    """
    receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)

    def view() -> flask.Response:
        request = flask.request
        answer = receiver.receive(request, lambda limit: _read(request, limit), post=request.method == "POST")
        response = flask.Response(answer.body, answer.status, answer.headers)
        response.call_on_close(answer.end)
        return response

    view.__name__ = name
    return view


def _read(request: flask.Request, limit: int) -> Delivery:
    return Delivery(_body(request, limit), request.headers.get("X-Tink-Signature"))


def _body(request: flask.Request, limit: int) -> bytes:
    length = request.content_length
    if length and length > limit:
        raise body_too_large()
    try:
        # Where `get_data` or `get_json` has read the stream, they have kept the bytes.
        body = read_up_to(request.stream, limit) or request.get_data()
    except RequestEntityTooLarge:  # Flask's own cap, MAX_CONTENT_LENGTH
        raise body_too_large() from None
    except ClientDisconnected as error:
        raise ConnectionError("the client left before the body was complete") from error
    headers = request.headers
    if not body and announces_body(length, headers.get("Transfer-Encoding"), headers.get("X-Tink-Signature")):
        raise already_read("call `request.get_data()` before `request.form`, `request.files` or `request.stream`")
    if length and len(body) < length:
        raise ConnectionError("the client left before the body was complete")
    return body
