"""The demo: a real HTTP receiver per language, and deliveries a receiver meets, good and bad.

Signs with the library, posts with the standard HTTP client, prints what each receiver answered and which of its
handlers ran. Then it sends each of them, and each receiver of `examples/`, the delivery that the guides sign with
openssl and send with curl; and two receivers, of which each may be killed, get every event of a burst. It ends with
status 1 if one answer was wrong. `make demo` calls it after the build.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burst import show_burst
from tink_webhooks import generate_signature

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from build_programs import built  # noqa: E402

HERE = ROOT / "tests/demo"
WORK = ROOT / "target/examples"
OLD_SECRET = "67abc1e08fb64c92b450a13e0876330b"
NEW_SECRET = "top_secret_top_secret_top_secret"
CAP = 2_097_152

USER = '"context":{"userId":"5f0c2a9be1d84f7ea0b6c3d2918e7a40","externalUserId":"customer-1001"}'
REFRESH = (
    f'{{{USER},"content":{{"credentialsId":"0b7d5e6a94c24a6f8b1e3c5d7f9a2b4c","status":"UPDATED",'
    '"credentialsStatus":"UPDATED","finished":1767225600123},"event":"refresh:finished"}'
)
PAYMENT = (
    f'{{{USER},"event":"payment:updated","content":{{"id":"c0ffee00112233445566778899aabbcc","amount":10.55,'
    '"currency":"EUR","status":"SENT"}}'
)
SETTLEMENT = (
    '{"content":{"merchantId":"m1","accountId":"a1","status":"SUSPENDED"},"event":"settlement-account:updated"}'
)
SWEDISH = '{"context":{"userId":"u","externalUserId":"användare-42"},"content":{"id":"a1"},"event":"account:created"}'
ACCOUNT = '{"context":{"userId":"u"},"content":{"id":"7c1e9d3b5a2f4086b4d8e6f0a1c3e5d7"},"event":"account:updated"}'
UNKNOWN = '{"content":{},"event":"balance-check:completed"}'
COMMUNITY = '{"type":"credentials.updated","data":{"userId":"u1"},"timestamp":"2026-01-05T08:06:45Z"}'
TEST_PING = '{"type":"test","data":{}}'


@dataclass(frozen=True)
class Delivery:
    """One request, and the right answer to it."""

    what: str
    body: bytes
    signature: str | None
    status: int
    answer: str
    ran: tuple[str, ...] = ()
    method: str = "POST"


def deliveries() -> list[Delivery]:
    """What a receiver meets: real shapes, then what it must refuse."""
    now = int(time.time())

    def v1(body: str | bytes, secret: str = NEW_SECRET, at: int = now) -> str:
        return generate_signature(body, secret, timestamp=at)

    def good(what: str, body: str, *ran: str, signature: str | None = None) -> Delivery:
        return Delivery(what, body.encode(), signature or v1(body), 200, "ok", ran)

    def bad(what: str, body: str | bytes, signature: str | None, status: int, answer: str, *ran: str) -> Delivery:
        return Delivery(what, body if isinstance(body, bytes) else body.encode(), signature, status, answer, ran)

    captured = v1(REFRESH).partition("v1=")[2]
    oversized = b" " * (CAP + 1)
    return [
        good("refresh finished", REFRESH, "on_refresh", "on_any"),
        good("payment updated", PAYMENT, "on_payment", "on_any"),
        good("settlement, no context", SETTLEMENT, "on_any"),
        good("non-ASCII user id", SWEDISH, "on_any"),
        good("name nobody knows yet", UNKNOWN, "on_unknown", "on_any"),
        good("signed with the old secret", PAYMENT, "on_payment", "on_any", signature=v1(PAYMENT, OLD_SECRET)),
        good("bare signature", COMMUNITY, "on_any", signature=generate_signature(COMMUNITY, NEW_SECRET, scheme="body")),
        bad("test ping", TEST_PING, v1(TEST_PING), 200, "test_webhook"),
        bad("handler that fails", ACCOUNT, v1(ACCOUNT), 500, "handler_failed", "failing", "on_any"),
        bad("no signature", REFRESH, None, 401, "missing_signature"),
        bad("nonsense for a signature", REFRESH, "t=now,v1=abc", 401, "malformed_signature"),
        bad("forged: unknown secret", REFRESH, v1(REFRESH, "not-the-secret"), 401, "signature_mismatch"),
        bad("tampered: amount changed", PAYMENT.replace("10.55", "99.55"), v1(PAYMENT), 401, "signature_mismatch"),
        bad("re-serialised body", REFRESH.replace(",", ", "), v1(REFRESH), 401, "signature_mismatch"),
        bad("v1 MAC replayed bare", f"{now}.{REFRESH}", captured, 401, "signature_mismatch"),
        bad("stale: ten minutes old", REFRESH, v1(REFRESH, at=now - 600), 401, "timestamp_too_old"),
        bad("from the future", REFRESH, v1(REFRESH, at=now + 600), 401, "timestamp_in_future"),
        bad("signed, but not JSON", "not JSON", v1("not JSON"), 400, "invalid_json"),
        bad("signed, not an object", "[]", v1("[]"), 400, "not_an_object"),
        bad("body over the cap", oversized, v1(oversized), 413, "body_too_large"),
        Delivery("GET in place of POST", b"", None, 405, "method_not_allowed", method="GET"),
    ]


class Receiver:
    """A receiver's process, and the lines its handlers print."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        environment = {**os.environ, "TINK_WEBHOOK_SECRET": f"{NEW_SECRET} {OLD_SECRET}"}
        self.log = WORK / f"{name.lower()}.log"
        WORK.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        try:
            first = self.lines.get(timeout=20)
        except queue.Empty:
            self.stop()
            raise SystemExit(f"{name}: the receiver did not say where it listens; see {self.log}") from None
        self.port = int(first.rstrip("/\n").rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def post(self, delivery: Delivery) -> tuple[int, str]:
        """Sends one delivery: status and text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/json"}
        if delivery.signature is not None:
            headers["X-Tink-Signature"] = delivery.signature
        # A receiver may answer 413 and hang up before it has read everything.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(delivery.method, "/", delivery.body or None, headers)
        try:
            response = connection.getresponse()
            return response.status, response.read().decode().strip()
        finally:
            connection.close()

    def ran(self, expected: int) -> tuple[str, ...]:
        """The handlers that have run since the last call. Waits for as many as are expected, and a little for more."""
        names: list[str] = []
        while True:
            try:
                line = self.lines.get(timeout=2 if len(names) < expected else 0.02)
            except queue.Empty:
                return tuple(names)
            if line.startswith("ran "):
                names.append(line.split()[1])

    def stop(self) -> int:
        """Asks the receiver to end, and says how it did."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


@functools.cache
def compile_c(source: Path, binary: str) -> Path | str:
    """Builds a program on libmicrohttpd against target/capi; a text says why it cannot be."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(ROOT / "target/capi/lib/pkgconfig")}
    modules = ["tink_webhooks", "libmicrohttpd"]
    found = subprocess.run(
        ["pkg-config", "--cflags", "--libs", *modules], env=environment, capture_output=True, text=True, check=False
    )
    if found.returncode:
        return "libmicrohttpd is not installed (sudo apt-get install libmicrohttpd-dev)"
    WORK.mkdir(parents=True, exist_ok=True)
    made = WORK / binary
    rpath = f"-Wl,-rpath,{ROOT / 'target/capi/lib'}"
    subprocess.run(["cc", "-std=c11", "-O2", str(source), "-o", str(made), *found.stdout.split(), rpath], check=True)
    return made


@functools.cache
def compile_go(package: Path, binary: str) -> Path | str:
    """Builds a Go program; a text says why it cannot be."""
    if not shutil.which("go"):
        return "Go is not installed"
    made = WORK / binary
    subprocess.run(["go", "build", "-o", str(made), "."], cwd=package, check=True)
    return made


@functools.cache
def compile_rust() -> Path:
    """Builds the example on axum, with the versions of its lock file."""
    target = WORK / "rust"
    subprocess.run(
        ["cargo", "build", "--quiet", "--locked", "--target-dir", str(target)], cwd=ROOT / "examples/rust", check=True
    )
    return target / "debug/receiver"


def compile_rust_demo() -> Path:
    """Builds the demo's receiver on axum, a member of the workspace."""
    return built("tink-webhooks-demo", "receiver")


def receivers() -> dict[str, list[str] | str]:
    """The command of each language's receiver, or why it is skipped."""
    made: dict[str, Path | str] = {
        "C": compile_c(HERE / "receiver.c", "receiver-c"),
        "Go": compile_go(HERE.parent / "go/demo", "receiver-go"),
        "Rust": compile_rust_demo(),
    }
    return {
        "Python": [sys.executable, str(HERE / "receiver.py"), "0"],
        "Node": ["node", str(HERE / "receiver.mjs"), "0"],
        **{name: binary if isinstance(binary, str) else [str(binary), "0"] for name, binary in made.items()},
    }


# ---- The delivery of the guides: openssl and curl ----


def curl_script() -> str:
    """The commands below "Try it with curl" in the guides, which are the same in each and in the README."""
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    found = re.search(r"^## Try it with curl\n.*?^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, "docs/python.md has no commands below Try it with curl"
    return found[1]


def curl(port: int, secret: str) -> str:
    """Runs them as they are printed, but for the port: status and text of the answer."""
    script = curl_script()
    assert "127.0.0.1:8000/" in script
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("127.0.0.1:8000/", f"127.0.0.1:{port}/")],
            cwd=folder,
            env={**os.environ, "TINK_WEBHOOK_SECRET": secret},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 0, result.stderr
    head, _, text = result.stdout.replace("\r", "").partition("\n\n")
    return f"{head.split()[1]} {text.strip()}"


#: What the guides say of the answers: with the receiver's secret, and with another.
CURL_ANSWERS = ["200 ok", "401 signature_mismatch"]


def curl_answers(port: int) -> list[str]:
    """The answers of a receiver to the commands, in the order of `CURL_ANSWERS`."""
    return [curl(port, NEW_SECRET), curl(port, "another")]


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Example:
    """A receiver of examples/, as its first lines say to start it; its port is in the environment or an argument."""

    name: str
    command: list[str]
    folder: Path
    environment: dict[str, str]

    @contextlib.contextmanager
    def running(self, port: int, log: Path) -> Iterator[None]:
        """Listens on the port until the block ends. What it prints goes to the log."""
        environment = {**os.environ, "TINK_WEBHOOK_SECRET": NEW_SECRET, "PORT": str(port), **self.environment}
        command = [part.replace("PORT", str(port)) for part in self.command]
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} does not listen:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def examples() -> dict[str, Example | str]:
    """The receivers of examples/, or why one is skipped."""
    # Node finds packages beside the program, so its program goes where they are.
    node = WORK / "node"
    (node / "node_modules").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "examples/node/receiver.mjs", node)
    for package, target in {"tink-webhooks": "bindings-node", "express": "bindings-node/node_modules/express"}.items():
        link = node / "node_modules" / package
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / target)
    uvicorn = [sys.executable, "-m", "uvicorn", "receiver:app", "--port", "PORT"]
    made: dict[str, Example | str] = {
        "FastAPI": Example("FastAPI", uvicorn, ROOT / "examples/python", {"PYTHONDONTWRITEBYTECODE": "1"}),
        "Express": Example("Express", ["node", "receiver.mjs"], node, {}),
    }
    binaries = {
        "net/http": compile_go(ROOT / "examples/go", "example-go"),
        "axum": compile_rust(),
        "libmicrohttpd": compile_c(ROOT / "examples/c/receiver.c", "example-c"),
    }
    for name, binary in binaries.items():
        made[name] = binary if isinstance(binary, str) else Example(name, [str(binary)], ROOT, {})
    return made


# ---- The demo ----


def show(name: str, command: list[str]) -> int:
    """Runs one receiver through all deliveries and prints the table: the number of wrong answers."""
    receiver = Receiver(name, command)
    print(f"\n{name}, listening on port {receiver.port}; its log: {receiver.log.relative_to(ROOT)}")
    wrong = 0
    try:
        for delivery in deliveries():
            answer = receiver.post(delivery)
            ran = receiver.ran(len(delivery.ran))
            right = answer == (delivery.status, delivery.answer) and ran == delivery.ran
            wrong += not right
            handlers = ", ".join(ran) or "-"
            line = f"  {'ok   ' if right else 'WRONG'} {delivery.what:<28} {answer[0]} {answer[1]:<20} {handlers}"
            print(line.rstrip(), flush=True)
            if not right:
                print(
                    f"        expected {delivery.status} {delivery.answer}, handlers: {', '.join(delivery.ran) or '-'}"
                )
        answers = curl_answers(receiver.port)
        receiver.ran(2)
        wrong += show_curl("openssl and curl", answers)
    finally:
        code = receiver.stop()
    if code != 0:
        print(f"  WRONG the receiver ended with status {code}")
        wrong += 1
    return wrong


def show_curl(what: str, answers: list[str]) -> int:
    """Prints one line about the guides' commands: 1 if an answer was wrong."""
    right = answers == CURL_ANSWERS
    print(f"  {'ok   ' if right else 'WRONG'} {what:<28} {', '.join(answers)}", flush=True)
    return 0 if right else 1


def main() -> int:
    """Every receiver, one after the other."""
    wrong = 0
    skipped = []
    for name, command in receivers().items():
        if isinstance(command, str):
            skipped.append(f"skipped: {name}: {command}")
        else:
            wrong += show(name, command)
    print("\nThe receivers of examples/: openssl and curl, with the receiver's secret and with another")
    for name, example in examples().items():
        if isinstance(example, str):
            skipped.append(f"skipped: {name}: {example}")
            continue
        port = free_port()
        log = WORK / f"example-{name.replace('/', '-').lower()}.log"
        with example.running(port, log):
            wrong += show_curl(name, curl_answers(port))
    wrong += show_burst()
    print("\n" + "\n".join([*skipped, "every answer was right" if not wrong else f"{wrong} answers were wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
