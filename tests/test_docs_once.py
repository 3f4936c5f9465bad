"""Every program of docs/once.md runs, against a real Redis or PostgreSQL where it needs one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import GO_MODULE, ROOT, block, blocks, link_packages, node, python

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
    assert "pass 12" in node(block(GUIDE, "Node", "ts", 1), tmp_path)


def test_in_your_own_transaction_in_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link_packages(tmp_path, "pg")
    program = block(GUIDE, "Node", "ts", 2) + TRY_IN_NODE
    program += 'console.log((await pool.query("SELECT count(*) FROM bookings")).rows[0].count);\nawait pool.end();\n'
    with postgres_server() as server:
        monkeypatch.setenv("DATABASE_URL", server.dsn)
        assert [node(program, tmp_path) for _ in range(2)] == ["1\n", "1\n"]


GO_TRIAL = """
package main

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
%(imports)s)

func TestTrial(t *testing.T) {
%(make)s
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, tinkwebhookstest.NewRequest("/", "payment:updated"))
		if answer.Code != 200 {
			t.Errorf("%%d %%s", answer.Code, answer.Body)
		}
	}
%(check)s
}
"""


def go_test(program: str, store: str, folder: Path, place: str, **trial: str) -> str:
    """A module beside the checkout's, with what the store's own needs."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    package = ROOT / "bindings-go"
    manifest, _, _ = (package / store / "go.mod").read_text(encoding="utf-8").partition("replace ")
    _, _, needs = manifest.partition("\n\n")
    replaced = "".join(f"replace {GO_MODULE}{below} => {package}{below}\n" for below in ("", f"/{store}"))
    (folder / "go.mod").write_text(
        f"module shop\n\n{needs}\nrequire {GO_MODULE}/{store} v0.0.0\n\n{replaced}", encoding="utf-8"
    )
    shutil.copy(package / store / "go.sum", folder)
    (folder / "main.go").write_text(program, encoding="utf-8")
    (folder / "trial_test.go").write_text(GO_TRIAL % trial, encoding="utf-8")
    formatted = subprocess.run(["gofmt", "main.go"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert formatted == program, "not formatted"
    # Under the race detector, as the tests of the stores, so that their modules are compiled once.
    ran = subprocess.run(
        ["go", "test", "-race", "-v", "."],
        cwd=folder,
        env={**os.environ, "PLACE": place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_go_around_a_handler(tmp_path: Path) -> None:
    make = """	handler, err := receiver(redis.NewClient(&redis.Options{Addr: os.Getenv("PLACE")}))"""
    with redis_server("redis") as server:
        printed = go_test(
            block(GUIDE, "Go", "go"),
            "redisstore",
            tmp_path,
            f"127.0.0.1:{server.port}",
            imports='\n\t"github.com/redis/go-redis/v9"\n',
            make=make,
            check="",
        )
    assert len(re.findall(r"^booked \S+$", printed, re.MULTILINE)) == 1


def test_go_in_your_own_transaction(tmp_path: Path) -> None:
    make = """	pool, err := pgxpool.New(t.Context(), os.Getenv("PLACE"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "CREATE TABLE bookings (id text)"); err != nil {
		t.Fatal(err)
	}
	handler, err := receiver(t.Context(), pool)"""
    check = """	var bookings int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM bookings").Scan(&bookings); err != nil || bookings != 1 {
		t.Errorf("%d, %v", bookings, err)
	}"""
    with postgres_server() as server:
        go_test(
            block(GUIDE, "Go", "go", 1),
            "pgxstore",
            tmp_path,
            server.dsn,
            imports='\n\t"github.com/jackc/pgx/v5/pgxpool"\n',
            make=make,
            check=check,
        )


def test_there_are_no_other_programs() -> None:
    assert [(one.heading, one.language) for one in blocks(GUIDE)] == [
        ("Around a handler", "python"),
        ("In your own transaction", "python"),
        ("Stores", "python"),
        ("Node", "ts"),
        ("Node", "ts"),
        ("Node", "ts"),
        ("Go", "go"),
        ("Go", "go"),
        ("Rust", "rust"),
    ]
