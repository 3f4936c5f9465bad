"""`once` around handlers."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from once_stores import KEY, PAYMENT, SECRET, SIGNAL, Counted, fail, nothing
from tink_webhooks import Event, InvalidConfigError, UnavailableError, WebhookHandler
from tink_webhooks.idempotency import MemoryStore, once


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


def test_an_awaitable_of_a_plain_function_is_refused() -> None:
    """It would be committed before it ran."""
    store = Counted()
    with pytest.raises(TypeError, match="async def"):
        once(store, "book")(lambda event: nothing(event))(PAYMENT)
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
