"""The handler object, and the functions over one default handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tink_webhooks import _native

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tink_webhooks._native import Body, Event, Handler, Secret, Verification

    H = TypeVar("H", bound=Handler)


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
        if not event_types or not all(isinstance(event_type, str) for event_type in event_types):
            raise TypeError('use it with the types of events, as in @hooks.on("refresh:finished")')

        def register(handler: H) -> H:
            for event_type in event_types:
                self.register_handler(event_type, handler, allow_unknown=allow_unknown)
            return handler

        return register

    async def handle_webhook_async(self, body: Body, signature: str | bytes | None) -> Event:
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
                if hasattr(result, "__await__"):
                    await result
            except Exception as error:
                errors.append(error)
        if errors:
            raise _native._handlers_failed(event, errors)


#: Handlers can be registered before the environment is loaded: its secret is read at the first verification.
_default = WebhookHandler(_deferred=True)


def handle_webhook(body: Body, signature: str | bytes | None) -> Event:
    """As ``WebhookHandler.handle_webhook``, on the default handler."""
    return _default.handle_webhook(body, signature)


async def handle_webhook_async(body: Body, signature: str | bytes | None) -> Event:
    """As ``WebhookHandler.handle_webhook_async``, on the default handler."""
    return await _default.handle_webhook_async(body, signature)


def register_handler(event_type: str, handler: Handler, *, allow_unknown: bool = False) -> None:
    """As ``WebhookHandler.register_handler``, on the default handler."""
    _default.register_handler(event_type, handler, allow_unknown=allow_unknown)


def on(*event_types: str, allow_unknown: bool = False) -> Callable[[H], H]:
    """As ``WebhookHandler.on``, on the default handler."""
    return _default.on(*event_types, allow_unknown=allow_unknown)


def unregister_handlers(event_type: str) -> None:
    """As ``WebhookHandler.unregister_handlers``, on the default handler."""
    _default.unregister_handlers(event_type)


def get_handlers() -> dict[str, list[Handler]]:
    """As ``WebhookHandler.get_handlers``, on the default handler."""
    return _default.get_handlers()


def verify_signature(
    body: Body, signature: str | bytes | None, secret: Secret | Sequence[Secret] | None, **options: Any
) -> Verification:
    """Checks one signature, without an object. ``options`` are those of ``WebhookHandler``.

    An object that is kept does it several times faster, as it prepares the secret once.

    Raises:
        InvalidSignatureError: The signature does not hold.
        InvalidConfigError: The secret or an option is not usable.
    """
    return WebhookHandler(secret, **options).verify_signature(body, signature)
