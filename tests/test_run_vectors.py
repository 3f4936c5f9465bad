"""The runner of the vectors can fail: drivers that lie, die or say too much are caught."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import run_vectors

VECTORS = run_vectors.load()
CASE = next(vector for vector in VECTORS if vector["id"] == "tink-published")


def driver(folder: Path, program: str) -> list[str]:
    """A driver that runs `program` for each line it reads; `fields` holds the case."""
    path = folder / "driver.py"
    lines = "\n    ".join(program.splitlines())
    path.write_text(
        "import sys\nfor line in sys.stdin:\n"
        "    fields = dict(f.partition('=')[::2] for f in line.rstrip('\\n').split('\\t'))\n"
        f"    {lines}\n    sys.stdout.flush()\n"
    )
    return [sys.executable, str(path)]


RIGHT = (
    "print('id=' + fields['id'] + '\\tok=1\\tscheme=v1\\tsigned_at=1620198421\\tsecret_index=0"
    "\\tdelivery_id=3808bca389150582fd78bdb5e3dfcf46')"
)


def test_a_right_answer_passes(tmp_path: Path) -> None:
    assert run_vectors.run_door("fake", driver(tmp_path, RIGHT), [CASE], set()) == (1, 0)


@pytest.mark.parametrize(
    "program",
    [
        RIGHT.replace("secret_index=0", "secret_index=1"),
        RIGHT.replace("\\tscheme=v1", ""),
        RIGHT.replace("ok=1", "kind=invalid_signature\\treason=signature_mismatch\\tstatus=401"),
        RIGHT.replace("fields['id']", "'another'"),
        "print('id=' + fields['id'] + '\\tcrash=00')",
        "print('id=' + fields['id'] + '\\tinexpressible=00')",
        "sys.exit(0)",
        "sys.exit(2)",
        RIGHT + "\n" + RIGHT,
        RIGHT + "\nsys.stdout.flush()\nsys.exit(1)",
    ],
    ids=["wrong", "missing", "refused", "other-id", "crash", "no-excuse", "silent", "dead", "too-much", "dead-after"],
)
def test_anything_else_fails(tmp_path: Path, program: str) -> None:
    _, failed = run_vectors.run_door("fake", driver(tmp_path, program), [CASE], set())
    assert failed == 1


def test_an_extra_field_fails(tmp_path: Path) -> None:
    refused = next(vector for vector in VECTORS if vector["id"] == "header-bare")
    program = RIGHT.replace("scheme=v1", "scheme=body")
    assert run_vectors.run_door("fake", driver(tmp_path, program), [refused], set()) == (0, 1)


def test_an_excuse_is_counted_apart(tmp_path: Path) -> None:
    program = "print('id=' + fields['id'] + '\\tinexpressible=00')"
    assert run_vectors.run_door("fake", driver(tmp_path, program), [CASE], {CASE["id"]}) == (0, 0)


def test_an_excuse_that_is_not_needed_fails(tmp_path: Path) -> None:
    assert run_vectors.run_door("fake", driver(tmp_path, RIGHT), [CASE], {CASE["id"]}) == (0, 1)


def test_a_driver_that_is_not_there_fails(tmp_path: Path) -> None:
    assert run_vectors.run_door("fake", [str(tmp_path / "nothing")], [CASE], set()) == (0, 1)


def test_the_vectors_are_sound() -> None:
    run_vectors.check(VECTORS)
    for door in run_vectors.DOORS:
        run_vectors.excuses(door, VECTORS)


def test_a_field_nobody_knows_is_refused() -> None:
    with pytest.raises(run_vectors.VectorError):
        run_vectors.to_line({**CASE, "tolerence": 1})
