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
WITH_IDS = b'{{"event":"payment:updated","content":{{"%x":"%x","%032x":["%032x","%x-\\u00e9"]}}}}'
numbers = iter(range(1_000_000))

def the_same():
    hooks.handle_webhook(body, signature)

def ids_that_never_repeat():
    number = next(numbers)
    assert len(hooks.parse_event(WITH_IDS % (number, number, number, number + 1, number)).raw) == 2

def deliver(times):
    for _ in range(times):
        DELIVER()

deliver(10_000)
before = resident()
deliver({CALLS})
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("deliver", ["the_same", "ids_that_never_repeat"])
def test_many_deliveries(deliver: str) -> None:
    program = PROGRAM.replace("DELIVER()", f"{deliver}()")
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert int(done.stdout) < LIMIT
