"""``Decimal`` of a number in JSON, for the few that the native module does not get from ``decimal`` itself."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def number(text: str) -> Decimal:
    """As ``Decimal(text)``; a number beyond the exponents of ``decimal`` is zero."""
    try:
        return Decimal(text)
    except InvalidOperation:
        # The core refuses what overflows a double. What remains is too small for `decimal`, and zero as a double.
        return Decimal(float(text))
