"""The Rust crate on `wasm32-unknown-unknown`, which has no clock: a program of it, built and run in Node."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TARGET = "wasm32-unknown-unknown"

MANIFEST = f"""
[package]
name = "wasm"
version = "0.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
tink-webhooks = {{ path = "{ROOT}/core" }}

[workspace]
"""

# Each returns the code of the error, or 0.
PROGRAM = """
use std::time::{Duration, UNIX_EPOCH};
use tink_webhooks::{Error, Scheme, WebhookHandler, generate_signature};

const BODY: &str = r#"{"event":"account:updated"}"#;

fn verify(secret: &str, clock: bool) -> u32 {
    let mut builder = WebhookHandler::builder().secret("s3cret");
    if clock {
        builder = builder.clock(|| UNIX_EPOCH + Duration::from_secs(1_767_225_600));
    }
    let verified = generate_signature(BODY, secret, Scheme::V1, Some(1_767_225_600))
        .and_then(|header| builder.build()?.verify_signature(BODY, header));
    verified.map_or_else(|error: Error| error.code(), |_| 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn forged() -> u32 { verify("another", false) }
#[unsafe(no_mangle)]
pub extern "C" fn authentic() -> u32 { verify("s3cret", false) }
#[unsafe(no_mangle)]
pub extern "C" fn with_a_clock() -> u32 { verify("s3cret", true) }
"""

RUN = """
const module = new WebAssembly.Module(require("node:fs").readFileSync(process.argv[1]));
const { forged, authentic, with_a_clock } = new WebAssembly.Instance(module).exports;
console.log(forged(), authentic(), with_a_clock());
"""


def installed() -> bool:
    if not shutil.which("rustc") or not shutil.which("node"):
        return False
    where = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", TARGET], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return where.returncode == 0 and Path(where.stdout.strip()).is_dir()


def test_without_a_clock_it_is_an_error_and_no_trap(tmp_path: Path) -> None:
    if not installed():
        pytest.skip(f"Node or Rust's {TARGET} is not installed")
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "src/lib.rs").write_text(PROGRAM, encoding="utf-8")
    shutil.copy(ROOT / "Cargo.lock", tmp_path)
    subprocess.run(
        ["cargo", "build", "--quiet", "--offline", "--target", TARGET],
        cwd=tmp_path,
        env={**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/tests/wasm")},
        check=True,
    )
    library = ROOT / f"target/tests/wasm/{TARGET}/debug/wasm.wasm"
    ran = subprocess.run(["node", "--eval", RUN, str(library)], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert ran.stdout.split() == ["104", "505", "0"]
