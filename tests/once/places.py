"""Where receivers of the race have claims and effects: a server of its own for each race, or a folder."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Callable, NamedTuple

from tink_webhooks.idempotency import create_tables

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings-python/tests"))
from once_servers import postgres_server, redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from once_servers import Server

#: The tables, but for those of the stores. SQLite and PostgreSQL agree on it.
BOOKINGS = "CREATE TABLE bookings (key text NOT NULL, at bigint NOT NULL)"
EFFECTS = "SELECT key, at FROM bookings"


class Place(NamedTuple):
    """A store that is ready, and a table, or list, of effects beside it."""

    #: As receivers take it.
    name: str
    #: Each effect's key, and when it was, in epoch milliseconds.
    effects: Callable[[], list[tuple[str, int]]]
    #: What can be stopped; a file cannot.
    server: Server | None = None


@contextlib.contextmanager
def with_redis(server_name: str) -> Iterator[Place]:
    """Redis or Valkey, which writes every command to the disk."""
    import redis

    with redis_server(server_name) as server:
        client = redis.Redis(port=server.port)

        def effects() -> list[tuple[str, int]]:
            pairs = [line.decode().split() for line in client.lrange("bookings", 0, -1)]
            return [(key, int(at)) for key, at in pairs]

        with contextlib.closing(client):
            yield Place(f"redis://127.0.0.1:{server.port}/0", effects, server)


@contextlib.contextmanager
def with_postgres() -> Iterator[Place]:
    """PostgreSQL."""
    import psycopg

    with postgres_server() as server:

        def effects() -> list[tuple[str, int]]:
            with psycopg.connect(server.dsn) as connection:
                return connection.execute(EFFECTS).fetchall()

        with psycopg.connect(server.dsn) as connection:
            create_tables(connection)
            connection.execute(BOOKINGS)
        yield Place(server.dsn, effects, server)


@contextlib.contextmanager
def with_sqlite(folder: Path) -> Iterator[Place]:
    """Two files of SQLite."""
    with contextlib.closing(sqlite3.connect(folder / "shop.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        create_tables(connection)
        connection.execute(BOOKINGS)
        connection.commit()
        yield Place(f"sqlite:{folder}", lambda: connection.execute(EFFECTS).fetchall())


def place(store: str, folder: Path) -> contextlib.AbstractContextManager[Place]:
    """One of ``STORES``."""
    if store in ("redis", "valkey"):
        return with_redis(store)
    return with_postgres() if store == "postgres" else with_sqlite(folder)


STORES = ("redis", "valkey", "postgres", "sqlite")
#: Those in which a handler can have its key in its own transaction.
TRANSACTIONS = ("postgres", "sqlite")
