"""The handler object."""

from __future__ import annotations

from tink_webhooks import _native

#: Type checkers take it for true. Importing ``typing`` for it would take longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Literal, TypeVar

    from typing_extensions import Self

    # The native module imports these when it needs them. PyInstaller and its like find them by these lines.
    from tink_webhooks import _coroutines as _coroutines
    from tink_webhooks import _decimal_json as _decimal_json
    from tink_webhooks._native import Event, Verification

    H = TypeVar("H", bound=Callable[[Event], Any])


class _FromEnvironment:
    """The default of ``secret``, as signatures show it."""

    def __repr__(self) -> str:
        return "<TINK_WEBHOOK_SECRET>"


_FROM_ENVIRONMENT = _FromEnvironment()


class WebhookHandler(_native.WebhookHandler):
    """Verifies, parses and dispatches deliveries. Make one at start-up and keep it; threads may share it.

    Args:
        secret: One secret (``str`` or ``bytes``), or a list of them. Left out: ``TINK_WEBHOOK_SECRET``, which may hold
            several, separated by white space. ``None`` or empty is an error, never "skip the check".
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

    def __new__(
        cls,
        secret: str | bytes | Sequence[str | bytes] | _FromEnvironment | None = _FROM_ENVIRONMENT,
        *,
        tolerance: float | None = 300,
        schemes: Iterable[str] = ("v1", "body"),
        max_body_bytes: int = 2_097_152,
        clock: Callable[[], float] | None = None,
        float_mode: Literal["float", "decimal"] = "float",
    ) -> Self:
        """Makes a handler object; the class says what it takes."""
        secrets = () if isinstance(secret, _FromEnvironment) else (secret,)
        return super().__new__(
            cls,
            *secrets,
            tolerance=tolerance,
            schemes=schemes,
            max_body_bytes=max_body_bytes,
            clock=clock,
            float_mode=float_mode,
        )

    # These are written in Rust. Named here, tools that make documentation show them as members of this class.
    max_body_bytes = _native.WebhookHandler.max_body_bytes  # pyright: ignore[reportIncompatibleMethodOverride]
    handle_webhook = _native.WebhookHandler.handle_webhook
    construct_event = _native.WebhookHandler.construct_event
    parse_event = _native.WebhookHandler.parse_event
    verify_signature = _native.WebhookHandler.verify_signature
    dispatch = _native.WebhookHandler.dispatch
    register_handler = _native.WebhookHandler.register_handler
    unregister_handlers = _native.WebhookHandler.unregister_handlers
    get_handlers = _native.WebhookHandler.get_handlers

    def on(self, *event_types: str, allow_unknown: bool = False) -> Callable[[H], H]:
        """Decorates a handler: registers it for each of the event types, and returns it unchanged.

        Args:
            event_types: Keys as ``register_handler`` takes them, such as ``"refresh:finished"``.
            allow_unknown: Accept a name that is most likely a typo.

        Raises:
            InvalidConfigError: ``unknown_event_type``: a name is most likely a typo.
            TypeError: Not called with event types, as in ``@hooks.on`` without parentheses.
        """
        first: object = event_types[0] if event_types else None
        if not isinstance(first, str):
            raise TypeError('use it with the types of events, as in @hooks.on("refresh:finished")')

        def register(handler: H) -> H:
            for event_type in event_types:
                self.register_handler(event_type, handler, allow_unknown=allow_unknown)
            return handler

        return register

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
            HandlerError: At least one handler raised an ``Exception``.
            InvalidConfigError: The clock or the secret is not usable.
            TypeError: The body or the signature is of another type, such as a payload that was parsed before.
        """
        event = self.construct_event(body, signature)
        await self.dispatch_async(event)
        return event

    async def dispatch_async(self, event: Event) -> None:
        """As ``dispatch``, and awaits what handlers return if it is awaitable.

        Cancelling it cancels the handler that runs; the handlers after it are not run.

        Args:
            event: An event from ``construct_event``, ``parse_event``, or a pickle. No signature is checked.

        Raises:
            HandlerError: At least one handler raised an ``Exception``.
        """
        errors: list[Exception] = []
        for handler in self._matching(event):
            try:
                result: Any = handler(event)
                if result is not None and _native._is_awaitable(result):
                    await result
            except Exception as error:
                errors.append(error)
        if errors:
            raise _native._handlers_failed(event, errors)


def verify_signature(
    body: bytes | bytearray | memoryview | str,
    signature: str | bytes | None,
    secret: str | bytes | Sequence[str | bytes] | None,
    **options: Any,
) -> Verification:
    """Checks one signature, without a handler object. The body need not be JSON.

    A handler object prepares its secrets once, so its ``verify_signature`` is several times faster.

    Args:
        body: The raw body as it was received: ``bytes``, ``bytearray``, ``memoryview``, or its text.
        signature: The value of the ``X-Tink-Signature`` header, ``str`` or ``bytes``; ``None`` where it is missing.
        secret: One secret (``str`` or ``bytes``), or a list of them.
        options: Keyword arguments of ``WebhookHandler``, such as ``tolerance`` in seconds.

    Returns:
        What was proven.

    Raises:
        InvalidSignatureError: The delivery is not shown to come from Tink, or its time is out of the window.
        InvalidPayloadError: The body is too large.
        InvalidConfigError: The secret or an option is not usable.
        TypeError: An argument is of another type, or there is no such option.
    """
    return _native.WebhookHandler(secret, **options).verify_signature(body, signature)
