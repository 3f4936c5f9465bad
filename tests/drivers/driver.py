"""Holds the Python binding to the shared vectors: cases in, one a line, answers out. See ``tests/README.md``."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

from tink_webhooks import Dispatcher, Event, Verification, WebhookError, WebhookHandler, explain, generate_signature

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Fields = dict[str, str]


def text_or_bytes(value: str) -> str | bytes:
    """Text where the bytes are UTF-8, as a user would pass it."""
    raw = bytes.fromhex(value)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def to_hex(text: str) -> str:
    """Text as the answer carries it."""
    return text.encode("utf-8", "surrogatepass").hex()


def options(case: Fields) -> dict[str, Any]:
    """The arguments of the handler object."""
    made: dict[str, Any] = {}
    if (secret := case.pop("secret", None)) is not None:
        made["secret"] = None if secret == "null" else text_or_bytes(secret)
    if (secrets := case.pop("secrets", None)) is not None:
        made["secret"] = [] if secrets == "[]" else [text_or_bytes(item) for item in secrets.split(",")]
    if (env := case.pop("env", None)) is not None:
        os.environ["TINK_WEBHOOK_SECRET"] = bytes.fromhex(env).decode()
    if (tolerance := case.pop("tolerance", None)) is not None:
        made["tolerance"] = None if tolerance == "none" else float(tolerance)
    if (schemes := case.pop("schemes", None)) is not None:
        made["schemes"] = schemes.split(",") if schemes else []
    if (size := case.pop("max_body_bytes", None)) is not None:
        made["max_body_bytes"] = int(size)
    if (now := case.pop("now", None)) is not None:
        made["clock"] = lambda: float(now)
    return made


class Run:
    """One case: its handler object, or the worker's, its labelled handlers, and what ran."""

    def __init__(self, case: Fields, hooks: Dispatcher) -> None:
        self.ran: list[str] = []
        self.labelled: dict[str, Callable[[Event], None]] = {}
        self.hooks = hooks
        for item in filter(None, case.pop("handlers", "").split(",")):
            key, label, mode = item.split(":")
            handler = self.handler(label, fails=mode.startswith("fail"))
            self.hooks.register_handler(bytes.fromhex(key).decode(), handler, allow_unknown=mode.endswith("+"))
        for key in filter(None, case.pop("unregister", "").split(",")):
            self.hooks.unregister_handlers(bytes.fromhex(key).decode())

    def handler(self, label: str, *, fails: bool) -> Callable[[Event], None]:
        """The same label is the same function."""

        def run(_event: Event) -> None:
            self.ran.append(label)
            if fails:
                raise RuntimeError(label)

        return self.labelled.setdefault(label, run)

    def described(self) -> str:
        """``get_handlers()``, by labels."""
        labels: dict[Any, str] = {handler: label for label, handler in self.labelled.items()}
        groups = self.hooks.get_handlers().items()
        return ",".join(
            f"{to_hex(key)}:{' '.join(labels[handler] for handler in handlers)}" for key, handlers in groups
        )


def show_verification(verification: Verification) -> Fields:
    """A verification's fields; an absent one is left out."""
    fields = {"scheme": verification.scheme, "secret_index": str(verification.secret_index)}
    if verification.signed_at is not None:
        fields["signed_at"] = str(verification.signed_at)
    if verification.delivery_id is not None:
        fields["delivery_id"] = verification.delivery_id
    return fields


def show_event(event: Event) -> Fields:
    """An event's fields; an absent one is left out."""
    fields = {
        "type": event.type,
        "name": to_hex(event.name),
        "data": to_hex(json.dumps(event.data)),
        "timestamp": str((event.timestamp - EPOCH) // timedelta(milliseconds=1)),
        "raw": to_hex(json.dumps(event.raw)),
        "serialized": to_hex(event.serialize()),
    }
    if event.idempotency_key is not None:
        fields["idempotency_key"] = event.idempotency_key
    if event.context is not None:
        fields["context"] = to_hex(json.dumps(event.context))
    if event.user_id is not None:
        fields["user_id"] = to_hex(event.user_id)
    if event.external_user_id is not None:
        fields["external_user_id"] = to_hex(event.external_user_id)
    if event.verification is not None:
        fields.update(show_verification(event.verification))
    return fields


def why(case: Fields) -> Fields:
    """``explain``, whose answer is never an error."""
    secrets = case.pop("secrets", "[]")
    signature = case.pop("signature", None)
    found = explain(
        bytes.fromhex(case.pop("body", "")),
        None if signature is None else bytes.fromhex(signature),
        [] if secrets == "[]" else [text_or_bytes(item) for item in secrets.split(",")],
        now=int(case.pop("now")),
    )
    fields = {
        "ok": "1",
        "cause": found.cause,
        "causes": ",".join(found.causes),
        "proved": str(int(found.proved)),
        "where": to_hex(found.where),
        "fix": to_hex(found.fix),
        "text": to_hex(str(found)),
    }
    if found.secret_index is not None:
        fields["secret_index"] = str(found.secret_index)
    if found.original_body is not None:
        fields["original"] = found.original_body.hex()
    return fields


def show_error(error: WebhookError) -> Fields:
    """An error's fields; an absent one is left out."""
    fields = {"kind": error.kind, "reason": error.reason, "status": str(error.http_status)}
    if error.age is not None:
        fields["age"] = str(error.age)
    if error.tolerance is not None:
        fields["tolerance"] = str(error.tolerance)
    if error.hint is not None:
        fields["hint"] = to_hex(error.hint)
    if hasattr(error, "errors"):
        fields["failures"] = str(len(error.errors))
    return fields


def sign(case: Fields) -> Fields:
    """Op ``sign``."""
    secret = case.pop("secret", "null")
    named: dict[str, Any] = {}
    if (timestamp := case.pop("timestamp", None)) is not None:
        named["timestamp"] = int(timestamp)
    if (scheme := case.pop("scheme", None)) is not None:
        named["scheme"] = scheme
    key = None if secret == "null" else text_or_bytes(secret)
    return {"ok": "1", "header": to_hex(generate_signature(bytes.fromhex(case.pop("body", "")), key, **named))}


def ran(op: str, run: Run | None) -> Fields:
    """The handlers that ran, for the operations that run any."""
    return {"ran": ",".join(run.ran)} if run and op in ("handle", "dispatch") else {}


def answer(op: str, case: Fields) -> Fields:
    """What the binding says to the case."""
    if op == "mac":
        return {"inexpressible": to_hex("this binding has no HMAC of arbitrary keys")}
    run = None
    try:
        if op == "sign":
            return sign(case)
        if op == "explain":
            return why(case)
        if op in ("deserialize", "dispatch"):
            run = Run(case, worker := Dispatcher())
            event = Event.deserialize(bytes.fromhex(case.pop("body", "")))
            if op == "dispatch":
                worker.dispatch(event)
            return {"ok": "1", **show_event(event), **ran(op, run)}
        run = Run(case, hooks := WebhookHandler(**options(case)))
        body = bytes.fromhex(case.pop("body", ""))
        signature = case.pop("signature", None)
        header = None if signature is None else bytes.fromhex(signature)
        if op == "configure":
            return {"ok": "1", "handlers": run.described()}
        if op == "verify":
            return {"ok": "1", **show_verification(hooks.verify_signature(body, header))}
        calls = {
            "construct": lambda: hooks.construct_event(body, header),
            "parse": lambda: hooks.parse_event(body),
            "handle": lambda: hooks.handle_webhook(body, header),
        }
        fields = {"ok": "1", **show_event(calls[op]())}
    except WebhookError as error:
        fields = show_error(error)
        case.clear()
    return {**fields, **ran(op, run)}


def main() -> None:
    """Reads cases until there are no more."""
    for line in sys.stdin:
        case = dict(field.partition("=")[::2] for field in line.rstrip("\n").split("\t"))
        name, op = case.pop("id"), case.pop("op")
        try:
            fields = answer(op, case)
        except Exception as error:  # whatever it is, the runner must see it
            fields, case = {"crash": to_hex(repr(error))}, {}
        if case and "inexpressible" not in fields:
            sys.exit(f"{name}: unknown fields {sorted(case)}")
        print("\t".join([f"id={name}", *(f"{key}={value}" for key, value in fields.items())]), flush=True)


if __name__ == "__main__":
    main()
