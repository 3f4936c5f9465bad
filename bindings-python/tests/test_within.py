"""The time limit for what adapters await."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from tink_webhooks._within import within

#: A limit that no test waits for.
LONG = 60.0

Make = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]


async def at_once() -> str:
    return "result"


async def in_steps() -> str:
    for _ in range(3):
        await asyncio.sleep(0.001)
    return "result"


async def failing(steps: int) -> None:
    for _ in range(steps):
        await asyncio.sleep(0)
    raise LookupError("its own")


async def deaf() -> str:
    for _ in range(2):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(LONG)
    return "result"


@pytest.mark.parametrize("made", [lambda body: body, asyncio.ensure_future], ids=["coroutine", "task"])
class TestLimit:
    def test_a_result_is_passed_on(self, made: Make) -> None:
        async def run() -> list[str]:
            return [await within(limit, made(body())) for limit in (LONG, None) for body in (at_once, in_steps)]

        assert asyncio.run(run()) == ["result"] * 4

    @pytest.mark.parametrize("steps", [0, 1, 3])
    def test_an_exception_is_passed_on(self, made: Make, steps: int) -> None:
        async def run() -> None:
            await within(LONG, made(failing(steps)))

        with pytest.raises(LookupError, match="its own"):
            asyncio.run(run())

    def test_what_takes_longer_is_cancelled(self, made: Make) -> None:
        seen = []

        async def body() -> None:
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        async def run() -> None:
            await asyncio.sleep(0)
            # `asyncio.TimeoutError` is another class before Python 3.11.
            with pytest.raises(TimeoutError):
                await within(0.01, made(body()))
            await asyncio.sleep(0)

        asyncio.run(run())
        assert seen == ["cancelled"]

    def test_cancelling_reaches_it(self, made: Make) -> None:
        seen = []

        async def body() -> None:
            await asyncio.sleep(0)
            try:
                await asyncio.sleep(LONG)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        async def run() -> None:
            task = asyncio.ensure_future(within(LONG, made(body())))
            for _ in range(5):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)

        asyncio.run(run())
        assert seen == ["cancelled"]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="an older asyncio has no `timeout`")
def test_what_does_not_wait_sets_no_timer() -> None:
    async def run() -> list[object]:
        loop, set_timers = asyncio.get_running_loop(), []
        original = loop.call_at
        loop.call_at = lambda *given, **named: (set_timers.append(given), original(*given, **named))[1]  # type: ignore[method-assign]
        await within(LONG, at_once())
        before = len(set_timers)
        await within(LONG, in_steps())
        return [before, len(set_timers) > 0]

    assert asyncio.run(run()) == [0, True]


def test_what_goes_on_when_cancelled_ends_as_it_likes() -> None:
    async def run() -> str:
        task = asyncio.ensure_future(within(LONG, deaf()))
        for _ in range(2):
            await asyncio.sleep(0.001)
            task.cancel()
        return await task

    assert asyncio.run(run()) == "result"
