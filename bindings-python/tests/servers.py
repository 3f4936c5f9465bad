"""Real servers on loopback for the adapters, and a client that can misbehave."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
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
