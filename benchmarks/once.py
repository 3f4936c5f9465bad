"""What `once` costs, beside the least that its store can do: ``once.py ROUNDS REDIS POSTGRES`` prints a JSON document.

REDIS and POSTGRES are where servers listen, or ``-``. Each case handles events of which none came before; the cases of
a store are timed in turns. The least is one round trip, or one row that is on the disk. Beside them is what one would
write or take instead. Then processes share a store, each with events of its own.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from statistics import median
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from tink_webhooks import Event, WebhookHandler
from tink_webhooks.idempotency import (
    MemoryStore,
    PostgresStore,
    RedisStore,
    SQLiteStore,
    claim_in,
    create_tables,
    once,
)
from tink_webhooks.testing import example_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Events of one case in one round.
EVENTS = 100
PROCESSES = (1, 2, 4)
#: How long the processes share a store, in seconds, and in how many runs.
SECONDS, RUNS = 2.0, 3
STORES = ("memory", "redis", "postgres", "sqlite")

Handle = Callable[[Event], Any]


class Case(NamedTuple):
    """A way to handle an event."""

    name: str
    #: ``once`` for what the store has goals for, ``least`` for what it is compared with, else ``other``.
    kind: str
    handle: Handle


def events() -> Iterator[Event]:
    """Payments, each with a key of its own. Made before they are timed."""
    hooks = WebhookHandler("of no use")
    payload: dict[str, Any] = example_payload("payment:updated")
    for number in itertools.count():
        payload["content"]["id"] = f"{os.getpid()}-{time.time_ns()}-{number}"
        yield hooks.parse_event(json.dumps(payload))


def nothing(_event: Event) -> None:
    """The handler of every case."""


def of_memory() -> Iterator[Case]:
    """A store in memory."""
    yield Case("the handler alone", "least", nothing)
    yield Case("once", "once", once(MemoryStore(), "bench")(nothing))


class Context:
    """What Lambda tells a function, of which a peer asks when its time ends."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """As long as a lease."""
        return 10_000


def powertools(client: Any) -> Handle:
    """The idempotency of Lambda Powertools. It does not extend what a handler holds, and compares no token."""
    from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
    from aws_lambda_powertools.utilities.idempotency.persistence.cache import CachePersistenceLayer

    config = IdempotencyConfig(expires_after_seconds=604_800)
    config.register_lambda_context(Context())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it makes one of its own under the name of before
        layer = CachePersistenceLayer(client=client)

    @idempotent_function(data_keyword_argument="key", persistence_store=layer, config=config)
    def handle(key: str) -> None:
        """The handler."""

    return lambda event: handle(key=event.idempotency_key)


def of_redis(url: str) -> Iterator[Case]:
    """redis-py, as an application has it."""
    import redis

    client: Any = redis.Redis.from_url(url, socket_timeout=5)

    def set_nx(event: Event) -> None:
        """The lock of many tutorials. It loses an event whose handler fails."""
        if client.set(f"seen:{event.idempotency_key}", 1, nx=True, ex=604_800):
            nothing(event)

    def lock(event: Event) -> None:
        """Lock, look, work, mark, unlock. A handler that outlives the lock runs beside its copies."""
        with client.lock(f"lock:{event.idempotency_key}", timeout=10):
            if not client.exists(f"done:{event.idempotency_key}"):
                nothing(event)
                client.set(f"done:{event.idempotency_key}", 1, ex=604_800)

    yield Case("PING", "least", lambda _event: client.ping())
    yield Case("once", "once", once(RedisStore(client), "bench")(nothing))
    yield Case("SET NX by hand, which loses events", "other", set_nx)
    yield Case("redis-py's Lock and a mark, by hand", "other", lock)
    yield Case("Lambda Powertools, whose lease is not extended", "other", powertools(client))


def of_postgres(dsn: str) -> Iterator[Case]:
    """A pool of psycopg."""
    from psycopg_pool import ConnectionPool

    pool: Any = ConnectionPool(dsn, min_size=2, max_size=4, open=True)
    pool.wait()
    alone: Any = ConnectionPool(dsn, min_size=1, max_size=1, open=True, kwargs={"autocommit": True})
    alone.wait()
    with pool.connection() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench (id bigserial PRIMARY KEY, text text)")
        create_tables(connection)

    def insert(event: Event) -> None:
        with alone.connection() as connection:
            connection.execute("INSERT INTO bench (text) VALUES (%s)", (event.idempotency_key,))

    def own(event: Event) -> None:
        with pool.connection() as connection:
            connection.execute("INSERT INTO bench (text) VALUES (%s)", (event.idempotency_key,))

    def own_with_key(event: Event) -> None:
        with pool.connection() as connection:
            if claim_in(connection, event, "bench"):
                connection.execute("INSERT INTO bench (text) VALUES (%s)", (event.idempotency_key,))

    yield Case("INSERT", "least", insert)
    yield Case("once", "once", once(PostgresStore(pool), "bench")(nothing))
    yield Case("a transaction with an INSERT", "other", own)
    yield Case("the same with claim_in", "other", own_with_key)


def of_sqlite(path: str) -> Iterator[Case]:
    """A file, whose every transaction is on the disk."""
    connection = sqlite3.connect(f"{path}.bench", isolation_level=None, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS bench (id integer PRIMARY KEY, text text)")
    create_tables(connection)

    def insert(event: Event) -> None:
        connection.execute("INSERT INTO bench (text) VALUES (?)", (event.idempotency_key,))

    def own(event: Event) -> None:
        connection.execute("BEGIN IMMEDIATE")
        insert(event)
        connection.execute("COMMIT")

    def own_with_key(event: Event) -> None:
        connection.execute("BEGIN IMMEDIATE")
        if claim_in(connection, event, "bench"):
            insert(event)
        connection.execute("COMMIT")

    yield Case("INSERT", "least", insert)
    yield Case("once", "once", once(SQLiteStore(path), "bench")(nothing))
    yield Case("a transaction with an INSERT", "other", own)
    yield Case("the same with claim_in", "other", own_with_key)


def cases(store: str, where: str) -> list[Case]:
    """The cases of a store."""
    if store == "memory":
        return list(of_memory())
    return list({"redis": of_redis, "postgres": of_postgres, "sqlite": of_sqlite}[store](where))


def nanoseconds(handle: Handle, some: list[Event]) -> float:
    """How long one event takes."""
    started = time.perf_counter_ns()
    for event in some:
        handle(event)
    return (time.perf_counter_ns() - started) / len(some)


def measured(store: str, where: str, rounds: int) -> list[dict[str, Any]]:
    """The cases of a store, in turns. The first round is not counted: it makes connections and prepares statements."""
    several = cases(store, where)
    times: dict[str, list[float]] = {case.name: [] for case in several}
    source = events()
    for number in range(rounds + 1):
        for case in several:
            taken = nanoseconds(case.handle, list(itertools.islice(source, EVENTS)))
            if number:
                times[case.name].append(taken)
    return [{"store": store, "case": case.name, "kind": case.kind, "ns": times[case.name]} for case in several]


def share(store: str, where: str) -> float:
    """One of the processes that share a store: says how many events it has handled per second."""
    handle = next(case.handle for case in cases(store, where) if case.kind == "once")
    source = events()
    for event in itertools.islice(source, EVENTS):
        handle(event)
    print("ready", flush=True)
    sys.stdin.readline()
    some = list(itertools.islice(source, EVENTS))
    started = time.perf_counter()
    done = 0
    while (elapsed := time.perf_counter() - started) < SECONDS:
        for event in some:
            handle(event)
        done += len(some)
        some = list(itertools.islice(source, EVENTS))
    return done / elapsed


def together(store: str, where: str, processes: int) -> float:
    """Events per second of so many processes, as the sum of what each has done in its own time."""
    command = [sys.executable, __file__, "share", store, where]
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
            for _ in range(processes)
        ]
        for one in started:
            assert one.stdout is not None  # noqa: S101
            if one.stdout.readline() != "ready\n":
                raise RuntimeError("a process that shares the store has failed")
        for one in started:
            assert one.stdin is not None  # noqa: S101
            one.stdin.write("go\n")
            one.stdin.flush()
        return sum(float(one.communicate()[0]) for one in started)


def main(rounds: int, redis: str, postgres: str) -> None:
    """Measures every store that is there."""
    document: dict[str, Any] = {"measured": [], "together": []}
    with tempfile.TemporaryDirectory() as folder:
        places = {"memory": "", "redis": redis, "postgres": postgres, "sqlite": f"{folder}/claims.db"}
        for store in STORES:
            if places[store] == "-":
                continue
            document["measured"] += measured(store, places[store], rounds)
            for processes in PROCESSES if store != "memory" else ():
                runs = [together(store, places[store], processes) for _ in range(RUNS)]
                document["together"].append({"store": store, "processes": processes, "per_second": runs})
                print(f"    {store}, {processes} processes: {median(runs):,.0f} events/s", file=sys.stderr, flush=True)
    print(json.dumps(document))


if __name__ == "__main__":
    if sys.argv[1] == "share":
        print(share(*sys.argv[2:]))
    else:
        main(int(sys.argv[1]), *sys.argv[2:])
