"""RQ on Redis, the receiver: it verifies a delivery, puts the event on the queue, and answers.

In the environment: TINK_WEBHOOK_SECRET and REDIS_URL. ``pip install tink-webhooks rq gunicorn``, then
``gunicorn rq_web:app``. The worker is rq_worker.py.
"""

from __future__ import annotations

import os

from redis import Redis
from rq import Queue, Retry
from rq.serializers import JSONSerializer
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.wsgi import WebhookApp

#: Seconds until a job that failed runs again: longer than the lease of the worker's claims. RQ tries once by default.
AGAIN = 15

redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), socket_timeout=5)
queue = Queue("tink", connection=redis, serializer=JSONSerializer)  # RQ's own choice is pickle
hooks = WebhookHandler(schemes=["v1"])


@hooks.on("*")
def pass_on(event: Event) -> None:
    """If the queue is away the answer is 500, and Tink delivers again."""
    queue.enqueue("rq_worker.process", event.serialize(), retry=Retry(max=10, interval=AGAIN))


app = WebhookApp(hooks)
