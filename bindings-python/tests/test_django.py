"""Django with a database: what a failed handler did is rolled back, and synchronous handlers may use the database."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("django")

if TYPE_CHECKING:
    from pathlib import Path

#: Delivers one event twice. Its handler books and fails, the first time; then says if it is in a transaction.
PROGRAM = """
import asyncio, sys
import django
from django.conf import settings

view, atomic, path_of_database = sys.argv[1:]
settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF="__main__", LOGGING_CONFIG=None, SECRET_KEY="of no use",
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": path_of_database, "ATOMIC_REQUESTS": atomic == "atomic",
    }},
)
django.setup()
from django.db import connection
from django.test import AsyncClient, Client
from django.urls import path
from tink_webhooks import WebhookHandler
from tink_webhooks.django import async_webhook_view, webhook_view
from tink_webhooks.testing import signed_delivery

connection.cursor().execute("CREATE TABLE booked (event TEXT)")
hooks, failures, in_transaction = WebhookHandler("s3cret"), [True, False], []

@hooks.on("payment:updated")
def book(event):
    in_transaction.append(connection.in_atomic_block)
    connection.cursor().execute("INSERT INTO booked VALUES (%s)", [event.name])
    if failures.pop(0):
        raise RuntimeError("away")

@hooks.on("account:updated")
def book_later(event):
    async def later():
        in_transaction.append("later")
    book(event)
    return later()

if view == "async":
    @hooks.on("account:updated")
    async def mail(event):
        in_transaction.append("coroutine")

    @hooks.on("account:updated")
    def book_again(event):
        in_transaction.append(connection.in_atomic_block)
        connection.cursor().execute("INSERT INTO booked VALUES ('again')")

urlpatterns = [path("webhooks/tink", (async_webhook_view if view == "async" else webhook_view)(hooks))]

def post(event_type):
    delivery = signed_delivery(event_type, secret="s3cret")
    if view == "async":
        headers = {"X-Tink-Signature": delivery.signature}
        answer = asyncio.run(AsyncClient().post("/webhooks/tink", delivery.body, "application/json", headers=headers))
    else:
        headers = {"HTTP_X_TINK_SIGNATURE": delivery.signature}
        answer = Client().post("/webhooks/tink", delivery.body, "application/json", **headers)
    rows = connection.cursor().execute("SELECT count(*) FROM booked").fetchone()[0]
    print(answer.status_code, rows, *in_transaction)
    in_transaction.clear()

post("payment:updated")
post("payment:updated")
if view == "async":
    failures[:] = [True, False]
    post("account:updated")
    post("account:updated")
"""


def run(view: str, atomic: str, folder: Path) -> list[str]:
    command = [sys.executable, "-c", PROGRAM, view, atomic, str(folder / "shop.sqlite3")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_a_failed_handler_did_is_rolled_back(tmp_path: Path) -> None:
    """So the second delivery of the event is not taken for a duplicate."""
    assert run("sync", "atomic", tmp_path) == ["500 0 True", "200 1 True"]


def test_the_asynchronous_view_rolls_back_too(tmp_path: Path) -> None:
    """Django itself refuses asynchronous views with ``ATOMIC_REQUESTS``."""
    assert run("async", "atomic", tmp_path) == [
        "500 0 True",
        "200 1 True",
        # The handlers before the coroutine are one transaction, those after it another.
        "500 2 True coroutine True",
        "200 4 True later coroutine True",
    ]


def test_synchronous_handlers_of_the_asynchronous_view_use_the_database(tmp_path: Path) -> None:
    assert run("async", "by itself", tmp_path)[:2] == ["500 1 False", "200 2 False"]
