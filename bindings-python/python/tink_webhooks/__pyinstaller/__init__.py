"""PyInstaller asks here for what it cannot find by itself: the texts of the stores are no modules."""

from __future__ import annotations

from pathlib import Path


def get_hook_dirs() -> list[str]:
    """Where the hooks are."""
    return [str(Path(__file__).parent)]
