"""Every store keeps what `once` relies on, on real servers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from once_servers import Server, free_port, postgres_server, redis_server
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.idempotency import (
    AsyncStore,
    Claim,
    MemoryStore,
    PostgresStore,
    RedisStore,
    SQLiteStore,
    create_tables,
    once,
    prune,
)
from tink_webhooks.idempotency.conformance import StoreTests, check, check_async
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
STORES = [
    "memory",
    "sqlite",
    "redis",
    "redis async",
    "valkey",
    "postgres",
    "postgres string",
    "postgres async",
]


@pytest.fixture(scope="module")
def redis_running() -> Iterator[Server]:
    with redis_server("redis") as server:
        yield server


@pytest.fixture(scope="module")
def valkey_running() -> Iterator[Server]:
    with redis_server("valkey") as server:
        yield server


@pytest.fixture(scope="module")
def postgres_running() -> Iterator[Server]:
    pytest.importorskip("psycopg")
    with postgres_server() as server:
        yield server


def payment() -> Event:
    return WebhookHandler("s").parse_event(signed_delivery("payment:updated", secret="s").body)


def make_tables(server: Server) -> None:
    with contextlib.closing(PostgresStore(server.dsn)) as store:
        create_tables(store)


@contextlib.contextmanager
def _some_loop() -> Iterator[None]:
    """Before Python 3.10 locks of asyncio ask for one when they are made."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        yield
        asyncio.set_event_loop(None)
        loop.close()
    else:
        yield


@contextlib.contextmanager
def made(name: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    kind, _, how = name.partition(" ")
    if kind == "memory":
        yield MemoryStore()
    elif kind == "sqlite":
        store = SQLiteStore(request.getfixturevalue("tmp_path") / "claims.db")
        yield store
        store.close()
    elif kind in ("redis", "valkey"):
        redis = pytest.importorskip("redis")
        port = request.getfixturevalue(f"{kind}_running").port
        if how:
            with _some_loop():
                client = pytest.importorskip("redis.asyncio").Redis(port=port, decode_responses=True)
        else:
            client = redis.Redis(port=port, decode_responses=True)
        yield RedisStore(client)
        if not how:
            client.close()
    else:
        psycopg_pool = pytest.importorskip("psycopg_pool")
        dsn = request.getfixturevalue("postgres_running").dsn
        pool: Any = None
        if how == "async":
            pool = psycopg_pool.AsyncConnectionPool(dsn, min_size=1, open=False)
        elif not how:
            pool = psycopg_pool.ConnectionPool(dsn, min_size=1, max_size=4, open=True)
        store = PostgresStore(dsn if pool is None else pool)
        create_tables(store)
        yield store
        store.close()
        if not how:
            pool.close()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    with made(request.param, request) as one:
        yield one


class TestEachStore(StoreTests):
    """The suite that users run for their own."""


@pytest.mark.parametrize("name", ["redis async", "postgres async"])
def test_asynchronous_methods(name: str, request: pytest.FixtureRequest) -> None:
    async def run() -> None:
        with made(name, request) as store:
            assert isinstance(store, AsyncStore)
            if name == "postgres async":
                await store._pool.open()
            await check_async(store)
            await (store._pool.close() if name == "postgres async" else store._client.aclose())

    asyncio.run(run())


def test_the_packaged_texts_are_those_of_the_project() -> None:
    from tink_webhooks.idempotency._store_texts import TEXTS

    texts = {path.relative_to(ROOT / "stores").with_suffix("").as_posix(): path for path in ROOT.glob("stores/*/*")}
    assert len(texts) > 15
    assert {name: path.read_text(encoding="utf-8") for name, path in texts.items()} == TEXTS


class _Looks(MemoryStore):
    """Looks first and writes then."""

    def claim(self, scope: str, key: str, token: str, lease: float) -> Any:
        found = self._records.get((scope, key))
        if found is not None and not found[0] and found[2] <= time.monotonic():
            time.sleep(0.05)
            self._records.pop((scope, key), None)
            self._records[scope, key] = (False, token, time.monotonic() + lease)
            return Claim("claimed")
        return super().claim(scope, key, token, lease)


class _Unfenced(MemoryStore):
    """Does not ask who holds it."""

    def release(self, scope: str, key: str, token: str) -> bool:
        return self._records.pop((scope, key), None) is not None


@pytest.mark.parametrize("broken", [_Looks, _Unfenced])
def test_the_suite_refuses_a_store_that_is_wrong(broken: type[Any]) -> None:
    with pytest.raises(AssertionError, match="of a store"):
        check(broken())


def test_a_clock_that_is_wrong_by_an_hour_changes_nothing(request: pytest.FixtureRequest) -> None:
    """Servers ask their own clock. libfaketime is not needed: the client's clock is replaced where Python reads it."""
    program = """
import sys, time
real = time.time
time.time = lambda: real() + 3600 * int(sys.argv[1])
time.time_ns = lambda: int(time.time() * 1e9)
from tink_webhooks.idempotency import PostgresStore, RedisStore
if sys.argv[2] == "redis":
    import redis
    store = RedisStore(redis.Redis(port=int(sys.argv[3])))
else:
    store = PostgresStore(f"postgresql://tink@127.0.0.1:{sys.argv[3]}/postgres")
print(store.claim("clock", sys.argv[4], sys.argv[1], 1800))
"""
    for kind in ("redis", "postgres"):
        server = request.getfixturevalue(f"{kind}_running")
        if kind == "postgres":
            make_tables(server)
        answers = []
        for hours in ("0", "1", "-1"):
            command = [sys.executable, "-c", program, hours, kind, str(server.port), f"key-{kind}"]
            answers.append(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        assert "claimed" in answers[0]
        for answer in answers[1:]:
            (seconds,) = re.findall(r"state='busy', seconds=([\d.]+)", answer)
            assert 0 < float(seconds) <= 1800  # with an hour more or less it would be over, or longer


def test_time_goes_on_in_an_open_transaction(postgres_running: Server) -> None:
    """`now()` would stand still there, and a lease never end."""
    psycopg: Any = pytest.importorskip("psycopg")
    make_tables(postgres_running)
    from tink_webhooks.idempotency._texts import numbered, pyformat, statement

    claim = statement("postgres/claim", pyformat)
    with psycopg.connect(postgres_running.dsn) as connection:
        assert connection.execute(claim, numbered("open", "k", "a", 100)).fetchone() == (0,)
        time.sleep(0.2)
        assert connection.execute(claim, numbered("open", "k", "b", 100)).fetchone() == (0,)


@pytest.mark.parametrize("name", ["redis", "valkey", "postgres"])
def test_a_server_that_comes_back_has_what_was_committed(name: str, request: pytest.FixtureRequest) -> None:
    """The clients connect anew by themselves."""
    with redis_server(name) if name != "postgres" else postgres_server() as server:
        if name == "postgres":
            store: Any = PostgresStore(server.dsn)
            create_tables(store)
        else:
            store = RedisStore(pytest.importorskip("redis").Redis(port=server.port))
        store.claim("s", "done", "a", 10)
        assert store.commit("s", "done", "a", 60)
        store.claim("s", "runs", "a", 60)
        assert store.extend("s", "runs", "a", 60)
        away = sys.modules["psycopg" if name == "postgres" else "redis"].__dict__[
            "OperationalError" if name == "postgres" else "ConnectionError"
        ]
        server.kill()
        with pytest.raises(away):
            store.claim("s", "done", "b", 10)
        with pytest.raises(away):
            store.extend("s", "runs", "a", 60)
        server.start()
        assert store.claim("s", "done", "b", 10).state == "done"
        assert store.claim("s", "runs", "b", 10).state == "busy"
        assert store.extend("s", "runs", "a", 60)
        if name == "postgres":
            store.close()


def test_done_records_are_pruned_after_they_were_kept(request: pytest.FixtureRequest) -> None:
    for name in ("memory", "sqlite", "postgres"):
        with made(name, request) as store:
            for key, keep in (("short", 0.1), ("long", 60)):
                store.claim("prune", key, "a", 10)
                store.commit("prune", key, "a", keep)
            store.claim("prune", "runs", "a", 0.01)
            time.sleep(0.2)
            assert prune(store) >= 1
            assert store.claim("prune", "short", "b", 10).state == "claimed"
            assert store.claim("prune", "long", "b", 10).state == "done"


def test_memory_has_a_cap_and_keeps_what_runs() -> None:
    store = MemoryStore(max_records=10)
    store.claim("s", "runs", "a", 60)
    for number in range(100):
        store.claim("s", str(number), "a", 60)
        store.commit("s", str(number), "a", 60)
    assert len(store._records) == 10
    assert store.claim("s", "runs", "b", 60).state == "busy"
    assert store.claim("s", "99", "b", 60).state == "done"
    with pytest.raises(ValueError, match="positive"):
        MemoryStore(0)


@pytest.mark.parametrize("name", ["redis", "postgres string", "sqlite"])
def test_two_processes_of_which_one_is_killed(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one takes over after the lease."""
    program = """
import sys, time
from tink_webhooks.idempotency import PostgresStore, RedisStore, SQLiteStore
kind, where = sys.argv[1:]
if kind == "redis":
    import redis
    store = RedisStore(redis.Redis(port=int(where)))
else:
    store = (PostgresStore if kind == "postgres" else SQLiteStore)(where)
assert store.claim("kill", "k", "first", 1).state == "claimed"
print("claimed", flush=True)
time.sleep(60)
"""
    with made(name, request) as store:
        kind = name.partition(" ")[0]
        where = str(tmp_path / "claims.db")
        if kind != "sqlite":
            server = request.getfixturevalue(f"{kind}_running")
            where = str(server.port) if kind == "redis" else server.dsn
        command = [sys.executable, "-c", program, kind, where]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "claimed\n"
            process.kill()
        assert store.claim("kill", "k", "second", 1).state == "busy"
        time.sleep(1.1)
        assert store.claim("kill", "k", "second", 1).state == "claimed"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(request: pytest.FixtureRequest) -> None:
    for name in ("sqlite", "redis", "postgres string"):
        with made(name, request) as store:
            key = f"{name}-{time.time_ns()}"
            assert store.claim("fork", key, "parent", 30).state == "claimed"
            assert store.extend("fork", key, "parent", 30)
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    good = store.claim("fork", key, "child", 30).state == "busy"
                    good &= store.claim("fork", f"{key}-child", "child", 30).state == "claimed"
                    good &= store.extend("fork", f"{key}-child", "child", 30)
                    code = 0 if good else 2
                finally:
                    os._exit(code)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            assert store.extend("fork", key, "parent", 30)
            assert store.commit("fork", key, "parent", 30)


def test_sqlite_in_the_threads_of_others(tmp_path: Path) -> None:
    """`sqlite3` refuses a connection in a thread that has not made it."""
    store = SQLiteStore(tmp_path / "claims.db")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            assert store.claim("s", "k", "a", 10).state == "claimed"
            assert store.extend("s", "k", "a", 10)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []
    assert store.commit("s", "k", "a", 10)
    store.close()


def test_what_is_no_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"redis-py"):
        RedisStore("redis://127.0.0.1")
    pytest.importorskip("psycopg")
    with pytest.raises(TypeError, match="pool"):
        PostgresStore(object())
    with pytest.raises(ValueError, match="MemoryStore"):
        SQLiteStore(":memory:")


def test_no_store_shows_a_password() -> None:
    pytest.importorskip("psycopg")
    assert "hunter2" not in repr(PostgresStore("postgresql://tink:hunter2@127.0.0.1/postgres"))
    redis: Any = pytest.importorskip("redis")
    assert "hunter2" not in repr(RedisStore(redis.Redis(password="hunter2")))


def test_nothing_is_imported_before_a_store_is_made() -> None:
    program = """
import sys
import tink_webhooks
assert "tink_webhooks.idempotency" not in sys.modules
import tink_webhooks.idempotency
loaded = {"redis", "psycopg", "sqlite3", "sqlalchemy", "django"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_handler_that_blocks_the_loop_of_an_asyncio_client_keeps_its_claim(request: pytest.FixtureRequest) -> None:
    """Beats over the application's own client would come after the handler."""
    port = request.getfixturevalue("redis_running").port
    redis: Any = pytest.importorskip("redis")
    event = payment()
    other = RedisStore(redis.Redis(port=port))
    scope = f"blocks-{time.time_ns()}"
    seen: list[str] = []

    async def run() -> None:
        client = redis.asyncio.Redis(port=port)

        @once(RedisStore(client), scope, lease=1)
        async def book(event: Event) -> None:
            until = time.monotonic() + 1.6
            while time.monotonic() < until:
                time.sleep(0.05)
                seen.append(other.claim(scope, str(event.idempotency_key), "another", 1).state)

        await book(event)
        await book(event)
        await client.aclose()

    asyncio.run(run())
    assert set(seen) == {"busy"}
    assert len(seen) < 40, "it ran once"


def test_a_pool_that_handlers_have_emptied_keeps_their_claims(request: pytest.FixtureRequest) -> None:
    """The beats need a connection that no handler has."""
    psycopg_pool: Any = pytest.importorskip("psycopg_pool")
    dsn = request.getfixturevalue("postgres_running").dsn
    make_tables(request.getfixturevalue("postgres_running"))
    pools = psycopg_pool.ConnectionPool(dsn, min_size=1, max_size=1, open=True)
    own = contextlib.closing(PostgresStore(dsn))
    with pools as pool, contextlib.closing(PostgresStore(pool)) as store, own as other:

        def book(event: Event) -> None:
            with pool.connection():
                time.sleep(1.6)
                assert other.claim("pool", str(event.idempotency_key), "another", 1).state == "busy"

        once(store, "pool", lease=1)(book)(payment())
        assert other.claim("pool", str(payment().idempotency_key), "another", 1).state == "done"


@pytest.mark.parametrize("kind", ["ConnectionPool", "AsyncConnectionPool"])
def test_a_pool_whose_server_is_away_is_not_waited_for_as_long_as_it_says(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it would wait for half a minute, with one of the receiver's threads."""
    monkeypatch.setattr("tink_webhooks.idempotency._postgres._PATIENCE", 0.5)
    psycopg_pool = pytest.importorskip("psycopg_pool")
    where = f"postgresql://127.0.0.1:{free_port()}/none"

    def claim() -> None:
        with psycopg_pool.ConnectionPool(where, min_size=1, timeout=60, open=True) as pool:
            PostgresStore(pool).claim("pool", "k", "a", 1)

    async def claim_async() -> None:
        async with psycopg_pool.AsyncConnectionPool(where, min_size=1, timeout=60, open=False) as pool:
            await PostgresStore(pool).claim_async("pool", "k", "a", 1)

    begun = time.monotonic()
    with pytest.raises(psycopg_pool.PoolTimeout):
        claim() if kind == "ConnectionPool" else asyncio.run(claim_async())
    assert time.monotonic() - begun < 40


def test_the_connections_of_a_pool_come_back_as_they_were(request: pytest.FixtureRequest) -> None:
    """The store needs no transaction around its statements, and the application's own ones need one."""
    server: Server = request.getfixturevalue("postgres_running")
    psycopg_pool = pytest.importorskip("psycopg_pool")
    with psycopg_pool.ConnectionPool(server.dsn, min_size=1, max_size=1, open=True) as pool:
        with contextlib.closing(PostgresStore(pool)) as store:
            create_tables(store)
            store.claim("s", os.urandom(16).hex(), "a", 1)
            with pytest.raises(pytest.importorskip("psycopg").DataError):
                store.claim("s", "\0", "a", 1)
        with pool.connection() as connection:
            assert not connection.autocommit
            connection.execute("CREATE TABLE undone (id int)")
            connection.rollback()
            assert connection.execute("SELECT to_regclass('undone')").fetchone() == (None,)


def test_a_long_write_transaction_in_the_application_s_own_file(tmp_path: Path) -> None:
    """It is longer than the lease. In the same file it would keep the lease from being extended."""
    store = SQLiteStore(tmp_path / "claims.db")
    ran: list[str] = []

    def book(event: Event) -> None:
        with contextlib.closing(sqlite3.connect(tmp_path / "own.db", isolation_level=None, timeout=0)) as own:
            own.execute("BEGIN IMMEDIATE")
            ran.append(event.name)
            time.sleep(1.6)
            own.execute("COMMIT")

    booked = once(store, "book", lease=1)(book)
    copies = [threading.Thread(target=booked, args=(payment(),)) for _ in range(3)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    assert ran == ["payment:updated"]
    store.close()
