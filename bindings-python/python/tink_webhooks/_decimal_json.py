"""JSON with ``Decimal``, for the few numbers that the fast parser of the native module does not accept."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation


def loads(text: bytes) -> object:
    """As ``json.loads`` with ``parse_float=Decimal``; a number beyond the exponents of ``decimal`` is zero."""
    return json.loads(text, parse_float=_number)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # The core refuses what overflows a double. What remains is too small for `decimal`, and zero as a double.
        return Decimal(float(text))
