"""The store is stopped between a handler and its commit, under receivers of every language: see copies.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from copies import lost_commit
from receivers import RECEIVERS, missing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("store", ["redis", "postgres"])
def test_a_commit_that_is_lost(store: str, tmp_path: Path) -> None:
    able = [language for language in RECEIVERS if not missing(language)]
    print(lost_commit(store, able, tmp_path))
    if reasons := [reason for language in RECEIVERS if (reason := missing(language))]:
        pytest.skip(f"the others held: {', '.join(reasons)}")
