"""Celery on Redis, the worker: ``celery -A celery_worker worker``. It has no secret, and checks no signature.

A copy of an event is another task; ``once`` runs its handler once. In the environment: REDIS_URL and LEDGER_URL.
"""

from __future__ import annotations

import os

import redis
from celery import Celery
from ledger import book
from tink_webhooks import Dispatcher, Event, HandlerError
from tink_webhooks.idempotency import RedisStore, once

#: How long a claim holds, in seconds, if its process dies.
LEASE = 10
#: Seconds until a task that failed runs again: longer than the lease.
AGAIN = 15
#: Seconds after which another worker gets the tasks of a lost machine: longer than any handler, and than AGAIN.
LOST_AFTER = 600

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")

queue = Celery("shop", broker=REDIS)
queue.conf.update(
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": LOST_AFTER},
    task_acks_late=True,  # a task stays on the queue until it has ended
    task_reject_on_worker_lost=True,  # and goes back if its process was killed
)
work = Dispatcher()
store = RedisStore(redis.Redis.from_url(REDIS, socket_timeout=5))


# A task that has raised is acknowledged, with acks_late too. What brings it back is the retry.
@queue.task(name="tink", autoretry_for=(HandlerError,), max_retries=10, default_retry_delay=AGAIN)
def process(text: str) -> None:
    """Runs the handlers of an event."""
    work.dispatch(Event.deserialize(text))


work.on("*")(once(store, "ledger", lease=LEASE)(book))
