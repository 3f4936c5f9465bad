"""The handler object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tink_webhooks import _native
from tink_webhooks._dispatcher import Dispatcher, refuse, run
from tink_webhooks._errors import handler_error
from tink_webhooks._native import Event, Verification

#: Type checkers take it for true. Importing ``typing`` for it would take longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    # The native module imports these when it needs them. PyInstaller and its like find them by these lines.
    from tink_webhooks import _decimal_json as _decimal_json
    from tink_webhooks import _logging as _logging

    FloatMode = Literal["float", "decimal"]
else:
    # For tools that look at annotations at run time. The types for users are in _handler.pyi.
    FloatMode = str


class _FromEnvironment:
    """The default of ``secret``, as signatures show it."""

    def __repr__(self) -> str:
        return "<TINK_WEBHOOK_SECRET>"


FROM_ENVIRONMENT = _FromEnvironment()


class WebhookHandler(_native.WebhookHandler, Dispatcher):
    """Verifies, parses and dispatches deliveries: a ``Dispatcher`` that also verifies.

    Make one at start-up and keep it; threads may share it.

    Args:
        secret: One secret (``str`` or ``bytes``), a list of them, or a callable that returns either: it is called at
            the first verification, for programs that are imported where there is no secret. Left out:
            ``TINK_WEBHOOK_SECRET``, which may hold several, separated by white space. ``None`` or empty is an error,
            never "skip the check".
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept. If you receive Events v2 only, pass ``["v1"]``: a bare signature carries no
            time, so it can be replayed for ever.
        max_body_bytes: The largest body that is accepted, in bytes.
        clock: Returns seconds since the epoch, like ``time.time``; for tests. Its exceptions pass through.
        float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal`` in ``data``, ``context``, ``raw``.

    Raises:
        InvalidConfigError: There is no secret, or an option is not usable.
        TypeError: An option is of another type.
    """

    __module__ = "tink_webhooks"

    # No frame of this package holds a body, a signature or a secret when an exception leaves it, or while a handler
    # runs: error reporters send the local variables of frames.

    def __init__(  # pyright: ignore[reportInconsistentConstructor]
        self,
        secret: str
        | bytes
        | Sequence[str | bytes]
        | Callable[[], str | bytes | Sequence[str | bytes]]
        | _FromEnvironment
        | None = FROM_ENVIRONMENT,
        *,
        tolerance: float | None = 300,
        schemes: Iterable[str] = ("v1", "body"),
        max_body_bytes: int = 2_097_152,
        clock: Callable[[], float] | None = None,
        float_mode: FloatMode = "float",
    ) -> None:
        """Sets the options; the class says what they are. A subclass calls it before its first verification."""
        try:
            self._configure(
                *(() if secret is FROM_ENVIRONMENT else (secret,)),
                tolerance=tolerance,
                schemes=schemes,
                max_body_bytes=max_body_bytes,
                clock=clock,
                float_mode=float_mode,
            )
        finally:
            del secret

    # These are written in Rust. Named here, tools that make documentation show them as members of this class.
    max_body_bytes = _native.WebhookHandler.max_body_bytes  # pyright: ignore[reportIncompatibleMethodOverride]
    construct_event = _native.WebhookHandler.construct_event
    parse_event = _native.WebhookHandler.parse_event
    verify_signature = _native.WebhookHandler.verify_signature

    def handle_webhook(self, body: bytes | bytearray | memoryview | str, signature: str | bytes | None) -> Event:
        """Verifies a delivery, reads it, and runs the handlers registered for its event.

        All handlers run, in the order of their registration, even if some of them fail.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            The event, after all handlers have returned.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large, or it is authentic but no event.
            TestWebhookError: It is the authentic test ping. No handler was run.
            HandlerError: At least one handler failed.
            InvalidConfigError: A handler of this event is a coroutine function, or the clock or secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
        try:
            event = self.construct_event(body, signature)
        finally:
            del body, signature
        if errors := run(self._matching(event, True), event, refuse):
            raise handler_error(event, errors)
        return event

    async def handle_webhook_async(
        self, body: bytes | bytearray | memoryview | str, signature: str | bytes | None
    ) -> Event:
        """As ``handle_webhook``, and awaits what handlers return if it is awaitable.

        The handlers run one after another, in the order of their registration. Handlers that are not coroutine
        functions are called in the event loop, so they must not block it.

        Args:
            body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
            signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.

        Returns:
            The event, after all handlers have ended.

        Raises:
            InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
            InvalidPayloadError: The body is too large, or it is authentic but no event.
            TestWebhookError: It is the authentic test ping. No handler was run.
            HandlerError: At least one handler failed.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
        try:
            event = self.construct_event(body, signature)
        finally:
            del body, signature
        await self.dispatch_async(event)
        return event


def verify_signature(
    body: bytes | bytearray | memoryview | str,
    signature: str | bytes | None,
    secret: str | bytes | Sequence[str | bytes] | None,
    *,
    tolerance: float | None = 300,
    schemes: Iterable[str] = ("v1", "body"),
    max_body_bytes: int = 2_097_152,
    clock: Callable[[], float] | None = None,
) -> Verification:
    """Checks one signature, without a handler object. The body need not be JSON.

    A handler object prepares its secrets once, so its ``verify_signature`` is several times faster.

    Args:
        body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
        signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
        secret: One secret (``str`` or ``bytes``), or a list of them.
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept, of ``v1`` and ``body``.
        max_body_bytes: The largest body that is accepted, in bytes.
        clock: Returns seconds since the epoch, like ``time.time``; for tests. Its exceptions pass through.

    Returns:
        What was proven.

    Raises:
        InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
        InvalidPayloadError: The body is too large.
        InvalidConfigError: The secret or an option is not usable.
        TypeError: An argument is of another type.
    """
    try:
        hooks = _native.WebhookHandler()
        hooks._configure(secret, tolerance=tolerance, schemes=schemes, max_body_bytes=max_body_bytes, clock=clock)
        return hooks.verify_signature(body, signature)
    finally:
        del body, signature, secret
