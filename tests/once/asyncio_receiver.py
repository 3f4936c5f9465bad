"""A receiver of the race on asyncio: ``asyncio_receiver.py WAY PLACE``, as python_receiver.py describes it.

It has no ``claim_in``: ``claim_in_async`` is tested with the package.
"""

from __future__ import annotations

import asyncio
import random
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
from python_receiver import FAILING, INSERT, LEASE, MOMENT, SCOPE, key_of, row, sqlite_transaction
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.asgi import WebhookApp
from tink_webhooks.idempotency import PostgresStore, RedisStore, SQLiteStore, Store, once

Write = Callable[[str], Awaitable[Any]]


async def with_redis(place: str) -> tuple[Store, Write]:
    """Redis, or Valkey: the store, and what has an effect of a name."""
    import redis.asyncio

    client = redis.asyncio.Redis.from_url(place, socket_timeout=10)

    async def write(name: str) -> None:
        key, now = row(name)
        await client.rpush("bookings", f"{key} {now}")

    return RedisStore(client), write


async def with_postgres(place: str) -> tuple[Store, Write]:
    """The same in PostgreSQL."""
    from psycopg_pool import AsyncConnectionPool

    pool: Any = AsyncConnectionPool(place, min_size=2, max_size=16, open=False)
    await pool.open()

    async def write(name: str) -> None:
        async with pool.connection() as connection:
            await connection.execute(INSERT.format("%s"), row(name))

    return PostgresStore(pool), write


async def with_sqlite(folder: str) -> tuple[Store, Write]:
    """The same in files of SQLite, which are written in threads."""

    def insert(name: str) -> None:
        with sqlite_transaction(folder) as connection:
            connection.execute(INSERT.format("?"), row(name))

    async def write(name: str) -> None:
        await asyncio.to_thread(insert, name)

    return SQLiteStore(f"{folder}/claims.db"), write


async def handler(way: str, name: str) -> Callable[[Event], Awaitable[None]]:
    """What runs for each event."""
    if name.startswith("redis:"):
        store, write = await with_redis(name)
    elif name.startswith("postgresql:"):
        store, write = await with_postgres(name)
    else:
        store, write = await with_sqlite(name.removeprefix("sqlite:"))
    kind, _, rest = way.partition(":")
    lease, _, more = rest.partition(":")

    async def book(event: Event) -> None:
        await asyncio.sleep(random.uniform(0, MOMENT))  # noqa: S311 -- no secret
        if random.randrange(100) < FAILING:  # noqa: S311
            raise RuntimeError("the bank is away")
        await write(key_of(event))

    async def steady(event: Event) -> None:
        await write(event.idempotency_key or event.name)

    async def slow(event: Event) -> None:
        await write(f"{key_of(event)}:begin")
        await asyncio.sleep(float(more))
        await write(f"{key_of(event)}:end")

    async def until(event: Event) -> None:
        await write(f"{key_of(event)}:done")
        while not Path(more).exists():
            await asyncio.sleep(0.01)

    run = {"once": book, "check": steady, "slow": slow, "until": until}[kind]
    return once(store, SCOPE, lease=float(lease or LEASE))(run)


async def main() -> None:
    """Serves for ever."""
    hooks = WebhookHandler(schemes=["v1"])
    hooks.register_handler("*", await handler(*sys.argv[1:3]))
    config = uvicorn.Config(WebhookApp(hooks), log_level="warning", lifespan="off")
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        print(f"listening on http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
        await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(main())
