"""A receiver of the race: ``python_receiver.py WAY PLACE``, with two secrets in ``TINK_WEBHOOK_SECRET``.

WAY is ``once`` or ``claim_in``; or a handler under ``once`` that never fails: ``check``, at once, and its effect for an
event without a key is the event's name; ``slow:LEASE:SECONDS``, which takes so many seconds and has two effects,
KEY:begin and KEY:end; ``until:LEASE:FILE``, which waits after its effect KEY:done for a file. PLACE is ``redis://...``,
``postgresql://...`` or ``sqlite:FOLDER``, where both the claims and the effects are. It prints where it listens. Other
handlers take a moment, one of twenty fails before its effect, and an effect is the event's key and the time, in
``bookings``.
"""

from __future__ import annotations

import contextlib
import functools
import random
import sqlite3
import sys
import time
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Callable, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tink_webhooks import Event, WebhookHandler
from tink_webhooks.idempotency import PostgresStore, RedisStore, SQLiteStore, Store, claim_in, once
from tink_webhooks.wsgi import WebhookApp

if TYPE_CHECKING:
    from collections.abc import Iterator

SCOPE = "book"
#: A tenth of the default, as all other times of the race.
LEASE = 1
#: How long a handler takes at most, in seconds, and how many of a hundred fail.
MOMENT, FAILING = 0.01, 5
INSERT = "INSERT INTO bookings VALUES ({0}, {0})"


def work() -> None:
    """What comes before the effect."""
    time.sleep(random.uniform(0, MOMENT))  # noqa: S311 -- no secret
    if random.randrange(100) < FAILING:  # noqa: S311
        raise RuntimeError("the bank is away")


def key_of(event: Event) -> str:
    """What is booked."""
    key = event.idempotency_key
    assert key is not None, "the race is of occurrences"
    return key


def row(name: str) -> tuple[str, int]:
    """A booking."""
    return name, time.time_ns() // 1_000_000


class Place(NamedTuple):
    """Where the claims and the effects are."""

    store: Store
    #: Has an effect of this name.
    write: Callable[[str], Any]
    #: A handler without ``once``.
    book: Callable[[Event], None]


def with_redis(place: str) -> Place:
    """Redis, or Valkey."""
    import redis

    client = redis.Redis.from_url(place, socket_timeout=10)

    def write(name: str) -> None:
        key, now = row(name)
        client.rpush("bookings", f"{key} {now}")

    def book(event: Event) -> None:
        work()
        write(key_of(event))

    return Place(RedisStore(client), write, book)


def with_database(store: Store, transaction: Callable[[], Any], mark: str, *, in_own: bool) -> Place:
    """A handler that writes in a transaction; its key in the same one if ``in_own``."""
    insert = INSERT.format(mark)

    def write(name: str) -> None:
        with transaction() as connection:
            connection.execute(insert, row(name))

    def book(event: Event) -> None:
        if not in_own:
            work()
        with transaction() as connection:
            if in_own:
                if not claim_in(connection, event, SCOPE):
                    return
                work()
            connection.execute(insert, row(key_of(event)))

    return Place(store, write, book)


def with_postgres(place: str, *, in_own: bool) -> Place:
    """The same in PostgreSQL."""
    from psycopg_pool import ConnectionPool

    pool: Any = ConnectionPool(place, min_size=2, max_size=16, open=True)
    return with_database(PostgresStore(pool), pool.connection, "%s", in_own=in_own)


@contextlib.contextmanager
def sqlite_transaction(folder: str) -> Iterator[sqlite3.Connection]:
    """One in the file of effects."""
    connection = sqlite3.connect(f"{folder}/shop.db", timeout=20, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    finally:
        connection.close()  # rolls back what was not committed


def with_sqlite(folder: str, *, in_own: bool) -> Place:
    """The same in files of SQLite, the claims in one of their own."""
    transaction = functools.partial(sqlite_transaction, folder)
    return with_database(SQLiteStore(f"{folder}/claims.db"), transaction, "?", in_own=in_own)


def slow(way: str, place: Place) -> Callable[[Event], None]:
    """A handler that takes its time."""
    _, lease, seconds = way.split(":")

    def book(event: Event) -> None:
        place.write(f"{key_of(event)}:begin")
        time.sleep(float(seconds))
        place.write(f"{key_of(event)}:end")

    return once(place.store, SCOPE, lease=float(lease))(book)


def until(way: str, place: Place) -> Callable[[Event], None]:
    """A handler that has its effect, and then waits for a file."""
    _, lease, file = way.split(":", 2)

    def book(event: Event) -> None:
        place.write(f"{key_of(event)}:done")
        while not Path(file).exists():
            time.sleep(0.01)

    return once(place.store, SCOPE, lease=float(lease))(book)


def steady(place: Place) -> Callable[[Event], None]:
    """A handler that never fails, also for events that have no key."""

    def book(event: Event) -> None:
        place.write(event.idempotency_key or event.name)

    return once(place.store, SCOPE)(book)


def handler(way: str, name: str) -> Callable[[Event], None]:
    """What runs for each event."""
    in_own = way == "claim_in"
    if name.startswith("redis:"):
        place = with_redis(name)
    elif name.startswith("postgresql:"):
        place = with_postgres(name, in_own=in_own)
    else:
        place = with_sqlite(name.removeprefix("sqlite:"), in_own=in_own)
    if way.startswith("slow:"):
        return slow(way, place)
    if way.startswith("until:"):
        return until(way, place)
    if way == "check":
        return steady(place)
    return place.book if in_own else once(place.store, SCOPE, lease=LEASE)(place.book)


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each delivery."""

    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    hooks = WebhookHandler(schemes=["v1"])
    hooks.register_handler("*", handler(*sys.argv[1:3]))
    server = make_server("127.0.0.1", 0, WebhookApp(hooks), server_class=Server, handler_class=Quiet)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
