"""Programs and commands of the documents: finds them, and runs each as its reader would.

Each runs in an empty folder, against what the build left. Servers are ended when their test ends. Run as a program, it
checks the types of the programs in Python; `make lint` does so.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
GO_MODULE = "github.com/tink-webhooks/tink-webhooks/bindings-go"


class Block(NamedTuple):
    """A fenced block of a document."""

    heading: str
    language: str
    text: str


def blocks(document: str) -> list[Block]:
    """The fenced blocks of a document, which is named from the root, in its order."""
    found = []
    heading = ""
    text = (ROOT / document).read_text(encoding="utf-8")
    for match in re.finditer(r"^(?:#+ ([^\n]*)|```(\w*)\n(.*?)^```)$", text, re.MULTILINE | re.DOTALL):
        if match[1] is not None:
            heading = match[1]
        else:
            found.append(Block(heading, match[2], match[3]))
    return found


def block(document: str, heading: str, language: str, number: int = 0) -> str:
    """One block: the first of its language below its heading, or a later one by number."""
    return [text for head, name, text in blocks(document) if (head, name) == (heading, language)][number]


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
    link_packages(folder, "tink-webhooks")
    (folder / "program.mjs").write_text(program, encoding="utf-8")
    return _run(["node", "program.mjs"], folder)


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


MYPY = """
[mypy]
strict = True
[mypy-celery.*]
ignore_missing_imports = True
"""
PYRIGHT = {"typeCheckingMode": "standard", "reportMissingTypeStubs": False}


def check_python_types(folder: Path) -> None:
    """Writes every Python block of every page into a folder, and checks each as a program of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pages = [path for pattern in ("*.md", "docs/*.md", "bindings-python/*.md") for path in sorted(ROOT.glob(pattern))]
    for page in pages:
        document = page.relative_to(ROOT).as_posix()
        for number, (heading, language, text) in enumerate(blocks(document)):
            if language == "python":
                name = re.sub(r"\W+", "_", f"{document.removesuffix('.md')} {heading}".lower())
                (folder / f"{name}_{number}.py").write_text(text, encoding="utf-8")
    mypy = MYPY
    for path in folder.glob("*.py"):
        if "@queue.task" in path.read_text(encoding="utf-8"):  # Celery has no types, and so its decorators
            mypy += f"[mypy-{path.stem}]\ndisallow_untyped_decorators = False\n"
    (folder / "mypy.ini").write_text(mypy, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")
    programs = sorted(path.name for path in folder.glob("*.py"))
    print(f"{len(programs)} programs of {len(pages)} pages")
    print(_run([sys.executable, "-m", "mypy", "--config-file", "mypy.ini", *programs], folder), end="")
    pyright = str(ROOT / "tools/checkers/node_modules/.bin/pyright")
    print(_run([pyright, "--project", ".", "--pythonpath", sys.executable], folder), end="")


def shell(script: str, folder: Path, **environment: str) -> str:
    """A block of shell commands, all of which must succeed."""
    return _run(["bash", "-euo", "pipefail", "-c", script], folder, **environment)


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(command: str, port: int, folder: Path, **environment: str) -> Iterator[Path]:
    """Runs a command that listens on a port until the block ends; gives the file with what it prints."""
    output = folder / "output.txt"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with output.open("wb") as file:
        process = subprocess.Popen(
            command.split(), cwd=folder, env={**os.environ, "PATH": path, **environment}, stdout=file, stderr=file
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            assert process.poll() is None, output.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, f"{command} does not listen\n{output.read_text(encoding='utf-8')}"
            time.sleep(0.05)
        yield output
    finally:
        process.terminate()
        process.wait(timeout=30)


def link_packages(folder: Path, *names: str) -> None:
    """Node's packages by name, as `npm install` would put them: this one from the checkout, others from its tools."""
    (folder / "node_modules").mkdir(exist_ok=True)
    for name in names:
        if (folder / "node_modules" / name).exists():
            continue
        target = ROOT / "bindings-node" if name == "tink-webhooks" else ROOT / "bindings-node/node_modules" / name
        (folder / "node_modules" / name).symlink_to(target)


def receives(document: str, command: str, port: int, folder: Path, says: str) -> None:
    """The guide's receiver, started by a command, answers the guide's curl commands as the guide says.

    `says` is what the receiver prints of the delivery, once: it is not printed for the one that is refused.
    """
    script = block(document, "Try it with curl", "sh").replace("8000", str(port))
    with serving(command, port, folder, TINK_WEBHOOK_SECRET="s3cret") as output:
        for secret, status, text in [("s3cret", 200, "ok"), ("another", 401, "signature_mismatch")]:
            answer = shell(script, folder, TINK_WEBHOOK_SECRET=secret)
            assert re.match(rf"HTTP/1\.1 {status}\b", answer), answer
            assert answer.splitlines()[-1] == text
    # A program in C or Rust may hold back what it prints until it ends.
    printed = output.read_text(encoding="utf-8")
    assert printed.splitlines().count(says) == 1, printed
    guide = " ".join((ROOT / document).read_text(encoding="utf-8").split())
    for words in (f"prints `{says}`", "is `200` and `ok`", "it is `401` and `signature_mismatch`"):
        assert words in guide, words


if __name__ == "__main__":
    check_python_types(ROOT / "target/snippets-python")
