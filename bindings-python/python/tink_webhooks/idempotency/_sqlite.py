"""A store in a file of SQLite."""

from __future__ import annotations

import os
import time
from threading import Lock
from typing import TYPE_CHECKING

from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._store import CLAIMED, Claim, claim_of
from tink_webhooks.idempotency._texts import Parameters, milliseconds, named, statement

if TYPE_CHECKING:
    import sqlite3

#: How long to wait for another process, in seconds.
_BUSY = 5.0
_TRIES = 10

#: Connections of the process that this one was forked from. Closing them would end its locks.
_inherited: list[object] = []


class _Connection:
    """One connection, that any thread may use, one at a time."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None

    def change(self, name: str, parameters: Parameters, before: str | None = None) -> int:
        """Runs a text, which is a transaction of its own: how many rows it has changed.

        ``before`` is a text that says whether it waits for the disk; without it the last one holds.
        """
        with self._lock:
            opened = self._open()
            if before is not None:
                opened.execute(statement(f"sqlite/{before}", named))
            return opened.execute(statement(f"sqlite/{name}", named), parameters).rowcount

    def ask(self, name: str, parameters: Parameters) -> list[int]:
        """The values that a text gives."""
        with self._lock:
            rows = self._open().execute(statement(f"sqlite/{name}", named), parameters).fetchall()
        return [int(row[0]) for row in rows]

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
        self._asked.change("create", {})

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """See ``Store``."""
        record: Parameters = {"scope": scope, "key": key, "token": token, "lease": milliseconds(lease)}
        for _ in range(_TRIES):
            if self._asked.change("claim", record, before="quick"):
                return CLAIMED
            # Another one has it; where it has just gone there is no row.
            for answer in self._asked.ask("answer", record):
                return claim_of(answer)
        raise RuntimeError("the record comes and goes")

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """See ``Store``."""
        record: Parameters = {"keep": milliseconds(keep), "scope": scope, "key": key, "token": token}
        return self._asked.change("commit", record, before="durable") > 0

    def release(self, scope: str, key: str, token: str) -> bool:
        """See ``Store``."""
        return self._asked.change("release", {"scope": scope, "key": key, "token": token}) > 0

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """See ``Store``."""
        record: Parameters = {"lease": milliseconds(lease), "scope": scope, "key": key, "token": token}
        return self._beats.change("extend", record) > 0

    def prune(self) -> int:
        """Removes records that were kept long enough, and says how many."""
        return self._asked.change("prune", {})
