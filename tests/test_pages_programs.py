"""Every program and command of the pages in docs/ that are no guide runs, against a real server where it needs one."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.parse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from snippets import ROOT, block, blocks, free_port, serving, shell
from test_pages import PAGES, REASONS, event_type, read

if TYPE_CHECKING:
    from collections.abc import Iterator


class Request(NamedTuple):
    """What the stand-in for Tink received."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@pytest.fixture
def tink() -> Iterator[tuple[str, list[Request]]]:
    """A server on loopback in the place of Tink's: its address, and what it receives."""
    received: list[Request] = []

    class Stub(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append(Request(self.command, self.path, headers, body))
            answer = {
                "/api/v1/oauth/token": {"access_token": "the token", "token_type": "bearer", "expires_in": 1800},
                "/events/v2/webhook-endpoints": {"id": "d8f3", "secret": "67ab", "webhookEndpoints": []},
            }.get(self.path, {})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def do_GET(self) -> None:
            self.answer()

        do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class TestTink:
    """The commands of docs/tink.md, in one shell, against a stand-in for Tink."""

    def test_commands(self, tink: tuple[str, list[Request]], tmp_path: Path) -> None:
        address, received = tink
        commands = [text for _, language, text in blocks("docs/tink.md") if language == "sh"]
        assert len(commands) == 4
        script = "".join(commands).replace("https://api.tink.com", address)
        environment = {"TINK_CLIENT_ID": "the id", "TINK_CLIENT_SECRET": "the & secret", "ENDPOINT_ID": "d8f3"}
        printed = shell(script, tmp_path, **environment)

        token, create, listing, delete = received
        assert (token.method, token.path) == ("POST", "/api/v1/oauth/token")
        assert dict(urllib.parse.parse_qsl(token.body)) == {
            "grant_type": "client_credentials",
            "scope": "webhook-endpoints",
            "client_id": "the id",
            "client_secret": "the & secret",
        }
        assert token.headers["content-type"] == "application/x-www-form-urlencoded"
        assert (create.method, create.path) == ("POST", "/events/v2/webhook-endpoints")
        assert create.headers["content-type"] == "application/json"
        body = json.loads(create.body)
        assert sorted(body) == ["enabledEvents", "url"]
        assert body["url"].startswith("https://")
        assert all(event_type(name) != "unknown" for name in body["enabledEvents"])
        assert (listing.method, listing.path) == ("GET", "/events/v2/webhook-endpoints")
        assert (delete.method, delete.path) == ("DELETE", "/events/v2/webhook-endpoints/d8f3")
        for request in (create, listing, delete):
            assert request.headers["authorization"] == "Bearer the token"
        assert '"secret": "67ab"' in printed
        # Tink's printed example, by OpenSSL and by this library.
        v1 = "3808bca389150582fd78bdb5e3dfcf46f99ff168d37d60cdc13da7c5e49abefb"
        assert printed.rstrip().endswith(v1)
        assert f"v1={v1}" in block("docs/tink.md", "What is signed", "text")
        self.verify((tmp_path / "example.txt").read_bytes(), block("docs/tink.md", "What is signed", "text"))

    def verify(self, body: bytes, header: str) -> None:
        from tink_webhooks import verify_signature

        secret = "top_secret_top_secret_top_secret"
        value = header.strip().removeprefix("X-Tink-Signature: ")
        assert verify_signature(body, value, secret, tolerance=None).signed_at == 1620198421

    def test_the_envelope(self) -> None:
        from tink_webhooks import WebhookHandler

        event = WebhookHandler(secret="s3cret").parse_event(block("docs/tink.md", "The envelope", "json"))
        assert event.type == "payment_updated"


def deliveries(copies: int) -> list[tuple[str, str, int]]:
    """Payments as their events tell them: id, status, updated; each several times, out of order."""
    statuses = ["CREATED", "SENT", "SETTLED_PAYER", "SETTLED"]
    found = [
        (f"payment-{payment}", status, 1_767_225_600_000 + step)
        for payment in range(100)
        for step, status in enumerate(statuses)
    ] * copies
    random.Random(13).shuffle(found)  # noqa: S311 - the same order each time
    return found


class TestPayments:
    """The statement of docs/production.md: each payment ends as its newest event says, and is settled once."""

    SCHEMA = block("docs/production.md", "Payments", "sql", 0)
    NEWER = block("docs/production.md", "Payments", "sql", 1)

    def test_sqlite(self) -> None:
        database = sqlite3.connect(":memory:")
        database.executescript(self.SCHEMA)
        rows: Counter[tuple[str, str]] = Counter()
        for payment, status, updated in deliveries(4):
            if database.execute(self.NEWER, {"1": payment, "2": status, "3": updated}).fetchall():
                rows[payment, status] += 1
        assert set(database.execute("SELECT status, updated FROM payments")) == {("SETTLED", 1_767_225_600_003)}
        assert set(rows.values()) == {1}
        assert sum(status == "SETTLED" for _, status in rows) == 100

    def test_postgresql(self, postgresql: list[str]) -> None:
        """Four clients at once. A booking is made where a row came back, and can be made once only by its key."""
        booking = "WITH newer AS (NEWER) INSERT INTO bookings SELECT $1 FROM newer WHERE $2 = 'SETTLED'"
        booking = booking.replace("NEWER", self.NEWER)
        subprocess.run([*postgresql, "-c", self.SCHEMA], check=True, capture_output=True)
        clients = []
        for number in range(4):
            script = [f"PREPARE newer (text, text, bigint) AS {booking};"]
            mine = deliveries(1)
            random.Random(number).shuffle(mine)  # noqa: S311
            script += [f"EXECUTE newer ('{payment}', '{status}', {updated});" for payment, status, updated in mine]
            client = subprocess.Popen(postgresql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            threading.Thread(target=client.communicate, args=("\n".join(script).encode(),)).start()
            clients.append(client)
        assert [client.wait(60) for client in clients] == [0] * 4
        query = "SELECT count(*), min(status), max(status), (SELECT count(*) FROM bookings) FROM payments"
        told = subprocess.run([*postgresql, "-At", "-c", query], check=True, capture_output=True, text=True)
        assert told.stdout.strip() == "100|SETTLED|SETTLED|100"

    def test_the_handler(self, tmp_path: Path) -> None:
        program = block("docs/production.md", "Payments", "python")
        # The statement in the program is the one of the page.
        newer = program.partition('NEWER = """\n')[2].partition('"""')[0]
        assert re.sub(r"\$\d", "?", self.NEWER) == newer
        trial = """
import sys
from test_pages_programs import TestPayments, deliveries
from tink_webhooks.testing import signed_delivery
sqlite3.connect("shop.db").executescript(TestPayments.SCHEMA)
for number, (payment, status, updated) in enumerate(deliveries(2)):
    data = {"id": payment, "status": status, "updated": updated}
    secret = ["new", "old"][number % 2]
    hooks.handle_webhook(*signed_delivery("payment:updated", secret=secret, data=data))
database = sqlite3.connect("shop.db")
print(set(database.execute("SELECT status FROM payments")), *database.execute("SELECT count(*) FROM bookings"))
"""
        (tmp_path / "program.py").write_text(program + trial, encoding="utf-8")
        environment = {"TINK_WEBHOOK_SECRET": "new old", "PYTHONPATH": str(ROOT / "tests")}
        printed = shell(f"{sys.executable} program.py", tmp_path, **environment)
        assert printed == "{('SETTLED',)} (100,)\n"


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[list[str]]:
    """A PostgreSQL server of this test's own: the command that runs statements on it. It does not run as root."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("pg_ctl", path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    if not found:
        pytest.skip("PostgreSQL is not installed")
    other = os.geteuid() == 0
    if other and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and runuser is not installed")
    data = Path(shell("mktemp -d", tmp_path).strip())
    if other:
        shutil.chown(data, "postgres")
    prefix = ["runuser", "-u", "postgres", "--"] if other else []
    tools = Path(found).resolve().parent
    port = free_port()

    def run(tool: str, *arguments: str) -> None:
        command = [*prefix, str(tools / tool), "-D", str(data / "db"), *arguments]
        subprocess.run(command, cwd=data, check=True, stdout=subprocess.DEVNULL, timeout=60)

    try:
        run("initdb", "-A", "trust", "-U", "tink")
        run("pg_ctl", "-w", "-l", str(data / "log"), "-o", f"-p {port} -h 127.0.0.1 -k {data}", "start")
        try:
            address = f"host=127.0.0.1 port={port} user=tink dbname=postgres"
            yield [str(tools / "psql"), "-q", "-v", "ON_ERROR_STOP=1", address]
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(data)


class TestProduction:
    """The programs of docs/production.md."""

    def test_rotation(self, tmp_path: Path) -> None:
        trial = """
from tink_webhooks.testing import signed_delivery
logging.basicConfig(level=logging.INFO, format="%(message)s")
for secret in ("the old secret", "the new secret"):
    hooks.handle_webhook(*signed_delivery(secret=secret))
"""
        (tmp_path / "program.py").write_text(block("docs/production.md", "Rotate a secret", "python") + trial)
        printed = shell(f"{sys.executable} program.py 2>&1", tmp_path)
        assert printed.splitlines() == ["secret_index=1", "secret_index=0"]

    def test_a_rotation_loses_nothing(self) -> None:
        """An event at each step: Tink sends it to every endpoint there is, and at least one delivery is accepted."""
        from tink_webhooks import InvalidSignatureError, WebhookHandler
        from tink_webhooks.testing import signed_delivery

        def accepted(endpoints: list[str], secrets: list[str]) -> list[int]:
            hooks = WebhookHandler(secret=secrets, schemes=["v1"])
            found = []
            for secret in endpoints:
                with contextlib.suppress(InvalidSignatureError):
                    found.append(hooks.verify_signature(*signed_delivery(secret=secret)).secret_index)
            return found

        assert accepted(["old", "new"], ["old"]) == [0]  # 1: the second endpoint is registered
        assert accepted(["old", "new"], ["new", "old"]) == [1, 0]  # 2 and 3: both secrets are deployed
        assert accepted(["new"], ["new", "old"]) == [0]  # 4: the first endpoint is deleted
        assert accepted(["new"], ["new"]) == [0]  # 5: the old secret is dropped

    def test_every_event_comes_twice_with_two_delivery_ids(self) -> None:
        from tink_webhooks import WebhookHandler
        from tink_webhooks.testing import signed_delivery

        hooks = WebhookHandler(secret=["new", "old"], schemes=["v1"])
        proofs = [hooks.verify_signature(*signed_delivery(secret=secret)) for secret in ("new", "old")]
        assert [proof.secret_index for proof in proofs] == [0, 1]
        assert proofs[0].delivery_id != proofs[1].delivery_id

    def test_metrics(self, tmp_path: Path) -> None:
        """Scraped from a server, after deliveries of every kind."""
        from tink_webhooks.testing import signed_delivery

        program = block("docs/production.md", "Metrics", "python")
        failing = '\n\n@hooks.on("account:updated")\ndef fail(event: object) -> None:\n    raise LookupError\n'
        (tmp_path / "receiver.py").write_text(program + failing, encoding="utf-8")
        port = free_port()
        (tmp_path / "body.json").write_bytes(b"")

        def post(delivery: tuple[bytes, str]) -> str:
            body, signature = delivery
            (tmp_path / "body.json").write_bytes(body)
            return shell(
                f"curl -s -o answer -w '%{{http_code}}' -H 'X-Tink-Signature: {signature}' --data-binary @body.json "
                f"http://127.0.0.1:{port}/webhooks/tink",
                tmp_path,
            )

        with serving(f"uvicorn receiver:app --port {port}", port, tmp_path, TINK_WEBHOOK_SECRET="new old"):
            assert post(signed_delivery("payment:updated", secret="new")) == "200"
            assert post(signed_delivery("payment:updated", secret="old")) == "200"
            assert post(signed_delivery("new:to_this_version", secret="new")) == "200"
            assert post(signed_delivery("account:updated", secret="new")) == "500"
            assert post(signed_delivery("payment:updated", secret="another")) == "401"
            shell(f"curl -s -o answer http://127.0.0.1:{port}/webhooks/tink", tmp_path)
            scraped = shell(f"curl -sL http://127.0.0.1:{port}/metrics", tmp_path)
        labels = r"^tink_webhook_deliveries_total\{(.*)\} ([\d.]+)$"
        assert sorted(
            (*re.findall(r'"(.*?)"', found[1]), found[2]) for found in re.finditer(labels, scraped, re.M)
        ) == [
            ("failed", "handler_failed", "0", "account_updated", "1.0"),
            ("handled", "", "0", "payment_updated", "1.0"),
            ("handled", "", "0", "unknown", "1.0"),
            ("handled", "", "1", "payment_updated", "1.0"),
            ("refused", "method_not_allowed", "", "", "1.0"),
            ("refused", "signature_mismatch", "", "", "1.0"),
        ]
        assert 'tink_webhook_seconds_count{outcome="handled"} 3.0' in scraped
        page = read("docs/production.md")
        for name in re.findall(r"tink_webhook_\w+_total", page):
            assert f"{name}{{" in scraped
        left_out = re.findall(r'reason!~"([\w|]+)"', page)[0].split("|")
        known = {reason for reason, _ in REASONS}
        assert set(left_out) < known
        assert "signature_mismatch" not in left_out


class TestMigration:
    """The programs of docs/migration.md, and what it says behaves otherwise."""

    def test_what_behaves_otherwise(self) -> None:
        from tink_webhooks import HandlerError, WebhookError, WebhookHandler, generate_signature, verify_signature

        body = '{"type":"credentials.updated","data":{}}'
        bare = generate_signature(body, "webhook_secret_123", scheme="body")
        # The fixed point of the package `tink`.
        assert bare == "f2afbe3eaceed7b6e1e1042b2e30e27ad7e8f0717f63e7a91799026a41cb7e3b"
        assert verify_signature(body, bare.upper(), "webhook_secret_123").scheme == "body"
        with pytest.raises(WebhookError) as refused:
            verify_signature(body, bare[:-1], "webhook_secret_123")
        assert refused.value.reason == "malformed_signature"
        with pytest.raises(WebhookError) as empty:
            WebhookHandler(secret="")
        assert empty.value.reason == "secret_not_configured"
        hooks = WebhookHandler(secret="webhook_secret_123")
        ran = []
        hooks.register_handler("credentials_updated", lambda event: event.no_such_attribute)
        hooks.register_handler("*", lambda event: ran.append(event.type))
        with pytest.raises(HandlerError):
            hooks.handle_webhook(body, bare)
        assert ran == ["credentials_updated"]
        for name in ("all", "any", ""):
            with pytest.raises(WebhookError) as typo:
                hooks.register_handler(name, print)
            assert typo.value.reason == "unknown_event_type"

    def test_both_schemes_are_counted(self, tmp_path: Path) -> None:
        trial = """
from tink_webhooks.testing import signed_delivery
for scheme in ("v1", "body", "v1"):
    hooks.handle_webhook(*signed_delivery(scheme=scheme))
print(sorted(schemes.items()))
"""
        (tmp_path / "program.py").write_text(block("docs/migration.md", "Move over", "python", 0) + trial)
        printed = shell(f"{sys.executable} program.py", tmp_path, TINK_WEBHOOK_SECRET="s3cret")
        assert printed == "[('body', 1), ('v1', 2)]\n"

    def test_shadow(self, tmp_path: Path) -> None:
        trial = """
from tink_webhooks.testing import signed_delivery
logging.basicConfig(format="%(message)s")
for secret in ("s3cret", "another"):
    for accepted in (True, False):
        compare(*signed_delivery(secret=secret), accepted)
"""
        (tmp_path / "program.py").write_text(block("docs/migration.md", "Move over", "python", 1) + trial)
        printed = shell(f"{sys.executable} program.py 2>&1", tmp_path, TINK_WEBHOOK_SECRET="s3cret")
        assert printed.splitlines() == [
            "tink webhook: accepted=False, the library says ok",
            "tink webhook: accepted=True, the library says signature_mismatch",
        ]


def test_every_block_of_these_pages_is_tried() -> None:
    """A block that is new here needs a test above; those of docs/tools.md have it in test_docs_tools.py."""
    pages = [page for page in PAGES if page != "docs/tools.md"]
    found = [(page, heading, language) for page in pages for heading, language, _ in blocks(page) if language != "text"]
    assert found == [
        ("docs/migration.md", "Move over", "python"),
        ("docs/migration.md", "Move over", "python"),
        ("docs/production.md", "Rotate a secret", "python"),
        ("docs/production.md", "Payments", "sql"),
        ("docs/production.md", "Payments", "sql"),
        ("docs/production.md", "Payments", "python"),
        ("docs/production.md", "Metrics", "python"),
        ("docs/tink.md", "Get a token", "sh"),
        ("docs/tink.md", "Register an endpoint", "sh"),
        ("docs/tink.md", "Register an endpoint", "sh"),
        ("docs/tink.md", "What is signed", "sh"),
        ("docs/tink.md", "The envelope", "json"),
        ("docs/troubleshooting.md", "signature_mismatch", "python"),
    ]
