"""The handler object."""

from __future__ import annotations

from tink_webhooks import _native

#: Type checkers take it for true. Importing ``typing`` for it would take longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TypeVar

    from tink_webhooks._native import Event, Verification, _Body, _Handler, _Secret

    H = TypeVar("H", bound=_Handler)


class WebhookHandler(_native.WebhookHandler):
    """Verifies, parses and dispatches deliveries. Make it once, share it between threads, keep it.

    Args:
        secret: One secret (``str`` or ``bytes``), or a list of them. Left out: ``TINK_WEBHOOK_SECRET``, which may hold
            several, separated by white space. ``None`` or empty is an error, never "skip the check".
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept. Who receives Events v2 only passes ``["v1"]``: a bare signature carries no
            time, and can be replayed for ever.
        max_body_bytes: The largest body that is looked at.
        clock: Gives seconds since the epoch, like ``time.time``; for tests.
        float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal`` in ``data``, ``context``, ``raw``.

    Raises:
        InvalidConfigError: An option is not usable.
    """

    def on(self, *event_types: str, allow_unknown: bool = False) -> Callable[[H], H]:
        """Decorates a handler: registers it for each of the event types, and gives it back unchanged.

        Raises:
            InvalidConfigError: ``unknown_event_type`` for what is most likely a typo.
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

    async def handle_webhook_async(self, body: _Body, signature: str | bytes | None) -> Event:
        """As ``handle_webhook``, awaiting handlers that are coroutines; others are called as they are."""
        event = self.construct_event(body, signature)
        await self.dispatch_async(event)
        return event

    async def dispatch_async(self, event: Event) -> None:
        """As ``dispatch``, awaiting handlers that are coroutines. Cancelling it cancels the handler that runs."""
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
    body: _Body, signature: str | bytes | None, secret: _Secret | Sequence[_Secret] | None, **options: Any
) -> Verification:
    """Checks one signature, without an object. ``options`` are those of ``WebhookHandler``.

    An object that is kept does it several times faster, as it prepares the secret once.

    Raises:
        InvalidSignatureError: The signature does not hold.
        InvalidConfigError: The secret or an option is not usable.
    """
    return WebhookHandler(secret, **options).verify_signature(body, signature)
