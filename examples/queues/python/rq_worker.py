"""RQ on Redis, the worker. It has no secret, and checks no signature.

``rq worker tink --with-scheduler --serializer rq.serializers.JSONSerializer --url $REDIS_URL``: without a scheduler no
job is tried again. A copy of an event is another job; ``once`` runs its handler once. In the environment: REDIS_URL and
LEDGER_URL.
"""

from __future__ import annotations

import os

from ledger import book
from redis import Redis
from tink_webhooks import Dispatcher, Event
from tink_webhooks.idempotency import RedisStore, once

#: How long a claim holds, in seconds, if its process dies.
LEASE = 10

work = Dispatcher()
store = RedisStore(Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"), socket_timeout=5))


def process(text: str) -> None:
    """Runs the handlers of an event."""
    work.dispatch(Event.deserialize(text))


work.on("*")(once(store, "ledger", lease=LEASE)(book))
