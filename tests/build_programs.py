"""Builds the programs of the workspace, and of tests/timing, tests/memory, tests/fault_injection and tests/soak."""

from __future__ import annotations

import functools
import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAPI = ROOT / "target/capi"
WORK = ROOT / "target/tests/programs"


def build(command: list[str], **options: str) -> None:
    """Runs a compiler. A failure shows its output."""
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert made.returncode == 0, f"{shlex.join(command)}\n{made.stdout}{made.stderr}"


@functools.cache
def built(package: str, name: str) -> Path:
    """A program of the workspace: compiled, unless the tests in Rust ran before, which compile it (tests/rust.sh)."""
    if not os.environ.get("TINK_WEBHOOKS_BUILT"):
        build(["cargo", "build", "--quiet", "--locked", "-p", package])
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / name


@functools.cache
def rust(name: str) -> Path:
    """A program of the crate tests/programs, built as a release is."""
    build(["cargo", "build", "--release", "--quiet", "--locked", "-p", "tink-webhooks-test-programs", "--bin", name])
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / name


@functools.cache
def c(source: str, *flags: str) -> Path:
    """A C program linked to the installed library; with `-shared`, a shared library that does without it."""
    WORK.mkdir(parents=True, exist_ok=True)
    shared = "-shared" in flags
    made = WORK / (Path(source).stem + (".so" if shared else ""))
    asked = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "tink_webhooks"],
        env={**os.environ, "PKG_CONFIG_PATH": str(CAPI / "lib/pkgconfig")},
        capture_output=True,
        text=True,
        check=True,
    )
    library = [] if shared else [*shlex.split(asked.stdout), f"-Wl,-rpath,{CAPI / 'lib'}", "-lpthread"]
    warnings = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-g"]
    build(["cc", *warnings, str(ROOT / source), "-o", str(made), *library, *flags])
    return made
