"""One default handler, for programs that need no more."""

from __future__ import annotations

from tink_webhooks._handler import WebhookHandler

#: Handlers can be registered before the environment is loaded: its secret is read at the first verification.
default = WebhookHandler(_deferred=True)

handle_webhook = default.handle_webhook
handle_webhook_async = default.handle_webhook_async
register_handler = default.register_handler
on = default.on
unregister_handlers = default.unregister_handlers
get_handlers = default.get_handlers
