"""What is broken on purpose, promise by promise, and which of the tests that docs/security.md names must then fail.

A test is named as the document does; ``[...]`` behind it are the parameters of a pytest test, ``@`` the binding that is
held to a vector (Rust's where none is said). What is replaced stands exactly once in its file: keep it short, so that
it outlives what is changed around it. ``test_breakages.py`` looks.
"""

from __future__ import annotations

import of_deliveries
import of_receivers
from breakage import BREAKAGES, Breakage, named

__all__ = ["BREAKAGES", "Breakage", "named", "of_deliveries", "of_receivers"]
