"""A time limit for what is awaited, under whichever event loop runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from importlib import import_module
from typing import Any, TypeVar

_T = TypeVar("_T")


async def within(seconds: float | None, awaitable: Awaitable[_T]) -> _T:
    """Awaits it for so many seconds; ``None`` for as long as it takes.

    Raises:
        TimeoutError: It has not ended, and was cancelled.
    """
    if seconds is None:
        return await awaitable
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        # It is what runs: ASGI servers have no third loop.
        trio: Any = import_module("trio")
        with trio.move_on_after(seconds):
            return await awaitable
        raise TimeoutError from None
    try:
        return await asyncio.wait_for(awaitable, seconds)
    except asyncio.TimeoutError:  # the built-in one from Python 3.11 on
        raise TimeoutError from None
