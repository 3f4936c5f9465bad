"""Two receivers that are killed at random, and every event delivered to both: none is lost, few are doubled.

A killed receiver counts as a 502, after which Tink delivers again. An effect is a line in a file, and is doubled only
by a kill between the effect and the commit; in the handler's own transaction never.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tink_webhooks.idempotency import create_tables
from tink_webhooks.testing import example_payload

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings-python/tests"))
from once_servers import postgres_server, redis_server

if TYPE_CHECKING:
    from collections.abc import Iterator

#: At least so many of each.
EVENTS, KILLS = 150, 5
#: Seconds between two kills, on average. Besides, one handler of twenty fails.
KILL_EVERY = 0.4


WORKER = """
import json, os, random, sqlite3, sys
from tink_webhooks import Dispatcher, HandlerError, WebhookHandler
from tink_webhooks.idempotency import PostgresStore, RedisStore, SQLiteStore, claim_in, once

kind, where, effects = sys.argv[1:]
hooks = WebhookHandler("s3cret")
if kind == "redis":
    import redis
    store = RedisStore(redis.Redis(port=int(where)))
elif kind == "postgres":
    store = PostgresStore(where)
elif kind == "sqlite":
    store = SQLiteStore(where)


def effect(event):
    if random.random() < 0.05:
        raise ValueError("the bank is away")
    with open(effects, "ab", buffering=0) as file:
        file.write(f"{event.data['id']}\\n".encode())


def in_own(event):
    connection = sqlite3.connect(where, isolation_level=None, timeout=20)
    try:
        connection.execute("BEGIN IMMEDIATE")
        if claim_in(connection, event, "book"):
            if random.random() < 0.05:
                raise ValueError("the bank is away")
            connection.execute("INSERT INTO bookings VALUES (?)", (event.data["id"],))
        connection.execute("COMMIT")
    finally:
        connection.close()


hooks.on("payment:updated")(in_own if kind == "own" else once(store, "book", lease=1)(effect))
print("ready", flush=True)
for line in sys.stdin:
    try:
        hooks.dispatch(hooks.parse_event(line.rstrip("\\n")))
        print(200, flush=True)
    except HandlerError as error:
        print(error.http_status, flush=True)
"""


class Worker:
    """A receiver that is started again when it was killed."""

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._lock = threading.Lock()
        self.kills = 0
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-c", WORKER, *self._arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            assert self.process.wait(10) < 0, "it was killed while it started, and did not fail by itself"

    def deliver(self, body: str) -> int:
        """The status; 502 where it was killed."""
        with self._lock, contextlib.suppress(OSError):
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self.process.stdin.write(f"{body}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            if answer:
                return int(answer)
        self._again()
        return 502

    def _again(self) -> None:
        with self._lock:
            self.process.wait(10)
            self._close()
            self._start()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.kills += 1
            self.process.kill()

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()


def bodies() -> Iterator[str]:
    """One of a new event each time."""
    payload = example_payload("payment:updated")
    for number in itertools.count():
        payload["content"]["id"] = f"payment-{number}"
        yield json.dumps(payload)


@contextlib.contextmanager
def place(kind: str, folder: Path) -> Iterator[str]:
    if kind == "redis":
        pytest.importorskip("redis")
        with redis_server("redis") as server:
            yield str(server.port)
    elif kind == "postgres":
        pytest.importorskip("psycopg")
        from tink_webhooks.idempotency import PostgresStore

        with postgres_server() as server:
            with contextlib.closing(PostgresStore(server.dsn)) as store:
                create_tables(store)
            yield server.dsn
    else:
        path = str(folder / "claims.db")
        if kind == "own":
            with contextlib.closing(sqlite3.connect(path)) as connection:
                create_tables(connection)
                connection.execute("CREATE TABLE bookings (id TEXT)")
                connection.commit()
        yield path


@pytest.mark.parametrize("kind", ["redis", "postgres", "sqlite", "own"])
def test_no_effect_is_lost_and_few_are_doubled(kind: str, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    effects.touch()
    chance = random.Random(7)  # noqa: S311 -- no secret
    with place(kind, tmp_path) as where:
        workers = [Worker([kind, where, str(effects)]) for _ in range(2)]
        ended = threading.Event()

        def killing() -> None:
            while not ended.wait(chance.uniform(0, 2 * KILL_EVERY)):
                chance.choice(workers).kill()

        def deliver(worker: Worker, body: str) -> None:
            until = time.monotonic() + 60
            while worker.deliver(body) != 200:
                assert time.monotonic() < until
                time.sleep(0.02)

        killer = threading.Thread(target=killing)
        killer.start()
        try:
            with ThreadPoolExecutor(2) as threads:
                for number, body in enumerate(bodies()):
                    if number >= EVENTS and sum(worker.kills for worker in workers) >= KILLS:
                        break
                    for delivered in [threads.submit(deliver, worker, body) for worker in workers]:
                        delivered.result()
        finally:
            ended.set()
            killer.join()
            for worker in workers:
                worker.end()
        if kind == "own":
            with contextlib.closing(sqlite3.connect(where)) as connection:
                done = Counter(row[0] for row in connection.execute("SELECT id FROM bookings"))
        else:
            done = Counter(effects.read_text().split())
    kills = sum(worker.kills for worker in workers)
    doubled = sum(count - 1 for count in done.values())
    print(f"{kind}: {number} events, {kills} kills, {number - len(done)} lost, {doubled} doubled")
    assert len(done) == number, "lost"
    assert doubled <= (0 if kind == "own" else kills)
