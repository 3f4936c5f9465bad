"""An AWS Lambda function behind API Gateway (REST or HTTP API), a function URL or a load balancer.

For example::

    from tink_webhooks.aws_lambda import webhook_function

    lambda_handler = webhook_function(hooks)
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any

from tink_webhooks import WebhookHandler
from tink_webhooks._receiver import Delivery, OnError, OnOutcome, Receiver, already_read, body_too_large

__all__ = ["webhook_function"]


def webhook_function(
    hooks: WebhookHandler | None = None, *, on_error: OnError | None = None, on_outcome: OnOutcome | None = None
) -> Callable[[Mapping[str, Any], object], dict[str, Any]]:
    """Makes a Lambda function, which takes payload formats 1.0 and 2.0, with bodies as text or base64.

    It answers 200 if all handlers have returned, else the ``http_status`` of the error, with its ``reason`` as text.
    An event with a coroutine handler is answered 500, and none of its handlers runs.

    Args:
        hooks: The handler object. Left out: the default handler, which the functions of ``tink_webhooks`` use.
        on_error: Called with the error and the Lambda event of every delivery that was refused or whose handlers
            failed.
        on_outcome: Called with the ``tink_webhooks.Outcome`` and the Lambda event of every request, whatever
            came of it.

    Returns:
        A function of the Lambda event and its context. It raises ``TypeError`` for an event that is no HTTP request.
    """
    receiver = Receiver(hooks, on_error, on_outcome)

    def function(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        answer = receiver.receive(event, lambda limit: _read(event, limit), post=_method(event) == "POST")
        answer.end()  # nothing is sent before the function returns: the caller makes a 502 of it
        return {
            "statusCode": answer.status,
            "headers": answer.headers,
            "body": answer.body.decode(),
            "isBase64Encoded": False,
        }

    return function


def _read(event: Mapping[str, Any], limit: int) -> Delivery:
    return Delivery(_body(event, limit), _signature(event))


def _method(event: Mapping[str, Any]) -> object:
    try:
        if "httpMethod" in event:  # format 1.0
            return event["httpMethod"]
        return event["requestContext"]["http"]["method"]
    except (KeyError, TypeError, IndexError):
        raise TypeError(
            "the Lambda event is no HTTP request: pass it as API Gateway's proxy integration, a function URL or a load "
            "balancer gives it"
        ) from None


def _signature(event: Mapping[str, Any]) -> str | None:
    # Format 1.0 may carry several values of a header in a map of their own, which load balancers send alone.
    for kind in ("multiValueHeaders", "headers"):
        headers: Mapping[str, Any] = event.get(kind) or {}
        for name, value in headers.items():
            if name.lower() == "x-tink-signature":
                return value if isinstance(value, str) else ",".join(value)
    return None


def _body(event: Mapping[str, Any], limit: int) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise already_read("pass the Lambda event as it came, with the body as text, and not what was parsed from it")
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    if len(body) // 4 * 3 > limit + 3:
        raise body_too_large()
    try:
        return binascii.a2b_base64(body)
    except ValueError:  # binascii.Error is one, and so is text beyond ASCII
        raise OSError("the body is not base64, though the Lambda event says so") from None
