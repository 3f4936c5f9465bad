"""The other libraries, used as their documentation says; for the timings and for the receivers under load."""

from __future__ import annotations

import json
from typing import Any

import stripe


def stripe_json(body: bytes, header: str, secret: str) -> dict[str, Any]:
    """Stripe's check of the signature and of its age, and the payload as plain objects."""
    stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300)
    return json.loads(body)
