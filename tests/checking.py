"""Runs `tink-webhooks check` against a receiver of the tests."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from build_programs import built


def command() -> Path:
    """The command, of the present sources."""
    return built("tink-webhooks-cli", "tink-webhooks")


def check(port: int, *arguments: str, secret: str, path: str = "/") -> dict[str, Any]:
    """The report of a run; its status follows from it."""
    ran = subprocess.run(
        [command(), "check", f"http://127.0.0.1:{port}{path}", "--json", *arguments],
        env={**os.environ, "TINK_WEBHOOK_SECRET": secret},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    assert (ran.returncode == 0) == (report["passed"] == report["total"])
    return report


def failed(report: dict[str, Any]) -> dict[str, str]:
    """The cases that failed, each with its explanation."""
    return {case["case"]: case["explanation"] for case in report["cases"] if not case["passed"]}
