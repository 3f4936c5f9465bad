"""Nothing of a delivery leaves the process by accident: no body, signature or secret in what error reporters see.

The real Sentry SDK, with local variables on, sends to a server on loopback while every adapter refuses deliveries and
runs handlers that fail. It runs in a process of its own, since it patches frameworks: this file is that program too.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.server
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import servers
import tink_webhooks
from servers import ADAPTERS, CAP, Application
from tink_webhooks import Event, HandlerError, WebhookError, WebhookHandler, verify_signature
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: In every body; of a secret; in every signature, as the time of signing is.
MARKERS = BODY, SECRET, TIME = "marker-of-the-body", "marker-of-the-secret", int(time.time()) // 100_000
FAILING = "account:updated"
#: Django reads a body before its asynchronous view, and so answers itself a client that leaves.
READS_BEFORE = "django_asgi"


def deliveries() -> Iterator[tuple[bytes, dict[str, str], str]]:
    """One for every reason that a request can have."""
    data = {"id": BODY}
    for event_type in ("refresh:finished", FAILING, "test"):
        fine = signed_delivery(event_type, secret=SECRET, data=data)
        yield fine.body, fine.headers, "POST"
    yield fine.body, fine.headers, "GET"
    yield fine.body, {}, "POST"
    yield fine.body, {"X-Tink-Signature": f"{fine.signature[:-1]}"}, "POST"
    yield fine.body[:-2], fine.headers, "POST"
    bare = tink_webhooks.generate_signature(fine.body, SECRET, scheme="body")
    yield fine.body, {"X-Tink-Signature": bare}, "POST"
    for seconds in (1_000, -1_000):
        odd = signed_delivery("refresh:finished", secret=SECRET, data=data, timestamp=time.time() - seconds)
        yield odd.body, odd.headers, "POST"
    for body in (f'{{"event":"{BODY}"', f'["{BODY}"]', f'{{"x":"{BODY}"}}', f'{{"event":"e","event":"{BODY}"}}'):
        yield body.encode(), {"X-Tink-Signature": tink_webhooks.generate_signature(body, SECRET)}, "POST"
    large = signed_delivery("refresh:finished", secret=SECRET, data={"id": BODY, "more": "x" * CAP})
    yield large.body, large.headers, "POST"


def fastapi_dependency(application: Application) -> Any:
    from fastapi import Depends, FastAPI
    from tink_webhooks.fastapi import verified_event

    app = FastAPI()
    tink_event = verified_event(application.hooks, **application.options)

    @app.post("/webhooks/tink")
    async def receive(event: Event = Depends(tink_event)) -> None:
        await application.hooks.dispatch_async(event)

    return servers.asgi(app)


@contextlib.contextmanager
def aws_lambda(application: Application) -> Iterator[Any]:
    from tink_webhooks.aws_lambda import webhook_function

    function = webhook_function(application.hooks, **application.options)

    class Client:
        def send(self, body: bytes, headers: dict[str, str], method: str = "POST") -> None:
            function({"httpMethod": method, "headers": headers, "body": body.decode()}, None)

        def leave(self, body: bytes, headers: dict[str, str]) -> None:
            event = {"httpMethod": "POST", "headers": headers, "body": body.decode(), "isBase64Encoded": True}
            function(event, None)

    yield Client()


def program(dsn: str) -> None:
    """Reports everything to Sentry, as the guide says."""
    import sentry_sdk
    from sentry_sdk.scrubber import DEFAULT_DENYLIST, EventScrubber

    sentry_sdk.init(
        dsn,
        max_request_body_size="never",
        event_scrubber=EventScrubber(denylist=[*DEFAULT_DENYLIST, "x-tink-signature"], recursive=True),
        traces_sample_rate=1.0,
        enable_logs=True,
    )
    logging.getLogger("tink_webhooks").setLevel(logging.DEBUG)
    for adapter in [*ADAPTERS, fastapi_dependency, aws_lambda]:
        application = Application()
        application.hooks = WebhookHandler(SECRET, schemes=["v1"], max_body_bytes=CAP)
        application.hooks.register_handler(FAILING, application.fails)

        def on_error(error: Exception, request: Any, application: Application = application) -> None:
            application.errors.append((error, request))
            sentry_sdk.capture_exception(error)

        application.on_error = on_error  # type: ignore[method-assign]
        with adapter(application) as client:
            sent = list(deliveries())
            for body, headers, method in sent:
                client.send(body, headers, method)
            client.leave(sent[0][0], sent[0][1])
            deadline = time.monotonic() + (0 if adapter.__name__ == READS_BEFORE else 60)
            while "unreadable_body" not in application.reasons and time.monotonic() < deadline:
                time.sleep(0.01)
        print(adapter.__name__, *application.reasons)
    sentry_sdk.flush(60)


class Sentry(http.server.BaseHTTPRequestHandler):
    """Keeps what it gets."""

    got: list[bytes] = []  # noqa: RUF012 -- one for all requests

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(gzip.decompress(sent) if self.headers.get("Content-Encoding") == "gzip" else sent)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None: ...


def test_sentry_gets_nothing_of_a_delivery() -> None:
    for package in ("sentry_sdk", "uvicorn", "fastapi", "flask", "django", "litestar"):
        pytest.importorskip(package)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sentry) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            dsn = f"http://public@127.0.0.1:{server.server_port}/1"
            here = Path(__file__)
            environment = os.environ | {"PYTHONWARNINGS": "ignore"}
            done = subprocess.run(
                [sys.executable, here.name, dsn], cwd=here.parent, env=environment, capture_output=True, text=True
            )
        finally:
            server.shutdown()
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == [
        *(adapter.__name__ for adapter in ADAPTERS),
        "fastapi_dependency",
        "aws_lambda",
    ]
    for adapter, *reasons in lines:
        expected = {"signature_mismatch", "timestamp_too_old", "invalid_json", "body_too_large"}
        if adapter != READS_BEFORE:
            expected.add("unreadable_body")
        if adapter != "fastapi_dependency":  # of its own endpoint
            expected |= {"handler_failed", "method_not_allowed"}
        assert expected <= set(reasons), adapter
    sent = b"\n".join(Sentry.got).decode(errors="replace")
    # The reporter works: it has the handler's frame and its variables, for every adapter.
    assert sent.count('"function":"fails"') >= len(ADAPTERS)
    assert '"vars"' in sent
    assert "<Event 'account:updated'" in sent
    for marker in (BODY, SECRET, f"t={TIME}"):
        assert marker not in sent, sent[max(0, sent.index(marker) - 500) : sent.index(marker) + 100]


def frames_of(error: BaseException | None) -> Iterator[traceback.FrameSummary]:
    """The frames of an error and of all that led to it, with their variables as an error reporter has them."""
    while error is not None:
        yield from traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), capture_locals=True)
        if isinstance(error, HandlerError):
            for failure in error.errors:
                yield from frames_of(failure)
        error = error.__cause__ or error.__context__


def fails(_event: tink_webhooks.Event) -> None:
    raise LookupError("no such account")


async def fails_later(event: tink_webhooks.Event) -> None:
    await asyncio.sleep(0)
    fails(event)


def calls() -> dict[str, Callable[[], object]]:
    delivery = signed_delivery(FAILING, secret=SECRET, data={"id": BODY})
    forged = (delivery.body, delivery.signature[:-3])
    sync, later = WebhookHandler(SECRET), WebhookHandler(SECRET)
    for handler in (fails, print):
        sync.register_handler("*", handler)
    later.register_handler("*", fails_later)
    return {
        "handle": lambda: sync.handle_webhook(*delivery),
        "handle_async": lambda: asyncio.run(later.handle_webhook_async(*delivery)),
        "forged": lambda: sync.handle_webhook(*forged),
        "forged_async": lambda: asyncio.run(later.handle_webhook_async(*forged)),
        "verify": lambda: verify_signature(*forged, SECRET),
        "dispatch": lambda: sync.dispatch(sync.construct_event(*delivery)),
        "coroutine": lambda: later.handle_webhook(*delivery),
        "secret": lambda: WebhookHandler(f" {SECRET}"),
        "configure": lambda: tink_webhooks.configure(f" {SECRET}"),
        "sign": lambda: tink_webhooks.generate_signature(BODY, SECRET, scheme="v2"),
        "type": lambda: sync.handle_webhook({"id": BODY}, delivery.signature),  # type: ignore[arg-type]
    }


@pytest.mark.parametrize("name", calls())
def test_no_frame_of_ours_has_it_among_its_variables(name: str) -> None:
    with pytest.raises((WebhookError, TypeError)) as caught:
        calls()[name]()
    ours = [frame for frame in frames_of(caught.value) if "tink_webhooks" in frame.filename]
    shown = "".join(repr(frame.locals) for frame in ours) + repr(caught.value) + str(vars(caught.value))
    for marker in (BODY, SECRET, f"t={TIME}"):
        assert marker not in shown


def test_the_handlers_frames_stay() -> None:
    with pytest.raises(HandlerError) as caught:
        calls()["handle"]()
    assert [frame.name for frame in frames_of(caught.value.errors[0])][-1] == "fails"


if __name__ == "__main__":
    program(sys.argv[1])
