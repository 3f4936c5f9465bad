"""`tink-webhooks check`: receivers of this library pass, in every language, and each that is wrong fails as it must."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import checking
import pytest
from checking import command, failed

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/demo"))
import demo  # noqa: E402

WRONG = ROOT / "tests/wrong_receivers"
PYTHON = [sys.executable]
NODE = shutil.which("node")
#: A receiver that is right, and needs no compiler.
RIGHT = [*PYTHON, str(ROOT / "tests/demo/receiver.py"), "0"]
DEMO = ["Python", "Node", "Go", "Rust", "C"]
EXAMPLES = ["FastAPI", "Express", "net/http", "axum", "libmicrohttpd"]
#: What a receiver must accept: all of it fails where no signature can be right.
ACCEPTED = {
    "plain",
    "v1-first",
    "second-v1",
    "no-context",
    "unknown-event",
    "number-23.00",
    "non-ascii",
    "null-content",
    "white-space",
    "final-newline",
    "copy",
    "large",
}


def check(port: int, *arguments: str, path: str = "/") -> dict[str, Any]:
    """The report of a run, signed with the secret of the demo."""
    return checking.check(port, *arguments, secret=demo.NEW_SECRET, path=path)


@contextlib.contextmanager
def wrong(name: str, arguments: list[str]) -> Iterator[int]:
    """The port of a receiver that says where it listens, until the block ends."""
    receiver = demo.Receiver(f"wrong-{name}", arguments)
    try:
        yield receiver.port
    finally:
        receiver.stop()


@pytest.mark.parametrize("language", DEMO)
def test_receivers_of_the_demo_pass(language: str) -> None:
    """Twice in a row: what the command sends is new each time."""
    started = demo.receivers()[language]
    if isinstance(started, str):
        pytest.skip(f"{language}: {started}")
    receiver = demo.Receiver(language, started)
    try:
        for _ in range(2):
            assert failed(check(receiver.port)) == {}
    finally:
        assert receiver.stop() == 0


@pytest.mark.parametrize("name", EXAMPLES)
def test_receivers_of_the_examples_pass(name: str, tmp_path: Path) -> None:
    """Those that are to be copied, with every event of the catalogue."""
    example = demo.examples()[name]
    if isinstance(example, str):
        pytest.skip(f"{name}: {example}")
    port = demo.free_port()
    with example.running(port, tmp_path / "log"):
        for arguments in ([], ["--every-event"]):
            assert failed(check(port, *arguments, path="/webhooks/tink")) == {}


def test_express_that_parses_first() -> None:
    """`JSON.stringify` writes 23, and takes the white space out; the parser's limit is 100 kB."""
    if not NODE:
        pytest.skip("node is not installed")
    with wrong("express", [NODE, str(WRONG / "express_json.mjs")]) as port:
        found = failed(check(port))
    assert set(found) == {"number-23.00", "white-space", "final-newline", "large"}
    assert "verify the raw bytes" in found["number-23.00"]
    assert "limit of the body parser" in found["large"]


def test_flask_that_dumps_again() -> None:
    """`json.dumps` writes 23.0 and escapes."""
    with wrong("flask", [*PYTHON, str(WRONG / "flask_json.py")]) as port:
        found = failed(check(port))
    assert set(found) == {"number-23.00", "non-ascii", "white-space", "final-newline"}
    assert "Tink never delivers it again" in found["non-ascii"]


def test_go_that_trims() -> None:
    """Only the newline at the end is lost."""
    binary = demo.compile_go(ROOT / "tests/go/trims", "trims")
    if isinstance(binary, str):
        pytest.skip(binary)
    with wrong("go", [str(binary)]) as port:
        found = failed(check(port))
    assert set(found) == {"final-newline"}
    assert "trimmed" in found["final-newline"]


def test_a_proxy_that_encodes_again() -> None:
    """In front of a receiver that is right."""
    receiver = demo.Receiver("Python-behind", RIGHT)
    try:
        with wrong("proxy", [*PYTHON, str(WRONG / "proxy.py"), str(receiver.port)]) as port:
            found = failed(check(port))
    finally:
        receiver.stop()
    assert set(found) == {"non-ascii"}
    assert "decoded and encoded again" in found["non-ascii"]


def test_a_gateway_that_passes_base64() -> None:
    """Nothing gets through, and what is to be refused is refused."""
    with wrong("gateway", [*PYTHON, str(WRONG / "gateway.py")]) as port:
        report = check(port)
    found = failed(report)
    assert set(found) == ACCEPTED
    assert "does it verify the raw bytes?" in found["plain"]
    assert found["number-23.00"].startswith("like the ordinary delivery")
    assert {case["case"] for case in report["cases"] if case["expected"] == "accept"} == ACCEPTED


def test_a_function_that_decodes_as_ascii() -> None:
    """Characters are lost."""
    with wrong("ascii", [*PYTHON, str(WRONG / "gateway.py"), "ascii"]) as port:
        assert set(failed(check(port))) == {"non-ascii"}


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A receiver over TLS, which takes everything: its port and its certificate."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=CA:FALSE")
    request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name)
    subprocess.run([*request, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, certificate
    server.shutdown()
    server.server_close()


def test_a_receiver_over_tls(secure: tuple[int, Path]) -> None:
    """Its certificate is trusted where it is named, and nowhere else."""
    port, certificate = secure
    send = [command(), "send", f"https://localhost:{port}/", "account:updated", "--json"]
    environment = {**os.environ, "TINK_WEBHOOK_SECRET": demo.NEW_SECRET}

    def attempt(*more: str | Path) -> tuple[int, dict[str, Any]]:
        ran = subprocess.run([*send, *more], env=environment, capture_output=True, text=True, check=False)
        return ran.returncode, json.loads(ran.stdout)["deliveries"][0]["attempts"][0]

    assert attempt("--cacert", certificate)[1]["status"] == 200
    status, refused = attempt()
    assert (status, refused["status"]) == (3, None)
    assert "certificate" in refused["error"]
