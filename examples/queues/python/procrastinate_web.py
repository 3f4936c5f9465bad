"""procrastinate on PostgreSQL, the receiver: it verifies a delivery, puts the event on the queue, and answers.

In the environment: TINK_WEBHOOK_SECRET and DATABASE_URL. ``pip install tink-webhooks procrastinate gunicorn``, once
``procrastinate --app=procrastinate_worker.jobs schema --apply``, then ``gunicorn procrastinate_web:app``. The worker is
procrastinate_worker.py.
"""

from __future__ import annotations

import os

from procrastinate import App, SyncPsycopgConnector
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.wsgi import WebhookApp

jobs = App(connector=SyncPsycopgConnector(conninfo=os.environ.get("DATABASE_URL", "postgresql:///shop")))
jobs.open()
hooks = WebhookHandler(schemes=["v1"])


@hooks.on("*")
def pass_on(event: Event) -> None:
    """If the queue is away the answer is 500, and Tink delivers again."""
    jobs.configure_task("tink").defer(text=event.serialize())


app = WebhookApp(hooks)
