"""Receivers under load: ``load.py ROUNDS SECRET BODY…`` prints one JSON document; progress goes to stderr.

Each case of a server is a process of its own. wrk posts a body to it, signed anew for each run. The cases of a server
are loaded in turns, so that what disturbs the machine disturbs all of them. A run counts only if every answer was a
success and the data of every delivery was read; before that each case has refused a forgery, except the one that checks
nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import select
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tink_webhooks import generate_signature

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target/bench"
ROUTE = "/webhooks/tink"
CONNECTIONS = 32
SECONDS = 1
LIBRARY, NONE = "this library", "no check"

#: What wrk sends, and what it prints at the end: `wrk -s SCRIPT URL -- BODY SIGNATURE`.
SCRIPT = """function init(args)
   local file = assert(io.open(args[1], "rb"))
   wrk.method = "POST"
   wrk.body = file:read("*a")
   file:close()
   wrk.headers["Content-Type"] = "application/json"
   wrk.headers["X-Tink-Signature"] = args[2]
   -- Without a function `request` wrk writes the request once and sends the same bytes each time.
end

-- The last line of its output. `status` counts the answers of 400 and above.
function done(summary, latency, _)
   local errors = summary.errors
   print(
      string.format(
         '{"requests": %d, "seconds": %.6f, "p99_ms": %.3f, '
            .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}',
         summary.requests,
         summary.duration / 1e6,
         latency:percentile(99) / 1e3,
         errors.connect,
         errors.read,
         errors.write,
         errors.timeout,
         errors.status
      )
   )
end
"""


@dataclass(frozen=True)
class Server:
    """A server program, and its cases: the argument it is started with, and what it then does.

    What is written by hand has `peer` at the end of its argument.
    """

    name: str
    command: list[str | Path]
    peer: str
    others: tuple[tuple[str, str], ...] = ()

    def cases(self) -> dict[str, str]:
        """Name and argument of each."""
        return {LIBRARY: "library", **dict(self.others), self.peer: "peer", NONE: "none"}


def compile_c() -> Server | str:
    """Builds the receiver against target/capi. Gives a text if that is not possible."""
    flags = ["pkg-config", "--cflags", "--libs", "tink_webhooks", "libmicrohttpd", "simdjson", "libcrypto"]
    environment = {**os.environ, "PKG_CONFIG_PATH": str(ROOT / "target/capi/lib/pkgconfig")}
    found = subprocess.run(flags, env=environment, capture_output=True, text=True, check=False)
    if found.returncode:
        return "needs libmicrohttpd-dev, libsimdjson-dev and libssl-dev"
    program = WORK / "c_receiver"
    rpath = f"-Wl,-rpath,{ROOT / 'target/capi/lib'}"
    source = HERE / "c_receiver.cc"
    subprocess.run(
        ["g++", "-O3", "-march=native", "-std=c++17", source, "-o", program, *shlex.split(found.stdout), rpath],
        check=True,
    )
    return Server("C, libmicrohttpd", [program], "OpenSSL HMAC() + CRYPTO_memcmp + simdjson On-Demand")


def compile_go() -> Server | str:
    """Builds the receiver. Gives a text if that is not possible."""
    if not shutil.which("go"):
        return "Go is not installed"
    program = WORK / "go_receiver"
    subprocess.run(["go", "build", "-o", program, "./http"], cwd=HERE.parent / "go", check=True)
    return Server("Go, net/http", [program], "crypto/hmac + encoding/json, raw messages, struct")


def compile_rust() -> Server:
    """Builds the receiver on axum, on one thread, as the server has one core."""
    manifest = HERE / "rust/Cargo.toml"
    target = WORK / "rust-http"
    command = [
        "cargo",
        "build",
        "--release",
        "--quiet",
        "--locked",
        "--manifest-path",
        manifest,
        "--target-dir",
        target,
    ]
    subprocess.run(command, check=True)
    return Server("Rust, axum", [target / "release/rust_receiver"], "hmac + serde_json, raw values, struct")


def servers() -> dict[str, Server | str]:
    """Every server, or the reason why it is left out."""
    by_hand = "createHmac + timingSafeEqual + JSON.parse"
    hand = "hmac.digest + compare_digest + orjson.loads"
    dependencies = tuple(
        (f"{what}, as a dependency", kind) for what, kind in [(LIBRARY, "dependency"), (hand, "dependency-peer")]
    )
    fastapi = [sys.executable, HERE / "fastapi_receiver.py"]
    node = ["node", HERE / "node_receiver.mjs"]
    return {
        "FastAPI": Server("Python, FastAPI", fastapi, hand, dependencies),
        "Express": Server("Node, Express", [*node, "express"], by_hand),
        "Fastify": Server("Node, Fastify", [*node, "fastify"], by_hand),
        "Go": compile_go(),
        "C": compile_c(),
        "Rust": compile_rust(),
    }


def pins() -> tuple[list[str], list[str]]:
    """The prefixes of the commands that start the server and wrk: each on its own core, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[0])], ["taskset", "-c", str(cores[1 % len(cores)])]


class Receiver:
    """The process of one case."""

    def __init__(self, server: Server, case: str, secret: str, pin: list[str]) -> None:
        self.what = f"{server.name}, {case}"
        self.checks = case != NONE
        argument = server.cases()[case]
        self.log = WORK / f"http-{server.name}-{argument}.log".lower().replace(", ", "-").replace("/", "")
        environment = {**os.environ, "TINK_WEBHOOK_SECRET": secret, "PYTHONPATH": str(HERE.parent)}
        # When this program ends, for whatever reason, the kernel ends the receiver.
        command = ["setpriv", "--pdeathsig", "KILL", *pin, *server.command, argument]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None  # noqa: S101
        # The program prints where it listens, or ends (an empty line), or hangs.
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        _, _, port = (self.process.stdout.readline() if ready else "").rstrip("/\n").rpartition(":")
        if not port.isdigit():
            self.stop()
            self.fail("did not start")
        self.port = int(port)

    def fail(self, why: str) -> None:
        """Ends the benchmark: a wrong number is worse than none."""
        raise SystemExit(f"{self.what}: {why}; see {self.log.relative_to(ROOT)}\n{self.log.read_text()[-1000:]}")

    def ask(self, method: str, path: str, body: bytes = b"", signature: str = "") -> tuple[int, str]:
        """One request: status and text of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Content-Type": "application/json", "X-Tink-Signature": signature} if signature else {}
        try:
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def handled(self) -> int:
        """The number of deliveries whose data was read."""
        return int(self.ask("GET", "/handled")[1])

    def prove(self, body: bytes, secret: str) -> None:
        """Checks that it accepts a signed delivery and refuses a forgery, except in the case that verifies nothing."""
        for what, key, right in [
            ("an authentic delivery", secret, (200,)),
            ("a forgery", f"not {secret}", (400, 401) if self.checks else (200,)),
        ]:
            status, text = self.ask("POST", ROUTE, body, generate_signature(body, key))
            if status not in right:
                self.fail(f"answered {status} to {what}: {text!r}")
        if self.handled() == 0 and self.checks:
            self.fail("did not read the data of an authentic delivery")

    def load(self, pin: list[str], body: Path, signature: str) -> dict[str, float]:
        """One run of wrk: requests per second, p99, and the share of a core that the receiver took."""
        url = f"http://127.0.0.1:{self.port}{ROUTE}"
        # On a busy machine a late answer counts as slow, not as an error.
        script = body.with_name("load.lua")
        script.write_text(SCRIPT, encoding="utf-8")
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "10s", "-s", script]
        before, cpu = self.handled(), self.cpu()
        ran = subprocess.run(
            [*pin, "wrk", *options, url, "--", body, signature], capture_output=True, text=True, check=False
        )
        if ran.returncode:
            self.fail(f"wrk: {ran.stdout}{ran.stderr}")
        said = json.loads(ran.stdout.splitlines()[-1])
        cpu = self.cpu() - cpu
        # wrk counts a status of 400 and above; none of these programs redirects.
        if any(said["errors"].values()) or not said["requests"]:
            self.fail(f"wrk counted {said['requests']} answers, and errors: {said['errors']}")
        if self.checks and self.handled() - before < said["requests"]:
            self.fail("the data of some deliveries was not read")
        return {"rps": said["requests"] / said["seconds"], "p99_ms": said["p99_ms"], "busy": cpu / said["seconds"]}

    def cpu(self) -> float:
        """Seconds of processor time so far, of all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Kills the process."""
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def started(server: Server, secret: str, pin: list[str]) -> Iterator[dict[str, Receiver]]:
    """A receiver for each case of a server."""
    with contextlib.ExitStack() as stack:
        receivers = {}
        for case in server.cases():
            receivers[case] = Receiver(server, case, secret, pin)
            stack.callback(receivers[case].stop)
        yield receivers


def measure(server: Server, rounds: int, secret: str, paths: list[Path]) -> list[dict[str, Any]]:
    """Every case with every body."""
    measured = []
    server_pin, wrk_pin = pins()
    with started(server, secret, server_pin) as receivers:
        for path in paths:
            body = path.read_bytes()
            samples: dict[str, list[dict[str, float]]] = {case: [] for case in receivers}
            for receiver in receivers.values():
                receiver.prove(body, secret)
            begin = time.monotonic()
            print(f"    {server.name:<18}{len(body):>9,} bytes ", end="", file=sys.stderr, flush=True)
            for number in range(rounds + 1):
                # Each round begins with another case, so that none is always first or last.
                cases = list(receivers.items())
                first = number % len(cases)
                for case, receiver in cases[first:] + cases[:first]:
                    # The first round warms up and is not counted.
                    run = receiver.load(wrk_pin, path, generate_signature(body, secret))
                    samples[case] += [run] if number else []
                print(".", end="", file=sys.stderr, flush=True)
            print(f"{time.monotonic() - begin:>6.1f} s", file=sys.stderr, flush=True)
            for case, argument in server.cases().items():
                series = {name: [run[name] for run in samples[case]] for name in ("rps", "p99_ms", "busy")}
                row = {"server": server.name, "case": case, "kind": argument, "bytes": len(body)}
                measured.append({**row, **series})
    return measured


def main() -> None:
    """Measures every server that is available."""
    rounds, secret, *paths = sys.argv[1:]
    wrk = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()[1]
    server_pin, wrk_pin = pins()
    place = "on the same core" if server_pin == wrk_pin else "each on a core of its own"
    how = f"wrk {wrk}, one thread, {CONNECTIONS} connections, {rounds} runs of {SECONDS} s; server and wrk {place}"
    document: dict[str, Any] = {"how": how, "left_out": {}, "measured": []}
    for name, server in servers().items():
        if isinstance(server, str):
            print(f"skipped: {name} under load: {server}", file=sys.stderr)
            document["left_out"][name] = server
        else:
            document["measured"] += measure(server, int(rounds), secret, [Path(path) for path in paths])
    print(json.dumps(document))


main()
