"""The runner of the vectors itself: a driver with wrong answers, one that dies or one that writes too much fails.

So does the runner of the known-answer suites, with small suites made here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import subprocess
import sys
from pathlib import Path

import pytest
import run
import run_vectors

TESTS = Path(__file__).parent
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
    assert run_vectors.run_binding("fake", driver(tmp_path, RIGHT), [CASE], set()) == (1, 0)


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
    _, failed = run_vectors.run_binding("fake", driver(tmp_path, program), [CASE], set())
    assert failed == 1


def differences(vector_id: str, /, **answer: str) -> list[str]:
    """The differences that the runner finds between an answer and the vector of that name."""
    vector = next(vector for vector in VECTORS if vector["id"] == vector_id)
    return run_vectors.differences(vector, {"id": vector_id, **answer})


TEXT = rb'{"version":2,"timestamp":1700000000000,"body":"{\"event\":\"a:b\",\"content\":true}"}'
EVENT = {
    "ok": "1",
    "type": "unknown",
    "name": b"a:b".hex(),
    "data": b"true".hex(),
    "timestamp": "1700000000000",
    "serialized": TEXT.hex(),
}
RAW = b'{"event":"a:b","content":true}'.hex()
REFUSED = {"kind": "invalid_signature", "reason": "signature_mismatch", "status": "401"}


def test_right_answers_have_no_differences() -> None:
    assert not differences("payload-content-true", **EVENT, raw=RAW)
    assert not differences("payload-content-true-restored", **EVENT, raw=RAW)
    assert not differences("header-wrong", **REFUSED)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("payload-content-true", {**EVENT, "raw": RAW, "data": b"1".hex()}),
        ("payload-content-true", {**EVENT, "raw": b'{"event":"a:b","content":1}'.hex()}),
        ("payload-content-true", EVENT),
        ("payload-content-true", {**EVENT, "raw": RAW, "serialized": TEXT.replace(b"2", b"1").hex()}),
        ("payload-content-true", {**EVENT, "raw": RAW, "idempotency_key": "00" * 16}),
        ("payload-content-true-restored", {**EVENT, "raw": RAW, "serialized": RAW}),
        ("payload-content-true", {**EVENT, "raw": RAW, "ok": "0"}),
        ("payload-content-true", {**EVENT, "raw": RAW, "kind": "invalid_payload", "reason": "invalid_json"}),
        ("payload-content-true", {**EVENT, "raw": RAW, "data": "zz"}),
        ("payload-content-true", {**EVENT, "raw": RAW, "timestamp": "soon"}),
        ("payload-content-true", {**EVENT, "raw": RAW, "user": b"u".hex()}),
        ("header-wrong", {**REFUSED, "scheme": "v1"}),
        ("header-wrong", {**REFUSED, "crash": ""}),
    ],
    ids=[
        "1",
        "raw-1",
        "no-raw",
        "text",
        "key",
        "restored",
        "ok-0",
        "both",
        "not-hex",
        "no-number",
        "unknown",
        "leak",
        "empty-crash",
    ],
)
def test_an_almost_right_answer_fails(name: str, answer: dict[str, str]) -> None:
    assert differences(name, **answer)


def test_a_driver_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_vectors, "TIMEOUT_SECONDS", 0.5)
    program = driver(tmp_path, "import time\ntime.sleep(60)")
    assert run_vectors.run_binding("fake", program, [CASE], set()) == (0, 1)


def test_an_excuse_without_a_reason_is_refused(tmp_path: Path) -> None:
    program = "print('id=' + fields['id'] + '\\tinexpressible=')"
    assert run_vectors.run_binding("fake", driver(tmp_path, program), [CASE], set()) == (0, 1)


def test_a_reason_has_one_kind_and_status() -> None:
    wrong = {**CASE, "id": "x", "expect": {"error": {"kind": "invalid_payload", "reason": "body_too_large"}}}
    with pytest.raises(run_vectors.VectorError):
        run_vectors.check([*VECTORS, wrong])


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(run_vectors.VectorError):
        run_vectors.to_line({**CASE, "signature": "t=1,v1={v2}"})


def test_an_extra_field_fails(tmp_path: Path) -> None:
    refused = next(vector for vector in VECTORS if vector["id"] == "header-bare")
    program = RIGHT.replace("scheme=v1", "scheme=body")
    assert run_vectors.run_binding("fake", driver(tmp_path, program), [refused], set()) == (0, 1)


def test_an_excuse_is_counted_apart(tmp_path: Path) -> None:
    program = "print('id=' + fields['id'] + '\\tinexpressible=00')"
    assert run_vectors.run_binding("fake", driver(tmp_path, program), [CASE], {CASE["id"]}) == (0, 0)


def test_an_excuse_that_is_not_needed_fails(tmp_path: Path) -> None:
    assert run_vectors.run_binding("fake", driver(tmp_path, RIGHT), [CASE], {CASE["id"]}) == (0, 1)


def test_a_missing_driver_fails(tmp_path: Path) -> None:
    assert run_vectors.run_binding("fake", [str(tmp_path / "nothing")], [CASE], set()) == (0, 1)


def test_the_vectors_are_sound() -> None:
    run_vectors.check(VECTORS)
    for binding in run_vectors.BINDINGS:
        run_vectors.excuses(binding, VECTORS)


@pytest.mark.parametrize("binding", ["c", "go"])
def test_a_streaming_binding_gets_only_what_it_verifies(binding: str) -> None:
    for way in ("stream", "bytes"):
        asked = run_vectors.asked(f"{binding}-{way}", VECTORS)
        assert {vector["op"] for vector in asked} == {"verify", "construct"}
    assert run_vectors.asked(binding, VECTORS) == VECTORS


def test_without_go_its_bindings_are_skipped_by_name(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.shutil, "which", lambda _: None)
    echo = dataclasses.replace(next(suite for suite in run.SUITES if suite.name == "vectors"), command=["echo"])
    run.Runs([echo], 1).all()
    skips = capfd.readouterr().out.splitlines()[-1]
    skipped = ("go", "go-stream", "go-bytes", "go-wasm", "go-wasm-bytes")
    assert skips == " ".join(f"--skip {binding}=go is not installed" for binding in skipped)


def test_the_bindings_of_one_language(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def record(binding: str, *_: object) -> tuple[int, int]:
        ran.append(binding)
        return 1, 0

    monkeypatch.setattr(run_vectors, "run_binding", record)
    monkeypatch.setattr(sys, "argv", ["run_vectors.py", "--language", "c", "--language", "python"])
    assert run_vectors.main() == 0
    assert ran == ["c", "python", "c-stream", "c-bytes", "c-scattered"]


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(run_vectors.VectorError):
        run_vectors.to_line({**CASE, "tolerence": 1})


def test_suites_go_through_bindings_of_every_kind(tmp_path: Path) -> None:
    key, message = b"key", b"message"
    tag = hmac.new(key, message, hashlib.sha256).hexdigest()
    common = {"comment": "", "key": key.hex(), "msg": message.hex()}
    tests = [
        {**common, "tcId": 1, "tag": tag, "result": "valid"},
        {**common, "tcId": 2, "tag": f"{int(tag, 16) ^ 1:064x}", "result": "invalid"},
    ]
    (tmp_path / "hmac_sha256_test.json").write_text(json.dumps({"testGroups": [{"tests": tests}]}))
    texts = tmp_path / "test_parsing"
    texts.mkdir()
    (texts / "y_array.json").write_text("[1]")
    (texts / "n_array.json").write_text("[1")
    # A binding that computes MACs, one that does not, and one that only verifies.
    bindings = [f"--binding={binding}" for binding in ("rust", "python", "c-stream")]
    command = [sys.executable, str(TESTS / "known_answers.py"), *bindings]
    ran = subprocess.run(
        [*command, "--wycheproof", str(tmp_path), "--json-test-suite", str(tmp_path)],
        cwd=TESTS.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    # Wycheproof's through all three, JSON texts through the two that read payloads.
    assert ran.stdout.endswith("\n12 passed, 0 failed\n"), ran.stdout + ran.stderr
    assert ran.returncode == 0
