"""The service that the workers of examples/queues/ tell of events: it remembers, refuses, or does not answer."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar


class Ledger:
    """What was booked, and how the next ones are answered."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._refusals = 0
        self._holding = False
        self.held = 0
        self.refused = 0

        class Handler(BaseHTTPRequestHandler):
            ledger: ClassVar[Ledger] = self

            def do_POST(self) -> None:
                entry = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(self.ledger.book(entry))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def book(self, entry: dict[str, Any]) -> int:
        with self._changed:
            if self._holding:
                self.held += 1
                self._changed.notify_all()
                self._changed.wait_for(lambda: not self._holding)
                return 503  # to one that was killed meanwhile
            if self._refusals:
                self._refusals -= 1
                self.refused += 1
                return 500
            self.entries.append(entry)
            self._changed.notify_all()
        return 200

    def forget(self) -> None:
        """What was booked, and how often something else was answered."""
        with self._changed:
            self.entries.clear()
            self.held = self.refused = 0

    def refuse(self, times: int) -> None:
        """Answers so many with 500."""
        with self._changed:
            self._refusals = times

    def hold(self) -> None:
        """Answers nobody from now on, and books nothing."""
        with self._changed:
            self._holding = True

    def let_go(self) -> None:
        """Books again; those that wait are not booked."""
        with self._changed:
            self._holding = False
            self._changed.notify_all()

    def wait_for_held(self) -> None:
        self._wait(lambda: self.held > 0, "no worker has called the ledger")

    def wait_for(self, number: int, seconds: float = 60) -> list[dict[str, Any]]:
        """The entries, once there are so many."""
        self._wait(lambda: len(self.entries) >= number, f"{len(self.entries)} entries, not {number}", seconds)
        return self.entries

    def _wait(self, holds: Any, otherwise: str, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        with self._changed:
            assert self._changed.wait_for(holds, until - time.monotonic()), otherwise

    def close(self) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
