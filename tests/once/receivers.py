"""The receivers of the race: one small program in each language."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

RECEIVERS = ("python", "node")
#: Pairs that race each other.
PAIRS = ("python-python", "python-node", "node-node")
#: The stores that a language has without another installation: Node 20 has no SQLite.
STORES_OF = {
    "python": ("redis", "valkey", "postgres", "sqlite"),
    "node": ("redis", "valkey", "postgres"),
}


def missing(language: str) -> str | None:
    """Why a receiver cannot be started, or ``None``."""
    if language == "python":
        return None
    if not shutil.which("node"):
        return "Node is not installed"
    built = ROOT / "bindings-node/dist/idempotency/index.js"
    return None if built.exists() else "bindings-node is not built"


def command(language: str) -> list[str]:
    """How one is started."""
    return {
        "python": [sys.executable, str(HERE / "python_receiver.py")],
        "node": ["node", str(HERE / "node_receiver.mjs")],
    }[language]
