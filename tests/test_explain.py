"""`explain` undoes what the real serialisers of Node, Python, Go and PHP do to a body.

Each program in `tests/explain/` distorts the documented examples, and bodies with other characters, HTML, slashes and
amounts. Of each one that differs from its body, the transformation is proved, and the bytes that were signed come back.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tink_webhooks import explain, generate_signature

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "tests/explain"

SECRET = "67abc1e08fb64c92b450a13e0876330b"
T = 1_767_225_600

#: Programs that make distortions. Those whose language is not installed are skipped, by name.
PROGRAMS = {
    "node": ["node", "tests/explain/distort.mjs"],
    "python": [sys.executable, "tests/explain/distort.py"],
    "go": ["go", "run", "tests/explain/distort.go"],
    "php": ["php", "tests/explain/distort.php"],
}

Bodies = dict[str, bytes]


def examples() -> Bodies:
    """The documented body of each event of Events v2, compactly, with its numbers as they are written."""
    found = {}
    text = (ROOT / "core/src/payload/examples.rs").read_text(encoding="utf-8")
    for name, body in re.findall(r'const (\w+): &str =\s+r#"(.*?)"#;', text):
        if '"event"' in body and name != "UNKNOWN":
            found[name.lower()] = body.encode()
    return found


def others(known: Bodies) -> Bodies:
    """Bodies of the same shapes with what serialisers treat in different ways."""
    changes = {
        "letters": ("payment_updated", "Shop Oy", "Åsa Öberg & Söner"),
        "many languages": ("payment_updated", "Shop Oy", "東京 Ωμέγα \U0001f600 العربية"),
        "HTML": ("payment_updated", "Order 55", "<b>5 > 3 & 2 < 4</b>"),
        "slashes": ("payment_updated", "Order 55", "https://shop.example/orders/55?a=b&c=d"),
        "quotes": ("payment_updated", "Order 55", 'it\'s \\"quoted\\" and 100%'),
        "cents": ("payment_updated", "10.55", "1000.10"),
        "whole": ("payment_updated", "10.55", "136.0"),
        "plus": ("settlement_transaction_created", "A Person", "+46 70 123 45 67"),
        "dashes": ("settlement_payout_updated", "A Person", "Müller \u2014 \u201cSöhne\u201d €"),
    }
    made = {}
    for name, (event, old, new) in changes.items():
        assert old.encode() in known[event], name
        made[name] = known[event].replace(old.encode(), new.encode())
    return made


BODIES = {**examples(), **others(examples())}


def test_the_bodies_are_those_that_are_meant() -> None:
    """Fourteen events, and nine bodies more; each of another text."""
    assert len(examples()) == 14
    assert len(set(BODIES.values())) == 23
    for body in BODIES.values():
        json.loads(body)


@pytest.mark.parametrize("language", PROGRAMS)
def test_every_distortion_is_undone(language: str) -> None:
    """Whatever the program changed, the signed bytes are found again, and the cause is proved."""
    command = PROGRAMS[language]
    if not shutil.which(command[0]):
        pytest.skip(f"{language} is not installed")
    given = json.dumps({name: body.hex() for name, body in BODIES.items()})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, cwd=ROOT)
    cases = [
        (name, row, bytes.fromhex(received))
        for name, rows in json.loads(done.stdout).items()
        for row, received in rows.items()
        # Where the serialiser changes nothing there is nothing to explain.
        if bytes.fromhex(received) != BODIES[name]
    ]
    rows = {row for _, row, _ in cases}
    assert rows == {row for rows in json.loads(done.stdout).values() for row in rows}, "each changes some body"
    missed = []
    for name, row, received in cases:
        header = generate_signature(BODIES[name], SECRET, timestamp=T)
        found = explain(received, header, SECRET, now=T)
        if not found.proved or found.original_body != BODIES[name]:
            missed.append(f"{row} of {name}: {found.cause}")
    print(f"{language}: {len(cases) - len(missed)} of {len(cases)} distortions in {len(rows)} ways")
    assert not missed, "\n".join(missed)


def test_how_often_nothing_is_noticed() -> None:
    """The page says for how many bodies a receiver in Node that writes them again passes its tests."""
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    given = json.dumps({name: body.hex() for name, body in BODIES.items()})
    done = subprocess.run(PROGRAMS["node"], input=given, capture_output=True, text=True, check=True, cwd=ROOT)
    same = sum(rows["JSON.stringify"] == BODIES[name].hex() for name, rows in json.loads(done.stdout).items())
    page = (ROOT / "docs/explain.md").read_text(encoding="utf-8")
    assert f"For {same} of the {len(BODIES)} bodies that the tests distort" in page
