"""Stores and events for the tests of ``once``."""

from __future__ import annotations

import time
from typing import Any

from tink_webhooks import Event, WebhookHandler
from tink_webhooks.idempotency import Claim, MemoryStore
from tink_webhooks.testing import signed_delivery

SECRET = "s3cret"


def event_of(name: str = "payment:updated") -> Event:
    return WebhookHandler(SECRET).parse_event(signed_delivery(name, secret=SECRET).body)


PAYMENT = event_of()
SIGNAL = event_of("account:updated")
KEY = PAYMENT.idempotency_key
assert KEY is not None


class Counted(MemoryStore):
    """Counts what is asked of it, and fails on request."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.fails: dict[str, int] = {}

    def _count(self, name: str) -> None:
        self.asked.append(name)
        if self.fails.get(name, 0):
            self.fails[name] -= 1
            raise ConnectionError("away")

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        self._count("claim")
        return super().claim(scope, key, token, lease)

    def commit(self, scope: str, key: str, token: str, keep: float) -> bool:
        self._count("commit")
        return super().commit(scope, key, token, keep)

    def release(self, scope: str, key: str, token: str) -> bool:
        self._count("release")
        return super().release(scope, key, token)

    def extend(self, scope: str, key: str, token: str, lease: float) -> bool:
        self._count("extend")
        return super().extend(scope, key, token, lease)


class Blocking(Counted):
    """Is asked in a thread by asynchronous handlers."""

    blocking = True


def fail(event: Event) -> None:
    raise ValueError("no such account")


def steal(store: Any) -> None:
    """Another one holds all that the store has."""
    for name in store._records:
        store._records[name] = (False, "another", time.monotonic() + 60)


async def nothing(event: Event) -> None:
    pass
