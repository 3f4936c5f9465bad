"""An AWS Lambda function behind API Gateway (REST or HTTP API), a function URL or a load balancer.

For example::

    from tink_webhooks.aws_lambda import webhook_function

    lambda_handler = webhook_function(hooks)
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from tink_webhooks import WebhookHandler, _native
from tink_webhooks._receiver import Delivery, OnError, OnOutcome, Receiver, already_read, body_too_large

__all__ = ["webhook_function"]

_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
_FIX = "pass the Lambda event as it came, with the body as text, and not what was parsed from it"


def webhook_function(
    hooks: WebhookHandler | None = None,
    *,
    on_error: OnError | None = None,
    on_outcome: OnOutcome | None = None,
    explain_failures: bool = False,
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
        explain_failures: Logs why deliveries were refused, as ``tink_webhooks.explain`` says it: for development. At
            most one in ten seconds, of all clients together, and none where the environment says that it is production.

    Returns:
        A function of the Lambda event and its context. It raises ``TypeError`` for an event that is no HTTP request.
    """
    receiver = Receiver(hooks, on_error, on_outcome, explain_failures=explain_failures)

    def function(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        answer = receiver.receive(event, lambda limit: _read(event, limit), post=_method(event) == "POST")
        answer.end()  # nothing is sent before the function returns: the caller makes a 502 of it
        result: dict[str, Any] = {
            "statusCode": answer.status,
            "headers": answer.headers,
            "body": answer.body.decode(),
            "isBase64Encoded": False,
        }
        if event.get("multiValueHeaders") and "elb" in _map(event.get("requestContext")):
            # Load balancers want headers in the form in which they send them.
            result["multiValueHeaders"] = {name: [value] for name, value in answer.headers.items()}
        return result

    return function


def _read(event: Mapping[str, Any], limit: int) -> Delivery:
    signature = _signature(event)
    return Delivery(_body(event, limit), signature)


def _method(event: Mapping[str, Any]) -> object:
    method = _map(event).get("httpMethod")  # format 1.0
    if method is None:
        method = _map(_map(_map(event).get("requestContext")).get("http")).get("method")
    if method is None:
        raise TypeError(
            "the Lambda event is no HTTP request: pass it as API Gateway's proxy integration, a function URL or a load "
            "balancer gives it"
        )
    return method


def _map(value: object) -> Mapping[str, object]:
    """An object of the Lambda event; an empty one where it is something else."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _signature(event: Mapping[str, Any]) -> str | None:
    # Format 1.0 may carry several values of a header in a map of their own, which load balancers send alone.
    for kind in ("multiValueHeaders", "headers"):
        for name, value in _map(event.get(kind)).items():
            if value is not None and str(name).lower() == "x-tink-signature":
                return _text(value)
    return None


def _text(value: object) -> str:
    """A header's value. Several are one with commas, as HTTP says."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    texts = [one for one in values if isinstance(one, str)]
    if len(texts) < len(values):
        raise _native._refusal("invalid_option", f"the X-Tink-Signature header of the Lambda event is no text: {_FIX}")
    return ",".join(texts)


def _body(event: Mapping[str, Any], limit: int) -> bytes | str:
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise already_read(_FIX)
    if event.get("isBase64Encoded") in (None, False, 0, ""):
        return body
    # What is not base64 would be skipped. The rule is that of the Node package.
    if len(body) % 4 or not _BASE64.fullmatch(body):
        raise ConnectionError("the body is not base64, though the Lambda event says so")
    if len(body) // 4 * 3 > limit + 3:
        raise body_too_large()
    return binascii.a2b_base64(body)
