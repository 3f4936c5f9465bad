"""`claim_in`: the key in the transaction in which the handler writes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from once_servers import Server, postgres_server
from tink_webhooks import InvalidConfigError, WebhookHandler
from tink_webhooks.idempotency import PostgresStore, claim_in, claim_in_async, create_tables, prune
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator


def event_of(name: str) -> Any:
    return WebhookHandler("s").parse_event(signed_delivery(name, secret="s").body)


PAYMENT = event_of("payment:updated")
REFRESH = event_of("refresh:finished")
SIGNAL = event_of("account:updated")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    pytest.importorskip("psycopg")
    with postgres_server() as server:
        with contextlib.closing(PostgresStore(server.dsn)) as store:
            for _ in range(2):  # it may be there
                create_tables(store)
        yield server


@pytest.fixture
def dsn(postgres: Server) -> str:
    import psycopg

    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        connection.execute("TRUNCATE tink_webhooks_effects")
    return postgres.dsn


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = str(tmp_path / "own.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        create_tables(connection)
        create_tables(connection)
        connection.execute("CREATE TABLE bookings (id TEXT)")
        connection.commit()
    return path


def refused(call: Any) -> None:
    with pytest.raises(InvalidConfigError, match="transaction") as caught:
        call()
    assert caught.value.reason == "invalid_option"


# ------------------------------------------------------------------------------------------------------------ psycopg


def test_effect_and_key_are_committed_together_or_not_at_all(dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        assert claim_in(connection, PAYMENT, "book")
        connection.rollback()
    with psycopg.connect(dsn) as connection:
        assert claim_in(connection, PAYMENT, "book")
        assert not claim_in(connection, PAYMENT, "book")
    with psycopg.connect(dsn) as connection:
        assert not claim_in(connection, PAYMENT, "book")
        assert claim_in(connection, PAYMENT, "mail"), "two handlers, each with its own scope"
        assert claim_in(connection, REFRESH, "book")


def test_autocommit_is_refused_and_inserts_nothing(dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        refused(lambda: claim_in(connection, PAYMENT, "book"))
        assert connection.execute("SELECT count(*) FROM tink_webhooks_effects").fetchone() == (0,)
        with connection.transaction():
            assert claim_in(connection, PAYMENT, "book")
        refused(lambda: claim_in(connection, PAYMENT, "book"))


def test_events_without_a_key_go_on(dsn: str, file: str) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        assert all(claim_in(connection, SIGNAL, "look") for _ in range(3))
    with contextlib.closing(sqlite3.connect(file)) as own:
        assert all(claim_in(own, SIGNAL, "look") for _ in range(3))


@pytest.mark.parametrize("committed", [True, False])
def test_a_copy_waits_for_the_first_one_s_end(dsn: str, committed: bool) -> None:
    import psycopg

    answers: list[bool] = []
    with psycopg.connect(dsn) as first:
        assert claim_in(first, PAYMENT, "book")

        def second() -> None:
            with psycopg.connect(dsn) as connection:
                answers.append(claim_in(connection, PAYMENT, "book"))

        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        assert answers == []
        if committed:
            first.commit()
        else:
            first.rollback()
        thread.join(10)
    assert answers == [not committed]


def test_what_the_database_raises_is_passed_on(dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn) as first, psycopg.connect(dsn, options="-c lock_timeout=100") as second:
        assert claim_in(first, PAYMENT, "book")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            claim_in(second, PAYMENT, "book")


def test_asynchronous_psycopg(dsn: str) -> None:
    import psycopg

    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(dsn) as connection:
            assert await claim_in_async(connection, PAYMENT, "book")
            assert not await claim_in_async(connection, PAYMENT, "book")
            assert await claim_in_async(connection, SIGNAL, "book")
            with pytest.raises(TypeError, match="claim_in_async"):
                claim_in(connection, PAYMENT, "book")
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            with pytest.raises(InvalidConfigError, match="transaction"):
                await claim_in_async(connection, PAYMENT, "other")
            async with connection.transaction():
                assert await claim_in_async(connection, PAYMENT, "other")
        with psycopg.connect(dsn) as other, pytest.raises(TypeError, match="claim_in_async takes"):
            await claim_in_async(other, PAYMENT, "book")

    asyncio.run(run())


def test_what_is_no_connection_is_a_type_error(dsn: str) -> None:
    psycopg_pool: Any = pytest.importorskip("psycopg_pool")
    with psycopg_pool.ConnectionPool(dsn, min_size=1, open=True) as pool:
        with pytest.raises(TypeError, match="pool"):
            claim_in(pool, PAYMENT, "book")
        with pool.connection() as connection, pytest.raises(TypeError, match="Cursor"):
            claim_in(connection.cursor(), PAYMENT, "book")
        with pool.connection() as connection:
            assert claim_in(connection, PAYMENT, "book")
    for wrong in (None, dsn, object()):
        with pytest.raises(TypeError):
            claim_in(wrong, PAYMENT, "book")


# ------------------------------------------------------------------------------------------------------------- sqlite3


def test_sqlite(file: str) -> None:
    connection = sqlite3.connect(file)
    assert claim_in(connection, PAYMENT, "book")
    connection.execute("INSERT INTO bookings VALUES ('1')")
    connection.rollback()
    assert claim_in(connection, PAYMENT, "book"), "rolled back with the booking"
    connection.commit()
    assert not claim_in(connection, PAYMENT, "book")
    connection.rollback()
    connection.close()


def test_sqlite_outside_a_transaction(file: str) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    refused(lambda: claim_in(connection, PAYMENT, "book"))
    assert connection.execute("SELECT count(*) FROM tink_webhooks_effects").fetchone() == (0,)
    connection.execute("BEGIN IMMEDIATE")
    assert claim_in(connection, PAYMENT, "book")
    connection.execute("COMMIT")
    connection.close()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 has the argument")
def test_the_autocommit_of_sqlite(file: str) -> None:
    connection = sqlite3.connect(file, autocommit=True)
    refused(lambda: claim_in(connection, PAYMENT, "book"))
    connection.close()
    connection = sqlite3.connect(file, autocommit=False)
    assert claim_in(connection, PAYMENT, "book")
    connection.close()


def test_a_copy_on_sqlite_is_locked_out(file: str) -> None:
    first, second = sqlite3.connect(file), sqlite3.connect(file, timeout=0.1)
    assert claim_in(first, PAYMENT, "book")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        claim_in(second, PAYMENT, "book")
    first.close()
    second.close()


def test_pruning(dsn: str, file: str) -> None:
    import psycopg

    with contextlib.closing(sqlite3.connect(file)) as own:
        claim_in(own, PAYMENT, "book")
        time.sleep(0.05)
        assert prune(own) == 0
        assert prune(own, keep=0.02) == 1
    with psycopg.connect(dsn) as connection:
        claim_in(connection, PAYMENT, "book")
        time.sleep(0.05)
        assert prune(connection) == 0
        assert prune(connection, keep=0.02) == 1


# ---------------------------------------------------------------------------------------------------------- SQLAlchemy


@pytest.mark.parametrize("where", ["postgres", "sqlite"])
def test_sqlalchemy(where: str, request: pytest.FixtureRequest) -> None:
    sqlalchemy: Any = pytest.importorskip("sqlalchemy")
    orm: Any = pytest.importorskip("sqlalchemy.orm")
    if where == "postgres":
        url = request.getfixturevalue("dsn").replace("postgresql:", "postgresql+psycopg:")
    else:
        url = f"sqlite:///{request.getfixturevalue('file')}"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        create_tables(connection)
    with orm.Session(engine) as session:
        assert claim_in(session, PAYMENT, "book")
        session.rollback()
    with orm.Session(engine) as session:
        assert claim_in(session, PAYMENT, "book")
        session.commit()
    scoped = orm.scoped_session(orm.sessionmaker(engine))
    assert not claim_in(scoped, PAYMENT, "book")
    scoped.remove()
    with engine.begin() as connection:
        assert not claim_in(connection, PAYMENT, "book")
        assert claim_in(connection, REFRESH, "book")
        time.sleep(0.01)
        assert prune(connection, keep=0.001) == 2
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        refused(lambda: claim_in(connection, PAYMENT, "book"))
        count = connection.execute(sqlalchemy.text("SELECT count(*) FROM tink_webhooks_effects")).scalar()
        assert count == 0
    engine.dispose()


@pytest.mark.parametrize("where", ["postgres", "sqlite"])
def test_asynchronous_sqlalchemy(where: str, request: pytest.FixtureRequest) -> None:
    pytest.importorskip("greenlet")
    extension: Any = pytest.importorskip("sqlalchemy.ext.asyncio")
    if where == "postgres":
        url = request.getfixturevalue("dsn").replace("postgresql:", "postgresql+psycopg:")
    else:
        pytest.importorskip("aiosqlite")
        url = f"sqlite+aiosqlite:///{request.getfixturevalue('file')}"

    async def run() -> None:
        engine = extension.create_async_engine(url)
        async with extension.AsyncSession(engine) as session, session.begin():
            assert await claim_in_async(session, PAYMENT, "book")
        async with engine.begin() as connection:
            assert not await claim_in_async(connection, PAYMENT, "book")
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        async with autocommit.connect() as connection:
            with pytest.raises(InvalidConfigError, match="transaction"):
                await claim_in_async(connection, REFRESH, "book")
        await engine.dispose()

    asyncio.run(run())


def test_another_database_is_refused_by_name() -> None:
    pytest.importorskip("sqlalchemy")
    from sqlalchemy import Connection

    class Dialect:
        name = "mysql"

    connection: Any = object.__new__(Connection)
    connection.dialect = Dialect()
    with pytest.raises(InvalidConfigError, match="mysql"):
        claim_in(connection, PAYMENT, "book")


# -------------------------------------------------------------------------------------------------------------- Django

DJANGO = """
import json, sys
from types import SimpleNamespace
import django
from django.conf import settings

atomic = sys.argv[2] == "atomic"
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1], "ATOMIC_REQUESTS": atomic}},
    ROOT_URLCONF="__main__", ALLOWED_HOSTS=["*"], SECRET_KEY="x", LOGGING_CONFIG=None, USE_TZ=True,
)
django.setup()
from django.db import connection, transaction
from django.test import Client
from django.urls import path
from tink_webhooks import HandlerError, InvalidConfigError, WebhookHandler
from tink_webhooks.django import webhook_view
from tink_webhooks.idempotency import MemoryStore, claim_in, create_tables, once, prune
from tink_webhooks.testing import signed_delivery

create_tables(connection)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    cursor.execute("CREATE TABLE children (parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)")

hooks = WebhookHandler("s3cret")
outcomes = []
urlpatterns = [path("hook", webhook_view(hooks, on_outcome=lambda outcome, request: outcomes.append(outcome)))]
client = Client(raise_request_exception=False)


def post(name="payment:updated"):
    delivery = signed_delivery(name, secret="s3cret")
    return client.generic("POST", "/hook", delivery.body, headers={"X-Tink-Signature": delivery.signature}).status_code


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]

"""

ONCE = """
store = MemoryStore()
hooks.on("payment:updated")(once(store, "book")(lambda event: None))
if atomic:
    assert post() == 500
    (error,) = outcomes[-1].error.errors
    assert isinstance(error, InvalidConfigError) and "claim_in" in str(error), error
    assert store._records == {}
else:
    assert (post(), post()) == (200, 200)
    assert [outcome.outcome for outcome in outcomes] == ["handled", "duplicate"]
    with transaction.atomic():  # as TestCase does around each test
        assert post() == 200
"""

CLAIM_IN = """
broken = True

@hooks.on("payment:updated")
def book(event):
    with transaction.atomic():
        if claim_in(connection, event, "book"):
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO children VALUES (1)")
            if not broken:
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO parents VALUES (1)")

# The deferred foreign key fails at COMMIT, which is Django's own with ATOMIC_REQUESTS.
assert post() == 500, outcomes
assert (count("children"), count("tink_webhooks_effects")) == (0, 0)
broken = False
assert (post(), post()) == (200, 200)
assert (count("children"), count("tink_webhooks_effects")) == (1, 1)

event = hooks.parse_event(signed_delivery("refresh:finished", secret="s3cret").body)
try:
    claim_in(connection, event, "book")
except InvalidConfigError as error:
    assert error.reason == "invalid_option"
else:
    raise AssertionError("outside a transaction")
assert count("tink_webhooks_effects") == 1
import time; time.sleep(0.01)
assert prune(connection, keep=0.001) == 1
"""


@pytest.mark.parametrize("requests", ["atomic", "plain"])
@pytest.mark.parametrize("program", [ONCE, CLAIM_IN], ids=["once", "claim_in"])
def test_django(program: str, requests: str, tmp_path: Path) -> None:
    pytest.importorskip("django")
    script = tmp_path / "program.py"
    script.write_text(DJANGO + program)
    subprocess.run([sys.executable, str(script), str(tmp_path / "django.db"), requests], check=True, timeout=60)
