"""From a request to its answer: the part that all web adapters share.

An adapter reads the body (no more than ``Receiver.limit``), and turns the ``Answer`` into its framework's response.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from tink_webhooks import Event, WebhookError, WebhookHandler, _native
from tink_webhooks._default import default

#: Called with the error and the framework's request (scope, environ, request object, Lambda event).
OnError = Callable[[WebhookError, Any], Any]

logger = logging.getLogger("tink_webhooks")


class Answer(NamedTuple):
    """A status, and a fixed text: ``ok`` or the reason, never the message of a handler's exception."""

    status: int
    text: str

    @property
    def body(self) -> bytes:
        """The text as it is sent."""
        return f"{self.text}\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        """The headers that are sent with it."""
        headers = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(self.text) + 1),
            "X-Content-Type-Options": "nosniff",
        }
        if self.status == 405:
            headers["Allow"] = "POST"
        return headers


OK = Answer(200, "ok")


class Receiver:
    """One handler object, and the hook that its refusals are reported to."""

    def __init__(self, hooks: WebhookHandler | None, on_error: OnError | None) -> None:
        self.hooks = default if hooks is None else hooks
        self._on_error = on_error

    def limit(self) -> int:
        """How many bytes of a body may be read. Read for each request: the default handler may not be ready before."""
        return self.hooks.max_body_bytes

    def handle(self, body: bytes, signature: str | bytes | None, request: object) -> Answer:
        """Runs the handlers of a delivery; coroutine handlers are refused."""
        try:
            self.hooks.handle_webhook(body, signature)
        except WebhookError as error:
            return self.refused(error, request)
        return OK

    async def handle_async(self, body: bytes, signature: str | bytes | None, request: object) -> Answer:
        """The same; coroutine handlers and a coroutine hook are awaited."""
        try:
            await self.hooks.handle_webhook_async(body, signature)
        except WebhookError as error:
            return await self.refused_async(error, request)
        return OK

    def construct(self, body: bytes, signature: str | bytes | None) -> Event:
        """A verified event whose handlers do not run."""
        return self.hooks.construct_event(body, signature)

    def refused(self, error: Exception, request: object) -> Answer:
        """Logs the error, calls the hook, and returns what to answer."""
        answer, result = self._report(error, request)
        if inspect.iscoroutine(result):
            result.close()
            logger.error("tink webhook: on_error is a coroutine function, which only the asynchronous adapters await")
        return answer

    async def refused_async(self, error: Exception, request: object) -> Answer:
        """The same; the hook is awaited if it is a coroutine function."""
        answer, result = self._report(error, request)
        if inspect.isawaitable(result):
            try:
                await result
            except Exception:
                logger.exception("tink webhook: the on_error hook failed")
        return answer

    def wrong_method(self, request: object) -> Answer:
        """What to answer to another method than POST. The hook is called, and nothing is logged."""
        return self.refused(_native._refusal("method_not_allowed"), request)

    async def wrong_method_async(self, request: object) -> Answer:
        """The same for an asynchronous hook."""
        return await self.refused_async(_native._refusal("method_not_allowed"), request)

    def _report(self, error: Exception, request: object) -> tuple[Answer, Any]:
        if not isinstance(error, WebhookError):
            error = _unreadable(error)
        answer = Answer(error.http_status, error.reason)
        level = logging.INFO
        if answer.status >= 500:
            level = logging.ERROR
        elif answer.status >= 400:
            level = logging.WARNING
        # A failed handler is a bug of the application: the log shows where it failed.
        trace = error if answer.text == "handler_failed" else None
        if answer.status != 405:
            logger.log(level, "tink webhook: %s (%d): %s", answer.text, answer.status, error, exc_info=trace)
        if self._on_error is None:
            return answer, None
        try:
            return answer, self._on_error(error, request)
        except Exception:
            logger.exception("tink webhook: the on_error hook failed")
            return answer, None


def _unreadable(error: Exception) -> WebhookError:
    """The library's error for a body that could not be read. Tink delivers again after its 408."""
    # The text of the adapters' own error; a server's may name the client.
    made = _native._refusal("unreadable_body", str(error) if type(error) is ConnectionError else None)
    made.__cause__ = error
    return made


def body_too_large() -> WebhookError:
    """The error for a body over the cap, of which no more was read."""
    return _native._refusal("body_too_large")


def announces_body(length: int | None, transfer_encoding: str | bytes | None, signature: object) -> bool:
    """Whether a request says that it has a body. If it is empty all the same, another layer has read it.

    A chunked body may be empty, but nobody signs an empty delivery.
    """
    return bool(length or (length is None and transfer_encoding and signature))


def already_read(instead: str) -> WebhookError:
    """The error for a body that another layer has read or parsed, so that its bytes are gone."""
    return _native._refusal(
        "invalid_option",
        f"the body of the request was read before this receiver could, so its bytes cannot be verified: {instead}",
    )


def declared_length(value: str | bytes | None) -> int | None:
    """``Content-Length`` as a number; ``None`` where it is missing or no number."""
    try:
        length = int(value or "")
    except ValueError:
        return None
    return length if length >= 0 else None
