"""No secret is left in freed memory, nor in any writable memory at the end of the program.

``watch.so`` searches every block that is freed and, at the end, all writable memory. It searches for the secrets, for
the two key blocks of HMAC, and for the two intermediate states that a keyed HMAC consists of: with those one can sign.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import string
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from build_programs import c, rust

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches glibc's allocator")

PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, n))]
MASK = 0xFFFFFFFF


def _root(number: int, degree: int) -> int:
    """The first 32 bits of the fraction of a root, exactly."""
    low, high = 0, number << 32
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**degree <= number << (32 * degree) else (low, middle)
    return low & MASK


ROUND_CONSTANTS = [_root(prime, 3) for prime in PRIMES]
INITIAL = [_root(prime, 2) for prime in PRIMES[:8]]


def intermediate_state(block: bytes) -> list[int]:
    """The state of SHA-256 after one block, which ``hashlib`` does not give."""

    def turned(word: int, by: int) -> int:
        return (word >> by | word << (32 - by)) & MASK

    words = list(struct.unpack(">16I", block))
    for at in range(16, 64):
        one, two = words[at - 15], words[at - 2]
        first = turned(one, 7) ^ turned(one, 18) ^ one >> 3
        second = turned(two, 17) ^ turned(two, 19) ^ two >> 10
        words.append((words[at - 16] + first + words[at - 7] + second) & MASK)
    a, b, c_, d, e, f, g, h = INITIAL
    for constant, word in zip(ROUND_CONSTANTS, words):
        one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + (e & f ^ ~e & g) + constant + word
        two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + (a & b ^ a & c_ ^ b & c_)
        a, b, c_, d, e, f, g, h = (one + two) & MASK, a, b, c_, (d + one) & MASK, e, f, g
    return [(old + new) & MASK for old, new in zip(INITIAL, [a, b, c_, d, e, f, g, h])]


def patterns(secret: bytes, number: int) -> list[tuple[str, bytes]]:
    """Everything that reveals a secret, in pieces of 16 bytes: half a key is as bad as a whole one."""
    key = hashlib.sha256(secret).digest() if len(secret) > 64 else secret
    texts = {"secret": secret, "key": key}
    texts["inner block"] = bytes(byte ^ 0x36 for byte in key)
    texts["outer block"] = bytes(byte ^ 0x5C for byte in key)
    found = [(name, text[at : at + 16]) for name, text in texts.items() for at in range(0, len(text) - 15, 16)]
    for name, pad in [("inner state", 0x36), ("outer state", 0x5C)]:
        state = intermediate_state(bytes(byte ^ pad for byte in key.ljust(64, b"\0")))
        a, b, c_, d, e, f, g, h = state
        # As words of this machine, as bytes of a hash, and as the registers of the SHA extensions hold it.
        for half in (state[:4], state[4:]):
            found += [(name, struct.pack("<4I", *half)), (name, struct.pack(">4I", *half))]
        found += [(name, struct.pack("<4I", f, e, b, a)), (name, struct.pack("<4I", h, g, d, c_))]
    return [(f"{name} {number}", piece) for name, piece in found]


def test_the_patterns_are_those_of_hmac() -> None:
    # One block and its padding: the intermediate state of that block is the hash.
    block = b"abc" + b"\x80" + bytes(52) + struct.pack(">Q", 24)
    assert struct.pack(">8I", *intermediate_state(block)) == hashlib.sha256(b"abc").digest()


#: Lengths of the secrets: shorter than a block, a whole block, longer than one (HMAC then hashes it first).
LENGTHS = [32, 24, 64, 100, 32, 33, 48, 32, 32]
#: How many secrets each has. Up to four are hashed together, more in several passes.
SCENARIOS = {
    "one": 1,
    "several": 4,
    "rotated": 9,
    "replaced": 3,
    "never built": 3,
    "shown": 2,
    "refused": 2,
    "environment": 5,
    "broken environment": 2,
    "given environment": 3,
    "streams finished": 9,
    "streams dropped": 5,
    "handler": 5,
    "explained": 5,
    "refusals explained": 5,
}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return tmp_path / "report"


def found(program: Path, scenario: str, report: Path, count: int = 1) -> set[str]:
    """Runs a scenario. Gives the patterns that were found, and where."""
    alphabet = string.ascii_letters + string.digits
    made = ["".join(secrets.choice(alphabet) for _ in range(length)).encode() for length in LENGTHS[:count]]
    wanted = [pattern for number, secret in enumerate(made) for pattern in patterns(secret, number)]
    environment = {
        "PATH": os.environ["PATH"],
        "LD_PRELOAD": str(c("tests/memory/watch.c", "-shared", "-fPIC", "-fno-builtin-malloc")),
        "WATCH_FOR": ",".join(f"{name}:{piece.hex()}" for name, piece in wanted),
        "WATCH_REPORT": str(report),
    }
    if "environment" in scenario and scenario != "given environment":
        environment["TINK_WEBHOOK_SECRET"] = os.fsdecode(
            b" ".join(made) + (b" \xff" if scenario == "broken environment" else b"")
        )
    ran = subprocess.run(
        [str(program), scenario],
        input=b"\n".join(made) + b"\n",
        env=environment,
        capture_output=True,
        check=False,
        timeout=120,
    )
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr.decode())
    lines = report.read_text().splitlines()
    # The last line: it did look, at every block that was freed.
    assert lines[-1].startswith("blocks ")
    assert int(lines[-1].split()[1]) > 0
    return set(lines[:-1])


def program(language: str) -> Path:
    return rust("memory") if language == "rust" else c("tests/memory/memory.c", "-fno-builtin")


#: What a C program cannot do, or does not differ.
NOT_IN_C = {"replaced", "shown"}
CASES = [
    (language, scenario)
    for language in ("rust", "c")
    for scenario in SCENARIOS
    if language == "rust" or scenario not in NOT_IN_C
]


@pytest.mark.parametrize(("language", "scenario"), CASES)
class TestNothingIsLeft:
    def test_in_freed_memory(self, language: str, scenario: str, report: Path) -> None:
        lines = found(program(language), scenario, report, SCENARIOS[scenario])
        assert not {line for line in lines if line.startswith("freed ")}

    def test_at_the_end(self, language: str, scenario: str, report: Path) -> None:
        """Except on the stack, which the compiler uses as it likes."""
        lines = found(program(language), scenario, report, SCENARIOS[scenario])
        assert not {line for line in lines if line.startswith("left ") and not line.endswith("[stack]")}


@pytest.mark.parametrize("language", ["rust", "c"])
class TestTheWatchIsAwake:
    def test_a_copy_that_is_not_wiped_would_be_found(self, language: str, report: Path) -> None:
        assert any(line.startswith("freed secret 0 ") for line in found(program(language), "leak", report))

    def test_a_program_without_a_secret_is_clean(self, language: str, report: Path) -> None:
        assert found(program(language), "nothing", report) == set()
