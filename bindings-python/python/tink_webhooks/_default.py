"""One default handler object, for programs that need no other."""

from __future__ import annotations

from tink_webhooks import _native
from tink_webhooks._handler import WebhookHandler


def deferred() -> WebhookHandler:
    """A handler object that reads ``TINK_WEBHOOK_SECRET`` at its first verification, and not now."""
    return _native.WebhookHandler.__new__(WebhookHandler, _deferred=True)


#: Handlers can be registered before the environment is loaded.
default = deferred()

handle_webhook = default.handle_webhook
handle_webhook_async = default.handle_webhook_async
register_handler = default.register_handler
on = default.on
unregister_handlers = default.unregister_handlers
get_handlers = default.get_handlers
