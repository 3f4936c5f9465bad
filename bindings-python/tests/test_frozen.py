"""A program that PyInstaller has frozen runs without Python, with the modules that only the native module imports."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import asyncio
import sys

from tink_webhooks import Event, HandlerError, WebhookHandler
from tink_webhooks.asgi import WebhookApp as AsynchronousApp
from tink_webhooks.testing import post, signed_delivery
from tink_webhooks.wsgi import WebhookApp

hooks, later = WebhookHandler("s3cret", float_mode="decimal"), WebhookHandler("s3cret")


@hooks.on("payment:updated")
def paid(event: Event) -> None:
    print(repr(event.data["amount"]))


@later.on("*")
async def any_event(event: Event) -> None:
    await asyncio.sleep(0)
    print(event.name)
    raise LookupError("no such order")


delivery = signed_delivery("payment:updated", secret="s3cret", data={"amount": 12.5})
print(post(WebhookApp(hooks), delivery).status, post(AsynchronousApp(later), delivery).status)
try:
    asyncio.run(later.handle_webhook_async(*delivery))
except HandlerError as error:
    print(error.errors)
tiny = '{"event":"a:b","content":{"amount":1e-9999999999999999999}}'  # Python's own parser takes it
print(repr(hooks.parse_event(tiny).data["amount"]))
print(sys.frozen)

from tink_webhooks.idempotency import SQLiteStore, once
book = once(SQLiteStore("claims.db"), "book")(lambda event: print("booked"))
for _ in range(2):
    book(hooks.construct_event(*delivery))
"""


def test_a_frozen_program_runs_from_an_empty_folder(tmp_path: Path) -> None:
    pytest.importorskip("PyInstaller")
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    made = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", "--onedir", "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    ran = subprocess.run(
        [tmp_path / "dist/program/program"], cwd=empty, env={}, capture_output=True, text=True, check=False
    )
    assert ran.stdout.splitlines() == [
        "Decimal('12.5')",
        "payment:updated",
        "200 500",
        "payment:updated",
        "(LookupError('no such order'),)",
        "Decimal('0')",
        "True",
        "booked",
    ], ran.stderr
