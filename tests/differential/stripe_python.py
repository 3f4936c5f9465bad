"""stripe-python: a case in JSON per line; answers `accepts`, or `refuses` and the reason."""

from __future__ import annotations

import json
import sys
from typing import Any
from unittest import mock

import stripe


def answer(case: dict[str, Any]) -> str:
    # None switches the window off.
    with mock.patch("time.time", return_value=case["now"]):
        try:
            stripe.WebhookSignature.verify_header(
                bytes.fromhex(case["body"]), case["header"], case["secret"], case["tolerance"]
            )
        except stripe.SignatureVerificationError as error:
            return f"refuses {error.user_message or error}".splitlines()[0]
        except Exception as error:
            return f"refuses with {type(error).__name__}"
    return "accepts"


if __name__ == "__main__":
    for line in sys.stdin:
        print(answer(json.loads(line)), flush=True)
