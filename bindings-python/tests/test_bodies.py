"""How adapters read a body: to the cap and no further, in any pieces, for so long, and where others read it before."""

from __future__ import annotations

import asyncio
import inspect
import io
import os
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import servers
from servers import (
    CAP,
    SECRET,
    Application,
    bare_asgi,
    bare_wsgi,
    django_asgi,
    django_settings,
    django_urls,
    django_wsgi,
    fastapi,
    flask,
    litestar,
    need,
    send,
    starlette,
)
from tink_webhooks import Event, InvalidConfigError, InvalidRequestError, WebhookHandler
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

#: Those whose servers here can take a body of no declared length.
CHUNKED = [bare_asgi, starlette, fastapi, litestar, flask, django_wsgi, django_asgi]


CHUNK = 500
#: Of real servers, each in a process of its own.
SERVERS = ["uvicorn", "hypercorn", "granian"]
APP = f"""
from tink_webhooks import WebhookHandler
from tink_webhooks.asgi import WebhookApp
app = WebhookApp(WebhookHandler({SECRET!r}), body_timeout=None)
"""
HOOKS = WebhookHandler("s3cret", max_body_bytes=CAP)


class Body(io.RawIOBase):
    """A hundred times the cap, in chunks that are counted."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        size = min(CHUNK if size < 0 else size, CHUNK, 100 * CAP - self.given)
        self.given += size
        return b" " * size


def environ(body: Body) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }


def called(application: Any, body: Body) -> str:
    statuses: list[str] = []
    list(application(environ(body), lambda status, headers: statuses.append(status)))
    return statuses[0]


def through_wsgi(body: Body) -> str:
    from tink_webhooks.wsgi import WebhookApp

    return called(WebhookApp(HOOKS), body)


def through_flask(body: Body) -> str:
    flask = pytest.importorskip("flask")
    from tink_webhooks.flask import webhook_view

    app = flask.Flask("receiver")
    app.post("/")(webhook_view(HOOKS))
    return called(app, body)


def through_asgi(body: Body) -> str:
    from tink_webhooks.asgi import WebhookApp

    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        chunk = body.read()
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(WebhookApp(HOOKS)({"type": "http", "method": "POST", "headers": []}, receive, send))
    return str(sent[0]["status"])


@pytest.mark.parametrize("adapter", [through_wsgi, through_flask, through_asgi], ids=lambda adapter: adapter.__name__)
def test_no_more_than_the_cap_is_read(adapter: Callable[[Body], str]) -> None:
    body = Body()
    assert adapter(body).startswith("413")
    assert body.given <= CAP + CHUNK


def fastapi_dependency(hooks: WebhookHandler, **options: Any) -> Any:
    pytest.importorskip("fastapi")
    from fastapi import Depends, FastAPI
    from tink_webhooks.fastapi import verified_event

    app = FastAPI()

    @app.post("/webhooks/tink")
    async def receive(event: Event = Depends(verified_event(hooks, **options))) -> None: ...

    return app


def webhook_app(hooks: WebhookHandler, **options: Any) -> Any:
    from tink_webhooks.asgi import WebhookApp

    return WebhookApp(hooks, **options)


ASGI = pytest.mark.parametrize("make", [webhook_app, fastapi_dependency], ids=lambda make: make.__name__)


class InMemory:
    """A request to an ASGI application whose body comes in pieces, and never ends if ``ends`` is false."""

    def __init__(self, *headers: tuple[bytes, bytes], method: str = "POST", http_version: str = "1.1") -> None:
        self.scope = {
            "type": "http",
            "http_version": http_version,
            "method": method,
            "path": "/webhooks/tink",
            "query_string": b"",
            "headers": [(b"transfer-encoding", b"chunked"), *headers],
        }
        self.sent: list[Any] = []

    async def call(self, app: Any, pieces: Iterable[bytes], ends: bool = True) -> None:
        given = iter(pieces)

        async def receive() -> Any:
            for piece in given:
                return {"type": "http.request", "body": piece, "more_body": True}
            if not ends:
                await self.sleep_for_ever()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            self.sent.append(message)

        await app(self.scope, receive, send)

    @staticmethod
    async def sleep_for_ever() -> None:
        await asyncio.sleep(3_600)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def closes(self) -> bool:
        return (b"connection", b"close") in self.sent[0]["headers"]


class TestPieces:
    """Memory is bounded by the cap, and time grows with the body, whatever pieces it comes in."""

    BODY = b'{"event":"a:b"}'

    def deliver(self, app: Any, size: int) -> int:
        """Delivers a body in pieces of two bytes, each an object of its own; gives the peak of memory."""
        body = self.BODY.ljust(size)
        delivery = signed_delivery(body=body, secret=SECRET)
        request = InMemory((b"x-tink-signature", delivery.signature.encode()))
        pieces = (body[at : at + 2] for at in range(0, size, 2))
        tracemalloc.start()
        try:
            asyncio.run(request.call(app, pieces))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert request.status == 200

    @ASGI
    def test_memory(self, make: Callable[..., Any]) -> None:
        cap = 1 << 18
        app = make(WebhookHandler(SECRET, max_body_bytes=cap))
        self.deliver(app, 1_000)  # what is imported at the first delivery
        assert self.deliver(app, cap) < 2.5 * cap

    def test_memory_under_wsgi(self) -> None:
        from tink_webhooks.wsgi import read_up_to

        class TwoBytes:
            def __init__(self) -> None:
                self.left = 1 << 18

            def read(self, size: int) -> bytes:
                self.left -= 2
                return bytes([self.left % 256, 1]) if self.left >= 0 else b""

        tracemalloc.start()
        try:
            assert len(read_up_to(TwoBytes(), 1 << 18)) == 1 << 18
            assert tracemalloc.get_traced_memory()[1] < 2.5 * (1 << 18)
        finally:
            tracemalloc.stop()

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
    @pytest.mark.parametrize("server", SERVERS)
    def test_real_servers(self, server: str, tmp_path: Path) -> None:
        """With TEST_ALL=1 the sizes that the documents name: they take a minute per server."""
        pytest.importorskip(server)
        small, large = (1 << 20, 2 << 20) if os.environ.get("TEST_ALL") else (1 << 15, 1 << 16)
        with servers.process(server, tmp_path, APP) as (client, pid):
            times = []
            for size in (1_000, small, large):
                delivery = signed_delivery(body=self.BODY.ljust(size), secret=SECRET)
                idle = servers.resident(pid, "VmRSS")
                servers.reset_peak(pid)
                started = servers.processor_seconds(pid)
                assert client.in_pieces(delivery.body, delivery.headers, 1).startswith(b"HTTP/1.1 200")
                times.append(servers.processor_seconds(pid) - started)
                if size > 1_000:  # the first delivery imports
                    assert servers.resident(pid, "VmHWM") - idle < 3 * (2 << 20)
            assert times[2] < 4 * times[1]


class TestTime:
    @ASGI
    def test_a_body_that_never_ends(self, make: Callable[..., Any]) -> None:
        errors: list[Any] = []
        app = make(HOOKS, on_error=lambda error, request: errors.append(error), body_timeout=0.05)
        for pieces in ([], [b"{"]):
            request = InMemory((b"x-tink-signature", b"t=1"))
            asyncio.run(request.call(app, pieces, ends=False))
            assert request.status == 408
            assert "unreadable_body" in request.text
            assert request.closes
        assert [error.reason for error in errors] == ["unreadable_body"] * 2
        assert "not complete after 0.05 s" in str(errors[0])

    def test_under_trio(self) -> None:
        trio = pytest.importorskip("trio")

        class Trio(InMemory):
            @staticmethod
            async def sleep_for_ever() -> None:
                await trio.sleep_forever()

        app = webhook_app(HOOKS, body_timeout=0.05)
        request = Trio((b"x-tink-signature", b"t=1"))
        trio.run(request.call, app, [b"{"], False)
        assert (request.status, request.text) == (408, "unreadable_body\n")
        in_time = Trio((b"x-tink-signature", b"t=1"))
        trio.run(in_time.call, app, [b"{"])
        assert in_time.status == 401

    def test_under_a_server_that_has_no_tasks(self) -> None:
        """As granian with ``--task-impl rust``."""
        loop = asyncio.new_event_loop()
        request = InMemory((b"x-tink-signature", b"t=1"))
        call = request.call(webhook_app(HOOKS, body_timeout=0.05), [b"{"], ends=False)

        def step() -> None:
            try:
                waited = call.send(None)
            except StopIteration:
                loop.stop()
            else:
                waited._asyncio_future_blocking = False
                waited.add_done_callback(lambda _: step())

        loop.call_soon(step)
        loop.run_forever()
        loop.run_until_complete(asyncio.sleep(0))  # what was cancelled ends
        loop.close()
        assert request.status == 408

    @ASGI
    def test_no_limit(self, make: Callable[..., Any]) -> None:
        request = InMemory((b"x-tink-signature", b"t=1"))
        call = request.call(make(HOOKS, body_timeout=None), [b"{"], ends=False)

        async def for_a_moment() -> None:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(call, 0.2)

        asyncio.run(for_a_moment())
        assert request.sent == []

    @ASGI
    def test_the_limit(self, make: Callable[..., Any]) -> None:
        for wrong in (0, -1, float("nan")):
            with pytest.raises(InvalidConfigError, match="body_timeout"):
                make(HOOKS, body_timeout=wrong)
        for mistyped in ("30", True, b"30"):
            with pytest.raises(TypeError, match="body_timeout"):
                make(HOOKS, body_timeout=mistyped)
        assert inspect.signature(webhook_app(HOOKS).__init__).parameters["body_timeout"].default == 30


class TestTheConnectionIsClosed:
    """An answer before the end of a body closes the connection: the rest may have any length."""

    @ASGI
    def test_by_the_header(self, make: Callable[..., Any]) -> None:
        for request, pieces, closes in [
            (InMemory((b"content-length", b"%d" % (CAP + 1))), [], True),
            (InMemory(), [b" " * CAP] * 3, True),
            (InMemory(http_version="2"), [b" " * CAP] * 3, False),
            (InMemory(), [b"{}"], False),  # 401, after the end
        ]:
            asyncio.run(request.call(make(HOOKS), pieces))
            assert request.closes == closes
            assert request.status == (401 if pieces == [b"{}"] else 413)

    def test_by_the_header_for_another_method(self) -> None:
        for method, closes in [("PUT", True), ("GET", False)]:
            request = InMemory(method=method)
            if not closes:
                request.scope["headers"] = []
            asyncio.run(request.call(webhook_app(HOOKS), []))
            assert (request.status, request.closes) == (405, closes)

    @pytest.mark.parametrize("server", SERVERS)
    @pytest.mark.parametrize(
        ("method", "framing"),
        [
            ("POST", "Content-Length: 400000000"),
            ("POST", "Transfer-Encoding: chunked"),
            ("PUT", "Transfer-Encoding: chunked"),
        ],
    )
    def test_a_client_that_goes_on_sending(self, server: str, method: str, framing: str, tmp_path: Path) -> None:
        pytest.importorskip(server)
        with servers.process(server, tmp_path, APP) as (client, _):
            sent = client.sends_on(f"{method} {client.path} HTTP/1.1\r\n{framing}", 400_000_000)
        assert sent < 20_000_000


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.mark.parametrize("adapter", CHUNKED, ids=lambda adapter: adapter.__name__)
@pytest.mark.parametrize(("size", "status"), [(CAP, 200), (CAP + 1, 413)])
def test_without_a_declared_length(adapter: Callable[..., Any], size: int, status: int) -> None:
    need(adapter)
    application = Application()
    body = b'{"event":"a:b"}'
    delivery = signed_delivery(body=body + b" " * (size - len(body)), secret=SECRET)
    with adapter(application) as client:
        assert client.send(delivery.body, delivery.headers, chunked=True).status == status


@pytest.mark.parametrize("adapter", [bare_asgi, bare_wsgi, flask, django_wsgi], ids=lambda adapter: adapter.__name__)
def test_a_client_that_leaves(adapter: Callable[..., Any]) -> None:
    need(adapter)
    application = Application()
    delivery = signed_delivery(secret=SECRET)
    with adapter(application) as client:
        client.leave(delivery.body, delivery.headers)
        assert application.reported.wait(10)
    assert application.ran == []
    error = application.errors[0][0]
    assert isinstance(error, InvalidRequestError)
    assert (error.kind, error.reason, error.http_status) == ("invalid_request", "unreadable_body", 408)


def test_django_reads_no_more_than_the_cap() -> None:
    pytest.importorskip("django")
    application = Application()
    read: list[int] = []
    application.on_error = lambda error, request: read.append(request._stream.tell())  # type: ignore[method-assign]
    delivery = signed_delivery(body=b" " * 100 * CAP, secret=SECRET)
    with django_asgi(application) as client:
        assert client.send(delivery.body, delivery.headers, chunked=True).status == 413
    assert read == [CAP + 1]


def test_django_keeps_a_body_without_a_declared_length() -> None:
    pytest.importorskip("django")
    application = Application()
    delivery = signed_delivery(secret="another")
    with django_asgi(application) as client:
        assert client.send(delivery.body, delivery.headers, chunked=True).status == 401
    ((_, request),) = application.errors
    assert request.body == delivery.body


class TestConsumed:
    """A body that another layer has read gives an error that says what to do."""

    @staticmethod
    def expect(client: servers.Client, application: Application, fix: str, chunked: bool = True) -> None:
        delivery = signed_delivery(secret=SECRET)
        for without_length in [False, True][: 1 + chunked]:
            answer = client.send(delivery.body, delivery.headers, chunked=without_length)
            assert (answer.status, answer.text) == (500, "invalid_option\n")
            assert fix in str(application.errors[-1][0])
        assert application.ran == []

    def test_asgi(self, application: Application) -> None:
        pytest.importorskip("starlette")
        from starlette.applications import Starlette
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware
        from starlette.requests import Request
        from starlette.routing import Route
        from tink_webhooks.asgi import WebhookApp

        class Reads(BaseHTTPMiddleware):
            async def dispatch(self, request: Request, call_next: Any) -> Any:
                async for _chunk in request.stream():
                    pass
                return await call_next(request)

        app = WebhookApp(application.hooks, **application.options)
        routes = [Route("/webhooks/tink", app)]
        with servers.asgi(Starlette(routes=routes, middleware=[Middleware(Reads)])) as client:
            self.expect(client, application, "no middleware consumes")

    def test_fastapi(self, application: Application) -> None:
        pytest.importorskip("fastapi")
        from fastapi import Depends, FastAPI, Request
        from tink_webhooks.fastapi import verified_event

        app = FastAPI()

        async def reads(request: Request) -> None:
            async for _chunk in request.stream():
                pass

        reads.__annotations__["request"] = Request  # FastAPI finds no names of this function

        @app.post("/webhooks/tink", dependencies=[Depends(reads)])
        async def receive(event: Event = Depends(verified_event(application.hooks))) -> None: ...

        with servers.asgi(app) as client:
            answer = send(client)
        assert (answer.status, answer.text) == (500, '{"detail":"invalid_option"}')

    def test_wsgi(self, application: Application) -> None:
        from tink_webhooks.wsgi import WebhookApp

        app = WebhookApp(application.hooks, **application.options)

        def reads(environ: Any, start_response: Any) -> Any:
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO()
            return app(environ, start_response)

        with servers.wsgi(reads) as client:
            self.expect(client, application, "request.get_data()", chunked=False)

    def test_wsgi_without_a_declared_length(self, application: Application) -> None:
        from tink_webhooks.testing import post
        from tink_webhooks.wsgi import WebhookApp

        app = WebhookApp(application.hooks, **application.options)

        def chunked(environ: Any, start_response: Any) -> Any:
            del environ["CONTENT_LENGTH"]
            environ.update({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, **consumed})
            return app(environ, start_response)

        delivery = signed_delivery(secret=SECRET)
        consumed: dict[str, Any] = {}
        assert post(chunked, delivery).status == 200
        consumed["wsgi.input"] = io.BytesIO()
        assert post(chunked, delivery)[::2] == (500, b"invalid_option\n")
        assert post(chunked, delivery._replace(signature="")).status == 401

    @pytest.mark.parametrize(
        ("accessor", "status"), [("stream.read", 500), ("get_data", 200), ("get_json", 200)], ids=lambda it: str(it)
    )
    def test_flask(self, application: Application, accessor: str, status: int) -> None:
        pytest.importorskip("flask")
        from flask import Flask, request
        from tink_webhooks.flask import webhook_view

        app = Flask("receiver")
        app.post("/webhooks/tink")(webhook_view(application.hooks, **application.options))

        @app.before_request
        def reads() -> None:
            {"stream.read": request.stream.read, "get_data": request.get_data, "get_json": request.get_json}[accessor]()

        with servers.wsgi(app, servers.werkzeug) as client:
            if status == 200:
                assert send(client).status == 200
            else:
                self.expect(client, application, "request.get_data()")

    def test_flask_with_a_cap_of_its_own(self, application: Application) -> None:
        pytest.importorskip("flask")
        from flask import Flask
        from tink_webhooks.flask import webhook_view

        app = Flask("receiver")
        app.config["MAX_CONTENT_LENGTH"] = 100
        app.post("/webhooks/tink")(webhook_view(application.hooks, **application.options))
        with servers.wsgi(app, servers.werkzeug) as client:
            assert send(client).status == 413

    @pytest.mark.parametrize(("accessor", "status"), [("read", 500), ("body", 200)])
    def test_django(self, application: Application, accessor: str, status: int) -> None:
        pytest.importorskip("django")
        django_settings()
        from django.core.wsgi import get_wsgi_application
        from tink_webhooks.django import webhook_view

        view = webhook_view(application.hooks, **application.options)

        def reads(request: Any) -> Any:
            request.read() if accessor == "read" else request.body
            return view(request)

        reads.csrf_exempt = True  # type: ignore[attr-defined]
        django_urls(reads)
        with servers.wsgi(get_wsgi_application()) as client:
            if status == 200:
                assert send(client).status == 200
            else:
                self.expect(client, application, "request.body", chunked=False)
