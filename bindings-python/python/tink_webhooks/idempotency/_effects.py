"""The key in the user's own transaction, and the tables."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any, NoReturn

from tink_webhooks import Event, _native
from tink_webhooks.idempotency._steps import KEEP
from tink_webhooks.idempotency._texts import (
    Parameters,
    marked,
    milliseconds,
    named,
    numbered,
    pyformat,
    statement,
)


def claim_in(connection: Any, event: Event, scope: str) -> bool:
    """Inserts the event's key in the transaction in which the handler writes: both are committed, or neither.

    Call it first, and return where it is false::

        with pool.connection() as connection:  # commits at the end
            if claim_in(connection, event, "book-payment"):
                book(connection, event.data)

    A copy waits, on PostgreSQL, until the transaction of the other one has ended: committed, it gets ``False``; rolled
    back, ``True``. What the database raises (a conflict, a time-out) is yours to pass on, so that Tink delivers again.
    The table is made by ``create_tables(connection)``.

    Args:
        connection: A connection of psycopg 3, ``sqlite3``, SQLAlchemy (a ``Session`` too) or Django, to PostgreSQL or
            SQLite, in a transaction.
        event: The event.
        scope: Names what is done once, as for ``once``: another one for each handler.

    Returns:
        Whether to go on: the key is new, or the event has none.

    Raises:
        InvalidConfigError: ``invalid_option``: the connection is in no transaction, so the key would be committed at
            once and without the handler's work; nothing was inserted. Or it is another database.
        TypeError: It is no such connection: a pool, a cursor, an asynchronous connection.
    """
    kind = _kind(connection)
    if kind in ("psycopg.AsyncConnection", "sqlalchemy.AsyncConnection", "sqlalchemy.AsyncSession"):
        raise TypeError("claim_in takes no asynchronous connection: await claim_in_async(connection, event, scope)")
    database = _database(kind, connection)
    key = event.idempotency_key
    if key is None:
        return True
    if kind == "psycopg.Connection":
        _refuse_autocommit(_psycopg_outside(connection))
        cursor = sys.modules["psycopg"].Cursor(connection)
        return _new(cursor.execute(statement("postgres/effect", pyformat), numbered(scope, key)))
    if kind == "sqlite3.Connection":
        _refuse_autocommit(_sqlite_outside(connection))
        return _new(connection.execute(statement("sqlite/effect", named), {"scope": scope, "key": key}))
    if kind == "django":
        _refuse_autocommit(connection.get_autocommit())
        with connection.cursor() as cursor:
            cursor.execute(statement(f"{database}/effect", marked), [scope, key])
            return _new(cursor)
    connection = connection.connection() if kind == "sqlalchemy.Session" else connection
    return _insert_by_sqlalchemy(connection, database, scope, key)


async def claim_in_async(connection: Any, event: Event, scope: str) -> bool:
    """As ``claim_in``, for asynchronous connections: of psycopg 3, or of SQLAlchemy (an ``AsyncSession`` too).

    Args:
        connection: The connection, in a transaction.
        event: The event.
        scope: Names what is done once, as for ``once``: another one for each handler.

    Returns:
        Whether to go on: the key is new, or the event has none.

    Raises:
        InvalidConfigError: ``invalid_option``: as of ``claim_in``.
        TypeError: It is no such connection.
    """
    kind = _kind(connection)
    if kind == "psycopg.AsyncConnection":
        key = event.idempotency_key
        if key is None:
            return True
        _refuse_autocommit(_psycopg_outside(connection))
        cursor = sys.modules["psycopg"].AsyncCursor(connection)
        return _new(await cursor.execute(statement("postgres/effect", pyformat), numbered(scope, key)))
    if kind not in ("sqlalchemy.AsyncConnection", "sqlalchemy.AsyncSession"):
        raise TypeError(
            "claim_in_async takes an AsyncConnection of psycopg, or one of SQLAlchemy's or an AsyncSession, not "
            + _name(connection)
        )
    if kind == "sqlalchemy.AsyncSession":
        connection = await connection.connection()

    def claim(synchronous: Any) -> bool:
        return claim_in(synchronous, event, scope)

    new: bool = await connection.run_sync(claim)
    return new


def create_tables(target: Any) -> None:
    """Makes the tables where they are not there; to be called at each start, or by a migration.

    Args:
        target: A store, or a connection for ``claim_in``. A connection makes them in its transaction, which you commit.
    """
    own = getattr(target, "create_tables", None)
    if own is not None:
        own()
        return
    kind = _kind(target)
    database = _database(kind, target)
    _run(kind, target, database, "create" if database == "postgres" else "create_effects", {})


def prune(target: Any, *, keep: float | timedelta = KEEP) -> int:
    """Removes what was kept long enough; to be called now and then.

    Args:
        target: A store, whose records say themselves how long they are kept; or a connection: the keys of ``claim_in``
            are removed in its transaction, which you commit.
        keep: How long the keys of ``claim_in`` are kept, in seconds or as a ``timedelta``.

    Returns:
        How many were removed. Redis removes its own: 0.
    """
    own = getattr(target, "prune", None)
    if own is not None:
        removed: int = own()
        return removed
    kind = _kind(target)
    database = _database(kind, target)
    kept = milliseconds(keep.total_seconds() if isinstance(keep, timedelta) else keep)
    return _run(kind, target, database, "prune_effects", numbered(kept) if database == "postgres" else {"keep": kept})


def _run(kind: str, connection: Any, database: str, name: str, parameters: Parameters) -> int:
    place = f"{database}/{name}"
    if kind == "psycopg.Connection":
        cursor = sys.modules["psycopg"].Cursor(connection)
        return int(cursor.execute(statement(place, pyformat), parameters or None).rowcount)
    if kind == "sqlite3.Connection":
        return int(connection.execute(statement(place, named), parameters).rowcount)
    if kind == "django":
        with connection.cursor() as cursor:
            cursor.execute(statement(place, marked), list(parameters.values()) or None)
            return int(cursor.rowcount)
    if kind not in ("sqlalchemy.Connection", "sqlalchemy.Session"):
        raise TypeError(f"take a synchronous connection, not {_name(connection)}")
    connection = connection.connection() if kind == "sqlalchemy.Session" else connection
    removed = 0
    for part in _statements(statement(place, _bound)):
        removed = connection.execute(sys.modules["sqlalchemy"].text(part), parameters).rowcount
    return removed


def _statements(text: str) -> list[str]:
    """Some drivers take one statement at a time."""
    return [part for part in text.split(";") if part.strip()]


def _insert_by_sqlalchemy(connection: Any, database: str, scope: str, key: str) -> bool:
    text = sys.modules["sqlalchemy"].text
    if database == "sqlite":
        raw = connection.connection.dbapi_connection
        _refuse_autocommit(_sqlite_outside(raw))
        parameters: Parameters = {"scope": scope, "key": key}
    else:
        # SQLAlchemy knows only what it has set itself; the server knows.
        try:
            connection.execute(text("SAVEPOINT tink_webhooks"))
        except Exception as error:
            original = getattr(error, "orig", None)
            state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
            _refuse_autocommit(state == "25P01")
            raise
        connection.execute(text("RELEASE SAVEPOINT tink_webhooks"))
        parameters = numbered(scope, key)
    return _new(connection.execute(text(statement(f"{database}/effect", _bound)), parameters))


def _bound(name: str) -> str:
    """As SQLAlchemy's ``text`` wants parameters."""
    return f":{name}"


def _new(cursor: Any) -> bool:
    return int(cursor.rowcount) == 1


def _psycopg_outside(connection: Any) -> bool:
    """Without autocommit the first statement begins a transaction."""
    idle = connection.info.transaction_status == sys.modules["psycopg"].pq.TransactionStatus.IDLE
    return bool(connection.autocommit and idle)


def _sqlite_outside(connection: Any) -> bool:
    """Unless it is ``None``, ``isolation_level`` makes the first INSERT begin a transaction."""
    if getattr(connection, "in_transaction", False):
        return False
    # Python 3.12 has `autocommit`: -1 means that isolation_level counts.
    autocommit = getattr(connection, "autocommit", -1)
    if autocommit in (True, False) and autocommit != -1:
        return bool(autocommit)
    return connection.isolation_level is None


def _refuse_autocommit(outside: bool) -> None:
    if outside:
        raise _native._refusal(
            "invalid_option",
            "claim_in needs a transaction: on a connection with autocommit the key is committed at once, and the event "
            "is lost if the handler then fails",
        )


def _kind(connection: Any) -> str:
    """Which of the classes that are known it is, subclasses included."""
    for base in type(connection).__mro__:
        package = base.__module__.partition(".")[0]
        name = f"{package}.{base.__name__}"
        if name in _KINDS:
            return name
        if package == "django" and base.__name__ == "BaseDatabaseWrapper":
            return "django"
        if (package, base.__name__) == ("sqlalchemy", "scoped_session"):
            return "sqlalchemy.Session"
        if package == "django" and base.__name__ == "ConnectionProxy":
            return _kind(connection._connections[connection._alias])
    return _refuse(connection)


_KINDS = {
    "psycopg.AsyncConnection",
    "psycopg.Connection",
    "sqlalchemy.AsyncConnection",
    "sqlalchemy.AsyncSession",
    "sqlalchemy.Connection",
    "sqlalchemy.Session",
    "sqlite3.Connection",
}

#: By the names that SQLAlchemy and Django have for them.
_DATABASES = {"postgresql": "postgres", "sqlite": "sqlite"}


def _refuse(connection: Any) -> NoReturn:
    what = "a pool is no connection" if "pool" in type(connection).__name__.lower() else "it is no such connection"
    raise TypeError(f"this takes a connection of psycopg 3, sqlite3, SQLAlchemy or Django: {what}: {_name(connection)}")


def _name(connection: Any) -> str:
    return f"{type(connection).__module__}.{type(connection).__qualname__}"


def _database(kind: str, connection: Any) -> str:
    if kind == "django":
        name: str = connection.vendor
    elif kind == "sqlalchemy.Session":
        name = connection.get_bind().dialect.name
    elif kind == "sqlalchemy.Connection":
        name = connection.dialect.name
    else:
        return "sqlite" if kind == "sqlite3.Connection" else "postgres"
    if name not in _DATABASES:
        raise _native._refusal("invalid_option", f"claim_in knows PostgreSQL and SQLite, and not {name}")
    return _DATABASES[name]
