"""A store in memory."""

from __future__ import annotations

import time
from threading import Lock

from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._store import CLAIMED, DONE, Claim


class MemoryStore:
    """Records in this process's memory: for tests, and for programs of one process that may run twice after a restart.

    A forked process has its own. Records that were kept long enough make room; so do, beyond the cap, the oldest done
    ones.

    Args:
        max_records: How many records are kept.
    """

    #: It never waits, so asynchronous handlers ask it without a thread.
    blocking = False

    def __init__(self, max_records: int = 100_000) -> None:
        if max_records < 1:
            raise ValueError("max_records must be positive")
        self._max_records = max_records
        #: Done or not, the token, and until when. The oldest is first.
        self._records: dict[tuple[str, str], tuple[bool, str, float]] = {}
        self._lock = Lock()
        renew(self)

    def __repr__(self) -> str:
        return f"<MemoryStore with {len(self._records)} records>"

    def _after_fork(self) -> None:
        """A thread of the parent may have held the lock."""
        self._lock = Lock()

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        """See ``Store``."""
        now = time.monotonic()
        with self._lock:
            found = self._records.get((scope, key))
            if found is not None:
                done, holder, until = found
                if done and until > now:
                    return DONE
                if not done and holder != token and until > now:
                    return Claim("busy", until - now)
            self._put(scope, key, (False, token, now + lease))
            self._make_room(now)
            return CLAIMED

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        """See ``Store``."""
        with self._lock:
            found = self._records.get((scope, key))
            if found is not None and found[1] != token:
                return False
            self._put(scope, key, (True, token, time.monotonic() + keep))
            return True

    def release(self, scope: str, key: str, token: str) -> bool:
        """See ``Store``."""
        with self._lock:
            if not self._holds(scope, key, token):
                return False
            del self._records[scope, key]
            return True

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        """See ``Store``."""
        with self._lock:
            if not self._holds(scope, key, token):
                return False
            self._records[scope, key] = (False, token, time.monotonic() + lease)
            return True

    def prune(self) -> int:
        """Removes records that were kept long enough, and says how many."""
        now = time.monotonic()
        with self._lock:
            old = [name for name, (_, _, until) in self._records.items() if until <= now]
            for name in old:
                del self._records[name]
            return len(old)

    def _holds(self, scope: str, key: str, token: str) -> bool:
        found = self._records.get((scope, key))
        return found is not None and not found[0] and found[1] == token

    def _put(self, scope: str, key: str, record: tuple[bool, str, float]) -> None:
        self._records.pop((scope, key), None)
        self._records[scope, key] = record

    def _make_room(self, now: float) -> None:
        if len(self._records) <= self._max_records:
            return
        # A claim that runs stays, whatever the cap.
        for name, (done, _, until) in self._records.items():
            if done or until <= now:
                del self._records[name]
                return
