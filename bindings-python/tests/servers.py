"""Every adapter behind a real server on loopback, and a client that can misbehave."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from tink_webhooks import Event, Outcome, WebhookError, WebhookHandler
from tink_webhooks.testing import signed_delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Answer(NamedTuple):
    status: int
    text: str
    headers: dict[str, str]


class Client:
    """Sends requests to one server."""

    def __init__(self, port: int, path: str = "/webhooks/tink") -> None:
        self.port = port
        self.path = path

    def send(self, body: bytes | None, headers: dict[str, str], method: str = "POST", chunked: bool = False) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            data: Any = iter([body[:10], body[10:]]) if chunked and body else body
            # A server may answer and close before it has read all of a body that is too large.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, self.path, data, headers, encode_chunked=chunked)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), dict(response.getheaders()))
        finally:
            connection.close()

    def leave(self, body: bytes, headers: dict[str, str]) -> None:
        """Announces a body, sends half of it, and goes away."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            head = f"POST {self.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{lines}\r\n"
            connection.sendall(head.encode() + body[: len(body) // 2])

    def in_pieces(self, body: bytes, headers: dict[str, str], size: int) -> bytes:
        """Sends a body in chunks of so many bytes; gives the start of the answer."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {self.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{lines}\r\n"
        pieces = [body[at : at + size] for at in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        with socket.create_connection(("127.0.0.1", self.port), timeout=300) as connection:
            connection.sendall(head.encode() + chunks + b"0\r\n\r\n")
            return connection.recv(1_000)

    def sends_on(self, head: str, most: int) -> int:
        """Sends a body that does not end, whatever is answered; gives how many bytes of it were taken."""
        block = 65_536 * b" "
        if "chunked" in head:
            block = b"10000\r\n" + block + b"\r\n"
        sent = 0
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"{head}\r\nHost: x\r\n\r\n".encode())
            with contextlib.suppress(ConnectionError):
                while sent < most:
                    connection.sendall(block)
                    sent += len(block)
        return sent


#: How each server is started. One process serves.
COMMANDS = {
    "uvicorn": "-m uvicorn app:app --port {port} --log-level critical",
    "hypercorn": "-m hypercorn app:app --bind 127.0.0.1:{port} --workers 0",
    "granian": "-m granian app:app --interface asgi --port {port} --no-ws",
}


@contextlib.contextmanager
def process(server: str, folder: Path, program: str) -> Iterator[tuple[Client, int]]:
    """A server in a process of its own, and the process that serves."""
    (folder / "app.py").write_text(program, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, *COMMANDS[server].format(port=port).split()]
    with (folder / "output.txt").open("wb") as output:
        started = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert started.poll() is None, (folder / "output.txt").read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.05)
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        workers = children.read_text(encoding="ascii").split() if children.exists() else []
        yield Client(port), int(workers[-1]) if workers else started.pid
    finally:
        started.terminate()
        started.wait(timeout=30)


def resident(pid: int, field: str) -> int:
    """``VmRSS`` or ``VmHWM`` of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split(f"{field}:")[1].split()[0]) * 1024


def processor_seconds(pid: int) -> float:
    """How long a process has computed: other programs of the machine do not count."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reset_peak(pid: int) -> None:
    """Sets ``VmHWM`` back to what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


@contextlib.contextmanager
def asgi(app: Any) -> Iterator[Client]:
    """Uvicorn in a thread."""
    import uvicorn

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="on", ws="none")
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        # The listener queues what arrives before the server accepts.
        listener.listen()
        yield Client(listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None: ...


@contextlib.contextmanager
def wsgi(app: Any, make: Any = None) -> Iterator[Client]:
    """The standard library's server, or what ``make`` gives."""
    server: WSGIServer = make(app) if make else make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Client(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def werkzeug(app: Any) -> Any:
    """The server of Flask's development."""
    from werkzeug.serving import make_server as make

    return make("127.0.0.1", 0, app, threaded=True)


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

    return asgi(WebhookApp(application.hooks, **application.options))


def starlette(application: Application) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Route
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    return asgi(Starlette(routes=[Route("/webhooks/tink", app)]))


def starlette_mount(application: Application) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    # Starlette redirects a POST to the path of a mount if it has no slash at the end.
    return asgi(Starlette(routes=[Mount("/webhooks/", app)]))


def fastapi(application: Application) -> Any:
    from fastapi import FastAPI
    from tink_webhooks.asgi import WebhookApp

    app = FastAPI()
    app.add_route("/webhooks/tink", WebhookApp(application.hooks, **application.options))
    return asgi(app)


def litestar(application: Application) -> Any:
    import litestar
    from tink_webhooks.asgi import WebhookApp

    app = WebhookApp(application.hooks, **application.options)
    route = litestar.asgi("/webhooks/tink", is_mount=True, copy_scope=True)(app)
    # Its own logging would start a thread for each application, which goes on after the test.
    return asgi(litestar.Litestar([route], logging_config=None))


def bare_wsgi(application: Application) -> Any:
    from tink_webhooks.wsgi import WebhookApp

    return wsgi(WebhookApp(application.hooks, **application.options))


def werkzeug_dispatcher(application: Application) -> Any:
    from flask import Flask
    from tink_webhooks.wsgi import WebhookApp
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app = WebhookApp(application.hooks, **application.options)
    return wsgi(DispatcherMiddleware(Flask("shop"), {"/webhooks/tink": app}), werkzeug)


def flask(application: Application) -> Any:
    from flask import Flask
    from tink_webhooks.flask import webhook_view

    app = Flask("receiver")
    view = webhook_view(application.hooks, **application.options)
    app.add_url_rule("/webhooks/tink", view_func=view, methods=["GET", "POST"])
    return wsgi(app, werkzeug)


def django_settings() -> None:
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF="servers",
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
    return wsgi(get_wsgi_application(), werkzeug)


def django_asgi(application: Application) -> Any:
    django_settings()
    from django.core.asgi import get_asgi_application
    from tink_webhooks.django import async_webhook_view

    django_urls(async_webhook_view(application.hooks, **application.options))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        from tink_webhooks.asgi import _lifespan

        await (_lifespan(receive, send) if scope["type"] == "lifespan" else django(scope, receive, send))

    django = get_asgi_application()
    return asgi(app)


ADAPTERS = [
    bare_asgi,
    starlette,
    starlette_mount,
    fastapi,
    litestar,
    bare_wsgi,
    werkzeug_dispatcher,
    flask,
    django_wsgi,
    django_asgi,
]


def send(client: Client, event_type: str = "refresh:finished", **options: Any) -> Answer:
    delivery = signed_delivery(event_type, secret=SECRET, **options)
    return client.send(delivery.body, delivery.headers)


def need(adapter: Callable[..., Any]) -> None:
    """Skips the test where the framework, or the server, of an adapter is not installed."""
    pytest.importorskip(adapter.__name__.partition("_")[0].replace("bare", "uvicorn"))
