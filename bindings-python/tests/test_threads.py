"""Many threads on one handler object. On free-threaded Python, which is checked below, they run in parallel."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading
from typing import Any

import pytest
from tink_webhooks import Event, InvalidSignatureError, WebhookHandler
from tink_webhooks.testing import signed_delivery

SECRET = "s3cret"
THREADS = 8
ROUNDS = 150


def together(work: Any, threads: int = THREADS) -> None:
    """Runs ``work(number)`` in threads that begin at the same moment; the first failure is the test's."""
    barrier = threading.Barrier(threads)
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


@pytest.fixture(autouse=True)
def _switch_often() -> Any:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def test_everything_at_once() -> None:
    hooks = WebhookHandler([SECRET, "old"])
    ran: list[list[str]] = [[] for _ in range(THREADS)]
    small = signed_delivery("payment:updated", secret="old")
    large = signed_delivery("payment:updated", secret=SECRET, data={"padding": "x" * 10_000})  # runs without the GIL
    hooks.register_handler("*", lambda event: event.data["id"])

    def work(number: int) -> None:
        def mine(event: Event) -> None:
            ran[number].append(event.name)

        for round_number in range(ROUNDS):
            hooks.register_handler("payment:updated", mine)
            event = hooks.handle_webhook(*(small if round_number % 2 else large))
            assert event.user_id == event.context["userId"]
            assert event.verification.secret_index == round_number % 2
            hooks.register_handler(f"custom:{number}-{round_number}", mine, allow_unknown=True)
            hooks.unregister_handlers(f"custom:{number}-{round_number}")
            assert mine in hooks.get_handlers()["payment_updated"]
            with pytest.raises(InvalidSignatureError):
                hooks.verify_signature(b"another", small.signature)

    together(work)
    # A handler runs for its own thread's deliveries at least.
    assert all(len(names) >= ROUNDS for names in ran)
    assert set(hooks.get_handlers()) == {"payment_updated", "*"}


def test_objects_of_one_event_are_made_once() -> None:
    hooks = WebhookHandler(SECRET)
    for _ in range(20):
        event = hooks.construct_event(*signed_delivery("actionable-insights:created", secret=SECRET))
        seen: list[Any] = [None] * THREADS

        def work(number: int, event: Event = event, seen: list[Any] = seen) -> None:
            seen[number] = (event.data, event.context, event.raw)

        together(work)
        assert all(one is other for objects in seen for one, other in zip(objects, seen[0]))


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this Python has a GIL")
def test_importing_the_package_leaves_the_gil_off() -> None:
    assert not sys._is_gil_enabled()


#: Ends while a daemon thread, as servers with threads have them, is in a handler.
DAEMON = """
import threading, time
from tink_webhooks import WebhookHandler
from tink_webhooks.testing import signed_delivery

hooks, delivery, begun = WebhookHandler("s3cret"), signed_delivery(secret="s3cret"), threading.Event()

@hooks.on("*")
def waits(event):
    begun.set()
    while True:
        time.sleep(0.001)

threading.Thread(target=hooks.handle_webhook, args=tuple(delivery), daemon=True).start()
begun.wait()
"""


def test_a_daemon_thread_in_a_handler_does_not_abort_the_interpreter() -> None:
    """CPython up to 3.13 ends such a thread by unwinding its stack, which must not meet a frame of Rust."""
    for _ in range(6):
        done = subprocess.run([sys.executable, "-c", DAEMON], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
