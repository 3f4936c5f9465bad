"""Every program of docs/once.md runs, against a real Redis or PostgreSQL where it needs one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from snippets import ROOT, block, blocks, link_packages, node, python

sys.path.insert(0, str(ROOT / "bindings-python/tests"))
from once_servers import postgres_server, redis_server

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


TRY_IN_NODE = """
const { signedDelivery } = await import("tink-webhooks/testing");
for (let copy = 0; copy < 2; copy += 1) {
  const { body, signature } = signedDelivery("payment:updated");
  await hooks.handleWebhook(body, signature);
}
"""


def test_around_a_handler_in_node(tmp_path: Path) -> None:
    program = block(GUIDE, "Node", "ts")
    link_packages(tmp_path, "ioredis")
    with redis_server("redis") as server:
        program = program.replace("new Redis({", f"new Redis({server.port}, {{").replace(".listen(8000)", "")
        program += TRY_IN_NODE + "process.exit();\n"
        assert node(program, tmp_path).splitlines()[0].startswith("booked ")
        assert node(program, tmp_path) == "", "booked before"


def test_the_suite_in_node(tmp_path: Path) -> None:
    assert "pass 11" in node(block(GUIDE, "Node", "ts", 1), tmp_path)


def test_in_your_own_transaction_in_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link_packages(tmp_path, "pg")
    program = block(GUIDE, "Node", "ts", 2) + TRY_IN_NODE
    program += 'console.log((await pool.query("SELECT count(*) FROM bookings")).rows[0].count);\nawait pool.end();\n'
    with postgres_server() as server:
        monkeypatch.setenv("DATABASE_URL", server.dsn)
        assert [node(program, tmp_path) for _ in range(2)] == ["1\n", "1\n"]


def test_there_are_no_other_programs() -> None:
    assert [(one.heading, one.language) for one in blocks(GUIDE)] == [
        ("Around a handler", "python"),
        ("In your own transaction", "python"),
        ("Stores", "python"),
        ("Node", "ts"),
        ("Node", "ts"),
        ("Node", "ts"),
        ("Rust", "rust"),
    ]
