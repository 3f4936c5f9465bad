"""What type checkers must refuse. Nothing here is run.

Every line with an ignore must be an error: an ignore without one is an error itself, in mypy and in pyright.
"""

from __future__ import annotations

from tink_webhooks import Event, WebhookHandler, configure, generate_signature, on, verify_signature
from tink_webhooks.types import PaymentUpdated, RefreshFinished

hooks = WebhookHandler("s3cret")


@hooks.on("refresh:finished")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
def another_event(event: Event[PaymentUpdated]) -> None: ...


@on("refresh_finished")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
def not_an_event(event: RefreshFinished) -> None: ...


@hooks.on("refresh:finished")  # type: ignore[type-var]  # pyright: ignore[reportArgumentType, reportUntypedFunctionDecorator]
def no_event() -> None: ...


@hooks.on  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
def without_types(event: Event) -> None: ...


@hooks.on("refresh:finished")
def no_such_field(event: Event[RefreshFinished]) -> None:
    event.data["credentialId"]  # type: ignore[typeddict-item]  # pyright: ignore
    event.data["finished"].lower()  # type: ignore[attr-defined]  # pyright: ignore
    event.type = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


hooks.register_handler("*", "no handler")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
hooks.handle_webhook({"event": "a:b"}, "t=1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
hooks.handle_webhook(b"{}", ["t=1"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
hooks.handle_webhook(b"{}")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
WebhookHandler("s3cret", float_mode="double")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
WebhookHandler("s3cret", tolerence=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
WebhookHandler(None, 300)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
generate_signature({}, "s3cret")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
verify_signature(b"{}", "t=1", "s3cret", tolerence=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
configure(float_mode="double")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
