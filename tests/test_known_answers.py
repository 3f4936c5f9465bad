"""The runner of the known-answer suites, with small suites made here."""

from __future__ import annotations

import hashlib
import hmac
import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent


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
