"""Runs a program of a document as its reader would: each in an empty folder, against what the build left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GO_MODULE = "github.com/tink-webhooks/tink-webhooks/bindings-go"


def _run(command: list[str], folder: Path, **environment: str) -> str:
    result = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def python(program: str, folder: Path) -> str:
    """Against the installed wheel."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    return _run([sys.executable, "program.py"], folder)


def node(program: str, folder: Path) -> str:
    """The package by its name, as `npm install ./bindings-node` would link it."""
    (folder / "node_modules").mkdir()
    (folder / "node_modules/tink-webhooks").symlink_to(ROOT / "bindings-node")
    (folder / "program.mjs").write_text(program, encoding="utf-8")
    return _run(["node", "program.mjs"], folder)


def rust(program: str, folder: Path) -> str:
    """A crate of its own, with the dependencies the core was built with."""
    shutil.copy(ROOT / "Cargo.lock", folder)
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(program, encoding="utf-8")
    (folder / "Cargo.toml").write_text(
        f"""
        [package]
        name = "program"
        version = "0.0.0"
        edition = "2024"
        [dependencies]
        serde_json = "1"
        tink-webhooks = {{ path = "{ROOT / "core"}" }}
        """,
        encoding="utf-8",
    )
    return _run(["cargo", "run", "--quiet", "--offline"], folder, CARGO_TARGET_DIR=str(ROOT / "target/snippets"))


def c(program: str, folder: Path) -> str:
    """With the flags pkg-config gives."""
    (folder / "program.c").write_text(program, encoding="utf-8")
    pkg_config = {"PKG_CONFIG_PATH": str(ROOT / "target/capi/lib/pkgconfig")}
    flags = _run(["pkg-config", "--cflags", "--libs", "tink_webhooks"], folder, **pkg_config).split()
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    _run(["cc", *warnings, "program.c", "-o", "program", *flags], folder)
    return _run(["./program"], folder, LD_LIBRARY_PATH=str(ROOT / "target/capi/lib"))


def go(program: str, folder: Path) -> str:
    """A module of its own, with the package replaced by the checkout."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    (folder / "main.go").write_text(program, encoding="utf-8")
    (folder / "go.mod").write_text(
        f"module program\n\ngo 1.24\n\nrequire {GO_MODULE} v0.0.0\n\nreplace {GO_MODULE} => {ROOT / 'bindings-go'}\n",
        encoding="utf-8",
    )
    return _run(["go", "run", "."], folder, GOFLAGS="-mod=mod")


RUNNERS = {"python": python, "js": node, "rust": rust, "c": c, "go": go}
