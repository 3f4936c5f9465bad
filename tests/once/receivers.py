"""The receivers of the race: one small program in each language, and in Python one of threads and one of asyncio."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from build_programs import built  # noqa: E402

RECEIVERS = ("python", "asyncio", "node", "go", "rust")
#: In the demo, whose Node may be 20, which has no SQLite.
WITH_SQLITE = ("python", "rust", "go")
#: A Node that has it, where that is installed.
NODE = next((str(found) for found in [ROOT / "tools/sqlite/node_modules/node22/bin/node"] if found.exists()), "node")


def missing(language: str, store: str | None = None) -> str | None:
    """Why a receiver cannot be started, or ``None``."""
    if (language, store) == ("node", "sqlite") and shutil.which(NODE):
        has = subprocess.run([NODE, "-e", 'require("node:sqlite")'], check=False, capture_output=True).returncode == 0
        if not has:
            return f"{NODE} has no node:sqlite, and no newer Node is in tools/sqlite"
    if language in ("python", "asyncio"):
        return None
    if not shutil.which("cargo" if language == "rust" else language):
        return f"{language} is not installed"
    if language == "rust":
        return None
    if language == "node":
        built = (ROOT / "bindings-node/dist/idempotency/index.js").exists()
    else:
        archive = any((ROOT / "bindings-go/build").glob("*/libtink_webhooks.a"))
        built = archive and (ROOT / "bindings-go/idempotency").is_dir()
    return None if built else f"bindings-{language} is not built"


def command(language: str) -> list[str]:
    """How one is started."""
    if language in COMPILED:
        return [str(COMPILED[language]())]
    return {
        "python": [sys.executable, str(HERE / "python_receiver.py")],
        "asyncio": [sys.executable, str(HERE / "asyncio_receiver.py")],
        "node": [NODE, str(HERE / "node_receiver.mjs")],
    }[language]


@functools.cache
def compile_go() -> Path:
    """Builds the receiver in Go: for the race detector, as the tests of the stores, which compiles SQLite only once."""
    made = ROOT / "target/tests/go_receiver_of_the_race"
    subprocess.run(["go", "build", "-race", "-o", str(made), "."], cwd=ROOT / "tests/go/once", check=True)
    return made


def compile_rust() -> Path:
    """Builds the receiver in Rust."""
    return built("tink-webhooks-once-receiver", "once_receiver")


COMPILED = {"go": compile_go, "rust": compile_rust}
