"""Verify, parse and dispatch the webhooks of Tink.

For example::

    from tink_webhooks import WebhookHandler

    hooks = WebhookHandler()  # reads the secret from TINK_WEBHOOK_SECRET

    @hooks.on("refresh:finished")
    def refreshed(event):
        print(event.user_id, event.data["credentialsStatus"])

    # In your endpoint: the raw body, and the X-Tink-Signature header.
    hooks.handle_webhook(body, signature)

``on``, ``register_handler``, ``handle_webhook`` and the like are the methods of one default handler object. It reads
its secret from ``TINK_WEBHOOK_SECRET`` at the first verification; ``configure`` sets its options.
"""

from tink_webhooks._default import (
    configure,
    construct_event,
    dispatch,
    dispatch_async,
    get_handlers,
    handle_webhook,
    handle_webhook_async,
    on,
    parse_event,
    register_handler,
    unregister_handlers,
)
from tink_webhooks._dispatcher import Dispatcher
from tink_webhooks._errors import (
    HandlerError,
    InvalidConfigError,
    InvalidPayloadError,
    InvalidRequestError,
    InvalidSignatureError,
    TestWebhookError,
    UnavailableError,
    WebhookError,
)
from tink_webhooks._handler import WebhookHandler, verify_signature
from tink_webhooks._native import Event, Verification, __version__, generate_signature

TYPE_CHECKING = False  # as in _handler.py
if TYPE_CHECKING:
    from tink_webhooks._explain import Explanation, explain
    from tink_webhooks._outcome import Outcome

__all__ = [
    "Dispatcher",
    "Event",
    "Explanation",
    "HandlerError",
    "InvalidConfigError",
    "InvalidPayloadError",
    "InvalidRequestError",
    "InvalidSignatureError",
    "Outcome",
    "TestWebhookError",
    "UnavailableError",
    "Verification",
    "WebhookError",
    "WebhookHandler",
    "__version__",
    "configure",
    "construct_event",
    "dispatch",
    "dispatch_async",
    "explain",
    "generate_signature",
    "get_handlers",
    "handle_webhook",
    "handle_webhook_async",
    "on",
    "parse_event",
    "register_handler",
    "unregister_handlers",
    "verify_signature",
]


def __getattr__(name: str) -> object:
    """What needs ``dataclasses``: importing those takes longer than all of this package."""
    if name == "Outcome":
        from tink_webhooks._outcome import Outcome

        return globals().setdefault(name, Outcome)
    if name in {"Explanation", "explain"}:
        from tink_webhooks import _explain

        return globals().setdefault(name, getattr(_explain, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
