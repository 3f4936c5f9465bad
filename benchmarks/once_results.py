"""What `once` costs over each store: its goals, and the tables of `docs/performance.md` and `docs/once.md`."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

from results import LANGUAGES, RESULTS, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = {"memory": "memory", "redis": "Redis", "postgres": "PostgreSQL", "sqlite": "SQLite"}
#: How many times as long as the least of its store it may take.
GOALS = {"redis": 3.0, "postgres": 2.5, "sqlite": 2.5}
HOW_TO_READ = """\
A handler that does nothing, under `once`, for events of which none came before: a claim and a commit for each. Beside
it the least of its store, through the same client: a round trip, or one row that is on the disk. Redis and PostgreSQL
are set as their packages set them: Redis writes nothing to the disk before it answers, PostgreSQL and SQLite
everything. By hand, `SET NX` loses an event whose handler fails, and a lock ends while a slow handler still runs.
"""
#: The load average of a machine that does nothing else; above it the tables say so.
QUIET = 1.0


def disturbed() -> list[str]:
    """What is said of times that other programs have disturbed, the disk's above all."""
    load = RESULTS.get("once", {}).get("load", 0.0)
    if load <= QUIET:
        return []
    return [f"Other programs kept the machine and its disk busy (load average {load:.0f}): `make bench` says more.", ""]


def rows(store: str) -> list[dict[str, Any]]:
    """What was measured of a store."""
    return [row for row in RESULTS.get("once", {}).get("measured", ()) if row["store"] == store]


def least_beside(case: dict[str, Any]) -> dict[str, Any]:
    """The least of its store, through the same client."""
    found = (row for row in rows(case["store"]) if row["kind"] == "least" and row["language"] == case["language"])
    return next(found)


def times_the_least(case: dict[str, Any]) -> tuple[float, float, float]:
    """How many times as long as its store's least a case takes, round by round, with quartiles."""
    return spread([mine / its for mine, its in zip(case["ns"], least_beside(case)["ns"])])


def goals() -> Iterator[tuple[str, str, str, str, bool]]:
    """Rows of the table of goals."""
    for store, goal in GOALS.items():
        for case in rows(store):
            if case["kind"] == "once":
                low, middle, high = times_the_least(case)
                beside = least_beside(case)["case"]
                ratio = f"{middle:.2f}x ({low:.2f} to {high:.2f})"
                what = f"{LANGUAGES[case['language']]}: once, {NAMES[store]}"
                yield what, beside, f"at most {goal:g}x its time", ratio, middle <= goal


def section() -> list[str]:
    """What `docs/performance.md` says of it."""
    if "once" not in RESULTS:
        return []
    lines = [
        "## Once",
        "",
        HOW_TO_READ,
        *disturbed(),
        "| store | language | case | µs per event, median | beside the least |",
        "|---|---|---|---:|---:|",
    ]
    for store, name in NAMES.items():
        for case in rows(store):
            low, middle, high = times_the_least(case)
            alone = case["kind"] == "least" or store == "memory"
            beside = "" if alone else f"{middle:.2f}x ({low:.2f} to {high:.2f})"
            what = f"{LANGUAGES[case['language']]} | {case['case']}"
            lines.append(f"| {name} | {what} | {median(case['ns']) / 1_000:,.1f} | {beside} |")
    return [*lines, ""]


def scaling() -> list[str]:
    """The table of `docs/once.md`: events per second of several processes over one store."""
    found = RESULTS.get("once", {}).get("together", ())
    if not found:
        return []
    counts = sorted({row["processes"] for row in found})
    heads = [f"{count} process{'es' if count > 1 else ''}" for count in counts]
    lines = [*disturbed(), f"| store | {' | '.join(heads)} |", "|---|" + "---:|" * len(counts)]
    for store in dict.fromkeys(row["store"] for row in found):
        cells = [
            f"{median(row['per_second']):,.0f}"
            for count in counts
            for row in found
            if (row["store"], row["processes"]) == (store, count)
        ]
        lines.append(f"| {NAMES[store]} | {' | '.join(cells)} |")
    return lines
