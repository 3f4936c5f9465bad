"""`tink-webhooks check`, twice in a row, of receivers whose handlers are under `once`.

Every case passes both times, since what the command sends is new each time; and what the handlers did is counted. C has
no `once`: its receiver is in test_cli_check.py.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from checking import check, failed
from places import place
from race import SECRETS, Receiver
from receivers import RECEIVERS, command, missing

if TYPE_CHECKING:
    from pathlib import Path

STORES = ["sqlite", "redis", *(["valkey", "postgres"] if os.environ.get("TEST_ALL") else [])]
#: Of the cases that are to be accepted, those whose event names its occurrence: one effect each, also that of a copy.
OCCURRENCES = {"plain", "v1-first", "second-v1", "number-23.00", "final-newline", "copy"}
#: The others, and the names of their events, which say "go and look" and run each time.
SIGNALS = {
    "no-context": "settlement-account:updated",
    "unknown-event": "something:new",
    "non-ascii": "account:created",
    "null-content": "account-booked-transactions:modified",
    "white-space": "account-transactions:modified",
    "large": "account-transactions:deleted",
}
RUNS = 2
KEY = re.compile("[0-9a-f]{32}")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("language", RECEIVERS)
def test_every_case_passes_twice_in_a_row(language: str, store: str, tmp_path: Path) -> None:
    if reason := missing(language, store):
        pytest.skip(reason)
    with place(store, tmp_path) as where:
        receiver = Receiver(command(language), "check", where, tmp_path / "log")
        try:
            reports = [check(receiver.port, secret=SECRETS[0]) for _ in range(RUNS)]
        finally:
            receiver.kill()
        effects = [name for name, _ in where.effects()]
    for report in reports:
        assert failed(report) == {}
        accepted = {case["case"] for case in report["cases"] if case["expected"] == "accept"}
        assert accepted == OCCURRENCES | SIGNALS.keys()
    keys = [name for name in effects if KEY.fullmatch(name)]
    assert len(keys) == len(set(keys)) == RUNS * len(OCCURRENCES)
    assert Counter(effects) - Counter(keys) == dict.fromkeys(SIGNALS.values(), RUNS)
