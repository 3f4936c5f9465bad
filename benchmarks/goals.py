"""The goals, and whether what was measured meets them; and the cases that are lost to a user's own few lines.

"By hand" is the best that a user of a language writes there: see ``HAND``. Nothing here measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import once_results
from results import LANGUAGES, RESULTS, ratio, samples, sizes, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What verifies by hand, and what verifies and makes the object that a handler reads.
HAND = {
    "rust": ("ring HMAC", "ring HMAC + serde_json"),
    "c": ("OpenSSL HMAC() + CRYPTO_memcmp", "OpenSSL HMAC() + CRYPTO_memcmp + simdjson On-Demand"),
    "python": ("hmac.digest + compare_digest", "hmac.digest + compare_digest + orjson.loads"),
    "node": ("createHmac + timingSafeEqual", "createHmac + timingSafeEqual + JSON.parse"),
    "go": ("crypto/hmac", "crypto/hmac + encoding/json, struct"),
    "go-wasm": ("crypto/hmac", "crypto/hmac + encoding/json, struct"),
}
VERIFY, CONSTRUCT, READ = "verify", "construct", "construct, data read"
STRUCT = "construct, data into a struct"
FLOOR = "core's construct and an empty call"
#: Indices of the bodies' sizes: some 350 bytes, 1 KB, 10 KB and 1 MB.
SMALL, KB, TEN_KB, MB = range(4)


class Result(NamedTuple):
    """A row of the table."""

    what: str
    beside: str
    goal: str
    measured: str
    met: bool


@dataclass(frozen=True)
class Goal:
    """A case beside another one: how much faster it is to be, or how many times as long it may take."""

    language: str
    case: str
    beside: str
    size: int
    times: float
    at_most: bool = False

    def result(self) -> Result | None:
        """What was measured; ``None`` if it was not."""
        if self.language not in RESULTS["languages"]:
            return None
        size = sizes(self.language)[self.size]
        pair = (self.beside, self.case) if self.at_most else (self.case, self.beside)
        if not all(samples(self.language, case, size) for case in pair):
            return None
        low, middle, high = ratio(self.language, *pair, size)
        return Result(
            f"{LANGUAGES[self.language]}: {self.case}, {size:,}",
            self.beside,
            f"at most {self.times:g}x its time" if self.at_most else f"{self.times:g}x faster",
            f"{middle:.2f}x ({low:.2f} to {high:.2f})",
            middle <= self.times if self.at_most else middle >= self.times,
        )


def faster(language: str, case: str, beside: str, *goals: tuple[int, float]) -> list[Goal]:
    """Goals of one case at several sizes."""
    return [Goal(language, case, beside, size, times) for size, times in goals]


def at_most(language: str, case: str, beside: str, *goals: tuple[int, float]) -> list[Goal]:
    """The same for what may take some times as long."""
    return [Goal(language, case, beside, size, times, at_most=True) for size, times in goals]


BLOCKS = "SHA-256 compressions"
GOALS = [
    *at_most("rust", "MAC", BLOCKS, (SMALL, 1.25), (MB, 1.02)),
    *at_most("rust", VERIFY, BLOCKS, (SMALL, 1.6), (MB, 1.02)),
    *at_most("rust", CONSTRUCT, BLOCKS, (SMALL, 2)),
    *at_most("rust", "verify, 2 secrets", VERIFY, (SMALL, 1.15), (TEN_KB, 1.05)),
    *at_most("rust", "verify, 4 secrets", VERIFY, (SMALL, 1.5), (TEN_KB, 1.25)),
    *at_most("python", CONSTRUCT, FLOOR, (SMALL, 1.1)),
    *faster("python", READ, HAND["python"][1], (SMALL, 2.5), (TEN_KB, 1.05), (MB, 1.05)),
    *at_most("node", CONSTRUCT, FLOOR, (SMALL, 1.2)),
    *faster("node", READ, HAND["node"][1], (SMALL, 3), (TEN_KB, 1), (MB, 1)),
    *faster("node", VERIFY, HAND["node"][0], (SMALL, 6), (TEN_KB, 1.4), (MB, 1)),
    *faster("c", VERIFY, HAND["c"][0], (SMALL, 3), (KB, 2), (MB, 1.05)),
    *faster("c", READ, HAND["c"][1], (SMALL, 1.05), (KB, 1.05), (TEN_KB, 1.05), (MB, 1.05)),
    *faster("go", CONSTRUCT, "crypto/hmac + encoding/json, raw messages", (SMALL, 5)),
    *faster("go", STRUCT, HAND["go"][1], (SMALL, 4), (TEN_KB, 4)),
    *faster("go-wasm", VERIFY, HAND["go-wasm"][0], (SMALL, 1), (TEN_KB, 1)),
    # The same bytes through the same hash: there is nothing to gain.
    *at_most("go-wasm", VERIFY, HAND["go-wasm"][0], (MB, 1.02)),
    *faster("go-wasm", STRUCT, HAND["go-wasm"][1], (SMALL, 1), (TEN_KB, 1), (MB, 1)),
    *(
        Goal(language, "dispatch, 100 handlers", "plain loop, 100 handlers", SMALL, times, at_most=True)
        for language, times in [("python", 2.5), ("node", 2), ("go", 3), ("rust", 1.5)]
    ),
]
#: Gigabytes per second of the JSON scan.
SCAN = [("parse", TEN_KB, 2.2), ("parse", MB, 4.5), ("parse, dense", MB, 2)]
#: What two threads gain, beside two that share nothing.
THREADS = [("rust", "handle", SMALL), ("go", "handle", SMALL), ("python", CONSTRUCT, TEN_KB)]


def scans() -> Iterator[Result]:
    """The scan of a JSON text. It has the clock's call and the envelope in it, which are a small part from 10 KB on."""
    for case, index, goal in SCAN if "rust" in RESULTS["languages"] else []:
        size = sizes("rust")[index]
        if taken := samples("rust", case, size):
            rate = size / median(taken)
            yield Result(f"Rust: {case}, {size:,}", "", f"{goal:g} GB/s", f"{rate:.2f} GB/s", rate >= goal)


def threads() -> Iterator[Result]:
    """What a second thread gains with everything shared, beside what it gains with nothing shared."""
    for language, case, index in THREADS:
        if language not in RESULTS["languages"]:
            continue
        size = sizes(language)[index]
        control = f"{case}, nothing shared, 2 threads"
        if samples(language, control, size):
            low, middle, high = ratio(language, f"{case}, 2 threads", control, size)
            yield Result(
                f"{LANGUAGES[language]}: {case}, 2 threads, {size:,}",
                "the same with nothing shared",
                "0.95x its gain",
                f"{middle:.2f}x ({low:.2f} to {high:.2f})",
                middle >= 0.95,
            )


def results() -> list[Result]:
    """Every goal of one process."""
    of_once = (Result(*row) for row in once_results.goals())
    return [*(found for goal in GOALS if (found := goal.result())), *scans(), *threads(), *of_once]


class Beside(NamedTuple):
    """One of our cases and what one would write for it oneself: how many times as long that takes, with quartiles."""

    what: str
    by_hand: str
    low: float
    middle: float
    high: float

    @property
    def lost(self) -> bool:
        """Whether it is slower, upper quartile included."""
        return self.high < 1


def twins(language: str) -> Iterator[tuple[str, str]]:
    """Our cases, each with its own by hand: the same body, the same number of secrets."""
    known = {case["case"] for case in RESULTS["languages"][language]}
    verify, read = HAND[language]
    bare = [(VERIFY, verify), (READ, read), (STRUCT, read), (f"{STRUCT} of one's own", read)]
    if language in ("go", "go-wasm"):
        bare += [(CONSTRUCT, "crypto/hmac + encoding/json, raw messages"), (READ, "crypto/hmac + encoding/json, map")]
    for case in sorted(known):
        for ours, hand in bare:
            if case.startswith(ours) and (other := hand + case.removeprefix(ours)) in known:
                yield case, other


def beside_hand() -> list[Beside]:
    """Every case that one could write by hand, at every size; and the receivers, by their processor time."""
    found = [
        Beside(f"{LANGUAGES[language]}, {case}, {size:,} bytes", hand, *ratio(language, case, hand, size))
        for language in RESULTS["languages"]
        for case, hand in dict.fromkeys(twins(language))
        for size in sizes(language)
        if samples(language, case, size) and samples(language, hand, size)
    ]
    rows = RESULTS["http"]["measured"] if "http" in RESULTS else []
    for row in rows:
        if peer := hand_beside(row, rows):
            times = [theirs / ours for ours, theirs in zip(cost(row), cost(peer))]
            what = f"{row['server']}, {row['case']}, {row['bytes']:,} bytes, processor time"
            found.append(Beside(what, peer["case"], *spread(times)))
    return found


def hand_beside(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The same receiver by hand; none for what is by hand itself, or checks nothing."""
    if row["kind"].endswith("peer") or row["kind"] == "none":
        return None
    where = (row["server"], row["bytes"])
    same = {other["kind"]: other for other in rows if (other["server"], other["bytes"]) == where}
    return same.get(f"{row['kind']}-peer", same["peer"])


def cost(row: dict[str, list[float]]) -> list[float]:
    """Microseconds of processor time per delivery, round by round."""
    return [1e6 * busy / rps for busy, rps in zip(row["busy"], row["rps"])]


def lost() -> str:
    """The line that `make bench` ends with."""
    every = beside_hand()
    names = [f"{case.what} ({case.middle:.2f}x)" for case in every if case.lost]
    return f"cases lost to a user's own few lines: {len(names)} of {len(every)}" + "".join(
        f"; {name}" for name in names
    )
