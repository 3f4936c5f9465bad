"""A receiver that is wrong on purpose: it verifies what ``json.dumps`` makes of ``request.json``.

``python flask_json.py`` prints where it listens; the secret is in ``TINK_WEBHOOK_SECRET``.
"""

from __future__ import annotations

import json

from flask import Flask, request
from tink_webhooks import WebhookError, WebhookHandler
from werkzeug.serving import make_server

app = Flask(__name__)
hooks = WebhookHandler(schemes=("v1",))


@app.post("/")
def receive() -> tuple[str, int]:
    """Most deliveries pass; one with ``23.00`` or a character beyond ASCII does not."""
    try:
        hooks.verify_signature(
            json.dumps(request.json, separators=(",", ":")).encode(), request.headers.get("X-Tink-Signature")
        )
    except WebhookError as error:
        return f"{error.reason}\n", error.http_status
    return "ok\n", 200


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app)
    print(f"listening on http://127.0.0.1:{server.port}/", flush=True)
    server.serve_forever()
