"""The commands of docs/tools.md run as they are printed, and what it says of options and cases is so."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from snippets import blocks
from test_cli_check import RIGHT, command, demo

GUIDE = "docs/tools.md"
ROOT = Path(__file__).resolve().parent.parent
URL = "127.0.0.1:8000"


def text() -> str:
    return (ROOT / GUIDE).read_text(encoding="utf-8")


def run(*arguments: str) -> str:
    ran = subprocess.run([command(), *arguments], capture_output=True, text=True, check=True)
    return ran.stdout


def test_the_commands_run(tmp_path: Path) -> None:
    """In their order, in one shell, against the demo's receiver in Python."""
    script = "\n".join(block.text for block in blocks(GUIDE) if block.language == "sh")
    assert script.count(URL) >= 6
    receiver = demo.Receiver("Python-tools", RIGHT)
    try:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace(URL, f"127.0.0.1:{receiver.port}")],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{command().parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        receiver.stop()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "20 of 20 passed" in ran.stdout
    assert "numbers_rewritten" in ran.stdout
    assert "curl -i" in ran.stdout
    for made in ("report.xml", "tink-webhooks.bash", "man/tink-webhooks.1"):
        assert (tmp_path / made).stat().st_size > 0


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", text()))))
def test_an_option_is_there(option: str) -> None:
    """Of some command."""
    helps = "".join(
        run(name, "--help") for name in ("check", "send", "explain", "verify", "sign", "listen", "replay", "man")
    )
    assert re.search(rf"{option}\b", helps)


def test_the_cases_are_counted() -> None:
    """The page and the README say how many there are."""
    count = len(run("check", "--list").splitlines())
    assert f"| {count} signed, broken and odd deliveries" in text()
    assert f"sends {count} signed, broken and odd deliveries" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_faults_are_listed() -> None:
    """All of them, and no others."""
    listed = re.findall(r"`([a-z0-9-]+)`", text().partition("- `--fault` makes")[2].partition("\n\n")[0])
    shown = re.findall(
        r"^ +- ([a-z0-9-]+):", run("send", "--help").partition("--fault")[2].partition("--scheme")[0], re.MULTILINE
    )
    assert listed == shown
