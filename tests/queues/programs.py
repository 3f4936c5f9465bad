"""The programs of examples/queues/: how each is started, and what it needs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples/queues"
sys.path.insert(0, str(ROOT / "bindings-python/tests"))
from once_servers import free_port, postgres_server, redis_server  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger_server import Ledger

Server = Callable[[], contextlib.AbstractContextManager[dict[str, str]]]
SECRET = "old_secret_old_secret_old_secret"
OTHER_SECRET = "new_secret_new_secret_new_secret"


@contextlib.contextmanager
def redis() -> Iterator[dict[str, str]]:
    with redis_server("redis") as server:
        yield {"REDIS_URL": f"redis://127.0.0.1:{server.port}/0"}


@contextlib.contextmanager
def postgres() -> Iterator[dict[str, str]]:
    with postgres_server() as server:
        yield {"DATABASE_URL": server.dsn}


@contextlib.contextmanager
def nats() -> Iterator[dict[str, str]]:
    if not shutil.which("nats-server"):
        pytest.skip("nats-server is not installed")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = ["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", folder]
        started = Program(command, Path(folder), dict(os.environ), Path(folder) / "log")
        try:
            started.wait_for_port(port)
            yield {"NATS_URL": f"nats://127.0.0.1:{port}"}
        finally:
            started.kill()


@contextlib.contextmanager
def kafka() -> Iterator[dict[str, str]]:
    """The brokers that librdkafka has for tests: they live as long as the client that asks for them."""
    kafka = pytest.importorskip("confluent_kafka")
    brokers = kafka.Producer({"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1})
    found = brokers.list_topics(timeout=10).brokers.values()
    yield {"KAFKA": ",".join(f"{broker.host}:{broker.port}" for broker in found)}


#: About a tenth of each time, so that a test does not wait for a real lease.
SHORTER = (("LEASE = 10", "LEASE = 1"), ("AGAIN = 15", "AGAIN = 2"))
SHORTER_GO = (
    ("lease = 10 * time.Second", "lease = time.Second"),
    ("again = 15 * time.Second", "again = 2 * time.Second"),
)
#: Node's times are in milliseconds.
SHORTER_NODE = (("LEASE = 10_000", "LEASE = 1_000"),)


@dataclass(frozen=True)
class Queue:
    """A queue's two programs."""

    name: str
    #: Where they are, and what is in their environment from each of these servers.
    folder: str
    servers: tuple[Server, ...]
    web: list[str]
    worker: list[str]
    #: What is run once, before both.
    prepare: list[str] = field(default_factory=list)
    #: Modules of Python without which it is skipped.
    modules: tuple[str, ...] = ()
    #: Packages of Node, and the oldest Node that they run on.
    packages: tuple[str, ...] = ()
    node: tuple[int, int] = (20, 0)
    #: Texts of the programs that are replaced.
    shorter: tuple[tuple[str, str], ...] = SHORTER
    #: The process to kill is a child of the one that was started, which goes on.
    has_children: bool = False
    #: How long it may take until another worker has what a killed one had.
    seconds: int = 60


#: Serves what is called `app` in a module, as gunicorn does.
SERVE = """
import importlib, os, sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server
class Server(ThreadingMixIn, WSGIServer): daemon_threads = True
app = importlib.import_module(sys.argv[1]).app
make_server("127.0.0.1", int(os.environ["PORT"]), app, server_class=Server).serve_forever()
"""
PYTHON = sys.executable
BIN = Path(PYTHON).parent


def web(module: str) -> list[str]:
    return [PYTHON, "-c", SERVE, module]


def in_go(name: str, *servers: Server, **options: Any) -> Queue:
    """One of the programs of the folder `go`, each of which is both."""
    return Queue(name, "go", servers, [f"./{name}", "web"], [f"./{name}", "worker"], **options)


QUEUES = [
    Queue(
        "celery",
        "python",
        (redis,),
        web("celery_web"),
        [PYTHON, "-m", "celery", "-A", "celery_worker", "worker", "--concurrency", "1", "--loglevel", "WARNING"],
        modules=("celery", "redis"),
        has_children=True,
    ),
    Queue(
        "rq",
        "python",
        (redis,),
        web("rq_web"),
        [str(BIN / "rq"), "worker", "tink", "--with-scheduler", "--serializer", "rq.serializers.JSONSerializer"],
        modules=("rq",),
        has_children=True,
    ),
    Queue(
        "procrastinate",
        "python",
        (postgres,),
        web("procrastinate_web"),
        [str(BIN / "procrastinate"), "--app=procrastinate_worker.jobs", "worker", "--concurrency", "1"],
        prepare=[str(BIN / "procrastinate"), "--app=procrastinate_worker.jobs", "schema", "--apply"],
        modules=("procrastinate",),
        shorter=(*SHORTER, ("LOST_AFTER = 30", "LOST_AFTER = 3"), ('cron="* * * * *"', 'cron="* * * * * */2"')),
    ),
    Queue(
        "kafka",
        "python",
        (redis, kafka),
        web("kafka_web"),
        [PYTHON, "kafka_worker.py"],
        modules=("confluent_kafka", "redis"),
    ),
    Queue(
        "bullmq",
        "node",
        (redis,),
        ["node", "bullmq_web.mjs"],
        ["node", "bullmq_worker.mjs"],
        packages=("bullmq", "ioredis"),
        shorter=(*SHORTER_NODE, ("AGAIN = 15_000", "AGAIN = 2_000"), ("LOST_AFTER = 30_000", "LOST_AFTER = 3_000")),
    ),
    Queue(
        "pg-boss",
        "node",
        (postgres,),
        ["node", "pg-boss_web.mjs"],
        ["node", "pg-boss_worker.mjs"],
        packages=("pg-boss", "pg"),
        node=(22, 12),
        shorter=(
            *SHORTER_NODE,
            ("AGAIN = 15;", "AGAIN = 2;"),
            ("LOST_AFTER = 30;", "LOST_AFTER = 10;"),
            ("LOOK_EVERY = 30;", "LOOK_EVERY = 1;"),
        ),
    ),
    in_go("asynq", redis, shorter=SHORTER_GO, seconds=150),
    in_go(
        "river",
        postgres,
        shorter=(*SHORTER_GO, ("lostAfter = 10 * time.Minute", "lostAfter = 2 * time.Second")),
        prepare=["./river", "migrate"],
    ),
    in_go(
        "jetstream",
        redis,
        nats,
        shorter=(*SHORTER_GO, ("lostAfter = time.Minute", "lostAfter = 3 * time.Second")),
    ),
]


#: One in each language that need not be compiled. The others with `TEST_ALL=1`: those in Go compile for minutes.
SHORT = ("celery", "bullmq")


def with_node(queue: Queue, folder: Path) -> Path:
    """Lays packages beside the programs, as npm would; gives the Node that is new enough, or skips the test."""
    at = ROOT / "bindings-node"
    needed = {"tink-webhooks": at, **{name: at / "node_modules" / name for name in queue.packages}}
    if not (at / "dist/idempotency/index.js").exists():
        pytest.skip("bindings-node is not built")
    (folder / "node_modules").mkdir()
    for name, place in needed.items():
        if not place.exists():
            pytest.skip(f"{name} is not installed in bindings-node")
        (folder / "node_modules" / name).symlink_to(place)
    for found in (shutil.which("node"), ROOT / "tools/runtimes/node_modules/node22/bin/node"):
        if found is not None and Path(found).exists():
            said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
            if tuple(int(part) for part in said.strip("v\n").split(".")[:2]) >= queue.node:
                return Path(found)
    return pytest.skip(f"{queue.name} needs Node {'.'.join(map(str, queue.node))}")


def with_go(queue: Queue, folder: Path) -> None:
    """Builds a program in Go, or skips the test."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed")
    archive = any((ROOT / "bindings-go/build").glob("*/libtink_webhooks.a"))
    if not archive or not (ROOT / "bindings-go/idempotency").is_dir():
        pytest.skip("bindings-go is not built")
    build = ["go", "build", "-trimpath", "-o", str(folder / "made"), f"./{queue.name}"]
    subprocess.run(build, cwd=folder, check=True)
    shutil.rmtree(folder / queue.name)
    (folder / "made").rename(folder / queue.name)


class Program:
    """One that runs, in a group of its own, with what it prints in a file."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
        self._command, self._folder, self._environment, self.log = command, folder, environment, log
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def children(self) -> list[int]:
        """The last one started is last."""
        listed = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in listed.split()]

    def kill(self) -> None:
        """With what it has started."""
        pids = [self._process.pid, *self.children()] if self._process.poll() is None else [self._process.pid]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(10)

    def wait_for_port(self, port: int) -> None:
        until = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return
            assert self._process.poll() is None, self.log.read_text(errors="replace")
            assert time.monotonic() < until, "it does not listen"
            time.sleep(0.05)


class Running:
    """A queue with its server, its receiver and a worker."""

    def __init__(self, queue: Queue, ledger: Ledger, folder: Path, environment: dict[str, str]) -> None:
        self.queue = queue
        self.ledger = ledger
        self.port = free_port()
        # A receiver has the secret, and a worker does not.
        receiver = {**environment, "PORT": str(self.port), "TINK_WEBHOOK_SECRET": f"{SECRET} {OTHER_SECRET}"}
        if queue.prepare:
            done = subprocess.run(queue.prepare, cwd=folder, env=environment, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
        self.web = Program(queue.web, folder, receiver, folder / "web.log")
        self.worker = Program(queue.worker, folder, environment, folder / "worker.log")
        self.web.wait_for_port(self.port)

    def kill_worker(self) -> None:
        """Kills the process that runs the handler. Where that is a child the worker starts another one itself."""
        if self.queue.has_children:
            os.kill(self.worker.children()[-1], signal.SIGKILL)
        else:
            self.worker.kill()
            self.worker.start()

    def stop(self) -> None:
        self.web.kill()
        self.worker.kill()


def copied(queue: Queue, folder: Path) -> None:
    """Copies the programs, with shorter times. Each of these must be there."""
    replaced = set()
    at = EXAMPLES / queue.folder
    for source in at.rglob("*"):
        name = source.relative_to(at)
        if source.is_dir() or not str(name).startswith((queue.name, "ledger", "go.")):
            continue
        text = source.read_text(encoding="utf-8").replace("../../../bindings-go", str(ROOT / "bindings-go"))
        for old, new in queue.shorter:
            if old in text:
                replaced.add(old)
                text = text.replace(old, new)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    assert replaced == {old for old, _ in queue.shorter}


@contextlib.contextmanager
def running(queue: Queue, ledger: Ledger, folder: Path) -> Iterator[Running]:
    """Starts everything, or skips the test by the name of what is missing."""
    if queue.name not in SHORT and not os.environ.get("TEST_ALL"):
        pytest.skip(f"{queue.name}: TEST_ALL=1 tries it")
    for module in queue.modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    copied(queue, folder)
    if queue.folder == "go":
        with_go(queue, folder)
    path = os.environ.get("PATH", "")
    if queue.folder == "node":
        path = f"{with_node(queue, folder).parent}:{path}"
    with contextlib.ExitStack() as servers:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TINK_")}
        environment |= {
            "PATH": path,
            "LEDGER_URL": ledger.url,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(folder),
        }
        for server in queue.servers:
            environment |= servers.enter_context(server())
        if "REDIS_URL" in environment:
            environment["RQ_REDIS_URL"] = environment["REDIS_URL"]
        started = Running(queue, ledger, folder, environment)
        try:
            yield started
        finally:
            started.stop()
            for log in (started.web.log, started.worker.log):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-4_000:]}")
