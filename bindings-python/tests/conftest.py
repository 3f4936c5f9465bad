"""What several files of tests take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from once_stores import Blocking, Counted
from tink_webhooks import Event
from tink_webhooks.idempotency import once


@pytest.fixture(params=["sync", "async", "async in threads"])
def call(request: pytest.FixtureRequest) -> Any:
    """Decorates a function as a handler of either kind, and gives a function that runs it for an event."""

    def make(store: Any, handler: Any, scope: str = "book", **options: Any) -> Any:
        if request.param == "sync":
            return once(store, scope, **options)(handler)

        async def coroutine(event: Event) -> Any:
            await asyncio.sleep(0)
            return handler(event)

        decorated = once(store, scope, **options)(coroutine)
        return lambda event: asyncio.run(decorated(event))

    make.store = Blocking if request.param == "async in threads" else Counted  # type: ignore[attr-defined]
    return make
