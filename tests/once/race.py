"""Two receivers over one store, killed at random, and every event delivered to both: none is lost, few are done twice.

    race.py redis --receivers python python --deliveries 10000 --kills 50

Of each event there are four deliveries, two for each receiver: exact copies, and some signed anew, at another time and
with the other secret of a rotation; half of them come at the same time, the others in any order. The sender delivers
again as Tink does: after 408, 429, 500, 502, 503 and 504, three times at most. A receiver that is dead counts as 502,
as a proxy answers for it, and is there again for the next try. All times are a tenth of what they would be: the lease
is a second.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from places import STORES, TRANSACTIONS, Place, place
from receivers import RECEIVERS, command
from tink_webhooks import WebhookHandler, generate_signature
from tink_webhooks.testing import example_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRETS = ("old_secret_old_secret_old_secret", "new_secret_new_secret_new_secret")
hooks = WebhookHandler(SECRETS)
#: Events whose content names the occurrence: the others have no key.
OCCURRENCES = (
    "refresh_finished",
    "payment_updated",
    "mandate_payment_updated",
    "settlement_transaction_created",
    "settlement_payout_updated",
    "actionable_insights_created",
    "enrichment_completed",
    "reports_generation_completed",
)
#: Deliveries of each event to each of the two receivers.
COPIES = 2
#: Died before it answered, which is a 502 too.
CUT_OFF = 0
RETRIED = {CUT_OFF, 408, 429, 500, 502, 503, 504}
#: Seconds until each retry, and until the receiver is there again: Tink does not say how long it waits, and one that is
#: away for longer than all of its retries has lost events, whatever its store.
PAUSES = (0.5, 1.0, 2.0)
#: A receiver is killed after so many answers, on average, and within so many seconds of the last one.
KILL_AFTER, MOMENT = 150, 0.02
#: Senders, and how many of them wait for an answer at a time; the others wait until they deliver again.
SENDERS, AT_ONCE = 48, 8
#: Events whose deliveries are mixed.
BLOCK = 50


class Result(NamedTuple):
    """What came of a race."""

    deliveries: int
    events: int
    tries: int
    kills: int
    #: Deliveries that failed four times.
    given_up: int
    #: Events without an effect, and effects beyond the first.
    lost: int
    doubled: int
    #: Of these, effects beyond the tries of the event that a kill cut off, and the leases that a receiver says it lost.
    unexplained: int
    #: Events that were answered 200 before they had an effect.
    too_early: int
    #: How often each status was answered.
    statuses: dict[int, int]
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.deliveries:,} deliveries of {self.events:,} events, {self.tries:,} tries, {self.kills} kills, "
            f"{self.given_up} given up: {self.lost} lost, {self.doubled} doubled, {self.too_early} answered too early"
            f" ({self.seconds:.0f} s; {', '.join(f'{count:,} x {status}' for status, count in self.statuses.items())})"
        )

    @property
    def wrong(self) -> set[int]:
        """Answers that no receiver may give here."""
        return set(self.statuses) - {200, 500, 502, 503}


class Receiver:
    """A process that is killed and started again."""

    def __init__(self, program: list[str], way: str, where: Place, log: Path) -> None:
        self._command = [*program, way, where.name]
        self._log = log
        #: None where it is dead.
        self.port: int | None = None
        self._up = threading.Event()
        self._changed = threading.Condition()
        self._answers = 0
        self.kills = 0
        self.start()

    def start(self) -> None:
        environment = {**os.environ, "TINK_WEBHOOK_SECRET": " ".join(SECRETS)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first.startswith("listening on "):
            raise RuntimeError(f"{' '.join(self._command)} does not listen: {self._log.read_text()[-2_000:]}")
        self.port = int(first.rstrip("/\n").rpartition(":")[2])
        self._up.set()

    def kill(self) -> None:
        assert self._process.stdout is not None
        self.port = None
        self._up.clear()
        self._process.kill()
        status = self._process.wait(10)
        self._process.stdout.close()
        if status != -signal.SIGKILL:
            raise RuntimeError(f"{' '.join(self._command)} ended by itself: {self._log.read_text()[-2_000:]}")

    def post(self, body: bytes, signature: str) -> int:
        """The status; 502 where it is dead, ``CUT_OFF`` where it dies meanwhile."""
        port = self.port
        if port is None:
            return 502
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            headers = {"X-Tink-Signature": signature, "Content-Type": "application/json"}
            connection.request("POST", "/", body, headers)
            status = connection.getresponse().status
        except ConnectionRefusedError:
            return 502
        except (ConnectionError, http.client.HTTPException):
            return CUT_OFF
        finally:
            connection.close()
        self.tell(1)
        return status

    def tell(self, answers: int) -> None:
        """Another answer, or none: who waits looks again."""
        with self._changed:
            self._answers += answers
            self._changed.notify_all()

    def wait_for_answers(self, number: int, ended: threading.Event) -> None:
        """Until it has given so many more, or until the race has ended."""
        with self._changed:
            wanted = self._answers + number
            self._changed.wait_for(lambda: self._answers >= wanted or ended.is_set())

    def wait_until_up(self) -> None:
        """Until it listens."""
        if not self._up.wait(60):
            raise RuntimeError("a receiver does not come back")


@dataclass
class Delivery:
    """One that is sent until it is answered for good."""

    body: bytes
    key: str
    receiver: Receiver
    secret: str


@dataclass
class Race:
    """The sender: what it still has to send, and what it was answered."""

    receivers: list[Receiver]
    deliveries: int
    least_kills: int
    chance: random.Random
    keys: list[str] = field(default_factory=list)
    given_up: int = 0
    #: When each event was first answered 200, in epoch milliseconds.
    answered: dict[str, float] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    #: How many tries of each event were cut off by a kill.
    cut_off: Counter[str] = field(default_factory=Counter)
    failures: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._at_once = threading.Semaphore(AT_ONCE)
        self._ended = threading.Event()
        self._next = self._all()

    @property
    def kills(self) -> int:
        return sum(receiver.kills for receiver in self.receivers)

    def _all(self) -> Iterator[Delivery]:
        while not self.failures and (len(self.keys) * 2 * COPIES < self.deliveries or self.kills < self.least_kills):
            yield from self._block()

    def _block(self) -> list[Delivery]:
        """The deliveries of some events, mixed. Those of one half of them stay together, and so race each other."""
        groups: list[list[Delivery]] = []
        for _ in range(BLOCK):
            payload: dict[str, Any] = example_payload(self.chance.choice(OCCURRENCES))
            payload["content"]["number"] = len(self.keys)  # so that it is an event of its own
            body = json.dumps(payload).encode()
            key = hooks.parse_event(body).idempotency_key
            assert key is not None
            self.keys.append(key)
            copies = [
                Delivery(body, key, receiver, self.chance.choice(SECRETS))
                for receiver in self.receivers
                for _ in range(COPIES)
            ]
            self.chance.shuffle(copies)
            groups += [copies] if self.chance.random() < 0.5 else [[copy] for copy in copies]
        self.chance.shuffle(groups)
        return [delivery for group in groups for delivery in group]

    def _deliver(self, delivery: Delivery) -> None:
        signature = ""
        for pause in (0, *PAUSES):
            time.sleep(pause)
            # Nobody knows whether Tink signs a retry anew: some are, at another time within the tolerance.
            if not signature or self.chance.random() < 0.5:
                at = int(time.time()) - self.chance.randrange(200)
                signature = generate_signature(delivery.body, delivery.secret, timestamp=at)
            with self._at_once:
                if pause:
                    delivery.receiver.wait_until_up()
                status = delivery.receiver.post(delivery.body, signature)
            now = time.time() * 1_000
            with self._lock:
                self.statuses[status or 502] += 1
                self.cut_off[delivery.key] += status == CUT_OFF
                if status == 200:
                    self.answered.setdefault(delivery.key, now)
            if status not in RETRIED:
                return
        with self._lock:
            self.given_up += 1

    def _sending(self) -> None:
        while True:
            with self._lock:
                delivery = next(self._next, None)
            if delivery is None:
                return
            self._deliver(delivery)

    def _killing(self, receiver: Receiver) -> None:
        while True:
            receiver.wait_for_answers(self.chance.randrange(2 * KILL_AFTER), self._ended)
            if self._ended.wait(self.chance.uniform(0, MOMENT)):
                return
            receiver.kill()
            receiver.kills += 1
            receiver.start()

    def _guarded(self, run: Any, *arguments: Any) -> None:
        try:
            run(*arguments)
        except BaseException as failure:  # for the thread that waits for all
            self.failures.append(failure)

    def run(self) -> None:
        """Sends everything."""
        senders = [threading.Thread(target=self._guarded, args=(self._sending,)) for _ in range(SENDERS)]
        killers = [threading.Thread(target=self._guarded, args=(self._killing, one)) for one in self.receivers]
        for thread in (*killers, *senders):
            thread.start()
        for thread in senders:
            thread.join()
        self._ended.set()
        for receiver in self.receivers:
            receiver.tell(0)
        for thread in killers:
            thread.join()
        if self.failures:
            raise self.failures[0]


def race(
    store: str, languages: tuple[str, str], way: str, folder: Path, *, deliveries: int, kills: int, seed: int
) -> Result:
    """Runs one. At least so many deliveries, and kills."""
    started = time.monotonic()
    with place(store, folder) as where, contextlib.ExitStack() as stack:
        receivers = []
        for number, language in enumerate(languages):
            receiver = Receiver(command(language), way, where, folder / f"{number}-{language}.log")
            stack.callback(receiver.kill)
            receivers.append(receiver)
        sender = Race(receivers, deliveries, kills, random.Random(seed))  # noqa: S311 -- no secret
        sender.run()
        effects = where.effects()
    done = Counter(key for key, _ in effects)
    said = [line for log in folder.glob("*.log") for line in log.read_text(errors="replace").splitlines()]
    lost_leases = " ".join(line for line in said if "commit_lost" in line)
    assert set(done) <= set(sender.keys), "an effect of no event"
    first: dict[str, int] = {}
    for key, at in effects:
        first[key] = min(at, first.get(key, at))
    return Result(
        deliveries=len(sender.keys) * 2 * COPIES,
        events=len(sender.keys),
        tries=sender.statuses.total(),
        kills=sender.kills,
        given_up=sender.given_up,
        lost=sum(key not in done for key in sender.keys),
        doubled=sum(count - 1 for count in done.values()),
        unexplained=sum(
            max(0, count - 1 - sender.cut_off[key] - lost_leases.count(key)) for key, count in done.items()
        ),
        too_early=sum(key in first and first[key] > at for key, at in sender.answered.items()),
        statuses=dict(sorted(sender.statuses.items())),
        seconds=time.monotonic() - started,
    )


def main() -> int:
    """One race, and its numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", choices=STORES)
    parser.add_argument("--receivers", nargs=2, default=["python", "python"], choices=RECEIVERS)
    parser.add_argument("--claim-in", action="store_true", help="keys in the handlers' own transactions")
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))  # noqa: S311
    given = parser.parse_args()
    if given.claim_in and given.store not in TRANSACTIONS:
        parser.error(f"--claim-in is for {' and '.join(TRANSACTIONS)}")
    way = "claim_in" if given.claim_in else "once"
    with tempfile.TemporaryDirectory() as folder:
        result = race(
            given.store,
            tuple(given.receivers),
            way,
            Path(folder),
            deliveries=given.deliveries,
            kills=given.kills,
            seed=given.seed,
        )
    print(f"{given.store}, {way}, {' x '.join(given.receivers)}, seed {given.seed}: {result}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
