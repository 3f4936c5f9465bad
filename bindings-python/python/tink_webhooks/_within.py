"""A time limit for what is awaited, under whichever event loop runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Coroutine, Generator
from importlib import import_module
from types import CoroutineType, coroutine
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


async def within(seconds: float | None, awaitable: Awaitable[_T]) -> _T:
    """Awaits it for so many seconds; ``None`` for as long as it takes.

    Raises:
        TimeoutError: It has not ended, and was cancelled.
    """
    if seconds is None:
        return await awaitable
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # It is what runs: ASGI servers have no third loop.
        trio: Any = import_module("trio")
        with trio.move_on_after(seconds):
            return await awaitable
        raise TimeoutError from None
    if sys.version_info >= (3, 11) and task is not None:
        if not isinstance(awaitable, CoroutineType):
            async with asyncio.timeout(seconds):
                return await awaitable
        begun = cast("Coroutine[Any, Any, _T]", awaitable)
        # Most bodies have come with their head: what waits for nothing needs no timer.
        try:
            first = begun.send(None)
        except StopIteration as ended:
            result: _T = ended.value
            return result
        async with asyncio.timeout(seconds):
            return await _rest(begun, first)
    return await _in_a_task(seconds, awaitable)


@coroutine
def _rest(begun: Coroutine[Any, Any, _T], waits_for: object) -> Generator[Any, Any, _T]:
    """Awaits what has begun, and now waits for this."""
    thrown: BaseException | None = None
    given: object = None
    while True:
        try:
            given, thrown = (yield waits_for), None
        except BaseException as error:
            thrown = error
        try:
            waits_for = begun.send(given) if thrown is None else begun.throw(thrown)
        except StopIteration as ended:
            result: _T = ended.value
            return result


async def _in_a_task(seconds: float, awaitable: Awaitable[_T]) -> _T:
    """For servers that run applications in no task of asyncio, such as granian with its own, and for old versions."""
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait([task], timeout=seconds)
        if task.done():
            return task.result()
    finally:
        task.cancel()
    raise TimeoutError


async def beside(main: Coroutine[Any, Any, None], other: Coroutine[Any, Any, None]) -> None:
    """Awaits ``main`` while ``other`` runs, which is cancelled when ``main`` ends."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio: Any = import_module("trio")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: other)
            await main
            nursery.cancel_scope.cancel()
        return
    task = asyncio.ensure_future(other)
    try:
        await main
    finally:
        task.cancel()
