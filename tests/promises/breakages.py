"""All mutations, promise by promise, each with the tests of docs/security.md that must then fail.

A test is named as in the document. ``[...]`` behind it are the parameters of a pytest test; ``@`` is the binding that
a vector runs through (without it, Rust's). The text to replace must occur exactly once in its file, which
``test_breakages.py`` checks; a short one survives more changes around it.
"""

from __future__ import annotations

import of_deliveries
import of_receivers
from breakage import BREAKAGES, Breakage, named

__all__ = ["BREAKAGES", "Breakage", "named", "of_deliveries", "of_receivers"]
