"""A receiver on FastAPI. The secret comes from TINK_WEBHOOK_SECRET.

pip install tink-webhooks fastapi uvicorn
uvicorn receiver:app --port 8000
"""

from __future__ import annotations

import logging

from fastapi import FastAPI
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.asgi import WebhookApp
from tink_webhooks.types import PaymentUpdated, RefreshFinished

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("receiver")

hooks = WebhookHandler(schemes=["v1"])


@hooks.on("refresh:finished")
async def refreshed(event: Event[RefreshFinished]) -> None:
    """A refresh of credentials ended, well or not."""
    log.info("refresh of user %s: %s", event.user_id, event.data["credentialsStatus"])


@hooks.on("payment:updated")
async def paid(event: Event[PaymentUpdated]) -> None:
    """A payment has a new status. It may be older than one you have: store it only if its ``updated`` is newer."""
    payment = event.data
    log.info("payment %s: %s, at %s", payment["id"], payment["status"], payment.get("updated"))


app = FastAPI()
app.add_route("/webhooks/tink", WebhookApp(hooks))
