"""The error of handlers that failed, and all other errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tink_webhooks._error_kinds import (
    InvalidConfigError,
    InvalidPayloadError,
    InvalidRequestError,
    InvalidSignatureError,
    TestWebhookError,
    UnavailableError,
    WebhookError,
)
from tink_webhooks._error_kinds import _make as _make  # pickles of errors can name it here
from tink_webhooks._native import Event, _dispatch_failed

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "HandlerError",
    "InvalidConfigError",
    "InvalidPayloadError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "TestWebhookError",
    "UnavailableError",
    "WebhookError",
]


def _reasons(errors: Sequence[Exception]) -> list[str | None]:
    return [error.reason if isinstance(error, WebhookError) else None for error in errors]


def handler_error(event: Event, errors: Sequence[Exception]) -> HandlerError:
    """The errors of handlers as one."""
    return HandlerError(_dispatch_failed(_reasons(errors))[0], errors, event)


class _HandlerError(WebhookError):
    __module__ = "tink_webhooks"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.args[0]), list(self.errors), self.event), self.__dict__

    event: Event
    errors: tuple[Exception, ...]

    def _fill(self, event: Event, errors: Sequence[Exception]) -> None:
        _, self.kind, self.reason, self.http_status = _dispatch_failed(_reasons(errors))
        self.age = self.tolerance = self.hint = None
        self.event = event
        self.errors = tuple(errors)


if sys.version_info >= (3, 11):

    class HandlerError(_HandlerError, ExceptionGroup):
        """At least one handler raised an ``Exception``. All handlers were run. Answer 500, and Tink delivers again.

        From Python 3.11 on it is also an ``ExceptionGroup`` of the handlers' exceptions; before, the first of them is
        its ``__cause__``.

        Attributes:
            event: The event that was dispatched.
            errors: The handlers' exceptions as a tuple, in the order in which the handlers ran.
            kind: ``handler_failed``, as is ``reason``. Where each of the errors is an ``UnavailableError``,
                ``unavailable``, with the first one's reason; answer 503. The other attributes are those of
                ``WebhookError``.
        """

        __module__ = "tink_webhooks"

        def __new__(cls, message: str, errors: Sequence[Exception], event: Event) -> HandlerError:  # noqa: ARG004
            return ExceptionGroup.__new__(cls, message, list(errors))

        def __init__(self, message: str, errors: Sequence[Exception], event: Event) -> None:
            ExceptionGroup.__init__(self, message, list(errors))
            self._fill(event, errors)

        def derive(self, excs: Sequence[Exception]) -> HandlerError:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """A new error of the same event with fewer exceptions. ``except*`` and ``split`` call it."""
            return HandlerError(self.message, excs, self.event)

else:

    class HandlerError(_HandlerError):
        """At least one handler raised an ``Exception``. All handlers were run. Answer 500, and Tink delivers again.

        From Python 3.11 on it is also an ``ExceptionGroup`` of the handlers' exceptions; before, the first of them is
        its ``__cause__``.

        Attributes:
            event: The event that was dispatched.
            errors: The handlers' exceptions as a tuple, in the order in which the handlers ran.
            kind: ``handler_failed``, as is ``reason``. Where each of the errors is an ``UnavailableError``,
                ``unavailable``, with the first one's reason; answer 503. The other attributes are those of
                ``WebhookError``.
        """

        __module__ = "tink_webhooks"

        def __init__(self, message: str, errors: Sequence[Exception], event: Event) -> None:
            Exception.__init__(self, message)
            self._fill(event, errors)
            self.__cause__ = self.errors[0]
