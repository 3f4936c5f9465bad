"""What the peers do in Python, as their documentation says; called by the timings and by the receivers under load."""

from __future__ import annotations

import json
from typing import Any

import stripe


def stripe_json(body: bytes, header: str, secret: str) -> dict[str, Any]:
    """Stripe's check of the signature and of its age, and the payload as plain objects."""
    stripe.WebhookSignature.verify_header(body.decode(), header, secret, 300)
    return json.loads(body)
