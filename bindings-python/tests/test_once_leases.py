"""The leases of `once`: how long a claim is held, and what becomes of one that is lost or cancelled."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from once_stores import KEY, PAYMENT, Counted, event_of, fail, nothing, steal
from tink_webhooks import Event
from tink_webhooks.idempotency import Claim, SQLiteStore, once


def test_the_lease_is_extended_while_the_handler_runs_and_no_longer(call: Any) -> None:
    """A handler that blocks the event loop is extended too: the beats come from a thread."""
    store = call.store()

    def book(event: Event) -> None:
        until = time.monotonic() + 1.6
        while time.monotonic() < until:
            assert store.claim("book", KEY, "another", 1).state == "busy"
            time.sleep(0.05)

    call(store, book, lease=1)(PAYMENT)
    assert store.asked.count("extend") >= 8
    beats = store.asked.count("extend")
    time.sleep(0.5)
    assert store.asked.count("extend") == beats
    assert store.claim("book", KEY, "another", 1).state == "done"


def test_the_lease_is_extended_for_max_run_only(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A handler that hangs is overtaken then, and cannot commit what the other one has."""
    store, ran = call.store(), []

    def hang(event: Event) -> None:
        ran.append(event)
        time.sleep(2.2)
        assert store.claim("book", KEY, "another", 60).state == "claimed"

    call(store, hang, lease=1, max_run=0.5)(PAYMENT)
    assert "max_run" in caplog.text
    assert "commit_lost" in caplog.text
    assert store.claim("book", KEY, "a third", 1).state == "busy"


def test_a_lost_lease_is_noticed(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    store = call.store()

    def book(event: Event) -> None:
        steal(store)
        time.sleep(0.4)

    call(store, book, lease=1)(PAYMENT)
    assert "the lease of book was lost" in caplog.text
    assert "commit_lost" in caplog.text


def test_a_claim_that_the_store_has_forgotten_is_committed(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    store, ran = call.store(), []

    def book(event: Event) -> None:
        store._records.clear()
        ran.append(event)

    handle = call(store, book)
    handle(PAYMENT)
    assert "commit_lost" not in caplog.text
    handle(PAYMENT)
    assert len(ran) == 1


def test_a_beat_that_the_commit_overtakes_is_no_lost_lease(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What is done has no lease: the store says so to a beat that was on its way."""
    beats, committed = threading.Event(), threading.Event()

    class Overtakes(call.store):  # type: ignore[misc, name-defined]
        def extend(self, *args: Any) -> bool:
            beats.set()
            assert committed.wait(10)
            return bool(super().extend(*args))

        def commit(self, *args: Any) -> bool:
            kept = bool(super().commit(*args))
            committed.set()
            time.sleep(0.2)  # for what the beat says
            return kept

    call(Overtakes(), lambda _event: beats.wait(10), lease=1)(PAYMENT)
    assert beats.is_set()
    assert caplog.text == ""


def test_the_time_that_a_claim_took_is_of_its_lease(call: Any) -> None:
    """The store counts from the question on: after that another one may have claimed, and one try is enough."""

    class Slow(call.store):  # type: ignore[misc, name-defined]
        def claim(self, *args: Any) -> Claim:
            found = super().claim(*args)
            time.sleep(1.1)
            return found

    store = Slow()
    store.fails["commit"] = 10**6
    call(store, lambda _event: None, lease=1)(PAYMENT)
    assert store.asked.count("commit") == 1


def test_a_commit_is_tried_again(call: Any) -> None:
    store, ran = call.store(), []
    store.fails["commit"] = 3
    book = call(store, ran.append)
    book(PAYMENT)
    book(PAYMENT)
    assert len(ran) == 1
    assert store.asked.count("commit") == 4


def test_a_commit_that_is_lost(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Tried again within the lease, and then the event counts as handled."""
    store, ran = call.store(), []
    store.fails["commit"] = 10**6
    begun = time.monotonic()
    call(store, lambda event: ran.append(event) or "booked", lease=1)(PAYMENT)
    assert 0.5 < time.monotonic() - begun < 2
    (record,) = [record for record in caplog.records if "commit_lost" in record.message]
    assert record.levelno == logging.ERROR
    assert (record.reason, record.scope, record.key) == ("commit_lost", "book", KEY)  # type: ignore[attr-defined]
    assert "release" not in store.asked


class Hangs(Counted):
    blocking = True

    def release(self, scope: str, key: str, token: str) -> bool:
        time.sleep(3)
        return super().release(scope, key, token)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_release_that_hangs_or_fails_hidesnothing(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    async def fail_async(event: Event) -> None:
        fail(event)

    def run(store: Any) -> None:
        if kind == "sync":
            once(store, "book")(fail)(PAYMENT)
        else:
            asyncio.run(once(store, "book")(fail_async)(PAYMENT))

    store: Counted = Counted()
    store.fails["release"] = 1
    with pytest.raises(ValueError, match="no such account"):
        run(store)
    assert "was not released" in caplog.text
    if kind == "sync":
        begun = time.monotonic()
        with pytest.raises(ValueError, match="no such account"):
            run(Hangs())
        assert 0.9 < time.monotonic() - begun < 2


def test_cancelling_ends_the_beats_and_releases() -> None:
    """Before, in the handler: 30 beats in 0.3 s were seen after it, and a key that was held for ever."""
    store = Counted()

    @once(store, "book", lease=1)
    async def hang(event: Event) -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        task = asyncio.ensure_future(hang(PAYMENT))
        await asyncio.sleep(0.3)
        assert "extend" in store.asked
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        beats = store.asked.count("extend")
        await asyncio.sleep(0.4)
        assert store.asked.count("extend") == beats

    asyncio.run(run())
    assert store.asked[-1] == "release"
    assert store.claim("book", KEY, "another", 1).state == "claimed"


def test_cancelling_the_wait_leaves_the_other_one_s_claim() -> None:
    store = Counted()
    store.claim("book", KEY, "another", 60)

    async def run() -> None:
        book = once(store, "book", max_waiting=1)(nothing)
        for _ in range(3):
            task = asyncio.ensure_future(book(PAYMENT))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert store.claim("book", KEY, "a third", 1).state == "busy"


def test_cancelling_after_the_effect_still_commits() -> None:
    """The client left while the commit was written."""

    class Slow(Counted):
        async def claim_async(self, *args: Any) -> Claim:
            return self.claim(*args)

        async def commit_async(self, *args: Any) -> bool:
            await asyncio.sleep(0.2)
            return self.commit(*args)

        async def release_async(self, *args: Any) -> bool:
            return self.release(*args)

    store = Slow()

    async def run() -> None:
        task = asyncio.ensure_future(once(store, "book")(nothing)(PAYMENT))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.3)

    asyncio.run(run())
    assert store.asked == ["claim", "commit"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_beats_by_itself(tmp_path: Path) -> None:
    """The thread that extends leases is not forked."""
    store = SQLiteStore(tmp_path / "claims.db")
    book = once(store, "book", lease=1)(lambda event: time.sleep(1.5))
    book(event_of("refresh:finished"))
    child = os.fork()
    if child == 0:
        try:
            book(PAYMENT)
        finally:
            os._exit(0)
    time.sleep(1.3)
    assert store.claim("book", KEY, "another", 1).state == "busy"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.claim("book", KEY, "another", 1).state == "done"
    store.close()


def test_the_thread_of_beats_ends_and_keeps_no_program_alive() -> None:
    program = """
import time
from tink_webhooks import WebhookHandler
from tink_webhooks.idempotency import MemoryStore, once
from tink_webhooks.testing import signed_delivery
event = WebhookHandler("s").parse_event(signed_delivery("payment:updated", secret="s").body)
once(MemoryStore(), "book")(lambda event: None)(event)
"""
    begun = time.monotonic()
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
    assert time.monotonic() - begun < 10
