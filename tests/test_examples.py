"""Every receiver of the demo and of examples/ answers the delivery that the README and the guides sign with openssl.

Those in C are also built with the sanitizers and sent real requests.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from snippets import blocks
from tink_webhooks import generate_signature

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/demo"))
import demo  # noqa: E402

CAPI = ROOT / "target/capi/lib"
CAP = demo.CAP
DOCUMENTS = ["README.md", *(f"docs/{language}.md" for language in ("python", "node", "go", "rust", "c"))]
EXAMPLES = ["FastAPI", "Express", "net/http", "axum", "libmicrohttpd"]


def build(source: str, folder: Path) -> str:
    """A program of this name; skips the test where libmicrohttpd is not installed."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(CAPI / "pkgconfig")}
    if subprocess.run(["pkg-config", "--exists", "libmicrohttpd"], check=False).returncode:
        pytest.skip("libmicrohttpd is not installed")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "tink_webhooks", "libmicrohttpd"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-fsanitize=address,undefined"]
    binary = str(folder / Path(source).stem)
    subprocess.run(["cc", *strict, str(ROOT / source), "-o", binary, *flags, f"-Wl,-rpath,{CAPI}"], check=True)
    return binary


def v1(body: bytes, secret: str = demo.NEW_SECRET, at: int | None = None) -> str:
    return generate_signature(body, secret, timestamp=at)


def send(port: int, head: str, pieces: list[bytes], *, answer: bool = True) -> str:
    """A request whose body goes out piece by piece; the answer's status and text, or nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head.encode() + b"\r\n")
        try:
            for piece in pieces:
                connection.sendall(piece)
            if not answer:
                return ""
            received = b""
            while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < length_of(received):
                more = connection.recv(65536)
                if not more:
                    break
                received += more
        except (BrokenPipeError, ConnectionResetError):
            return "cut off"
    if not received:
        return "cut off"
    status, text = received.split()[1], received.partition(b"\r\n\r\n")[2]
    return f"{status.decode()} {text.decode()}"


def length_of(answer: bytes) -> int:
    for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def head(signature: str | None, framing: str, method: str = "POST") -> str:
    header = f"X-Tink-Signature: {signature}\r\n" if signature is not None else ""
    return f"{method} / HTTP/1.1\r\nHost: x\r\n{header}{framing}\r\n"


def whole(port: int, body: bytes, signature: str | None, method: str = "POST") -> str:
    return send(port, head(signature, f"Content-Length: {len(body)}", method), [body])


def chunked(port: int, pieces: list[bytes], signature: str | None) -> str:
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    return send(port, head(signature, "Transfer-Encoding: chunked"), [*chunks, b"0\r\n\r\n"])


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[demo.Receiver]:
    running = demo.Receiver("C", [build("tests/demo/receiver.c", tmp_path_factory.mktemp("receiver")), "0"])
    yield running
    # The leak sanitizer has its say when the program ends.
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool") / "folder"


@pytest.fixture(scope="module")
def spool(folder: Path) -> Iterator[demo.Receiver]:
    folder.mkdir()
    running = demo.Receiver("spool", [build("examples/c/spool.c", folder.parent), str(folder), "0"])
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture
def empty(spool: demo.Receiver, folder: Path) -> Path:
    """The folder, with nothing in it."""
    for path in folder.iterdir():
        path.unlink()
    return folder


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder = tmp_path_factory.mktemp("example")
    port = demo.free_port()
    running = demo.Example("C", [build("examples/c/receiver.c", folder)], ROOT, {})
    with running.running(port, folder / "log"):
        yield port, folder / "log"


class TestReceiver:
    """tests/demo/receiver.c"""

    @pytest.mark.parametrize("what", [delivery.what for delivery in demo.deliveries()])
    def test_delivery(self, receiver: demo.Receiver, what: str) -> None:
        # Signed now, not when the tests were collected.
        delivery = next(delivery for delivery in demo.deliveries() if delivery.what == what)
        assert receiver.post(delivery) == (delivery.status, delivery.answer)
        assert receiver.ran(len(delivery.ran)) == delivery.ran

    def test_byte_by_byte(self, receiver: demo.Receiver) -> None:
        body = demo.REFRESH.encode()
        assert chunked(receiver.port, [body[at : at + 1] for at in range(len(body))], v1(body)) == "200 ok"
        assert receiver.ran(2) == ("on_refresh", "on_any")

    def test_a_flood_is_cut_off(self, receiver: demo.Receiver) -> None:
        assert chunked(receiver.port, [b"x" * 65536] * (4 * CAP // 65536), v1(b"")) == "cut off"


class TestExample:
    """examples/c/receiver.c: what its handlers print, and what it refuses."""

    @pytest.mark.parametrize(
        ("body", "printed"),
        [
            (demo.REFRESH, "refresh of user 5f0c2a9be1d84f7ea0b6c3d2918e7a40: UPDATED\n"),
            (demo.PAYMENT, "payment c0ffee00112233445566778899aabbcc: SENT\n"),
        ],
    )
    def test_handles(self, example: tuple[int, Path], body: str, printed: str) -> None:
        port, log = example
        data = body.encode()
        assert send(port, self.to("/webhooks/tink", v1(data), len(data)), [data]) == "200 ok"
        assert f"\n{printed}" in log.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("path", "body", "sign", "answer"),
        [
            ("/", b"{}", lambda: v1(b"{}"), "404 not_found"),
            ("/webhooks/tink", b"{}", lambda: v1(b"{}", "another"), "401 signature_mismatch"),
            ("/webhooks/tink", b"{}", lambda: None, "401 missing_signature"),
            (
                "/webhooks/tink",
                demo.COMMUNITY.encode(),
                lambda: generate_signature(demo.COMMUNITY, demo.NEW_SECRET, scheme="body"),
                "401 scheme_not_allowed",
            ),
            ("/webhooks/tink", b" " * (CAP + 1), lambda: v1(b" " * (CAP + 1)), "413 body_too_large"),
        ],
        ids=["path", "forged", "missing", "bare", "large"],
    )
    def test_refuses(
        self, example: tuple[int, Path], path: str, body: bytes, sign: Callable[[], str | None], answer: str
    ) -> None:
        assert send(example[0], self.to(path, sign(), len(body)), [body]) == answer

    @staticmethod
    def to(path: str, signature: str | None, length: int) -> str:
        return head(signature, f"Content-Length: {length}").replace("POST / ", f"POST {path} ")


class TestSpool:
    """examples/c/spool.c: what is not authentic leaves nothing behind."""

    def test_stores_what_is_authentic_once(self, spool: demo.Receiver, empty: Path) -> None:
        body = demo.SWEDISH.encode()
        signature = v1(body)
        for _ in range(2):
            assert whole(spool.port, body, signature) == "200 ok"
        assert chunked(spool.port, [body[:7], body[7:9], body[9:]], signature) == "200 ok"
        (stored,) = empty.iterdir()
        assert stored.name == f"{signature.partition('v1=')[2][:32]}.json"
        assert stored.read_bytes() == body

    def test_byte_by_byte(self, spool: demo.Receiver, empty: Path) -> None:
        body = demo.PAYMENT.encode()
        assert chunked(spool.port, [body[at : at + 1] for at in range(len(body))], v1(body)) == "200 ok"
        assert [path.read_bytes() for path in empty.iterdir()] == [body]

    @pytest.mark.parametrize(
        ("body", "sign", "answer"),
        [
            (b"{}", lambda: None, "401 missing_signature"),
            (b"{}", lambda: "nonsense", "401 malformed_signature"),
            (b"{}", lambda: generate_signature(b"{}", demo.NEW_SECRET, scheme="body"), "401 scheme_not_allowed"),
            (b"{}", lambda: v1(b"{}", "another"), "401 signature_mismatch"),
            (b"{} ", lambda: v1(b"{}"), "401 signature_mismatch"),
            (b"", lambda: v1(b"{}"), "401 signature_mismatch"),
            (b"{}", lambda: v1(b"{}", at=1_700_000_000), "401 timestamp_too_old"),
            (b" " * (CAP + 1), lambda: v1(b" " * (CAP + 1)), "413 body_too_large"),
        ],
        ids=["missing", "malformed", "bare", "forged", "tampered", "empty", "stale", "large"],
    )
    def test_refuses(
        self, spool: demo.Receiver, empty: Path, body: bytes, sign: Callable[[], str | None], answer: str
    ) -> None:
        signature = sign()
        assert whole(spool.port, body, signature) == answer
        assert chunked(spool.port, [body[at : at + 65536] for at in range(0, len(body), 65536)], signature) == answer
        assert not list(empty.iterdir())

    def test_takes_exactly_the_cap(self, spool: demo.Receiver, empty: Path) -> None:
        body = b" " * CAP
        assert whole(spool.port, body, v1(body)) == "200 ok"
        assert [path.stat().st_size for path in empty.iterdir()] == [CAP]

    def test_post_only(self, spool: demo.Receiver, empty: Path) -> None:
        assert whole(spool.port, b"{}", v1(b"{}"), "PUT") == "405 method_not_allowed"
        assert not list(empty.iterdir())

    def test_a_flood_is_cut_off(self, spool: demo.Receiver, empty: Path) -> None:
        assert chunked(spool.port, [b"x" * 65536] * (4 * CAP // 65536), v1(b"")) == "cut off"
        self.wait_until_empty(empty)

    def test_a_sender_that_hangs_up_leaves_nothing(self, spool: demo.Receiver, empty: Path) -> None:
        body = demo.REFRESH.encode()
        send(spool.port, head(v1(body), f"Content-Length: {len(body)}"), [body[:-1]], answer=False)
        self.wait_until_empty(empty)

    def test_many_at_once(self, spool: demo.Receiver, empty: Path) -> None:
        bodies = [b'{"event":"account:updated","content":{"n":%d}}' % number for number in range(40)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda body: chunked(spool.port, [body[:20], body[20:]], v1(body)), bodies))
        assert answers == ["200 ok"] * 40
        assert sorted(path.read_bytes() for path in empty.iterdir()) == sorted(bodies)

    @staticmethod
    def wait_until_empty(folder: Path) -> None:
        deadline = time.monotonic() + 20
        while any(folder.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_has_the_same_commands(document: str) -> None:
    assert [text for _, language, text in blocks(document) if language == "sh" and "openssl" in text] == [
        demo.curl_script()
    ]


@pytest.mark.parametrize("name", ["Python", "Node", "C", "Go", "Rust"])
def test_a_receiver_of_the_demo(name: str) -> None:
    command = demo.receivers()[name]
    if isinstance(command, str):
        pytest.skip(command)
    receiver = demo.Receiver(f"{name}-curl", command)
    try:
        assert demo.curl_answers(receiver.port) == ["200 ok", "401 signature_mismatch"]
        assert receiver.ran(2) == ("on_refresh", "on_any")
    finally:
        assert receiver.stop() == 0


def test_every_example_is_listed() -> None:
    assert sorted(demo.examples()) == sorted(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    example = demo.examples()[name]
    if isinstance(example, str):
        pytest.skip(example)
    port = demo.free_port()
    log = tmp_path_factory.mktemp("example") / "log"
    with example.running(port, log):
        assert demo.curl_answers(port) == ["200 ok", "401 signature_mismatch"]
    printed = log.read_text(encoding="utf-8")
    assert printed.count("refresh of user u1") == 1, printed
    assert "signature_mismatch" in printed, printed
