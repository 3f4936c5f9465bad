"""How cargo packages several crates that need each other.

It compiles each with those that it needs, from a registry of a moment. What it unpacks of these stays in its home, and
what it compiles of them in the target folder; both are found again by name and version alone. The next time, those of
the last would be taken, and a crate be proven with what is not uploaded beside it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def nothing_kept(names: list[str], target: Path) -> dict[str, str]:
    """Removes what cargo has kept of crates of these names. Gives the variable of a target folder that is empty."""
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    for name in names:
        # The folder of a registry that has a host begins with it.
        for crate in home.glob(f"registry/src/-*/{name}-[0-9]*"):
            shutil.rmtree(crate)
    shutil.rmtree(target, ignore_errors=True)
    return {"CARGO_TARGET_DIR": str(target)}
