"""Redis, Valkey and PostgreSQL on free ports of loopback, started by the tests that need them."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Server:
    """One that runs, and how to stop and start it again with what it has."""

    def __init__(self, command: list[str], port: int, folder: Path) -> None:
        self.port = port
        self._command = command
        self._folder = folder
        self._is_postgres = Path(command[0]).name == "postgres"
        self.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def dsn(self) -> str:
        return f"postgresql://tink@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        user = _other_user() if self._is_postgres else None
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._folder, **_as(user))
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        self.kill()
        log_text = (self._folder / "log").read_text(errors="replace")
        raise RuntimeError(f"{self._command[0]} does not start: {log_text[-2000:]}")

    def kill(self) -> None:
        # PostgreSQL's own children end by themselves after this one.
        self._process.send_signal(signal.SIGQUIT if self._is_postgres else signal.SIGKILL)
        self._process.wait(30)

    def _answers(self) -> bool:
        if self._is_postgres:
            is_ready = str(Path(self._command[0]).with_name("pg_isready"))
            asked = [is_ready, "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            return subprocess.run(asked, check=False).returncode == 0
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
        return False


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def missing(what: str) -> None:
    pytest.skip(f"{what} is not installed")


def redis_binary(name: str) -> str:
    found = shutil.which(f"{name}-server")
    if found is None and name == "valkey":
        packages = Path(sys.prefix) / "lib"
        found = next((str(path) for path in packages.glob("python*/site-packages/**/valkey-server")), None)
    if found is None:
        missing(f"{name}-server")
    assert found is not None
    return found


@contextlib.contextmanager
def redis_server(name: str, *options: str, durable: bool = True) -> Iterator[Server]:
    """`redis` or `valkey`. One of a cluster has a second port, 10,000 above the first."""
    binary = redis_binary(name)
    with tempfile.TemporaryDirectory() as made:
        port = free_port()
        while "--cluster-enabled" in options and port + 10_000 > 65_535:
            port = free_port()
        command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", made]
        command += ["--maxmemory-policy", "noeviction"]
        if durable:
            command += ["--appendonly", "yes", "--appendfsync", "always"]
        command += options
        with _running(command, port, Path(made)) as server:
            yield server


def postgres_folder() -> Path:
    places = [Path("/usr/lib/postgresql")]
    found = sorted((path for place in places for path in place.glob("*/bin/initdb")), reverse=True)
    by_path = shutil.which("initdb")
    if not found and by_path is None:
        missing("postgresql")
    return found[0].parent if found else Path(str(by_path)).parent


@contextlib.contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[Server]:
    binaries = postgres_folder()
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        other = _other_user()
        if other is not None:  # it refuses to run as root
            os.chown(made, other.pw_uid, other.pw_gid)
        initdb = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "tink", "--no-sync", "-E", "UTF8"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=made, **_as(other))
        port = free_port()
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", made]
        if not durable:
            command += ["-c", "fsync=off"]  # no test pulls the plug
        with _running(command, port, Path(made)) as server:
            yield server


def _other_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return missing("another user than root")  # type: ignore[func-returns-value]


def _as(user: pwd.struct_passwd | None) -> dict[str, int]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid}


@contextlib.contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[Server]:
    server = Server(command, port, folder)
    try:
        yield server
    finally:
        server.kill()
