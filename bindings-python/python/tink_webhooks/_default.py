"""One default handler object, for programs that need no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tink_webhooks._handler import FROM_ENVIRONMENT, WebhookHandler, _FromEnvironment

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from typing import Literal
else:

    class Literal:
        """For tools that look at annotations at run time."""

        __class_getitem__ = classmethod(lambda _cls, _words: str)


def deferred() -> WebhookHandler:
    """A handler object that reads ``TINK_WEBHOOK_SECRET`` at its first verification, and not now."""
    made = WebhookHandler.__new__(WebhookHandler)
    made._configure(late=True)
    return made


#: Handlers can be registered before the environment is loaded.
default = deferred()

handle_webhook = default.handle_webhook
handle_webhook_async = default.handle_webhook_async
construct_event = default.construct_event
parse_event = default.parse_event
dispatch = default.dispatch
dispatch_async = default.dispatch_async
register_handler = default.register_handler
on = default.on
unregister_handlers = default.unregister_handlers
get_handlers = default.get_handlers


def configure(
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
    float_mode: Literal["float", "decimal"] = "float",  # noqa: UP037 -- they are words
) -> None:
    """Sets the options of the default handler, before its first delivery. Handlers may be registered before or after.

    The default handler accepts both schemes. If you receive Events v2 only: ``configure(schemes=["v1"])``.

    Args:
        secret: As ``WebhookHandler`` takes it. Left out: ``TINK_WEBHOOK_SECRET``, read at the first verification.
        tolerance: How many seconds a signature may be old, or ahead. ``None`` switches the window off.
        schemes: The schemes to accept, of ``v1`` and ``body``.
        max_body_bytes: The largest body that is accepted, in bytes.
        clock: Returns seconds since the epoch, like ``time.time``; for tests.
        float_mode: ``"decimal"`` makes numbers with a fraction ``decimal.Decimal``.

    Raises:
        InvalidConfigError: An option is not usable, or a delivery was verified before.
        TypeError: An option is of another type.
    """
    try:
        default._configure(
            *(() if secret is FROM_ENVIRONMENT else (secret,)),
            tolerance=tolerance,
            schemes=schemes,
            max_body_bytes=max_body_bytes,
            clock=clock,
            float_mode=float_mode,
            late=True,
        )
    finally:
        del secret
