"""Many deliveries do not make the process grow."""

from __future__ import annotations

import subprocess
import sys

import pytest

CALLS = 200_000
LIMIT = 2 * 1024 * 1024

PROGRAM = f"""
import gc, resource
from tink_webhooks import WebhookHandler
from tink_webhooks.testing import signed_delivery

def resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

hooks = WebhookHandler("s3cret")
hooks.register_handler("refresh:finished", lambda event: event.data["credentialsId"])
body, signature = signed_delivery("refresh:finished", secret="s3cret")

def deliver(times):
    for _ in range(times):
        hooks.handle_webhook(body, signature)

deliver(10_000)
before = resident()
deliver({CALLS})
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_many_deliveries() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert int(done.stdout) < LIMIT
