"""Races of two receivers, over every store: short ones, and with ``TEST_ALL=1`` of 10,000 deliveries and 50 kills."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest
from race import race
from receivers import missing

if TYPE_CHECKING:
    from pathlib import Path

LONG = bool(os.environ.get("TEST_ALL"))
DELIVERIES, KILLS = (10_000, 51) if LONG else (200, 2)
#: Two languages, and the store that they share: each language and each store is in one of them. The first is the one
#: that mutations must fail.
RACES = [("python-python", "sqlite"), ("python-node", "redis"), ("go-rust", "postgres")]
#: Those whose handlers have their keys in their own transactions, which Redis has none of.
IN_OWN = [("python-python", "sqlite"), ("python-node", "postgres"), ("go-rust", "sqlite")]
if LONG:
    RACES += [
        ("python-python", "redis"),
        ("python-python", "postgres"),
        ("python-python", "valkey"),
        ("python-asyncio", "redis"),
        ("asyncio-asyncio", "postgres"),
        ("python-node", "postgres"),
        ("python-go", "sqlite"),
        ("python-rust", "redis"),
        ("python-rust", "sqlite"),
        ("node-go", "valkey"),
        ("node-go", "postgres"),
        ("node-rust", "valkey"),
        ("rust-rust", "postgres"),
    ]
    IN_OWN += [
        ("python-python", "postgres"),
        ("python-go", "sqlite"),
        ("python-rust", "sqlite"),
        ("node-go", "postgres"),
        ("rust-rust", "postgres"),
    ]


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


@pytest.mark.parametrize(("pair", "store"), IN_OWN)
def test_nothing_is_lost_or_doubled_in_the_handlers_own_transaction(pair: str, store: str, tmp_path: Path) -> None:
    run(pair, "claim_in", store, tmp_path)
