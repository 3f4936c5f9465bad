"""For both differential tests: programs that answer each line with a line, and core's own."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "differential"
#: How many cases are sent at once.
BATCH = 400


class Peer:
    """A program that answers each line of its input with a line, in order."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.answers: list[str] = []
        self.thread: threading.Thread | None = None

    def ask(self, lines: list[str]) -> None:
        """Sends the lines; `receive` gets the answers."""

        def converse() -> None:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            stdin = self.process.stdin
            writer = threading.Thread(
                target=lambda: (stdin.write("".join(f"{line}\n" for line in lines)), stdin.flush())
            )
            writer.start()
            stdout = self.process.stdout
            self.answers = [stdout.readline().rstrip("\n") for _ in lines]
            writer.join()

        self.thread = threading.Thread(target=converse)
        self.thread.start()

    def receive(self) -> list[str]:
        """The answers to what was asked last."""
        assert self.thread is not None
        self.thread.join()
        if "" in self.answers:
            sys.exit(f"{self.name} ended with status {self.process.poll()}, or did not answer")
        return self.answers

    def close(self) -> None:
        """Closes the program's input and waits for its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait(timeout=30):
            sys.exit(f"{self.name} ended with status {self.process.returncode}")


def core() -> Peer:
    """Core, by the driver of the Rust binding (`tests/README.md` has its protocol)."""
    command = ["cargo", "build", "--quiet", "--locked", "-p", "tink-webhooks-driver"]
    subprocess.run(command, cwd=ROOT, check=True)
    return Peer("core", [str(TARGET / "debug/tink-webhooks-driver")])


def fields(answer: str) -> dict[str, str]:
    """The fields of a driver's answer."""
    found = dict(field.partition("=")[::2] for field in answer.split("\t"))
    if "crash" in found:
        sys.exit(f"core crashed: {bytes.fromhex(found['crash'])!r}")
    return found


def require(program: str, why: str) -> str:
    """The path of a program. Where it is not installed, the test ends and says what it skips."""
    path = shutil.which(program)
    if not path:
        print(f"skipped: {program} is not installed; {why}")
        sys.exit(0)
    return path


def ask_all(
    core_lines: list[str], lines: list[str], rust: Peer, peers: dict[str, Peer]
) -> list[tuple[str, dict[str, str]]]:
    """The answers of core to its lines and of the others to theirs. All work at the same time."""
    rust.ask(core_lines)
    for peer in peers.values():
        peer.ask(lines)
    answers = rust.receive()
    others = zip(*(peer.receive() for peer in peers.values()))
    return [(answer, dict(zip(peers, said))) for answer, said in zip(answers, others)]


def options(description: str | None, show: str) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--cases", type=int, help="the number of cases, in place of the seconds")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--show", metavar=show, help="print the answers to one case")
    return parser.parse_args()
