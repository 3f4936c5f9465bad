"""Installed beside a wheel, without any other package: verifies, refuses, awaits a handler, and serves WSGI.

``probe.py VERSION`` prints the port of its receiver first. Runs on every CPython from 3.9, under emulators too.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import sys
import time
from wsgiref.simple_server import WSGIRequestHandler, make_server

import tink_webhooks as tink
from tink_webhooks.wsgi import WebhookApp

SECRET = os.environ["TINK_WEBHOOK_SECRET"]
BODY = b'{"event":"refresh:finished","context":{"userId":"u0"},"content":{"credentialsStatus":"UPDATED"}}'


def expect(holds: bool, what: str) -> None:
    """Ends the program unless it holds."""
    if not holds:
        sys.exit(f"wrong: {what}")


def refused(body: bytes, signature: str, reason: str) -> None:
    """The delivery is refused with this reason."""
    try:
        tink.WebhookHandler(schemes=["v1"]).construct_event(body, signature)
    except tink.WebhookError as error:
        expect(str(error.reason) == reason, f"refused with {error.reason}, not {reason}")
    else:
        sys.exit(f"not refused: {reason}")


async def awaited(signature: str) -> list[str]:
    """What an asynchronous handler saw."""
    hooks = tink.WebhookHandler(schemes=["v1"])
    seen = []

    @hooks.on("refresh:finished")
    async def refreshed(event: tink.Event) -> None:
        await asyncio.sleep(0)
        seen.append(f"{event.user_id} {event.data['credentialsStatus']}")

    await hooks.handle_webhook_async(BODY, signature)
    return seen


class Quiet(WSGIRequestHandler):
    """Without a line per request."""

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


def main() -> None:
    """Everything, in order; then serves until it is ended."""
    expect(tink.__version__ == sys.argv[1], f"version {tink.__version__}, not {sys.argv[1]}")
    now = int(time.time())
    mac = hmac.new(SECRET.encode(), b"%d.%s" % (now, BODY), hashlib.sha256).hexdigest()
    signature = f"t={now},v1={mac}"
    expect(tink.generate_signature(BODY, SECRET, timestamp=now) == signature, "the signature that it makes")
    verified = tink.WebhookHandler(schemes=["v1"]).verify_signature(BODY, signature)
    expect(verified.scheme == "v1" and verified.delivery_id == mac[:32], "what it verifies")
    refused(BODY + b" ", signature, "signature_mismatch")
    refused(BODY, "", "missing_signature")
    refused(BODY, mac, "scheme_not_allowed")
    seen = asyncio.run(awaited(signature))
    expect(seen == ["u0 UPDATED"], f"the asynchronous handler saw {seen}")

    hooks = tink.WebhookHandler(schemes=["v1"])
    hooks.on("refresh:finished")(lambda event: print(f"refresh of user {event.user_id}", flush=True))
    with make_server("127.0.0.1", 0, WebhookApp(hooks), handler_class=Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
