"""The time a refusal takes says nothing about how near the forgery was.

Time itself is too noisy to compare, so instructions are counted: callgrind counts those of each call that
``timing.rs`` makes, and within a group all counts must be equal to the instruction. Under valgrind the processor has no
SHA extensions, so it is the portable SHA-256 that is counted; the comparison is the same code either way.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from proof_programs import rust

if TYPE_CHECKING:
    from pathlib import Path

#: As in timing.rs. Only the last round of each call is compared.
ROUNDS = 3
GROUPS = {
    "scheme v1": 6,
    "scheme body": 6,
    "four secrets": 24,
    "four candidates": 4,
    "body of 75 bytes": 4,
    "body of 1000 bytes": 4,
    "body of 100000 bytes": 4,
}
SELF_CHECK = "early exit"

pytestmark = pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """Instructions of every call, by group and variant."""
    folder: Path = tmp_path_factory.mktemp("callgrind")
    ran = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            "--toggle-collect=timing::measured",
            "--dump-after=timing::measured",
            f"--callgrind-out-file={folder / 'out'}",
            str(rust("timing")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    # out.1 is the first call; `out` itself, at the end, holds what came after the last one.
    dumps = sorted(folder.glob("out.*"), key=lambda dump: int(dump.suffix[1:]))
    totals = [int(re.findall(r"^totals: (\d+)$", dump.read_text(), re.MULTILINE)[0]) for dump in dumps]
    calls = [line.split("\t") for line in ran.stdout.splitlines()]
    assert len(totals) == ROUNDS * len(calls)
    found: dict[str, dict[str, int]] = {}
    for (group, variant), total in zip(calls, totals[ROUNDS - 1 :: ROUNDS]):
        found.setdefault(group, {})[variant] = total
    return found


def test_the_groups_are_all_there(counts: dict[str, dict[str, int]]) -> None:
    assert {group: len(variants) for group, variants in counts.items() if group != SELF_CHECK} == GROUPS
    assert min(total for variants in counts.values() for total in variants.values()) > 1_000


@pytest.mark.parametrize("group", GROUPS)
def test_equal_instruction_counts(counts: dict[str, dict[str, int]], group: str) -> None:
    assert len(set(counts[group].values())) == 1, counts[group]


def test_a_comparison_that_stops_early_would_be_found(counts: dict[str, dict[str, int]]) -> None:
    naive = counts[SELF_CHECK]
    assert naive["first byte wrong"] < naive["second half wrong"] < naive["last byte wrong"], naive
