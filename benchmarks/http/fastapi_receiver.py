"""A receiver on FastAPI: ``fastapi_receiver.py library|dependency|peer|dependency-peer|none``.

The secret is in TINK_WEBHOOK_SECRET. It prints where it listens; ``GET /handled`` tells of how many deliveries the
data was read.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from python_peers import by_hand
from tink_webhooks import Event, WebhookHandler
from tink_webhooks.asgi import WebhookApp
from tink_webhooks.fastapi import verified_event

ROUTE = "/webhooks/tink"
FIELDS = {"refresh:finished": "credentialsStatus", "actionable-insights:created": "insights"}
SECRET = os.environ["TINK_WEBHOOK_SECRET"]

app = FastAPI()
hooks = WebhookHandler(schemes=["v1"])
tink_event = verified_event(hooks)
handled = 0


def use(name: str, data: Any) -> None:
    """Reads a field of the event's data, in every case."""
    global handled
    handled += data[FIELDS[name]] is not None


@hooks.on(*FIELDS)
async def on_event(event: Event) -> None:
    """This library's own endpoint."""
    use(event.name, event.data)


async def dependency(event: Annotated[Event, Depends(tink_event)]) -> PlainTextResponse:
    """This library in an ordinary endpoint."""
    use(event.name, event.data)
    return PlainTextResponse("ok")


async def peer(request: Request) -> PlainTextResponse:
    """By hand."""
    try:
        payload = by_hand(SECRET.encode(), await request.body(), request.headers.get("x-tink-signature", ""))
    except ValueError:
        return PlainTextResponse("refused", 400)
    use(payload["event"], payload["content"])
    return PlainTextResponse("ok")


async def payload_by_hand(request: Request) -> dict[str, Any]:
    """By hand, for an endpoint that takes it as a dependency."""
    try:
        return by_hand(SECRET.encode(), await request.body(), request.headers.get("x-tink-signature", ""))
    except ValueError:
        raise HTTPException(400, "refused") from None


async def dependency_peer(payload: Annotated[dict[str, Any], Depends(payload_by_hand)]) -> PlainTextResponse:
    """By hand, in an ordinary endpoint."""
    use(payload["event"], payload["content"])
    return PlainTextResponse("ok")


async def none(request: Request) -> PlainTextResponse:
    """The server alone, without verification."""
    await request.body()
    return PlainTextResponse("ok")


@app.get("/handled")
async def tell() -> int:
    """The number of deliveries handled, for the benchmark."""
    return handled


def main() -> None:
    """Serves with the loop and parser of ``uvicorn[standard]``, one worker, and no access log."""
    case = sys.argv[1]
    if case == "library":
        app.add_route(ROUTE, WebhookApp(hooks))
    else:
        endpoints = {"dependency": dependency, "peer": peer, "dependency-peer": dependency_peer, "none": none}
        app.post(ROUTE)(endpoints[case])
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


main()
