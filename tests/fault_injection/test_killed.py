"""A receiver that is killed and restarted under load loses nothing that it answered with 200.

The senders deliver at least once, and again after a 5xx or a broken connection, at most three times more. They also
send forged deliveries. Meanwhile the receiver is killed several times. It writes payments to SQLite; their sum must be
that of the deliveries, each counted once.
"""

from __future__ import annotations

import http.client
import itertools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from build_programs import c
from tink_webhooks import generate_signature

HERE = Path(__file__).resolve().parent
SECRET = "67abc1e08fb64c92b450a13e0876330b"
SENDERS = 6
#: The receiver is killed after this many more answers.
BETWEEN_KILLS = 40
KILLS = 4
#: As Tink. Tink does not retry a failed connection; these senders do, to see what a retry of any kind does.
RETRIES = 3


def delivery(number: int) -> tuple[bytes, str]:
    body = f'{{"event":"payment:updated","content":{{"id":"p{number}","amount":{number}}}}}'.encode()
    return body, generate_signature(body, SECRET)


class Receiver:
    """The process, on the same port after each restart."""

    def __init__(self, command: list[str], database: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.command = [*command, str(self.port), str(database)]
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "TINK_WEBHOOK_SECRET": SECRET}
        self.process: subprocess.Popen[bytes] = subprocess.Popen(self.command, env=environment, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == str(self.port).encode(), "it does not listen"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def post(self, body: bytes, signature: str) -> int | None:
        """The status, or None if the connection broke or was refused: the sender then does not know what happened."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/", body, {"X-Tink-Signature": signature})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


class Load:
    """Senders that run until they are told to stop, and the results of what they sent."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.numbers = itertools.count(1)
        self.lock = threading.Condition()
        self.stop = threading.Event()
        #: By the number of the delivery.
        self.answered: set[int] = set()
        self.given_up: set[int] = set()
        self.attempts = 0
        self.forged: list[int | None] = []

    def send(self) -> None:
        while not self.stop.is_set():
            with self.lock:
                number = next(self.numbers)
            body, signature = delivery(number)
            for attempt in range(1 + RETRIES):
                # The wait grows each time, as Tink's does, but is short.
                if attempt:
                    self.stop.wait(0.2 * 2**attempt)
                status = self.receiver.post(body, signature)
                with self.lock:
                    self.attempts += 1
                    if status == 200:
                        self.answered.add(number)
                        self.lock.notify_all()
                if status is not None and status < 500:
                    break
            if status != 200:
                with self.lock:
                    self.given_up.add(number)
            # A changed body with the signature of the original.
            forged = body.replace(b'"amount":', b'"amount":1000000')
            status = self.receiver.post(forged, signature)
            with self.lock:
                self.forged.append(status)

    def wait_for(self, more: int) -> None:
        with self.lock:
            wanted = len(self.answered) + more
            assert self.lock.wait_for(lambda: len(self.answered) >= wanted, timeout=60), "no answers any more"


def python() -> list[str]:
    return [sys.executable, str(HERE / "receiver.py")]


def with_c() -> list[str]:
    if (
        not shutil.which("pkg-config")
        or subprocess.run(["pkg-config", "--exists", "sqlite3", "libmicrohttpd"]).returncode
    ):
        pytest.skip("libsqlite3-dev or libmicrohttpd-dev is not installed")
    return [str(c("tests/fault_injection/receiver.c", "-lmicrohttpd", "-lsqlite3"))]


@pytest.mark.parametrize("command", [python, with_c], ids=["python", "c"])
def test_nothing_that_was_answered_200_is_lost(command: Any, tmp_path: Path) -> None:
    database = tmp_path / "payments.sqlite"
    receiver = Receiver(command(), database)
    load = Load(receiver)
    senders = [threading.Thread(target=load.send) for _ in range(SENDERS)]
    try:
        for sender in senders:
            sender.start()
        for _ in range(KILLS):
            load.wait_for(BETWEEN_KILLS)
            receiver.kill()
            receiver.start()
        load.wait_for(BETWEEN_KILLS)
        load.stop.set()
        for sender in senders:
            sender.join()
        # It answers correctly again.
        body, signature = delivery(0)
        assert [receiver.post(body, signature) for _ in range(2)] == [200, 200]
        assert receiver.post(body + b" ", signature) == 401
        load.answered.add(0)
    finally:
        load.stop.set()
        receiver.kill()

    with sqlite3.connect(database) as connection:
        booked = [int(row[0][1:]) for row in connection.execute("SELECT id FROM payments")]
        ids = connection.execute("SELECT count(DISTINCT delivery_id) FROM payments").fetchone()[0]
        sums = connection.execute("SELECT balance.amount, sum(payments.amount) FROM balance, payments").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    print(f"{len(load.answered)} answered 200, {len(load.given_up)} given up, {load.attempts} attempts", end=" ")
    assert load.attempts > len(load.answered), "no delivery met a killed receiver: the test proves nothing"
    assert load.answered <= set(booked), "answered 200, and lost"
    assert set(booked) <= load.answered | load.given_up, "booked, and never sent"
    assert len(booked) == len(set(booked)) == ids, "booked twice"
    assert sums[0] == sums[1] == sum(booked), "the balance is not that of the bookings"
    assert set(load.forged) <= {401, None}, "a forged delivery was not refused"
    assert load.forged.count(401) > BETWEEN_KILLS
