"""Celery on Redis, the receiver: it verifies a delivery, puts the event on the queue, and answers.

In the environment: TINK_WEBHOOK_SECRET and REDIS_URL. ``pip install tink-webhooks celery redis gunicorn``, then
``gunicorn celery_web:app``. The worker is celery_worker.py.
"""

from __future__ import annotations

import os

from celery import Celery
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.wsgi import WebhookApp

queue = Celery("shop", broker=os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
hooks = WebhookHandler(schemes=["v1"])


@hooks.on("*")
def pass_on(event: Event) -> None:
    """If the queue is away the answer is 500, and Tink delivers again."""
    queue.send_task("tink", [event.serialize()])


app = WebhookApp(hooks)
