"""What type checkers must accept. Nothing here is run."""

from __future__ import annotations

from typing import Annotated, Any

from django.urls import path
from fastapi import Depends, FastAPI
from litestar import Litestar, asgi
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from tink_webhooks import Dispatcher, Event, HandlerError, Verification, WebhookHandler, on
from tink_webhooks.asgi import WebhookApp
from tink_webhooks.django import async_webhook_view, webhook_view
from tink_webhooks.fastapi import verified_event
from tink_webhooks.testing import TinkPost
from tink_webhooks.types import Number, PaymentUpdated, RefreshFinished
from typing_extensions import assert_type

hooks = WebhookHandler("s3cret", schemes=["v1"], tolerance=None)


@hooks.on("refresh:finished")
def refreshed(event: Event[RefreshFinished]) -> None:
    assert_type(event.data["credentialsId"], str)
    assert_type(event.data["finished"], int)
    error = event.data.get("detailedError")
    if error is not None and error.get("details", {}).get("retryable"):
        print(event.verification.delivery_id if event.verification else None)


worker = Dispatcher()
handlers: Dispatcher = hooks


@worker.on("refresh:finished")
def worked(event: Event[RefreshFinished]) -> None:
    assert_type(event.data["credentialsId"], str)
    assert_type(event.idempotency_key, "str | None")
    worker.dispatch(Event.deserialize(event.serialize(), float_mode="decimal"))


@on("refresh_finished", "refresh:finished")
async def refreshed_later(event: Event[RefreshFinished], retry: bool = True) -> int:
    return event.data["finished"]


@hooks.on("payment:updated")
def paid(event: Event[PaymentUpdated]) -> None:
    assert_type(event.data["amount"], Number)


@hooks.on("payment:updated", "refresh:finished", "*")
def untyped(event: Event) -> None:
    assert_type(event.data, Any)


@hooks.on("some:thing-new")
def custom(event: Event[dict[str, int]]) -> None:
    assert_type(event.data, dict[str, int])


class Stored:
    """A callable object stays what it is."""

    name = "stored"

    def __call__(self, event: Event[PaymentUpdated]) -> None: ...


assert_type(hooks.on("payment_updated")(Stored()).name, str)

hooks.register_handler("refresh:finished", lambda event: print(event.data["credentialsStatus"].lower()))
hooks.register_handler("*", lambda event: print(event.data["anything"]))


async def main() -> None:
    # The decorator gives the function back as it was.
    assert_type(await refreshed_later(await hooks.handle_webhook_async(b"{}", None), retry=False), int)
    event = hooks.handle_webhook(bytearray(b"{}"), "t=1")
    assert_type(event, Event[Any])
    assert_type(hooks.verify_signature("{}", b"t=1"), Verification)
    match event:
        case Event(type="refresh_finished", data={"credentialsId": str(identifier)}):
            print(identifier)
        case Event("payment_updated", {"amount": amount}):
            print(amount)
        case _:
            pass
    try:
        hooks.dispatch(event)
    except HandlerError as error:
        assert_type(error.errors, tuple[Exception, ...])
        assert_type(error.event, Event[Any])


app = WebhookApp(hooks, on_error=lambda error, request: print(error, request))
FastAPI().add_route("/webhooks/tink", app)
FastAPI().mount("/webhooks/", app)
Starlette(routes=[Route("/webhooks/tink", app), Mount("/webhooks/", app)]).add_route("/webhooks/tink", app)
Litestar([asgi("/webhooks/tink", is_mount=True, copy_scope=True)(app)])
urlpatterns = [path("a", webhook_view(hooks)), path("b", async_webhook_view(hooks))]


async def endpoint(event: Annotated[Event, Depends(verified_event(hooks, body_timeout=None))]) -> str | None:
    assert event.verification  # it is None after `parse_event` alone
    return event.verification.delivery_id


def test_the_fixture(tink_post: TinkPost) -> None:
    assert_type(tink_post(app, "refresh:finished", secret="s3cret").status, int)
