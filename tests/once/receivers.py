"""The receivers of the race: one small program in each language."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

RECEIVERS = ("python",)
#: Pairs that race each other.
PAIRS = ("python-python",)


def missing(language: str) -> str | None:
    """Why a receiver cannot be started, or ``None``."""
    return None if language == "python" else f"there is no receiver in {language}"


def command(language: str) -> list[str]:
    """How one is started."""
    return [sys.executable, str(HERE / "receiver.py")]
