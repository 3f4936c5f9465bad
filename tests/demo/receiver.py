"""The demo's receiver on ``http.server``: ``python receiver.py PORT``, with the secret in ``TINK_WEBHOOK_SECRET``.

Port 0 takes a free one. It prints where it listens, and a line for every handler that runs. One handler fails on
purpose, and bare signatures are accepted: receivers to copy are in ``examples/``.
"""

from __future__ import annotations

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tink_webhooks import Event, WebhookError, WebhookHandler

hooks = WebhookHandler()


def say(handler: str, event: Event) -> None:
    """One line for the reader, before the request is answered."""
    print(f"ran {handler} {event.name}", flush=True)


@hooks.on("refresh:finished")
def on_refresh(event: Event) -> None:
    """A refresh of credentials ended."""
    say("on_refresh", event)


@hooks.on("payment_updated")
def on_payment(event: Event) -> None:
    """A payment reached a terminal status."""
    say("on_payment", event)


@hooks.on("unknown")
def on_unknown(event: Event) -> None:
    """An event this version of the library does not know."""
    say("on_unknown", event)


@hooks.on("*")
def on_any(event: Event) -> None:
    """Every event."""
    say("on_any", event)


@hooks.on("account:updated")
def failing(event: Event) -> None:
    """A handler that fails: the receiver answers 500, and Tink delivers again."""
    say("failing", event)
    raise RuntimeError("the database is away")


class Receiver(BaseHTTPRequestHandler):
    """Takes deliveries on any path."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """Reads the raw body, but no more than the library would look at."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self.answer(411, "length_required", close=True)
        elif int(length) > hooks.max_body_bytes:
            self.answer(413, "body_too_large", close=True)
        else:
            self.receive(self.rfile.read(int(length)))

    def receive(self, body: bytes) -> None:
        """Answers with the error's status and reason, never with a handler's message."""
        try:
            hooks.handle_webhook(body, self.headers.get("X-Tink-Signature"))
        except WebhookError as error:
            self.log_error("refused: %s", error)
            self.answer(error.http_status, error.reason)
        else:
            self.answer(200, "ok")

    def not_allowed(self) -> None:
        """Deliveries are POSTs."""
        self.answer(405, "method_not_allowed", close=True)

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = not_allowed  # noqa: N815

    def answer(self, status: int, text: str, *, close: bool = False) -> None:
        """A fixed text. After an unread body the connection cannot be used again."""
        content = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        if status == 405:
            self.send_header("Allow", "POST")
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Receiver)

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
