"""Doing an event's effects once: when Tink delivers it again, on another machine, after a crash.

For example::

    from tink_webhooks.idempotency import RedisStore, once

    store = RedisStore(redis.Redis())

    @hooks.on("payment:updated")
    @once(store, "book-payment")
    def book(event):
        ...

Where the handler writes into a database of yours, ``claim_in`` puts the event's key into the same transaction. In doubt
a handler runs twice, never not at all. docs/once.md says when.
"""

from tink_webhooks.idempotency._effects import claim_in, claim_in_async, create_tables, prune
from tink_webhooks.idempotency._memory import MemoryStore
from tink_webhooks.idempotency._once import once
from tink_webhooks.idempotency._postgres import PostgresStore
from tink_webhooks.idempotency._redis import RedisStore
from tink_webhooks.idempotency._sqlite import SQLiteStore
from tink_webhooks.idempotency._store import AsyncStore, Claim, Store

__all__ = [
    "AsyncStore",
    "Claim",
    "MemoryStore",
    "PostgresStore",
    "RedisStore",
    "SQLiteStore",
    "Store",
    "claim_in",
    "claim_in_async",
    "create_tables",
    "once",
    "prune",
]
