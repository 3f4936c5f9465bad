"""What every part of the tests needs: artefacts, results, programs, and deliveries to a receiver on loopback."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
#: Everything is installed and unpacked below it; ``downloads`` is kept.
WORK = ROOT / "target/dist-test"
RUNTIMES = ROOT / "tools/runtimes/node_modules"
SECRET = "67abc1e08fb64c92b450a13e0876330b"  # noqa: S105
#: The time limit of one program, in seconds. Emulated ones on a busy machine are slow.
PATIENCE = 300
Outcome = tuple[str, str, str]


class Failed(Exception):  # noqa: N818
    """An artefact is not as it must be."""


class Missing(Exception):  # noqa: N818
    """A tool is not on this machine: the message is its name."""


class NotRun(Exception):  # noqa: N818
    """There is no way to run it on this machine."""


@dataclass
class Artefact:
    """A file of ``dist/``, and what was found out about it."""

    path: Path
    kind: str
    platform: str
    python: str | None = None
    #: Name, state (``passed``, ``failed``, ``skipped`` or ``not run``) and detail of each step.
    steps: list[Outcome] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def folder(self) -> Path:
        """An empty folder of its own, made when it is first asked for."""
        folder = WORK / "work" / self.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def step(self, what: str, run: Callable[[], str | None]) -> bool:
        """Runs one step and keeps its result. What it returns is the detail. True if it passed."""
        try:
            detail = run() or ""
            state = "passed"
        except Missing as missing:
            state, detail = "skipped", f"{missing} is missing"
        except NotRun as reason:
            state, detail = "not run", str(reason)
        except (Failed, OSError, ValueError, LookupError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
            state, detail = "failed", str(error) or type(error).__name__
        self.note(what, state, detail)
        return state == "passed"

    def note(self, what: str, state: str, detail: str = "") -> None:
        """Keeps the result of a step that another one ran, or that cannot be run here."""
        self.steps.append((what, state, detail))
        mark = {"passed": "ok"}.get(state, state.upper() if state == "failed" else state)
        print(f"  {what}: {mark}{f' ({detail})' if detail else ''}", flush=True)

    @property
    def result(self) -> str:
        """``failed`` if a step failed; else what came of running it; ``passed`` for what is only a document.

        A library of which a program is built, and not run, has passed by that.
        """
        states = {name: state for name, state, _ in self.steps}
        if "failed" in states.values():
            return "failed"
        ran = states.get("runs") or states.get("builds")
        return ran or ("passed" if self.kind in ("sbom", "sums") else "not run")


def need(*names: str | Path) -> str:
    """The first of these programs that is here, looked up beside Python, in PATH and among the packages of Node."""
    places = [Path(sys.executable).parent, ROOT / "target/dist/venv/bin", ROOT / ".venv/bin"]
    places += [ROOT / "bindings-node/node_modules/.bin", RUNTIMES / ".bin"]
    for name in names:
        if found := shutil.which(name):
            return found
        for place in places:
            if found := shutil.which(name, path=str(place)):
                return found
    raise Missing(str(names[0]))


def bare(*, extra: Mapping[str, str | Path] | None = None) -> dict[str, str]:
    """An environment without a user's settings: nothing of this checkout is found by accident."""
    kept = ("HOME", "PATH", "LANG", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        name: str(value) for name, value in (extra or {}).items()
    }


def run(
    *command: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, limit: float = PATIENCE
) -> str:
    """Runs a program to its end: its output. Anything but status 0 is a failure with the last lines of the output."""
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=limit,
        check=False,
    )
    text = ran.stdout.decode("utf-8", "replace")
    if ran.returncode != 0:
        lines = "\n    ".join(line[:300] for line in text.strip().splitlines()[-12:])
        raise Failed(f"{Path(command[0]).name} ended with {ran.returncode}\n    {lines}")
    return text


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of an archive, by name, unpacked; an archive inside it too. Any other file is its own only member."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    yield entry.filename, archive.read(entry)
    elif path.name.endswith((".tar.gz", ".tgz", ".crate")):
        with tarfile.open(path) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content:
                    yield member.name, content.read()
    else:
        yield path.name, path.read_bytes()


def unpack(path: Path, to: Path) -> Path:
    """Unpacks into an empty folder. If everything is in one folder of the archive, that folder; else the given one."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    if zipfile.is_zipfile(path):
        shutil.unpack_archive(path, to, "zip")
    else:
        with tarfile.open(path) as archive:
            archive.extractall(to, filter="data")
    entries = list(to.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else to


def sign(body: bytes, secret: str = SECRET, *, age: int = 0) -> str:
    """A ``v1`` header, by Python's own HMAC."""
    moment = int(time.time()) - age
    mac = hmac.new(secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def request(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """One request on loopback: status and text of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace").strip()


def exercise(port: int, *, wrong_method: int = 405) -> None:
    """Sends a receiver deliveries, good ones and bad ones, and compares its answers."""
    body = b'{"event":"refresh:finished","context":{"userId":"u1"},"content":{"credentialsStatus":"UPDATED"}}'
    ping = b'{"event":"test"}'
    cases = {
        "accepted": (body, sign(body), 200, "ok"),
        "forged": (body, sign(body, "of nobody"), 401, "signature_mismatch"),
        "tampered": (body.replace(b"u1", b"u2"), sign(body), 401, "signature_mismatch"),
        "stale": (body, sign(body, age=4_000), 401, "timestamp_too_old"),
        "not JSON": (b"{", sign(b"{"), 400, "invalid_json"),
        "test ping": (ping, sign(ping), 200, "test_webhook"),
    }
    for name, (sent, signature, status, text) in cases.items():
        answer = request(port, "POST", "/webhooks/tink", sent, X_Tink_Signature=signature)
        if answer != (status, text):
            raise Failed(f"a delivery that is {name}: answered {answer}, not {(status, text)}")
    status, _ = request(port, "GET", "/webhooks/tink")
    if status != wrong_method:
        raise Failed(f"GET: answered {status}, not {wrong_method}")


@contextlib.contextmanager
def serving(
    command: list[str | Path], folder: Path, env: Mapping[str, str], *, port: int | None = None
) -> Iterator[tuple[int, Path]]:
    """Starts a receiver: its port, which it prints first unless it is given, and the file that its output goes to.

    Input and output are files, since programs under wine can neither write to a pipe nor read from a device.
    """
    log, nothing = folder / "receiver.log", folder / "receiver.in"
    nothing.touch()
    environment = {**env, "TINK_WEBHOOK_SECRET": SECRET, **({"PORT": str(port)} if port else {})}
    with log.open("wb") as out, nothing.open("rb") as empty:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=empty,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + PATIENCE / 2
        while not (found := _listening(log, port)):
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text("utf-8", "replace").strip()[-800:]
                raise Failed(f"the receiver does not start (status {process.poll()})\n    {said}")
            time.sleep(0.05)
        yield found, log
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listening(log: Path, port: int | None) -> int | None:
    if port is None:
        found = re.match(r"(\d+)\b.*\n", log.read_text("utf-8", "replace").replace("\r", ""))
        port = int(found[1]) if found else None
    if port is None:
        return None
    with socket.socket() as probe:
        return port if probe.connect_ex(("127.0.0.1", port)) == 0 else None


def receives(
    command: list[str | Path], folder: Path, env: Mapping[str, str], *, port: int | None = None, node: bool = False
) -> str:
    """A receiver on loopback gets deliveries, answers them as it must, and its handler has run once."""
    with serving(command, folder, env, port=port) as (where, log):
        exercise(where)
        if node:
            _, seen = request(where, "GET", "/seen")
            ran_once(seen.count("refresh:finished u1"))
        else:
            logged_once(log)
    return "7 requests on loopback"


def logged_once(log: Path) -> None:
    """The handler of the accepted delivery has run once, by what the receiver printed."""
    deadline = time.monotonic() + 10
    while not (ran := log.read_text("utf-8", "replace").count("refresh of user u1")):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    ran_once(ran)


def ran_once(times: int) -> None:
    """Fails unless it is once."""
    if times != 1:
        raise Failed(f"the handler ran {times} times")
