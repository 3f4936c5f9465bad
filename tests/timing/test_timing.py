"""The time of a refusal does not depend on how close the forgery was.

Time itself is too noisy to compare, so callgrind counts the instructions of each refusal in ``timing.rs`` and
``timing.c``. Within a group all counts must be exactly equal. Valgrind has no SHA extensions: under one secret the
portable SHA-256 is counted, under several that of ``sha256-multi`` for AVX2, or its portable one where the processor
has no AVX2. So ``steps.c`` counts too, on the processor itself and so in the code that a receiver runs there: fewer
cases, as behind each instruction the program stops.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from build_programs import c, rust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: As in the programs. Only the last round of each refusal is compared.
ROUNDS = 3
#: The body in one piece, in several pieces in memory, and as a stream of pieces.
WAYS = [(language, way) for language in ("rust", "c") for way in ("whole", "scattered", "stream")]
SELF_CHECK = "early exit"
SECRETS = [
    "67abc1e08fb64c92b450a13e0876330b",
    "5a1d9c3e7b2f48069e0c4d8b6a3f1e27",
    "c0ffee00c0ffee00c0ffee00c0ffee00",
    "0123456789abcdef0123456789abcdef",
    *(f"{number:032x}" for number in range(5)),
]
#: Up to four secrets are hashed together, more in several passes: five in two, nine in three.
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 9: "nine"}
BODY = b'{"event":"account:updated","context":{"userId":"u1"},"content":{"id":"a1"}}'
TIME = "1767225600"
#: Another digit of the same class: a digit stays a digit and a letter a letter, so that decoding takes equally many
#: instructions. (Their number depends on the header alone, which the sender knows.)
OTHER = str.maketrans("0123456789abcdef", "1234567890bcdefa")

needs_valgrind = pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
needs_x86_64_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux") or platform.machine() != "x86_64", reason="steps.c is for x86-64 Linux"
)


class Forgery(NamedTuple):
    group: str
    variant: str
    header: str
    secrets: list[str] = SECRETS[:1]
    body: bytes = BODY


def mac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def v1(*macs: str) -> str:
    return ",".join([f"t={TIME}", *(f"v1={candidate}" for candidate in macs)])


def wrong_at(right: str, at: Callable[[int], bool]) -> str:
    return "".join(digit.translate(OTHER) if at(index) else digit for index, digit in enumerate(right))


def near_misses(right: str) -> dict[str, str]:
    """Variants of a MAC by how many digits are right, from the left, from the right, or at all."""
    return {
        "first digit wrong": wrong_at(right, lambda at: at == 0),
        "last digit wrong": wrong_at(right, lambda at: at == 63),
        "first byte wrong": wrong_at(right, lambda at: at < 2),
        "last byte wrong": wrong_at(right, lambda at: at > 61),
        "second half wrong": wrong_at(right, lambda at: at > 31),
        "all digits wrong": wrong_at(right, lambda _: True),
    }


def forgeries() -> Iterator[Forgery]:
    right = mac(SECRETS[0], f"{TIME}.".encode() + BODY)
    misses = near_misses(right)
    for variant, near in misses.items():
        yield Forgery("scheme v1", variant, v1(near))
    for variant, near in near_misses(mac(SECRETS[0], BODY)).items():
        yield Forgery("scheme body", variant, near)
    # Which of several secrets a signature is close to: the same header, with that secret in each place of the list.
    for number, name in NUMBERS.items():
        for place in range(number):
            secrets = [*SECRETS[1 : place + 1], SECRETS[0], *SECRETS[place + 1 : number]]
            for variant, near in misses.items():
                yield Forgery(f"{name} secrets", f"{variant}, near to secret {place}", v1(near), secrets)
    # Which of several candidates is close.
    near, far = misses["last digit wrong"], misses["all digits wrong"]
    for place in range(4):
        header = v1(*(near if at == place else far for at in range(4)))
        yield Forgery("four candidates", f"candidate {place} near", header, SECRETS[:4])
    for size, number in [(75, 1), (1_000, 1), (100_000, 1), *((1_000, number) for number in NUMBERS)]:
        group = f"body of {size} bytes" + (f", {NUMBERS[number]} secrets" if number > 1 else "")
        for variant, unit in {
            "zeros": b"\0",
            "all bits": b"\xff",
            "digits": b"0123456789",
            "an event again and again": BODY,
        }.items():
            content = (unit * size)[:size]
            yield Forgery(group, variant, v1(mac(SECRETS[0], b"another body")), SECRETS[:number], content)


FORGERIES = list(forgeries())
GROUPS = list(dict.fromkeys(forgery.group for forgery in FORGERIES))


#: What is counted on the processor itself, through a body in one piece: a stream's own memory lies elsewhere each time,
#: and how the C library copies depends on that.
STEPPED = [
    "scheme v1",
    "two secrets",
    "five secrets",
    *(f"body of 1000 bytes, {name} secrets" for name in ("two", "five")),
]


def by_group(asked: list[Forgery], totals: list[int]) -> dict[str, dict[str, int]]:
    """Each total by the group and the variant of its forgery."""
    assert len(totals) == len(asked)
    found: dict[str, dict[str, int]] = {}
    for forgery, total in zip(asked, totals):
        found.setdefault(forgery.group, {})[forgery.variant] = total
    return found


def cases(asked: list[Forgery]) -> str:
    """The input of the programs."""
    return "".join(f"{','.join(forgery.secrets)}\t{forgery.header}\t{forgery.body.hex()}\n" for forgery in asked)


@functools.cache
def counts(language: str, way: str) -> dict[str, dict[str, int]]:
    """The number of instructions of every refusal, by group and variant."""
    program = rust("timing") if language == "rust" else c("tests/timing/timing.c")
    measured = "timing::measured" if language == "rust" else "measured"
    # The naive comparison knows one scheme only.
    asked = [forgery for forgery in FORGERIES if way != SELF_CHECK or forgery.group == "scheme body"]
    with tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--toggle-collect={measured}",
                f"--dump-after={measured}",
                f"--callgrind-out-file={folder}/out",
                str(program),
                way,
            ],
            input=cases(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        # out.1 is the first call; `out` itself, at the end, holds what came after the last one.
        dumps = sorted(Path(folder).glob("out.*"), key=lambda dump: int(dump.suffix[1:]))
        totals = [int(re.findall(r"^totals: (\d+)$", dump.read_text(), re.MULTILINE)[0]) for dump in dumps]
    return by_group(asked, totals[ROUNDS - 1 :: ROUNDS])


@functools.cache
def steps(language: str) -> dict[str, dict[str, int]]:
    """The same on the processor itself."""
    program = rust("timing") if language == "rust" else c("tests/timing/timing.c")
    symbols = subprocess.run(["nm", "-C", str(program)], capture_output=True, text=True, check=True).stdout
    offset = re.findall(r"^([0-9a-f]+) t (?:timing::)?measured$", symbols, re.MULTILINE)[0]
    asked = [forgery for forgery in FORGERIES if forgery.group in STEPPED]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        environment = {
            "PATH": os.environ["PATH"],
            "LD_PRELOAD": str(c("tests/timing/steps.c", "-shared", "-fPIC")),
            "STEPS_OFFSET": offset,
            "STEPS_EVERY": str(ROUNDS),
            "STEPS_REPORT": str(report),
        }
        command = [str(program), "whole"]
        ran = subprocess.run(command, input=cases(asked), env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return by_group(asked, list(map(int, report.read_text().split())))


@needs_valgrind
@pytest.mark.parametrize(("language", "way"), WAYS)
def test_every_body_is_hashed(language: str, way: str) -> None:
    """Otherwise equal counts would prove nothing. SHA-256 takes more than ten instructions per byte."""
    for forgery in FORGERIES:
        total = counts(language, way)[forgery.group][forgery.variant]
        assert total > 10 * len(forgery.secrets) * len(forgery.body), forgery


@needs_valgrind
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(("language", "way"), WAYS)
def test_equal_instruction_counts(language: str, way: str, group: str) -> None:
    found = counts(language, way)[group]
    assert len(found) > 1
    assert len(set(found.values())) == 1, found


@needs_x86_64_linux
@pytest.mark.parametrize("group", STEPPED)
@pytest.mark.parametrize("language", ["rust", "c"])
def test_equal_counts_on_the_processor(language: str, group: str) -> None:
    found = steps(language)[group]
    assert len(found) > 1
    assert len(set(found.values())) == 1, found


@needs_valgrind
def test_a_comparison_that_stops_early_would_be_found() -> None:
    naive = counts("rust", SELF_CHECK)["scheme body"]
    assert naive["first byte wrong"] < naive["second half wrong"] < naive["last byte wrong"], naive
