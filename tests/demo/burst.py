"""A burst of events at two receivers of different languages over one store, while they are killed: each is done once.

The race of ``tests/once``, short, over a file of SQLite.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "once"))
from race import race
from receivers import WITH_SQLITE, missing

#: Deliveries, four of each event, and the fewest kills.
DELIVERIES, KILLS = 400, 1


def show_burst() -> int:
    """Runs it, and prints what came of it: 1 if an effect was lost, or doubled without a kill."""
    able = [language for language in WITH_SQLITE if not missing(language)]
    first, second = able[0], able[-1]  # two languages where there are two
    print(f"\nOnce: {first} and {second} share a file of claims; each event goes to both, twice; both may be killed")
    with tempfile.TemporaryDirectory() as folder:
        seed = random.randrange(10_000)  # noqa: S311 -- no secret
        result = race("sqlite", (first, second), "once", Path(folder), deliveries=DELIVERIES, kills=KILLS, seed=seed)
    lines = [
        (f"{result.deliveries} deliveries of {result.events} events", f"{result.tries} tries, {result.kills} kills"),
        ("effects that were lost", str(result.lost)),
        ("effects that a kill doubled", str(result.doubled)),
        ("answered 200 too early", str(result.too_early)),
    ]
    right = not result.lost and not result.too_early and not result.wrong and not result.unexplained
    for what, count in lines:
        print(f"  {'ok   ' if right else 'WRONG'} {what:<34} {count}", flush=True)
    return 0 if right else 1
