"""Every pair of languages over one list of Redis: a receiver verifies and puts, a worker without a secret takes.

Each program is in its language, with that one's own client: what it takes must be what the other one has put.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(ROOT / "bindings-python/tests"), str(ROOT / "tests/once")]
from once_servers import redis_server  # noqa: E402
from receivers import missing  # noqa: E402
from tink_webhooks import Event, WebhookHandler, generate_signature  # noqa: E402
from tink_webhooks.testing import example_payload  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = ("old_secret_old_secret_old_secret", "new_secret_new_secret_new_secret")
LANGUAGES = ("python", "node", "go", "rust", "c")
#: Every type of the catalogue, and one that the library does not know.
TYPES = sorted(path.stem for path in (ROOT / "events").glob("*.yaml") if path.stem != "shared")
#: What an encoding may break, and numbers that a language may write in another way.
STRANGE = {"text": 'ä\u0000\u2028😀"\\', "whole": 23.0, "large": 2**53 - 1, "small": 1e-7, "none": None, "list": []}


def deliveries() -> Iterator[tuple[str, bytes]]:
    """Headers and bodies."""
    payloads: list[dict[str, Any]] = [example_payload(name) for name in TYPES]
    payloads.append({"event": "shop:opened", "content": STRANGE})
    for number, payload in enumerate(payloads):
        for is_ascii in (True, False):
            body = json.dumps(payload, ensure_ascii=is_ascii).encode()
            scheme = "body" if "timestamp" in payload else "v1"  # which brings a time
            yield generate_signature(body, SECRETS[number % 2], scheme=scheme), body


def shown(event: Event) -> list[Any]:
    """An event, as the programs print it."""
    proof = event.verification
    assert proof is not None
    at = round(event.timestamp.timestamp() * 1_000)
    some = (event.type, at, event.idempotency_key, proof.scheme, proof.secret_index, proof.signed_at, proof.delivery_id)
    return [*("-" if one is None else str(one) for one in some), event.data]


@functools.cache
def build_c() -> Path:
    """Builds the program in C."""
    made = ROOT / "target/tests/c_pair"
    made.parent.mkdir(parents=True, exist_ok=True)
    library = ROOT / "target/capi"
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", str(HERE / "c_pair.c"), "-o", str(made)]
    command += [f"-I{library}/include", f"-L{library}/lib", "-ltink_webhooks", f"-Wl,-rpath,{library}/lib"]
    subprocess.run(command, check=True)
    return made


@functools.cache
def build_go() -> Path:
    """Builds the program in Go."""
    made = ROOT / "target/tests/go_pair"
    made.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", str(made), "./pair"], cwd=ROOT / "tests/go/once", check=True)
    return made


@functools.cache
def build_rust() -> Path:
    """Builds the program in Rust."""
    build = ["cargo", "build", "--quiet", "--locked", "-p", "tink-webhooks-once-receiver", "--bin", "pair"]
    subprocess.run(build, cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/pair"


COMPILED = {"go": build_go, "rust": build_rust, "c": build_c}
INTERPRETED = {
    "python": [sys.executable, str(HERE / "python_pair.py")],
    "node": ["node", str(HERE / "node_pair.mjs")],
}


def command(language: str) -> list[str]:
    """How a program is started; skips the test where it cannot be."""
    if language == "c":
        reason = None if shutil.which("cc") and (ROOT / "target/capi/lib").is_dir() else "bindings-c is not built"
    else:
        reason = missing(language)
    if reason:
        pytest.skip(reason)
    return [str(COMPILED[language]())] if language in COMPILED else INTERPRETED[language]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with redis_server("redis", durable=False) as server:
        yield server.port


@pytest.fixture(scope="module")
def events() -> list[tuple[str, bytes]]:
    return list(deliveries())


def run(program: list[str], given: bytes, *, with_secret: bool) -> str:
    """What a program prints."""
    environment = {name: value for name, value in os.environ.items() if name != "TINK_WEBHOOK_SECRET"}
    if with_secret:
        environment["TINK_WEBHOOK_SECRET"] = " ".join(SECRETS)
    ended = subprocess.run(program, input=given, env=environment, capture_output=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr.decode(errors="replace")
    return ended.stdout.decode()


@pytest.fixture(scope="module")
def put_by(port: int, events: list[tuple[str, bytes]]) -> dict[str, str]:
    """What each language's receiver has put on a list of its own; or why it could not."""
    lines = b"".join(header.encode() + b"\t" + body + b"\n" for header, body in events)
    absent = {}
    for language in LANGUAGES:
        try:
            program = command(language)
        except pytest.skip.Exception as reason:
            absent[language] = str(reason)
            continue
        run([*program, "put", str(port), language], lines, with_secret=True)
    return absent


@pytest.mark.parametrize("taker", LANGUAGES)
@pytest.mark.parametrize("putter", LANGUAGES)
def test_what_one_language_puts_another_takes(
    putter: str, taker: str, port: int, put_by: dict[str, str], events: list[tuple[str, bytes]]
) -> None:
    if putter in put_by:
        pytest.skip(put_by[putter])
    lines = run([*command(taker), "take", str(port), putter], b"", with_secret=False).split("\n")[:-1]
    hooks = WebhookHandler(SECRETS, schemes=["v1", "body"])
    wanted = [shown(hooks.construct_event(body, header)) for header, body in events]
    assert len(wanted) == 2 * (len(TYPES) + 1)
    taken = [[*line.split("\t")[:-1], json.loads(line.rsplit("\t", 1)[1])] for line in lines]
    assert taken == wanted
