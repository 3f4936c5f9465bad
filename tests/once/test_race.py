"""Races of two receivers, over every store: short ones, and with ``TEST_ALL=1`` of 10,000 deliveries and 50 kills."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from places import STORES, TRANSACTIONS
from race import race
from receivers import PAIRS, STORES_OF, missing

if TYPE_CHECKING:
    from pathlib import Path

LONG = bool(os.environ.get("TEST_ALL"))
DELIVERIES, KILLS = (10_000, 51) if LONG else (200, 2)
#: Each pair over each store that both have; in short every store once, and every pair.
ALL = [(pair, store) for pair in PAIRS for store in STORES if all(store in STORES_OF[one] for one in pair.split("-"))]
SHORT = [
    ("python-python", "redis"),
    ("python-python", "postgres"),
    ("python-python", "sqlite"),
    ("python-node", "redis"),
    ("python-go", "sqlite"),
    ("python-rust", "redis"),
    ("rust-rust", "postgres"),
]
RACES = ALL if LONG else SHORT
IN_TRANSACTIONS = [(pair, store) for pair, store in ALL if store in TRANSACTIONS]
if not LONG:
    IN_TRANSACTIONS = [("python-python", "sqlite"), ("python-node", "postgres"), ("python-go", "postgres")]
    IN_TRANSACTIONS.append(("python-rust", "sqlite"))


def run(pair: str, way: str, store: str, folder: Path) -> None:
    """One race, and what holds for each."""
    first, second = pair.split("-")
    for language in (first, second):
        if reason := missing(language):
            pytest.skip(reason)
    seed = random.randrange(10_000)  # noqa: S311 -- no secret
    result = race(store, (first, second), way, folder, deliveries=DELIVERIES, kills=KILLS, seed=seed)
    print(f"{store}, {way}, {pair}, seed {seed}: {result}")
    assert result.lost == 0
    assert result.too_early == 0
    assert not result.wrong
    if way == "claim_in":
        assert result.doubled == 0
    assert result.unexplained == 0
    if LONG:  # a single kill may interrupt several handlers
        assert result.doubled <= result.kills


@pytest.mark.parametrize(("pair", "store"), RACES)
def test_nothing_is_lost_and_only_kills_double(pair: str, store: str, tmp_path: Path) -> None:
    run(pair, "once", store, tmp_path)


@pytest.mark.parametrize(("pair", "store"), IN_TRANSACTIONS)
def test_nothing_is_lost_or_doubled_in_the_handlers_own_transaction(pair: str, store: str, tmp_path: Path) -> None:
    run(pair, "claim_in", store, tmp_path)
