"""A proxy that is wrong on purpose: it reads the body as latin-1 and writes it as UTF-8, as some middleware does.

``python proxy.py PORT`` forwards to that port of this machine, and prints where it listens itself.
"""

from __future__ import annotations

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BEHIND = int(sys.argv[1])


class Proxy(BaseHTTPRequestHandler):
    """Forwards every request."""

    def do_POST(self) -> None:
        """Text that is ASCII passes as it is; any other does not."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = body.decode("latin-1").encode("utf-8")
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        connection = http.client.HTTPConnection("127.0.0.1", BEHIND, timeout=20)
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
