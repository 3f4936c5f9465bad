"""The mutations fit the code and docs/security.md as they are now. ``make break-promises`` makes them."""

from __future__ import annotations

from pathlib import Path

import of_deliveries  # noqa: F401
import of_effects  # noqa: F401
import of_receivers  # noqa: F401
import of_secrets  # noqa: F401
import of_the_page  # noqa: F401
import pytest
from breakage import BREAKAGES, Breakage, named
from test_docs_security import NAMED, promises

ROOT = Path(__file__).resolve().parent.parent.parent


def test_every_promise_has_a_breakage() -> None:
    assert {str(breakage.promise) for breakage in BREAKAGES} == {number for number, _, _ in promises()}


def test_every_test_that_is_named_is_seen_to_fail() -> None:
    seen = {
        (str(breakage.promise), named(breakage.promise, text).name) for breakage in BREAKAGES for text in breakage.fails
    }
    assert {(number, name) for number, name, _ in NAMED} == seen


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.what)
def test_what_is_replaced_stands_once_in_its_file(breakage: Breakage) -> None:
    assert breakage.fails
    texts: dict[str, str] = {}
    for edit in breakage.edits:
        before = texts.get(edit.file) or (ROOT / edit.file).read_text(encoding="utf-8")
        texts[edit.file] = edit.applied(before)
        assert texts[edit.file] != before
