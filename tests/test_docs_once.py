"""Every program of docs/once.md runs, against a real Redis where it needs one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from snippets import ROOT, block, blocks, python

sys.path.insert(0, str(ROOT / "bindings-python/tests"))
from once_servers import redis_server

GUIDE = "docs/once.md"

TRY = """
from tink_webhooks.testing import signed_delivery
events = [hooks.construct_event(*signed_delivery("payment:updated")) for _ in range(2)]
for event in events:
    hooks.dispatch(event)
"""


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINK_WEBHOOK_SECRET", "s3cret")


def test_around_a_handler(tmp_path: Path) -> None:
    program = block(GUIDE, "Around a handler", "python")
    with redis_server("redis") as server:
        program = program.replace("redis.Redis(", f"redis.Redis(port={server.port}, ") + TRY
        assert python(program, tmp_path).splitlines()[0].startswith("booked ")
        assert len(python(program, tmp_path).splitlines()) == 0, "booked before"


def test_in_your_own_transaction(tmp_path: Path) -> None:
    program = block(GUIDE, "In your own transaction", "python") + TRY
    program += "print(sqlite3.connect('shop.db').execute('SELECT count(*) FROM bookings').fetchone()[0])\n"
    assert [python(program, tmp_path) for _ in range(2)] == ["1\n", "1\n"]


def test_the_suite(tmp_path: Path) -> None:
    program = block(GUIDE, "Stores", "python")
    (tmp_path / "test_mine.py").write_text(program)
    run = "import pytest; raise SystemExit(pytest.main(['-q', '-x', 'test_mine.py']))"
    assert " passed" in python(run, tmp_path)


def test_there_are_no_other_programs() -> None:
    assert [(one.heading, one.language) for one in blocks(GUIDE)] == [
        ("Around a handler", "python"),
        ("In your own transaction", "python"),
        ("Stores", "python"),
        ("Rust", "rust"),
    ]
