"""The errors. The native module makes them; kinds, reasons and texts come from the core."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from tink_webhooks._native import Event


class WebhookError(Exception):
    """Why a delivery was refused, a handler failed, or a configuration is not usable.

    Neither the secret nor the body is in it.

    Attributes:
        kind: What went wrong, coarsely, such as ``invalid_signature``.
        reason: What went wrong, exactly, such as ``timestamp_too_old``.
        http_status: What a receiver answers.
        age: For errors of the time window: seconds since the signature was made, negative if it is from the future.
        tolerance: For errors of the time window: the tolerance in force in seconds, or ``None`` where it is off.
        hint: What to try next, where there is something to say.
    """

    kind: str
    reason: str
    http_status: int
    age: int | None
    tolerance: int | None
    hint: str | None

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        reason: str,
        http_status: int,
        age: int | None = None,
        tolerance: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason
        self.http_status = http_status
        self.age = age
        self.tolerance = tolerance
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in _FIELDS}
        # What was added to it later, such as notes, is set as it is.
        return _make, (type(self), str(self), fields), self.__dict__


_FIELDS = ("kind", "reason", "http_status", "age", "tolerance", "hint")


def _make(cls: type[WebhookError], message: str, fields: dict[str, Any]) -> WebhookError:
    return cls(message, **fields)


class InvalidSignatureError(WebhookError):
    """The delivery is not shown to come from Tink, or not now. Answer 401."""


class InvalidPayloadError(WebhookError):
    """Authentic, but not an event this library can read. Answer 400, or 413 for a body over the cap."""


class TestWebhookError(WebhookError):
    """The test ping: authentic, and never dispatched. Answer 200."""

    __test__ = False  # pytest takes classes named Test... for tests


class InvalidConfigError(WebhookError):
    """A mistake on our side: secret, option, event type. Answer 500."""


class _HandlerError(WebhookError):
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.args[0]), list(self.errors), self.event), self.__dict__

    event: Event
    errors: tuple[Exception, ...]

    def _fill(self, event: Event, errors: Sequence[Exception]) -> None:
        self.kind = self.reason = "handler_failed"
        self.http_status = 500
        self.age = self.tolerance = self.hint = None
        self.event = event
        self.errors = tuple(errors)


if sys.version_info >= (3, 11):

    class HandlerError(_HandlerError, ExceptionGroup):
        """At least one handler failed; the others were run all the same. Answer 500, and Tink delivers again.

        From Python 3.11 on it is an ``ExceptionGroup`` too: ``except*`` and tracebacks show every handler's error.

        Attributes:
            event: The event that was dispatched.
            errors: Every handler's exception, in the order the handlers ran.
        """

        def __new__(cls, message: str, errors: Sequence[Exception], event: Event) -> HandlerError:  # noqa: ARG004
            return ExceptionGroup.__new__(cls, message, list(errors))

        def __init__(self, message: str, errors: Sequence[Exception], event: Event) -> None:
            ExceptionGroup.__init__(self, message, list(errors))
            self._fill(event, errors)

        def derive(self, excs: Sequence[Exception]) -> HandlerError:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
            """A part of this error with the same event, for ``except*`` and ``split``."""
            return HandlerError(self.message, excs, self.event)

else:

    class HandlerError(_HandlerError):
        """At least one handler failed; the others were run all the same. Answer 500, and Tink delivers again.

        Attributes:
            event: The event that was dispatched.
            errors: Every handler's exception, in the order the handlers ran.
        """

        def __init__(self, message: str, errors: Sequence[Exception], event: Event) -> None:
            Exception.__init__(self, message)
            self._fill(event, errors)
            self.__cause__ = self.errors[0]
