"""A receiver that writes each payment to a database: ``receiver.py PORT DATABASE``.

A payment is on disk before it is answered with 200. The same delivery once more changes nothing.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tink_webhooks import Event, WebhookError, WebhookHandler

hooks = WebhookHandler(schemes=["v1"])
local = threading.local()
DATABASE = sys.argv[2]


def database() -> sqlite3.Connection:
    """One connection per thread."""
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(DATABASE, timeout=30, isolation_level=None)
        local.database.execute("PRAGMA synchronous = FULL")
    return local.database


def prepare() -> None:
    database().executescript(
        """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS payments (delivery_id TEXT PRIMARY KEY, id TEXT NOT NULL, amount INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS balance (one INTEGER PRIMARY KEY CHECK (one = 1), amount INTEGER NOT NULL);
        INSERT OR IGNORE INTO balance VALUES (1, 0);
        """
    )


@hooks.on("payment:updated")
def book(event: Event) -> None:
    """Books a payment once, however often it is delivered: the row and the balance in one transaction."""
    connection = database()
    connection.execute("BEGIN IMMEDIATE")
    try:
        row = (event.verification.delivery_id, event.data["id"], event.data["amount"])
        if connection.execute("INSERT OR IGNORE INTO payments VALUES (?, ?, ?)", row).rowcount == 1:
            connection.execute("UPDATE balance SET amount = amount + ?", (event.data["amount"],))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


class Receiver(BaseHTTPRequestHandler):
    """Takes deliveries on any path."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize: ClassVar[int] = -1

    def do_POST(self) -> None:
        """Verifies, books, answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            hooks.handle_webhook(body, self.headers.get("X-Tink-Signature"))
            status = 200
        except WebhookError as error:
            status = error.http_status
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


class Server(ThreadingHTTPServer):
    """Listens on the port of a receiver that was killed."""

    allow_reuse_address = True
    request_queue_size = 128


if __name__ == "__main__":
    prepare()
    server = Server(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(server.server_port, flush=True)
    server.serve_forever()
