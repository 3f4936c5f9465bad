"""The errors that know no event. The native module makes them; kinds, reasons and texts come from the core."""

from __future__ import annotations

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from typing import Any


class WebhookError(Exception):
    """Why a delivery was refused, a handler failed, or a configuration is not usable.

    Its text and its attributes hold neither the secret nor the body.

    Attributes:
        kind: The class of the error as a word, such as ``invalid_signature``.
        reason: What exactly went wrong, such as ``timestamp_too_old``.
        http_status: The status with which a receiver answers the delivery.
        age: For errors of the time window: seconds since the signature was made, negative if it is from the future.
        tolerance: For errors of the time window: the tolerance in force, in seconds, or ``None`` where it is off.
        hint: What to try next; ``None`` where there is nothing to say.
    """

    __module__ = "tink_webhooks"

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
        # The last part restores what was added later, such as notes.
        return _make, (type(self), str(self), fields), self.__dict__


_FIELDS = ("kind", "reason", "http_status", "age", "tolerance", "hint")


def _make(cls: type[WebhookError], message: str, fields: dict[str, Any]) -> WebhookError:
    return cls(message, **fields)


class InvalidSignatureError(WebhookError):
    """The delivery is not shown to come from Tink, or its time is out of the window. Answer 401.

    Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"


class InvalidPayloadError(WebhookError):
    """The body is authentic but no event that this library can read, or it is over the cap. Answer 400, or 413.

    Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"


class InvalidRequestError(WebhookError):
    """The request is no POST, or its body did not arrive whole. The web adapters make it. Answer 405, or 408.

    Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"


class UnavailableError(WebhookError):
    """A handler could not run now: another copy of the event is being handled, or the store is away. Answer 503.

    ``once`` of ``tink_webhooks.idempotency`` raises it. Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"


class TestWebhookError(WebhookError):
    """The delivery is the test ping of Tink: authentic, and no event. No handler runs. Answer 200.

    Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"
    __test__ = False  # pytest collects classes named Test... as tests


class InvalidConfigError(WebhookError):
    """A mistake on the side of the receiver: its secret, an option, the name of an event. Answer 500.

    Its attributes are those of ``WebhookError``.
    """

    __module__ = "tink_webhooks"
