"""The command as `make cli` leaves it: one file that needs nothing of the machine, and is small."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/bin/tink-webhooks"

pytestmark = pytest.mark.skipif(not BINARY.is_file(), reason="target/bin/tink-webhooks: `make cli` makes it")


def test_it_needs_no_library() -> None:
    """Neither an interpreter of ELF nor a shared library."""
    if not shutil.which("readelf"):
        pytest.skip("readelf is not installed")
    shown = subprocess.run(["readelf", "-ldW", BINARY], capture_output=True, text=True, check=True).stdout
    assert "LOAD" in shown
    assert "INTERP" not in shown
    assert "(NEEDED)" not in shown


def test_it_is_small() -> None:
    """Stripped, below 6 MB."""
    assert BINARY.stat().st_size < 6_000_000


def test_it_runs_without_an_environment(tmp_path: Path) -> None:
    """From a copy alone in an empty folder."""
    copy = shutil.copy(BINARY, tmp_path)
    ran = subprocess.run([copy, "--version"], env={}, cwd=tmp_path, capture_output=True, text=True, check=True)
    version = re.search(r'^\[workspace\.package\]\nversion = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert version
    assert ran.stdout == f"tink-webhooks {version[1]}\n"
