"""Coroutines as handlers."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys
import types
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest
from tink_webhooks import Event, HandlerError, InvalidConfigError, WebhookHandler, generate_signature

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

SECRET = "s3cret"
BODY = b'{"event":"refresh:finished","content":{}}'
HEADER = generate_signature(BODY, SECRET)


@pytest.fixture
def hooks() -> WebhookHandler:
    return WebhookHandler(SECRET)


def test_both_kinds_run_in_order(hooks: WebhookHandler) -> None:
    ran: list[str] = []

    @hooks.on("*")
    async def first(event: Event) -> None:
        await asyncio.sleep(0)
        ran.append("first")

    @hooks.on("*")
    def second(event: Event) -> None:
        ran.append("second")

    event = asyncio.run(hooks.handle_webhook_async(BODY, HEADER))
    assert (ran, event.name) == (["first", "second"], "refresh:finished")


def test_failures_of_both_kinds(hooks: WebhookHandler) -> None:
    @hooks.on("*")
    async def first(event: Event) -> None:
        raise ValueError("one")

    @hooks.on("*")
    def second(event: Event) -> None:
        raise ValueError("two")

    with pytest.raises(HandlerError) as raised:
        asyncio.run(hooks.handle_webhook_async(BODY, HEADER))
    assert [str(error) for error in raised.value.errors] == ["one", "two"]


def test_cancelling_cancels_the_handler_and_runs_no_more(hooks: WebhookHandler) -> None:
    seen: list[str] = []

    @hooks.on("*")
    async def waits(event: Event) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    @hooks.on("*")
    def after(event: Event) -> None:
        seen.append("after")

    async def main() -> None:
        task = asyncio.ensure_future(hooks.handle_webhook_async(BODY, HEADER))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]


def test_handlers_see_the_callers_context(hooks: WebhookHandler) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    seen: list[str] = []

    @hooks.on("*")
    async def reads(event: Event) -> None:
        seen.append(variable.get())

    async def main() -> None:
        variable.set("here")
        await hooks.handle_webhook_async(BODY, HEADER)

    asyncio.run(main())
    assert seen == ["here"]


class Asynchronous:
    async def __call__(self, event: Event) -> None: ...


async def coroutine_function(event: Event) -> None: ...


@types.coroutine
def generator_coroutine(event: Event) -> Generator[None, None, None]:
    yield


@pytest.mark.parametrize(
    "handler",
    [
        coroutine_function,
        functools.partial(coroutine_function),
        functools.partial(functools.partial(Asynchronous())),
        Asynchronous(),
        Asynchronous().__call__,
        generator_coroutine,
        # Python 3.9 cannot call a staticmethod, and does not see that an AsyncMock is a coroutine function.
        *([staticmethod(coroutine_function), AsyncMock()] if sys.version_info >= (3, 10) else []),
    ],
)
def test_a_synchronous_call_refuses_them_before_any_handler_ran(hooks: WebhookHandler, handler: object) -> None:
    hooks.register_handler("*", lambda event: pytest.fail("ran"))
    hooks.register_handler("*", handler)
    with pytest.raises(InvalidConfigError, match="handle_webhook_async") as raised:
        hooks.handle_webhook(BODY, HEADER)
    assert raised.value.reason == "invalid_option"


def test_a_class_is_called_as_it_is(hooks: WebhookHandler) -> None:
    made: list[Event] = []

    class Job(Asynchronous):
        def __init__(self, event: Event) -> None:
            made.append(event)

    hooks.register_handler("*", Job)
    assert made == [hooks.handle_webhook(BODY, HEADER)]


def test_generator_coroutines_are_awaited(hooks: WebhookHandler) -> None:
    ran: list[str] = []

    @types.coroutine
    def handler(event: Event) -> Generator[None, None, None]:
        yield
        ran.append(event.name)

    hooks.register_handler("*", handler)
    hooks.register_handler("*", lambda event: handler(event))
    asyncio.run(hooks.handle_webhook_async(BODY, HEADER))
    assert ran == ["refresh:finished"] * 2


def test_a_generator_function_would_run_nothing(hooks: WebhookHandler) -> None:
    def generator(event: Event) -> Generator[None, None, None]:
        yield

    async def asynchronous_generator(event: Event) -> AsyncGenerator[None, None]:
        yield

    class Generates:
        def __call__(self, event: Event) -> Generator[None, None, None]:
            yield

    for handler in [generator, asynchronous_generator, functools.partial(generator), Generates()]:
        with pytest.raises(TypeError, match="generator function"):
            hooks.register_handler("*", handler)
    assert hooks.get_handlers() == {}


def test_a_returned_generator_coroutine_has_failed(hooks: WebhookHandler) -> None:
    hooks.register_handler("*", lambda event: generator_coroutine(event))
    with pytest.raises(HandlerError):
        hooks.handle_webhook(BODY, HEADER)


def test_a_handler_that_returns_an_awaitable_has_failed_and_it_is_closed(hooks: WebhookHandler) -> None:
    # An unclosed coroutine would warn, and a warning is an error here.
    hooks.register_handler("*", lambda event: coroutine_function(event))
    with pytest.raises(HandlerError) as raised:
        hooks.handle_webhook(BODY, HEADER)
    assert "handle_webhook_async" in str(raised.value.errors[0])
