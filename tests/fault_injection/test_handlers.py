"""Handlers that raise and that hang, while handlers are registered and removed.

The same in Rust: core/tests/failing_handlers.rs; in Go: bindings-go/failing_handlers_test.go; in C:
bindings-c/tests/test_handlers.c.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tink_webhooks import Event, HandlerError, WebhookHandler, generate_signature

SECRET = "s3cret"
BODY = b'{"event":"account:updated","content":{"id":"a1"}}'
SIGNATURE = generate_signature(BODY, SECRET)


@pytest.fixture
def hooks() -> WebhookHandler:
    return WebhookHandler(SECRET)


@pytest.fixture
def _switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_switch_often")
def test_everything_fails_and_changes_at_once(hooks: WebhookHandler) -> None:
    threads, rounds, lock = 8, 200, threading.Lock()
    sound, failures = 0, []

    @hooks.on("account:updated")
    def first(event: Event) -> None:
        nonlocal sound
        with lock:
            sound += 1

    @hooks.on("account:updated")
    def second(event: Event) -> None:
        raise ValueError(event.name)

    def deliver() -> None:
        for _ in range(rounds):
            with pytest.raises(HandlerError) as raised:
                hooks.handle_webhook(BODY, SIGNATURE)
            assert isinstance(raised.value.errors[0], ValueError)

    def change() -> None:
        for _ in range(rounds):
            hooks.register_handler("*", lambda event: 1 // 0)
            assert len(hooks.get_handlers()["account_updated"]) == 2
            hooks.unregister_handlers("*")

    def run(work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=run, args=(deliver if number % 2 else change,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert sound == threads // 2 * rounds
    hooks.unregister_handlers("*")
    assert set(hooks.get_handlers()) == {"account_updated"}


def test_handlers_that_hang_are_cancelled_by_a_timeout(hooks: WebhookHandler) -> None:
    started, ended, after = [], [], []

    @hooks.on("account:updated")
    async def hangs(event: Event) -> None:
        started.append(event)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(event)

    hooks.register_handler("*", after.append)

    async def main() -> None:
        deliveries = [asyncio.wait_for(hooks.handle_webhook_async(BODY, SIGNATURE), timeout=0.5) for _ in range(100)]
        results = asyncio.gather(*deliveries, return_exceptions=True)
        while len(started) < 100:
            await asyncio.sleep(0)
        # While a hundred hang, registration and the next delivery are not held up.
        hooks.unregister_handlers("account:updated")
        await hooks.handle_webhook_async(BODY, SIGNATURE)
        assert len(after) == 1
        assert {type(result) for result in await results} == {asyncio.TimeoutError}
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert len(ended) == 100
    # A cancelled dispatch runs no further handler.
    assert len(after) == 1


def test_node() -> None:
    program = Path(__file__).with_name("handlers.test.mjs")
    ran = subprocess.run(["node", "--test", str(program)], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "pass 3" in ran.stdout
