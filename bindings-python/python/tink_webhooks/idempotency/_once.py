"""The decorator."""

from __future__ import annotations

import asyncio
import functools
import math
import secrets
import sys
import time
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread
from typing import Any, Literal, TypeVar

from tink_webhooks import UnavailableError, _native
from tink_webhooks._coroutines import is_coroutine_function
from tink_webhooks._logging import logger
from tink_webhooks._tally import current
from tink_webhooks.idempotency._fork import renew
from tink_webhooks.idempotency._heart import Beat, Held
from tink_webhooks.idempotency._steps import KEEP, Around, Ask, Step
from tink_webhooks.idempotency._store import Store

H = TypeVar("H", bound=Callable[..., Any])
_T = TypeVar("_T")

#: How long a handler that failed waits until its claim is released, in seconds.
_RELEASE = 1.0


def once(
    store: Store,
    scope: str,
    *,
    wait: float | None = None,
    lease: float = 10,
    max_run: float = 300,
    keep: float | timedelta = KEEP,
    max_waiting: int = 16,
    on_store_failure: Literal["refuse", "run"] = "refuse",
) -> Callable[[H], H]:
    """Decorates a handler, so that what it does for an event is done once, whoever gets which copy of the event.

    It claims the event's ``idempotency_key`` in the store, runs the handler, and commits; or releases the claim when
    the handler failed, so that Tink's next try runs it. A copy of what was done before is skipped, and counts as
    handled; a copy of what is being done elsewhere waits. Events without a key, which only say "go and look", always
    run. In doubt a handler runs twice, never not at all.

    What the handler does must be durable when it returns: under Django's ``ATOMIC_REQUESTS``, or in a transaction that
    is committed later, use ``claim_in``.

    Args:
        store: ``RedisStore``, ``PostgresStore``, ``SQLiteStore``, ``MemoryStore``, or a ``Store`` of yours.
        scope: Names what is done once, such as ``"book-payment"``: another one for each handler, and for a receiver and
            its worker. Renaming it runs late copies again.
        wait: How many seconds a copy waits for one that is being handled. Left out: until that one's lease ends, and
            one more.
        lease: For how many seconds a claim holds if its process dies, 1 or more. While the handler runs it is extended,
            from a thread.
        max_run: After how many seconds it is not extended any more.
        keep: How long a done event is remembered, in seconds or as a ``timedelta``; 7 days or more.
        max_waiting: How many copies wait at once in this process; one more is answered 503.
        on_store_failure: What to do where the store cannot be asked: ``"refuse"`` (the delivery is answered 503, and
            Tink delivers again, three times at most) or ``"run"``, for handlers that may run twice.

    Raises:
        InvalidConfigError: ``invalid_option``: an option is not usable.
        TypeError: It is no store, or the handler is a generator function.
    """
    around = Around(
        _checked_store(store),
        _checked_scope(scope),
        wait=None if wait is None else _seconds("wait", wait, 0),
        lease=_seconds("lease", lease, 1),
        max_run=_seconds("max_run", max_run, 0),
        keep=_seconds("keep", keep.total_seconds() if isinstance(keep, timedelta) else keep, KEEP.total_seconds()),
        max_waiting=_count("max_waiting", max_waiting),
        runs_without=_one_of("on_store_failure", on_store_failure, "refuse", "run") == "run",
    )

    def decorate(handler: H) -> H:
        if not callable(handler):
            raise TypeError("the handler is not callable")
        if is_coroutine_function(handler):

            async def run_async(*args: Any) -> Any:
                return await _run_async(around, handler, args)

            made: Any = run_async
        else:

            def run(*args: Any) -> Any:
                return _run(around, handler, args)

            made = run
        functools.update_wrapper(made, handler)
        decorated: H = made
        return decorated

    return decorate


def _run(around: Around, handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    key: str | None = args[-1].idempotency_key
    if key is None:
        return handler(*args)
    _refuse_atomic_requests()
    token = secrets.token_hex(16)
    beat: Beat | None = None
    done = False
    maybe_claimed = True
    try:
        try:
            asked = time.monotonic()
            found = around.claim_at_once(key, token)
            if found.state == "claimed":
                claim: Held | None = Held(key, token, asked)
            else:
                claim = _drive(around.claiming(key, token, found), around.store)
            maybe_claimed = claim is not None
        except UnavailableError as error:
            maybe_claimed = False
            if error.reason != "store_unavailable" or not around.runs_without:
                raise
            _log_without(around, error)
            return handler(*args)
        if claim is None:
            _skipped()
            return None
        beat = around.begin(claim)
        result = handler(*args)
        if result is not None and _native._is_awaitable(result):
            _refuse_awaitable(result)
        done = True
        kept = around.commit_at_once(beat)
        if kept is not True and not _drive(around.committing(beat, kept), around.store):
            _commit_lost()
        return result
    finally:
        if beat is not None:
            beat.end()
        # Where the claim itself was interrupted the store may have it.
        if maybe_claimed and not done:
            _release(around, key, token)


def _drive(steps: Generator[Step, Any, _T], store: Store) -> _T:
    try:
        step = next(steps)
        while True:
            try:
                value: Any = None
                if isinstance(step, Ask):
                    value = getattr(store, step.method)(*step.arguments)
                else:
                    time.sleep(step.seconds)
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(value)
    except StopIteration as end:
        result: _T = end.value
        return result
    finally:
        steps.close()


def _release(around: Around, key: str, token: str) -> None:
    """In a thread, which goes on where it takes longer. A store in memory needs none."""

    def release() -> None:
        _drive(around.releasing(key, token), around.store)

    if not getattr(around.store, "blocking", True):
        release()
        return
    try:
        thread = Thread(target=release, name="tink-webhooks-release", daemon=True)
        thread.start()
    except RuntimeError:  # the interpreter ends
        return
    thread.join(_RELEASE)


async def _run_async(around: Around, handler: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    key: str | None = args[-1].idempotency_key
    if key is None:
        return await handler(*args)
    _refuse_atomic_requests()
    token = secrets.token_hex(16)
    beat: Beat | None = None
    done = False
    maybe_claimed = True
    try:
        try:
            claim = await _drive_async(around.claiming(key, token), around.store)
            maybe_claimed = claim is not None
        except UnavailableError as error:
            maybe_claimed = False
            if error.reason != "store_unavailable" or not around.runs_without:
                raise
            _log_without(around, error)
            return await handler(*args)
        if claim is None:
            _skipped()
            return None
        beat = around.begin(claim)
        result = await handler(*args)
        done = True
        # In a task: a client that leaves now must not undo what the handler has done.
        if not await asyncio.shield(_in_background(_commit_async(around, beat))):
            _commit_lost()
        return result
    finally:
        if not done:
            if beat is not None:
                beat.end()
            if maybe_claimed:
                task = _in_background(_drive_async(around.releasing(key, token), around.store))
                await asyncio.wait((task,), timeout=_RELEASE)


async def _commit_async(around: Around, beat: Beat) -> bool:
    try:
        return await _drive_async(around.committing(beat), around.store)
    finally:
        beat.end()


async def _drive_async(steps: Generator[Step, Any, _T], store: Store) -> _T:
    try:
        step = next(steps)
        while True:
            try:
                value: Any = None
                if isinstance(step, Ask):
                    value = await _ask_async(store, step)
                else:
                    await asyncio.sleep(step.seconds)
            except Exception as error:
                step = steps.throw(error)
            else:
                step = steps.send(value)
    except StopIteration as end:
        result: _T = end.value
        return result
    finally:
        steps.close()


async def _ask_async(store: Store, step: Ask) -> Any:
    method = getattr(store, f"{step.method}_async", None)
    if method is not None:
        return await method(*step.arguments)
    method = getattr(store, step.method)
    if not getattr(store, "blocking", True):
        return method(*step.arguments)
    return await asyncio.get_running_loop().run_in_executor(_threads.get(), functools.partial(method, *step.arguments))


class _Threads:
    """Threads in which stores are asked for asynchronous handlers: the loop's own may be busy with handlers' work."""

    def __init__(self) -> None:
        self._executor: ThreadPoolExecutor | None = None
        renew(self)

    def _after_fork(self) -> None:
        self._executor = None

    def get(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(8, thread_name_prefix="tink-webhooks-store")
        return self._executor


_threads = _Threads()

#: The loop itself keeps no task alive.
_tasks: set[asyncio.Task[Any]] = set()


def _in_background(work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
    task = asyncio.get_running_loop().create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def _skipped() -> None:
    tally = current.get()
    if tally is not None:
        tally.skipped += 1


def _commit_lost() -> None:
    tally = current.get()
    if tally is not None:
        tally.commit_lost = True


def _log_without(around: Around, error: UnavailableError) -> None:
    logger.warning(
        "tink webhook: the handler of %s runs without a claim, since the store cannot be asked: %s",
        around.scope,
        type(error.__cause__).__name__,
    )


def _refuse_awaitable(result: Any) -> None:
    end = getattr(result, "close", None) or getattr(result, "cancel", None)
    if end is not None:
        end()
    raise TypeError("a handler under `once` returned an awaitable: write it as `async def`, so that it is awaited")


def _refuse_atomic_requests() -> None:
    """Django commits such a transaction after the handler, and may fail then. The key would be committed already."""
    django_db = sys.modules.get("django.db")
    if django_db is None:
        return
    for alias in django_db.connections:
        # Not by its name, which would make a connection where this thread has none.
        connection = getattr(django_db.connections._connections, alias, None)
        if connection is not None and connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            raise _native._refusal(
                "invalid_option",
                "`once` cannot be used in a transaction of ATOMIC_REQUESTS, which Django commits after the handler: "
                "use `claim_in(connection, event, scope)` in the handler",
            )


def _checked_store(store: Any) -> Store:
    if not isinstance(store, Store) or isinstance(store, type):
        raise TypeError(
            f"once takes a store, such as RedisStore(client), not {type(store).__module__}.{type(store).__qualname__}"
        )
    return store


def _checked_scope(scope: Any) -> str:
    if not isinstance(scope, str):
        raise TypeError('once takes a scope: a name for what is done once, as in once(store, "book-payment")')
    if not 0 < len(scope) <= 200 or not scope.isprintable() or scope != scope.strip():
        raise _native._refusal(
            "invalid_option", "the scope must be a printable name of at most 200 characters, such as `book-payment`"
        )
    return scope


def _seconds(name: str, value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds")
    if not math.isfinite(value) or value < least:
        raise _native._refusal("invalid_option", f"{name} must be a number of seconds, at least {least:g}")
    return float(value)


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be a whole number")
    if value < 0:
        raise _native._refusal("invalid_option", f"{name} must not be negative")
    return value


def _one_of(name: str, value: str, *words: str) -> str:
    if value not in words:
        raise _native._refusal("invalid_option", f"{name} must be one of: {', '.join(words)}")
    return value
