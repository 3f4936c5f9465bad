"""Every web adapter, in the real framework, behind a real server on loopback."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
import servers
from tink_webhooks import Event, HandlerError, InvalidRequestError, Outcome, WebhookError, WebhookHandler
from tink_webhooks._default import deferred
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "s3cret"
CAP = 2_000


class Application:
    """The handlers of a test, and a record of what they did."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.errors: list[tuple[Exception, Any]] = []
        self.outcomes: list[tuple[Outcome, Any]] = []
        self.reported = threading.Event()
        self.hooks = WebhookHandler(SECRET, schemes=["v1"], max_body_bytes=CAP)
        self.hooks.register_handler("*", lambda event: self.ran.append(event.name))
        self.hooks.register_handler("account:updated", self.fails)

    @staticmethod
    def fails(event: Event) -> None:
        raise RuntimeError("hunter2")

    def on_error(self, error: Exception, request: Any) -> None:
        self.errors.append((error, request))
        self.reported.set()

    def on_outcome(self, outcome: Outcome, request: Any) -> None:
        self.outcomes.append((outcome, request))

    @property
    def options(self) -> dict[str, Any]:
        return {"on_error": self.on_error, "on_outcome": self.on_outcome}

    @property
    def reasons(self) -> list[str]:
        return [error.reason if isinstance(error, WebhookError) else type(error).__name__ for error, _ in self.errors]


def bare_asgi(application: Application) -> Any:
    from tink_webhooks.asgi import WebhookApp

    return servers.asgi(WebhookApp(application.hooks, **application.options))


def starlette(application: Application) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    return servers.asgi(Starlette(routes=[Route("/webhooks/tink", app)]))


def starlette_mount(application: Application) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    # Starlette redirects a POST to the path of a mount if it has no slash at the end.
    return servers.asgi(Starlette(routes=[Mount("/webhooks/", app)]))


def fastapi(application: Application) -> Any:
    from fastapi import FastAPI
    from tink_webhooks.asgi import WebhookApp

    app = FastAPI()
    app.add_route("/webhooks/tink", WebhookApp(application.hooks, **application.options))
    return servers.asgi(app)


def litestar(application: Application) -> Any:
    from litestar import Litestar, asgi
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    # Litestar needs a function here: it reads the handler's signature.
    return servers.asgi(Litestar([asgi("/webhooks/tink", is_mount=True, copy_scope=True)(wrapped(app))]))


def wrapped(app: Any) -> Any:
    from litestar.types import Receive, Scope, Send

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    handler.__annotations__ = {"scope": Scope, "receive": Receive, "send": Send, "return": None}
    return handler


def bare_wsgi(application: Application) -> Any:
    from tink_webhooks.wsgi import WebhookApp

    return servers.wsgi(WebhookApp(application.hooks, **application.options))


def flask(application: Application) -> Any:
    from flask import Flask
    from tink_webhooks.flask import webhook_view

    app = Flask("receiver")
    view = webhook_view(application.hooks, **application.options)
    app.add_url_rule("/webhooks/tink", view_func=view, methods=["GET", "POST"])
    return servers.wsgi(app, servers.werkzeug)


def django_settings() -> None:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="test_adapters",
            MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
            SECRET_KEY="of no use",
            LOGGING_CONFIG=None,
        )
        django.setup()


urlpatterns: list[Any] = []


def django_urls(view: Any) -> None:
    from django.urls import clear_url_caches, path

    urlpatterns[:] = [path("webhooks/tink", view)]
    clear_url_caches()


def django_wsgi(application: Application) -> Any:
    django_settings()
    from django.core.wsgi import get_wsgi_application
    from tink_webhooks.django import webhook_view

    django_urls(webhook_view(application.hooks, **application.options))
    return servers.wsgi(get_wsgi_application(), servers.werkzeug)


def django_asgi(application: Application) -> Any:
    django_settings()
    from django.core.asgi import get_asgi_application
    from tink_webhooks.django import async_webhook_view

    django_urls(async_webhook_view(application.hooks, **application.options))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        from tink_webhooks.asgi import _lifespan

        await (_lifespan(receive, send) if scope["type"] == "lifespan" else django(scope, receive, send))

    django = get_asgi_application()
    return servers.asgi(app)


ADAPTERS = [bare_asgi, starlette, starlette_mount, fastapi, litestar, bare_wsgi, flask, django_wsgi, django_asgi]
#: Those whose servers here can take a body of no declared length.
CHUNKED = [bare_asgi, starlette, fastapi, litestar, flask, django_wsgi, django_asgi]


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def client(request: pytest.FixtureRequest, application: Application) -> Iterator[servers.Client]:
    pytest.importorskip(request.param.__name__.partition("_")[0].replace("bare", "uvicorn"))
    with request.param(application) as client:
        yield client


def send(client: servers.Client, event_type: str = "refresh:finished", **options: Any) -> servers.Answer:
    delivery = signed_delivery(event_type, secret=SECRET, **options)
    return client.send(delivery.body, delivery.headers)


class TestAnswers:
    def test_accepted(self, client: servers.Client, application: Application) -> None:
        answer = send(client)
        assert (answer.status, answer.text) == (200, "ok\n")
        assert application.ran == ["refresh:finished"]
        assert application.errors == []

    def test_an_event_of_a_name_nobody_knows(self, client: servers.Client, application: Application) -> None:
        assert send(client, "something:new").status == 200
        assert application.ran == ["something:new"]

    def test_text_beyond_ascii(self, client: servers.Client, application: Application) -> None:
        assert send(client, data={"displayMessage": "användare ✓ 🦊"}).status == 200

    def test_forged(self, client: servers.Client, application: Application) -> None:
        delivery = signed_delivery("refresh:finished", secret="another")
        answer = client.send(delivery.body, delivery.headers)
        assert (answer.status, answer.text) == (401, "signature_mismatch\n")
        assert application.ran == []
        assert application.reasons == ["signature_mismatch"]
        assert application.errors[0][1] is not None

    def test_unsigned(self, client: servers.Client) -> None:
        answer = client.send(b"{}", {})
        assert (answer.status, answer.text) == (401, "missing_signature\n")

    def test_several_headers_are_one_value(self, client: servers.Client) -> None:
        answer = client.send(b"{}", {"X-Tink-Signature": "t=1", "x-tink-signature": "t=1,v1=" + 64 * "0"})
        assert (answer.status, answer.text) == (401, "malformed_signature\n")

    def test_an_empty_body(self, client: servers.Client) -> None:
        answer = send(client, body=b"")
        assert (answer.status, answer.text) == (400, "invalid_json\n")

    def test_the_test_ping(self, client: servers.Client, application: Application) -> None:
        answer = send(client, "test")
        assert (answer.status, answer.text) == (200, "test_webhook\n")
        assert application.ran == []

    def test_a_failed_handler(self, client: servers.Client, application: Application) -> None:
        answer = send(client, "account:updated")
        assert (answer.status, answer.text) == (500, "handler_failed\n")
        assert application.ran == ["account:updated"]
        (error,) = [error for error, _ in application.errors]
        assert isinstance(error, HandlerError)
        assert str(error.errors[0]) == "hunter2"

    def test_too_large(self, client: servers.Client, application: Application) -> None:
        answer = send(client, body=b" " * (CAP + 1))
        assert (answer.status, answer.text) == (413, "body_too_large\n")
        assert application.reasons == ["body_too_large"]

    def test_as_large_as_may_be(self, client: servers.Client) -> None:
        body = b'{"event":"a:b"}'
        assert send(client, body=body + b" " * (CAP - len(body))).status == 200

    def test_another_method(self, client: servers.Client, application: Application) -> None:
        for method in ["GET", "PUT"]:
            answer = client.send(None, {}, method)
            if answer.text:  # Flask answers itself for methods it has no rule for
                assert answer.status == 405
                assert "POST" in answer.headers.get("Allow", answer.headers.get("allow", ""))
        assert application.ran == []
        assert set(application.reasons) <= {"method_not_allowed"}

    def test_answers_are_plain_text(self, client: servers.Client) -> None:
        headers = {name.lower(): value for name, value in send(client).headers.items()}
        assert headers["content-type"].startswith("text/plain")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-length"] == "3"


@pytest.mark.parametrize("adapter", CHUNKED, ids=lambda adapter: adapter.__name__)
@pytest.mark.parametrize(("size", "status"), [(CAP, 200), (CAP + 1, 413)])
def test_without_a_declared_length(adapter: Callable[..., Any], size: int, status: int) -> None:
    pytest.importorskip(adapter.__name__.partition("_")[0].replace("bare", "uvicorn"))
    application = Application()
    body = b'{"event":"a:b"}'
    delivery = signed_delivery(body=body + b" " * (size - len(body)), secret=SECRET)
    with adapter(application) as client:
        assert client.send(delivery.body, delivery.headers, chunked=True).status == status


@pytest.mark.parametrize("adapter", [bare_asgi, bare_wsgi, flask, django_wsgi], ids=lambda adapter: adapter.__name__)
def test_a_client_that_leaves(adapter: Callable[..., Any]) -> None:
    pytest.importorskip(adapter.__name__.partition("_")[0].replace("bare", "uvicorn"))
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


class TestFastapiDependency:
    @pytest.fixture
    def client(self, application: Application) -> Iterator[servers.Client]:
        pytest.importorskip("fastapi")
        from fastapi import Depends, FastAPI
        from tink_webhooks.fastapi import verified_event

        app = FastAPI()
        tink_event = verified_event(application.hooks, **application.options)

        @app.post("/webhooks/tink")
        async def receive(event: Event = Depends(tink_event)) -> dict[str, str]:
            await application.hooks.dispatch_async(event)
            return {"name": event.name, "bytes": str(len(event.raw_body))}

        with servers.asgi(app) as client:
            yield client

    def test_what_a_clock_raises_is_nobodys_body(self, caplog: pytest.LogCaptureFixture) -> None:
        pytest.importorskip("fastapi")
        from fastapi import Depends, FastAPI
        from tink_webhooks.fastapi import verified_event
        from tink_webhooks.testing import post

        def clock() -> float:
            raise ConnectionError("the clock is away")

        app = FastAPI()

        @app.post("/webhooks/tink")
        async def receive(event: Event = Depends(verified_event(WebhookHandler(SECRET, clock=clock)))) -> None: ...

        assert post(app, signed_delivery(secret=SECRET), "/webhooks/tink").status == 500
        assert "ConnectionError: the clock is away" in caplog.text

    def test_accepted(self, client: servers.Client, application: Application) -> None:
        answer = send(client)
        assert answer.status == 200
        assert '"name":"refresh:finished"' in answer.text
        assert application.ran == ["refresh:finished"]

    def test_refused(self, client: servers.Client, application: Application) -> None:
        answer = client.send(b"{}", {})
        assert (answer.status, answer.text) == (401, '{"detail":"missing_signature"}')
        assert application.reasons == ["missing_signature"]

    def test_the_test_ping(self, client: servers.Client) -> None:
        answer = send(client, "test")
        assert (answer.status, answer.text) == (200, '{"detail":"test_webhook"}')

    @pytest.mark.parametrize("chunked", [False, True])
    def test_too_large(self, client: servers.Client, chunked: bool) -> None:
        delivery = signed_delivery(body=b" " * (CAP + 1), secret=SECRET)
        answer = client.send(delivery.body, delivery.headers, chunked=chunked)
        assert (answer.status, answer.text) == (413, '{"detail":"body_too_large"}')

    def test_a_failed_handler(self, client: servers.Client) -> None:
        answer = send(client, "account:updated")
        assert answer.status == 500
        assert "hunter2" not in answer.text


class TestHooks:
    def test_coroutines_are_awaited(self, application: Application) -> None:
        pytest.importorskip("uvicorn")
        from tink_webhooks.asgi import WebhookApp

        async def on_error(error: Exception, scope: Any) -> None:
            application.on_error(error, scope)

        @application.hooks.on("*")
        async def later(event: Event) -> None:
            application.ran.append("later")

        with servers.asgi(WebhookApp(application.hooks, on_error=on_error)) as client:
            assert send(client).status == 200
            assert client.send(b"{}", {}).status == 401
        assert application.ran == ["refresh:finished", "later"]
        assert application.reasons == ["missing_signature"]

    def test_a_synchronous_adapter_refuses_coroutines(self, application: Application) -> None:
        @application.hooks.on("*")
        async def later(event: Event) -> None: ...

        with bare_wsgi(application) as client:
            answer = send(client)
        assert (answer.status, answer.text) == (500, "invalid_option\n")
        assert application.ran == []

    @pytest.mark.parametrize("adapter", [bare_asgi, bare_wsgi], ids=lambda adapter: adapter.__name__)
    def test_a_hook_that_fails_changes_no_answer(
        self, adapter: Callable[..., Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        application = Application()
        application.on_error = lambda error, request: 1 / 0  # type: ignore[method-assign]
        with contextlib.ExitStack() as stack:
            client = stack.enter_context(adapter(application))
            assert client.send(b"{}", {}).status == 401
        assert "on_error hook failed" in caplog.text

    def test_the_log_tells_why_and_shows_no_body(
        self, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "tink_webhooks")
        with bare_wsgi(application) as client:
            client.send(b'{"event":"a:b","content":"hunter3"}', {"X-Tink-Signature": "t=1,v1=" + 64 * "0"})
            send(client, "test")
            send(client, "account:updated")
        levels = [(record.levelname, record.getMessage().split(":")[1].split()[0]) for record in caplog.records]
        assert levels == [("WARNING", "signature_mismatch"), ("INFO", "test_webhook"), ("ERROR", "handler_failed")]
        assert "hunter3" not in caplog.text
        assert "in fails" in caplog.text  # where the handler failed
        assert SECRET not in caplog.text


def test_the_default_handler_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from tink_webhooks.wsgi import WebhookApp

    monkeypatch.delenv("TINK_WEBHOOK_SECRET", raising=False)
    # The default handler reads its secret once, and another test may have set it.
    monkeypatch.setattr("tink_webhooks._receiver.default", deferred())
    with servers.wsgi(WebhookApp()) as client:
        answer = client.send(b"{}", {})
    assert (answer.status, answer.text) == (500, "secret_not_configured\n")
