"""A receiver that is wrong on purpose: a function behind a gateway that passes bodies in base64, which it leaves so.

The gateway makes of a request what API Gateway makes of it (payload format 2.0). ``python gateway.py`` prints where it
listens; the secret is in ``TINK_WEBHOOK_SECRET``. ``python gateway.py ascii`` decodes, and loses what is not ASCII.
"""

from __future__ import annotations

import base64
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tink_webhooks import WebhookError, WebhookHandler

hooks = WebhookHandler(schemes=("v1",))
DECODES = sys.argv[1:] == ["ascii"]


def function(event: dict[str, Any]) -> dict[str, Any]:
    """The function in the cloud."""
    if event["requestContext"]["http"]["method"] != "POST":
        return {"statusCode": 405, "body": "method_not_allowed\n"}
    body = event["body"]
    if DECODES:
        body = base64.b64decode(body).decode("ascii", errors="ignore")
    try:
        hooks.verify_signature(body, event["headers"].get("x-tink-signature"))
    except WebhookError as error:
        return {"statusCode": error.http_status, "body": f"{error.reason}\n"}
    return {"statusCode": 200, "body": "ok\n"}


class Gateway(BaseHTTPRequestHandler):
    """What stands before it."""

    def do_POST(self) -> None:
        """A request as an event, and the function's result as the answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answer = function(
            {
                "version": "2.0",
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "requestContext": {"http": {"method": self.command}},
                "body": base64.b64encode(body).decode(),
                "isBase64Encoded": True,
            }
        )
        self.send_response(answer["statusCode"])
        self.send_header("Content-Length", str(len(answer["body"])))
        self.end_headers()
        self.wfile.write(answer["body"].encode())

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
