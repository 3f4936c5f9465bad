"""A store in a file of SQLite."""

from __future__ import annotations

import os
import time
from threading import Lock
from typing import TYPE_CHECKING

from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._store import Claim, claim_of
from tink_webhooks.idempotency._texts import milliseconds, named, statement

if TYPE_CHECKING:
    import sqlite3

#: How long to wait for another process, in seconds.
_BUSY = 5.0

#: Connections of the process that this one was forked from. Closing them would end its locks.
_inherited: list[object] = []


class _Connection:
    """One connection, that any thread may use, one at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None

    def run(self, *names: str, **parameters: str | int) -> tuple[int, list[tuple[int, ...]]]:
        """Runs texts in one transaction: how many rows the first has changed, and those that the last gives."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                cursors = [connection.execute(statement(f"sqlite/{name}", named), parameters) for name in names]
                rows = cursors[-1].fetchall()
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return cursors[0].rowcount, rows

    def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            import sqlite3

            made = sqlite3.connect(self._path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            until = time.monotonic() + _BUSY
            while True:
                try:
                    made.execute("PRAGMA journal_mode = WAL")
                    break
                except sqlite3.OperationalError:  # another one is just doing it, for which SQLite does not wait
                    if time.monotonic() > until:
                        raise
                    time.sleep(0.01)
            self._opened = made
        return self._opened

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None


class SQLiteStore:
    """Records in a file of SQLite, for the processes of one machine.

    It must be a file of its own: in your own file a long write transaction of a handler would keep its lease from being
    extended. It is made where it is not there, with its table.

    Args:
        path: The file, not ``:memory:``.

    Raises:
        sqlite3.Error: The file cannot be made or is no database.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        if self._path in ("", ":memory:"):
            raise ValueError("SQLiteStore needs a file: use MemoryStore for one process")
        self._make()
        self.create_tables()
        renew(self)

    def __repr__(self) -> str:
        return f"SQLiteStore({self._path!r})"

    def _make(self) -> None:
        self._asked = _Connection(self._path)
        # A connection of its own: a thread that waits for the other's lock would miss its beats.
        self._beats = _Connection(self._path)

    def _after_fork(self) -> None:
        """SQLite's connections do not survive a fork."""
        _inherited.extend((self._asked, self._beats))
        self._make()

    def close(self) -> None:
        """Closes the file."""
        self._asked.close()
        self._beats.close()

    def create_tables(self) -> None:
        """Makes the table where it is not there."""
        self._asked.run("create")

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """See ``Store``."""
        _, rows = self._asked.run("claim", "answer", scope=scope, key=key, token=token, lease=milliseconds(lease))
        return claim_of(rows[0][0])

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """See ``Store``."""
        return self._asked.run("commit", scope=scope, key=key, token=token, keep=milliseconds(keep))[0] > 0

    def release(self, scope: str, key: str, token: str) -> bool:
        """See ``Store``."""
        return self._asked.run("release", scope=scope, key=key, token=token)[0] > 0

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """See ``Store``."""
        return self._beats.run("extend", scope=scope, key=key, token=token, lease=milliseconds(lease))[0] > 0

    def prune(self) -> int:
        """Removes records that were kept long enough, and says how many."""
        return self._asked.run("prune")[0]
