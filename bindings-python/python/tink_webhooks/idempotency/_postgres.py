"""A store in PostgreSQL."""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from typing import Any, Callable, TypeVar

from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._store import CLAIMED, Claim, claim_of, classes
from tink_webhooks.idempotency._texts import milliseconds, numbered, pyformat, statement

_T = TypeVar("_T")

#: serialization_failure and deadlock_detected, where the server's default isolation is stricter; and two sessions that
#: make the same table.
_AGAIN = ("40001", "40P01", "23505", "42P07", "42710")
_TRIES = 10
#: The texts that give rows.
_ASKED = ("claim", "answer")
#: How many seconds a pool may take to give a connection: by default it waits for half a minute.
_PATIENCE = 5.0

#: Connections of the process that this one was forked from. Closing them would end its sessions.
_inherited: list[object] = []


class PostgresStore:
    """Records in PostgreSQL 9.5 or newer, through psycopg 3.

    ``create_tables`` makes the table. Leases are extended over a connection of the store's own, so handlers that take
    all connections of a pool do not lose theirs.

    Args:
        pool: A ``psycopg_pool.ConnectionPool`` or ``AsyncConnectionPool``, or a connection string.

    Raises:
        TypeError: It is neither, such as a single connection.
    """

    def __init__(self, pool: Any) -> None:
        inherited = classes(pool)
        is_pool = any(module.startswith("psycopg_pool") for module, _ in inherited)
        if not is_pool and not isinstance(pool, str):
            raise TypeError(
                f"PostgresStore takes a pool of psycopg_pool or a connection string, not {'.'.join(inherited[0])}"
            )
        self._psycopg: Any = import_module("psycopg")
        self._pool: Any = pool if is_pool else None
        self._dsn = None if is_pool else pool
        self._is_async = any(name == "AsyncConnectionPool" for _, name in inherited)
        self._idle: list[Any] = []
        self._beats: Any = None
        self._lock = Lock()
        if self._is_async:
            self.claim_async = self._claim_async
            self.commit_async = self._commit_async
            self.release_async = self._release_async
        renew(self)

    def __repr__(self) -> str:
        # A connection string may hold a password.
        return f"<PostgresStore of {'a connection string' if self._pool is None else type(self._pool).__name__}>"

    def _after_fork(self) -> None:
        """Connections do not survive a fork."""
        _inherited.extend((self._idle, self._beats))
        self._idle, self._beats, self._lock = [], None, Lock()

    def close(self) -> None:
        """Closes the store's own connections, and not the pool."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            if self._beats is not None:
                self._beats.close()
                self._beats = None

    def create_tables(self) -> None:
        """Makes the tables of this store and of ``claim_in`` where they are not there."""
        create = statement("postgres/create", pyformat)
        self._again(lambda: self._own(lambda connection: self._cursor(connection).execute(create)))

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """See ``Store``."""
        for _ in range(_TRIES):
            if self._run("claim", scope, key, token, milliseconds(lease))[1]:
                return CLAIMED
            # Another one has it; where it has just gone there is no row.
            for answer in self._run("answer", scope, key)[1]:
                return claim_of(answer)
        raise RuntimeError("the record comes and goes")

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """See ``Store``."""
        return self._run("commit", scope, key, token, milliseconds(keep))[0] > 0

    def release(self, scope: str, key: str, token: str) -> bool:
        """See ``Store``."""
        return self._run("release", scope, key, token)[0] > 0

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """See ``Store``."""
        with self._lock:
            if self._beats is None:
                self._beats = self._connect()
            try:
                return self._execute(self._beats, "extend", scope, key, token, milliseconds(lease))[0] > 0
            except BaseException:
                self._beats.close()
                self._beats = None
                raise

    def prune(self) -> int:
        """Removes records that were kept long enough, and says how many."""
        return self._run("prune")[0]

    async def _claim_async(self, scope: str, key: str, token: str, lease: float) -> Claim:
        for _ in range(_TRIES):
            if (await self._run_async("claim", scope, key, token, milliseconds(lease)))[1]:
                return CLAIMED
            for answer in (await self._run_async("answer", scope, key))[1]:
                return claim_of(answer)
        raise RuntimeError("the record comes and goes")

    async def _commit_async(self, scope: str, key: str, token: str, keep: float) -> bool:
        return (await self._run_async("commit", scope, key, token, milliseconds(keep)))[0] > 0

    async def _release_async(self, scope: str, key: str, token: str) -> bool:
        return (await self._run_async("release", scope, key, token))[0] > 0

    def _run(self, name: str, *values: str | int) -> tuple[int, list[int]]:
        def run() -> tuple[int, list[int]]:
            if self._pool is None or self._is_async:
                return self._own(lambda connection: self._execute(connection, name, *values))
            with self._pool.connection(self._patience()) as connection:
                if connection.autocommit:
                    return self._execute(connection, name, *values)
                # Else a statement would be three round trips: BEGIN and COMMIT are sent by themselves.
                connection.autocommit = True
                try:
                    return self._execute(connection, name, *values)
                finally:
                    try:
                        connection.autocommit = False
                    except self._psycopg.Error:  # it was interrupted, and is of no use any more
                        connection.close()

        return self._again(run)

    def _patience(self) -> float:
        own: float = self._pool.timeout
        return min(_PATIENCE, own)

    def _again(self, run: Callable[[], _T]) -> _T:
        for left in reversed(range(_TRIES)):
            try:
                return run()
            except self._psycopg.Error as error:
                if not left or error.sqlstate not in _AGAIN:
                    raise
        raise AssertionError

    def _own(self, run: Callable[[Any], _T]) -> _T:
        """Runs it with a connection of the store's own."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None or connection.closed:
            connection = self._connect()
        try:
            done = run(connection)
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)
        return done

    def _connect(self) -> Any:
        if self._pool is None:
            return self._psycopg.connect(self._dsn, autocommit=True)
        options: dict[str, Any] = _given(getattr(self._pool, "kwargs", None)) or {}
        return self._psycopg.connect(_given(self._pool.conninfo), **{**options, "autocommit": True})

    def _cursor(self, connection: Any) -> Any:
        """A cursor of psycopg's own kind, whatever kind the application's connections make."""
        return self._psycopg.Cursor(connection, row_factory=self._psycopg.rows.tuple_row)

    def _execute(self, connection: Any, name: str, *values: str | int) -> tuple[int, list[int]]:
        cursor = self._cursor(connection)
        cursor.execute(_statement(name), numbered(*values))
        rows: list[tuple[Any, ...]] = cursor.fetchall() if name in _ASKED else []
        return cursor.rowcount, [int(row[0]) for row in rows]

    async def _run_async(self, name: str, *values: str | int) -> tuple[int, list[int]]:
        for left in reversed(range(_TRIES)):
            try:
                async with self._pool.connection(self._patience()) as connection:
                    if connection.autocommit:
                        return await self._execute_async(connection, name, *values)
                    await connection.set_autocommit(True)  # see _run
                    try:
                        return await self._execute_async(connection, name, *values)
                    finally:
                        try:
                            await connection.set_autocommit(False)
                        except self._psycopg.Error:
                            await connection.close()
            except self._psycopg.Error as error:
                if not left or error.sqlstate not in _AGAIN:
                    raise
        raise AssertionError

    async def _execute_async(self, connection: Any, name: str, *values: str | int) -> tuple[int, list[int]]:
        cursor = self._psycopg.AsyncCursor(connection, row_factory=self._psycopg.rows.tuple_row)
        await cursor.execute(_statement(name), numbered(*values))
        rows: list[tuple[Any, ...]] = await cursor.fetchall() if name in _ASKED else []
        return cursor.rowcount, [int(row[0]) for row in rows]


def _given(value: Any) -> Any:
    """Newer pools take functions that give what connections are made with."""
    if not callable(value):
        return value
    made: Any = value()
    if not hasattr(made, "__await__"):
        return made
    made.close()
    raise TypeError("PostgresStore cannot await a pool's conninfo: give it a connection string")


def _statement(name: str) -> str:
    return statement(f"postgres/{name}", pyformat)
