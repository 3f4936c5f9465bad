"""Every program and command of docs/rust.md runs, against axum at the versions of examples/rust/Cargo.lock.

Those with actix-web and with stores run with `TEST_ALL=1`. What is not run: `cargo add` of axum, serde, serde_json and
tokio, whose versions that file fixes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from snippets import ROOT, block, blocks, free_port, receives, shell

sys.path.insert(0, str(ROOT / "bindings-python/tests"))
from once_servers import redis_server

GUIDE = "docs/rust.md"
EXAMPLE = ROOT / "examples/rust"
TARGET = ROOT / "target/examples/rust"

#: What each program prints. Those that serve are tried with curl, and the test run below "Testing" counts its tests.
PRINTS = {
    "A receiver": None,
    "Without a server": "u1 UPDATED\n",
    "axum": None,
    "actix-web": None,
    "Logs and hooks": "false\n",
    "Handlers": "payment:updated 1767225600\npayment_updated\nhandler_failed 500\nbecause the database is away\n",
    "Asynchronous and blocking handlers": "p1 23.00\n{bytes} bytes\n",
    "Typed data": "p1\n23.00\np1\n",
    "Threads and queues": 'Some("u1")\n',
    "Once": None,
    "Testing": None,
}
#: The body of the program below that heading, which prints its length.
ASYNC_BODY = '{"event":"payment:updated","content":{"id":"p1","amount":23.00}}'
SERVES = ["A receiver", "axum"]


def crate(program: str, folder: Path) -> Path:
    """A crate of the example's kind, which shares its built dependencies."""
    manifest = (EXAMPLE / "Cargo.toml").read_text(encoding="utf-8")
    assert manifest.count('path = "../../core"') == 1
    manifest = manifest.replace("../../core", str(ROOT / "core")).replace('name = "receiver"', 'name = "program"')
    manifest = manifest.replace("../../bindings-rust", str(ROOT / "bindings-rust"))
    manifest = manifest.replace(
        "[dependencies]\n",
        '[dependencies]\nserde = { version = "1", features = ["derive"] }\nserde_json = "1"\n',
    )
    (folder / "Cargo.toml").write_text(manifest, encoding="utf-8")
    shutil.copy(EXAMPLE / "Cargo.lock", folder)
    (folder / "src").mkdir()
    (folder / "src/main.rs").write_text(program, encoding="utf-8")
    shutil.copy(ROOT / "rustfmt.toml", folder)
    return folder


def cargo(folder: Path, *arguments: str) -> str:
    """Runs cargo without the network. What is missing was fetched by the fixture."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), "CARGO_NET_OFFLINE": "true"}
    environment.pop("TINK_WEBHOOK_SECRET", None)
    result = subprocess.run(
        ["cargo", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module", autouse=True)
def fetched() -> None:
    """The dependencies of the example, and those of the workspace, as their lock files name them."""
    for folder in (EXAMPLE, ROOT):
        subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=folder, check=True)


def test_every_block_is_tried() -> None:
    assert [heading for heading, language, _ in blocks(GUIDE) if language == "rust"] == list(PRINTS)
    others = [(heading, language) for heading, language, _ in blocks(GUIDE) if language != "rust"]
    assert others == [("Rust", "sh"), ("Try it with curl", "sh")]


@pytest.mark.parametrize("heading", SERVES)
def test_the_receiver_answers_curl(heading: str, tmp_path: Path) -> None:
    port = free_port()
    folder = crate(block(GUIDE, heading, "rust").replace("8000", str(port)), tmp_path)
    cargo(folder, "fmt", "--check")
    cargo(folder, "build", "--quiet")
    shutil.copy(TARGET / "debug/program", folder)
    receives(GUIDE, "./program", port, folder, "u1 UPDATED")


#: Those with dependencies that no other program here has, which take minutes to compile.
long = pytest.mark.skipif(
    not os.environ.get("TEST_ALL"), reason="TEST_ALL=1 compiles actix-web, Redis's client and sqlx"
)


@long
def test_actix(tmp_path: Path) -> None:
    """With the versions of the workspace's lock file, and a subscriber in front, as an application has one."""
    port = free_port()
    program = block(GUIDE, "actix-web", "rust").replace("8000", str(port))
    folder = crate(program, tmp_path)
    cargo(folder, "fmt", "--check")
    manifest = (folder / "Cargo.toml").read_text(encoding="utf-8")
    head, _, profile = manifest.partition("[dependencies]\n")
    profile = profile[profile.index("\n[profile") :]
    (folder / "Cargo.toml").write_text(
        f"""{head}[dependencies]
actix-web = {{ version = "4", default-features = false, features = ["macros"] }}
tink-webhooks = {{ path = "{ROOT / "core"}" }}
tink-webhooks-actix = {{ path = "{ROOT / "bindings-rust/actix"}" }}
{profile}""",
        encoding="utf-8",
    )
    shutil.copy(ROOT / "Cargo.lock", folder)
    cargo(folder, "build", "--quiet")
    shutil.copy(TARGET / "debug/program", folder)
    receives(GUIDE, "./program", port, folder, "u1 UPDATED")


def once(program: str, folder: Path) -> Path:
    """A crate with the stores, at the versions of the workspace's lock file."""
    folder = crate(program, folder)
    cargo(folder, "fmt", "--check")
    manifest = (folder / "Cargo.toml").read_text(encoding="utf-8")
    head, _, rest = manifest.partition("[dependencies]\n")
    profile = rest[rest.index("\n[profile") :]
    (folder / "Cargo.toml").write_text(
        f"""{head}[dependencies]
redis = {{ version = "1", default-features = false }}
serde_json = "1"
sqlx = {{ version = "0.8", default-features = false }}
tink-webhooks = {{ path = "{ROOT / "core"}" }}
tink-webhooks-idempotency = {{ path = "{ROOT / "bindings-rust/idempotency"}", features = ["redis", "sqlite"] }}
tokio = {{ version = "1", features = ["macros", "rt-multi-thread"] }}
{profile}""",
        encoding="utf-8",
    )
    shutil.copy(ROOT / "Cargo.lock", folder)
    return folder


@long
def test_once(tmp_path: Path) -> None:
    with redis_server("redis") as server:
        program = block(GUIDE, "Once", "rust").replace("6379", str(server.port))
        folder = once(program, tmp_path)
        assert [cargo(folder, "run", "--quiet") for _ in range(2)] == ["booked p1\n", ""]


@long
def test_claim_in(tmp_path: Path) -> None:
    folder = once(block("docs/once.md", "Rust", "rust"), tmp_path)
    assert [cargo(folder, "run", "--quiet") for _ in range(2)] == ["1\n", "1\n"]


@pytest.mark.parametrize("heading", [heading for heading, says in PRINTS.items() if says is not None])
def test_program(heading: str, tmp_path: Path) -> None:
    folder = crate(block(GUIDE, heading, "rust"), tmp_path)
    cargo(folder, "fmt", "--check")
    says = (PRINTS[heading] or "").replace("{bytes}", str(len(ASYNC_BODY)))
    assert cargo(folder, "run", "--quiet") == says


def test_testing(tmp_path: Path) -> None:
    folder = crate(f"{block(GUIDE, 'Testing', 'rust')}\nfn main() {{}}\n", tmp_path)
    assert "2 passed" in cargo(folder, "test", "--quiet")


def test_the_example_is_formatted_and_without_warnings() -> None:
    cargo(EXAMPLE, "fmt", "--check")
    cargo(EXAMPLE, "clippy", "--quiet", "--locked", "--", "-D", "warnings")


def test_install_names_the_crate(tmp_path: Path) -> None:
    (tmp_path / "tink-webhooks").symlink_to(ROOT)
    project = tmp_path / "project"
    project.mkdir()
    shell("cargo init --quiet --vcs none", project)
    shell(block(GUIDE, "Rust", "sh"), project, CARGO_NET_OFFLINE="true")
    manifest = (project / "Cargo.toml").read_text(encoding="utf-8")
    assert "tink-webhooks = " in manifest
    assert "tink-webhooks-axum = " in manifest
