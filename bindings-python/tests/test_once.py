"""`once` around handlers, and what adapters say of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tink_webhooks import Event, HandlerError, InvalidConfigError, Outcome, UnavailableError, WebhookHandler
from tink_webhooks.asgi import WebhookApp as AsgiApp
from tink_webhooks.idempotency import Claim, MemoryStore, SQLiteStore, once
from tink_webhooks.testing import post, signed_delivery
from tink_webhooks.wsgi import WebhookApp as WsgiApp

SECRET = "s3cret"
VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "tests/vectors/adapters/once.json").read_text(encoding="utf-8")
)["vectors"]


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


def fail(event: Event) -> None:
    raise ValueError("no such account")


def test_it_runs_once(call: Any) -> None:
    store, ran = call.store(), []
    book = call(store, lambda event: ran.append(event) or "booked")
    assert book(PAYMENT) == "booked"
    assert [book(PAYMENT) for _ in range(3)] == [None] * 3
    assert ran == [PAYMENT]
    assert store.asked == ["claim", "commit", "claim", "claim", "claim"]


def test_signals_always_run(call: Any) -> None:
    store, ran = call.store(), []
    look = call(store, ran.append)
    for _ in range(3):
        look(SIGNAL)
    assert len(ran) == 3
    assert store.asked == []


def test_a_handler_that_failed_runs_again(call: Any) -> None:
    store, ran = call.store(), []

    def book(event: Event) -> None:
        ran.append(event)
        if len(ran) == 1:
            raise ValueError("no such account")

    booked = call(store, book)
    with pytest.raises(ValueError, match="no such account"):
        booked(PAYMENT)
    booked(PAYMENT)
    booked(PAYMENT)
    assert len(ran) == 2
    assert store.asked == ["claim", "release", "claim", "commit", "claim"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_handler_that_ends_the_program_releases(error: type[BaseException]) -> None:
    store = Counted()

    def end(event: Event) -> None:
        raise error

    with pytest.raises(error):
        once(store, "book", lease=1)(end)(PAYMENT)
    assert store.asked == ["claim", "release"]
    time.sleep(0.35)
    assert "extend" not in store.asked


def test_scopes_are_apart(call: Any) -> None:
    """A receiver and its worker, and two handlers, of which one fails three times: the other has booked once."""
    store, booked, mailed = call.store(), [], []

    def mail(event: Event) -> None:
        mailed.append(event)
        if len(mailed) < 4:
            raise ValueError("the mail server is away")

    handlers = [call(store, booked.append, "book"), call(store, mail, "mail")]
    for _ in range(4):
        for handler in handlers:
            with contextlib.suppress(ValueError):
                handler(PAYMENT)
    assert (len(booked), len(mailed)) == (1, 4)


def test_the_receiver_s_claim_is_not_the_worker_s() -> None:
    """Over one store and without scopes the receiver's commit, after it enqueued, would make the worker skip."""
    store, queue, booked = MemoryStore(), [], []
    once(store, "enqueue")(lambda event: queue.append(event.serialize()))(PAYMENT)
    once(store, "book")(booked.append)(Event.deserialize(queue[0]))
    assert len(booked) == 1


def test_a_copy_waits_and_is_skipped() -> None:
    store, started, ran = Counted(), threading.Event(), []

    def book(event: Event) -> None:
        started.set()
        time.sleep(0.3)
        ran.append(event)

    booked = once(store, "book")(book)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(booked, PAYMENT)
        started.wait(5)
        booked(PAYMENT)
        assert len(ran) == 1
        first.result()
    assert len(ran) == 1


def test_a_copy_that_waits_takes_over_when_the_first_one_fails() -> None:
    store, started, ran = Counted(), threading.Event(), []

    def book(event: Event) -> None:
        ran.append(event)
        if len(ran) == 1:
            started.set()
            time.sleep(0.2)
            raise ValueError("no such account")

    booked = once(store, "book")(book)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(booked, PAYMENT)
        started.wait(5)
        booked(PAYMENT)
        with pytest.raises(ValueError, match="no such account"):
            first.result()
    assert len(ran) == 2


def test_it_takes_over_from_one_that_died(call: Any) -> None:
    store, ran = call.store(), []
    store.claim("book", KEY, "of a process that was killed", 1)
    begun = time.monotonic()
    call(store, ran.append)(PAYMENT)
    assert 0.9 < time.monotonic() - begun < 3
    assert len(ran) == 1


def test_in_progress_where_the_other_one_lives_on(call: Any) -> None:
    """After its lease and a second."""
    store, ran = call.store(), []
    store.claim("book", KEY, "another", 0.5)
    ended = threading.Event()

    def live() -> None:
        while not ended.wait(0.05):
            store.extend("book", KEY, "another", 0.5)

    other = threading.Thread(target=live)
    other.start()
    begun = time.monotonic()
    try:
        with pytest.raises(UnavailableError) as caught:
            call(store, ran.append)(PAYMENT)
    finally:
        ended.set()
        other.join()
    assert 1.3 < time.monotonic() - begun < 4
    assert (caught.value.reason, caught.value.http_status) == ("in_progress", 503)
    assert ran == []
    assert "release" not in store.asked


@pytest.mark.parametrize("options", [{"wait": 0}, {"max_waiting": 0}])
def test_who_need_not_wait(call: Any, options: dict[str, Any]) -> None:
    store = call.store()
    store.claim("book", KEY, "another", 60)
    begun = time.monotonic()
    for _ in range(3):  # the count of those that wait goes down again
        with pytest.raises(UnavailableError) as caught:
            call(store, fail, **options)(PAYMENT)
        assert caught.value.reason == "in_progress"
    assert time.monotonic() - begun < 2


def test_a_store_that_is_away(call: Any) -> None:
    store, ran = call.store(), []
    store.fails["claim"] = 1
    book = call(store, ran.append)
    with pytest.raises(UnavailableError) as caught:
        book(PAYMENT)
    assert (caught.value.reason, caught.value.http_status) == ("store_unavailable", 503)
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert ran == []
    book(PAYMENT)
    assert len(ran) == 1


def test_running_without_a_store(call: Any, caplog: pytest.LogCaptureFixture) -> None:
    store, ran = call.store(), []
    store.fails["claim"] = 2
    book = call(store, ran.append, on_store_failure="run")
    for _ in range(3):
        book(PAYMENT)
    assert len(ran) == 3
    book(PAYMENT)
    assert len(ran) == 3
    assert "runs without a claim" in caplog.text
    # What it says of others stays.
    store.claim("other", KEY, "another", 60)
    with pytest.raises(UnavailableError):
        call(store, ran.append, "other", on_store_failure="run", wait=0)(PAYMENT)


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


def steal(store: Any) -> None:
    """Another one holds all that the store has."""
    for name in store._records:
        store._records[name] = (False, "another", time.monotonic() + 60)


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
def test_a_release_that_hangs_or_fails_hides_nothing(kind: str, caplog: pytest.LogCaptureFixture) -> None:
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
        book = once(store, "book", max_waiting=1)(_nothing)
        for _ in range(3):
            task = asyncio.ensure_future(book(PAYMENT))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert store.claim("book", KEY, "a third", 1).state == "busy"


async def _nothing(event: Event) -> None:
    pass


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
        task = asyncio.ensure_future(once(store, "book")(_nothing)(PAYMENT))
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


def test_an_awaitable_of_a_plain_function_is_refused() -> None:
    """It would be committed before it ran."""
    store = Counted()
    with pytest.raises(TypeError, match="async def"):
        once(store, "book")(lambda event: _nothing(event))(PAYMENT)
    assert store.asked == ["claim", "release"]


def test_it_is_an_ordinary_handler() -> None:
    hooks = WebhookHandler(SECRET)

    @hooks.on("payment:updated")
    @once(MemoryStore(), "book")
    def book(event: Event) -> None:
        """Books."""

    assert (book.__name__, book.__doc__) == ("book", "Books.")
    assert hooks.get_handlers() == {"payment_updated": [book]}

    class Bank:
        @once(MemoryStore(), "bank")
        def book(self, event: Event) -> str:
            return event.name

    assert Bank().book(PAYMENT) == "payment:updated"
    of_two = functools.partial(lambda bank, event: (bank, event.name), "bank")
    assert once(MemoryStore(), "partial")(of_two)(PAYMENT) == ("bank", "payment:updated")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"scope": ""}, InvalidConfigError, "scope"),
        ({"scope": " book"}, InvalidConfigError, "scope"),
        ({"scope": "a\nb"}, InvalidConfigError, "scope"),
        ({"scope": "x" * 201}, InvalidConfigError, "scope"),
        ({"scope": 1}, TypeError, "scope"),
        ({"scope": fail}, TypeError, "scope"),
        ({"lease": 0.5}, InvalidConfigError, "lease"),
        ({"lease": float("nan")}, InvalidConfigError, "lease"),
        ({"lease": None}, TypeError, "lease"),
        ({"lease": True}, TypeError, "lease"),
        ({"wait": -1}, InvalidConfigError, "wait"),
        ({"max_run": float("inf")}, InvalidConfigError, "max_run"),
        ({"keep": timedelta(days=6)}, InvalidConfigError, "keep"),
        ({"max_waiting": -1}, InvalidConfigError, "max_waiting"),
        ({"max_waiting": 1.5}, TypeError, "max_waiting"),
        ({"on_store_failure": "ignore"}, InvalidConfigError, "on_store_failure"),
        ({"store": object()}, TypeError, "takes a store"),
        ({"store": MemoryStore}, TypeError, "takes a store"),
    ],
)
def test_options_that_are_not_usable(options: dict[str, Any], error: type[Exception], text: str) -> None:
    arguments = {"store": MemoryStore(), "scope": "book", **options}
    with pytest.raises(error, match=text):
        once(arguments.pop("store"), arguments.pop("scope"), **arguments)


# --------------------------------------------------------------------------------------------------- in web adapters


class Receiver:
    """An application over a handler object, and its outcomes."""

    def __init__(self, kind: str) -> None:
        self.hooks = WebhookHandler(SECRET)
        self.outcomes: list[Outcome] = []
        make: Any = WsgiApp if kind == "wsgi" else AsgiApp
        self.app = make(self.hooks, on_outcome=lambda outcome, request: self.outcomes.append(outcome))

    def post(self, name: str = "payment:updated") -> tuple[int, str, str]:
        answer = post(self.app, signed_delivery(name, secret=SECRET))
        return answer.status, answer.body.decode().strip(), self.outcomes[-1].outcome


@pytest.fixture(params=["wsgi", "asgi"])
def receiver(request: pytest.FixtureRequest) -> Receiver:
    return Receiver(request.param)


def test_a_duplicate_is_said_to_be_one(receiver: Receiver) -> None:
    ran: list[Event] = []
    receiver.hooks.on("payment:updated")(once(MemoryStore(), "book")(ran.append))
    assert receiver.post() == (200, "ok", "handled")
    assert receiver.post() == (200, "ok", "duplicate")
    assert len(ran) == 1
    assert (receiver.outcomes[-1].kind, receiver.outcomes[-1].error) == (None, None)
    receiver.hooks.on("*")(lambda event: None)
    assert receiver.post() == (200, "ok", "handled"), "one handler has run"


def test_in_progress_and_a_store_that_is_away_answer_503(receiver: Receiver) -> None:
    store = Counted()
    receiver.hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    store.claim("book", KEY, "another", 60)
    assert receiver.post() == (503, "in_progress", "in_progress")
    store.fails["claim"] = 1
    assert receiver.post() == (503, "store_unavailable", "failed")
    error = receiver.outcomes[-1].error
    assert isinstance(error, HandlerError)
    assert (error.kind, [type(one) for one in error.errors]) == ("unavailable", [UnavailableError])
    assert error.event.name == "payment:updated"


def test_another_failure_beside_it_answers_500(receiver: Receiver) -> None:
    store = Counted()
    receiver.hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    receiver.hooks.on("payment:updated")(fail)
    store.claim("book", KEY, "another", 60)
    assert receiver.post() == (500, "handler_failed", "failed")


class Answers(MemoryStore):
    """Answers every claim in the same way."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def claim(self, scope: str, key: str, token: str, lease: float) -> Claim:
        if self.what == "store_unavailable":
            raise ConnectionError("away")
        if self.what in ("done", "in_progress"):
            return Claim("done" if self.what == "done" else "busy", 60)
        return super().claim(scope, key, token, lease)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["id"]))
def test_what_is_answered_in_every_language(receiver: Receiver, vector: dict[str, Any]) -> None:
    for number, what in enumerate(vector["handlers"]):

        def handler(event: Event, what: str = what) -> None:
            if what == "fail":
                raise ValueError("no such account")

        receiver.hooks.on("payment:updated")(once(Answers(what), f"scope {number}", wait=0)(handler))
    assert receiver.post() == tuple(vector["expect"][name] for name in ("status", "reason", "outcome"))


def test_a_lost_commit_is_in_the_outcome(receiver: Receiver) -> None:
    store = Counted()

    receiver.hooks.on("payment:updated")(once(store, "book")(lambda event: steal(store)))
    receiver.hooks.on("refresh:finished")(once(store, "look")(lambda event: None))
    assert receiver.post() == (200, "ok", "handled")
    assert receiver.outcomes[-1].commit_lost
    receiver.post("refresh:finished")
    assert not receiver.outcomes[-1].commit_lost


def test_a_handler_error_of_this_kind_survives_pickling() -> None:
    import pickle

    store = Counted()
    hooks = WebhookHandler(SECRET)
    hooks.on("payment:updated")(once(store, "book", wait=0)(lambda event: None))
    store.claim("book", KEY, "another", 60)
    with pytest.raises(HandlerError) as caught:
        hooks.dispatch(PAYMENT)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.kind, again.reason, again.http_status) == ("unavailable", "in_progress", 503)
