"""Three receivers over one store, each with a copy of every event: two never handle one at once.

    copies.py at-once redis --receiver go --rounds 4
    copies.py killed redis --receiver go
    copies.py away redis --receiver go
    copies.py lost-commit redis --receiver go

``at-once``: handlers of 2.5 s under a lease of 1 s, each event delivered to all three at the same time. A round in
which the machine has held a receiver back for longer than a lease, so that it says that it lost one, counts as such and
is repeated: at most one of twenty rounds may be. ``killed``: the default lease; the receiver that handles an event is
killed 0.1 s after it began, and copies come to the other two 1, 2 and 4 s later; those that are answered 503 are not
sent again. The event is handled.

``away``: the server is stopped under the receivers, and every delivery is answered 503. When it is there again the same
deliveries are handled, and no receiver was started again.

``lost-commit``: the server is stopped when the handlers have had their effects, and before they have returned, and
stays away for as long as a commit is tried. The deliveries count as handled, and the receivers log ``commit_lost``.
When the server is there again a copy at another receiver runs the handler a second time: in doubt twice, never not at
all. A client that keeps what it could not send, as those of Redis in Node, may have written the commit by then: once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from places import STORES, Place, place
from race import CUT_OFF, RETRIED, SECRETS, Receiver, hooks
from receivers import RECEIVERS, command
from tink_webhooks import generate_signature
from tink_webhooks.testing import example_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Events of a round, each with three copies.
EVENTS = 4
#: The most rounds that the machine may hold back.
HELD_BACK = 0.05
#: Of the handlers whose commits are lost, in seconds: they are tried until it has ended.
LEASE = 3


def new_event() -> tuple[bytes, str]:
    """A body, and its key."""
    payload = example_payload("payment:updated")
    payload["content"]["id"] = f"payment-{time.time_ns()}"
    body = json.dumps(payload).encode()
    key = hooks.parse_event(body).idempotency_key
    assert key is not None
    return body, key


@contextlib.contextmanager
def several(languages: Sequence[str], way: str, where: Place, folder: Path) -> Iterator[list[Receiver]]:
    """Receivers of these languages."""
    with contextlib.ExitStack() as stack:
        made = []
        for number, language in enumerate(languages):
            made.append(Receiver(command(language), way, where, folder / f"{number}.log"))
            stack.callback(made[-1].kill)
        yield made


def deliver(receiver: Receiver, body: bytes, *, again: bool) -> int:
    """The last status."""
    for pause in (0, 0.5, 1, 2):
        time.sleep(pause)
        status = receiver.post(body, generate_signature(body, SECRETS[0]))
        if not again or status not in RETRIED:
            break
    return status


def all_at_once(receivers: list[Receiver], bodies: list[bytes], *, again: bool = True) -> list[int]:
    """The statuses."""
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda to=to, body=body: statuses.append(deliver(to, body, again=again)))
        for body in bodies
        for to in receivers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def runs_of(key: str, where: Place) -> list[str]:
    """Begins and ends of its handlers, as they came."""
    rows = [(at, name.rpartition(":")[2]) for name, at in where.effects() if name.startswith(key)]
    return [what for _, what in sorted(rows)]


def at_once(store: str, language: str, rounds: int, folder: Path) -> str:
    """Runs so many rounds, and says what was seen."""
    held_back = good = doubled = 0
    statuses: list[int] = []
    with place(store, folder) as where, several([language] * 3, "slow:1:2.5", where, folder) as receivers:
        while good < rounds:
            lines = said(folder)
            events = [new_event() for _ in range(EVENTS)]
            answers = all_at_once(receivers, [body for body, _ in events])
            found = [runs_of(key, where) for _, key in events]
            if any(one != ["begin", "end"] for one in found):
                # A receiver that was stopped for so long that its lease ended says so.
                assert all(found), found
                assert "lease" in said(folder)[len(lines) :], found
                print(f"held back: {found}\n{said(folder)[len(lines) :]}", file=sys.stderr)
                held_back += 1
                doubled += sum(len(one) // 2 - 1 for one in found)
                assert held_back <= max(1, HELD_BACK * rounds), f"{held_back} of {rounds} rounds were held back"
                continue
            good += 1
            statuses += answers
    assert set(statuses) == {200}, statuses
    return (
        f"{good} rounds of {EVENTS} events with 3 copies: each was handled once, {len(statuses)} x 200; "
        f"{held_back} rounds held back by the machine ({doubled} handled again)"
    )


def said(folder: Path) -> str:
    """What the receivers have logged."""
    return "".join(log.read_text(errors="replace") for log in sorted(folder.glob("*.log")))


def killed(store: str, language: str, folder: Path) -> str:
    """Runs it, and says what was seen."""
    with place(store, folder) as where, several([language] * 3, "slow:10:0.5", where, folder) as receivers:
        body, key = new_event()
        answers: list[tuple[float, int]] = []
        started = time.monotonic()

        def copy(receiver: Receiver, after: float) -> None:
            time.sleep(after)
            answers.append((after, deliver(receiver, body, again=False)))

        first = threading.Thread(target=copy, args=(receivers[0], 0))
        first.start()
        while not runs_of(key, where):
            time.sleep(0.005)
        time.sleep(0.1)
        receivers[0].kill()
        receivers[0].start()
        first.join()
        assert answers.pop() == (0, CUT_OFF), "it was handled before it was killed"
        copies = [
            threading.Thread(target=copy, args=(receivers[1 + number % 2], after))
            for number, after in enumerate((1, 2, 4))
        ]
        for thread in copies:
            thread.start()
        for thread in copies:
            thread.join()
        found = runs_of(key, where)
        took = time.monotonic() - started
    assert found == ["begin", "begin", "end"], found
    assert all(status == 200 for _, status in answers), answers
    return f"killed 0.1 s after it began; copies after {sorted(answers)}: handled once, {took:.1f} s after the first"


def away(store: str, language: str, folder: Path) -> str:
    """Runs it, and says what was seen."""
    with place(store, folder) as where, several([language] * 3, "slow:1:0", where, folder) as receivers:
        assert where.server is not None, "a file cannot be stopped"
        before = [new_event() for _ in range(EVENTS)]
        assert set(all_at_once(receivers, [body for body, _ in before])) == {200}
        where.server.kill()
        events = [new_event() for _ in range(EVENTS)]
        bodies = [body for body, _ in events]
        started = time.monotonic()
        refused = all_at_once(receivers, bodies, again=False)
        took = time.monotonic() - started
        where.server.start()
        answers = all_at_once(receivers, bodies)
        found = [runs_of(key, where) for _, key in events]
    assert set(refused) == {503}, refused
    assert set(answers) == {200}, answers
    assert all(one == ["begin", "end"] for one in found), found
    return (
        f"{len(refused)} x 503 within {took:.1f} s while it was stopped; then {len(answers)} x 200, "
        f"and each of {EVENTS} events was handled once"
    )


def lost_commit(store: str, languages: Sequence[str], folder: Path) -> str:
    """Runs it with a receiver of each of the languages, and says what was seen."""
    back = folder / "the handlers may go on"
    with place(store, folder) as where, several(languages, f"until:{LEASE}:{back}", where, folder) as receivers:
        assert where.server is not None, "a file cannot be stopped"
        events = [new_event() for _ in receivers]
        first: list[int] = [0] * len(receivers)

        def post(number: int) -> None:
            first[number] = deliver(receivers[number], events[number][0], again=False)

        threads = [threading.Thread(target=post, args=(number,)) for number in range(len(receivers))]
        for thread in threads:
            thread.start()
        while not all(runs_of(key, where) for _, key in events):
            assert all(thread.is_alive() for thread in threads), f"{first}\n{said(folder)}"
            time.sleep(0.02)
        where.server.kill()
        back.touch()
        started = time.monotonic()
        for thread in threads:
            thread.join()
        took = time.monotonic() - started
        logs = [(folder / f"{number}.log").read_text(errors="replace") for number in range(len(receivers))]
        where.server.start()
        others = [*receivers[1:], receivers[0]]
        copies = [deliver(other, body, again=True) for other, (body, _) in zip(others, events)]
        found = [runs_of(key, where) for _, key in events]
    assert set(first) == {200}, f"{first}\n{said(folder)}"
    for log, (_, key) in zip(logs, events):
        assert [line for line in log.splitlines() if "commit_lost" in line and key in line], log
    assert set(copies) == {200}, copies
    assert all(one in (["done"], ["done", "done"]) for one in found), found
    twice = sum(len(one) - 1 for one in found)
    return (
        f"{len(first)} x 200 and commit_lost within {took:.1f} s while it was stopped; then {len(copies)} x 200, "
        f"and of {len(events)} events {twice} were handled twice"
    )


def main() -> int:
    """One of them, and its numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["at-once", "killed", "away", "lost-commit"])
    parser.add_argument("store", choices=STORES)
    parser.add_argument("--receiver", default="python", choices=RECEIVERS)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if given.what == "at-once":
            text = at_once(given.store, given.receiver, given.rounds, folder)
        elif given.what == "lost-commit":
            text = lost_commit(given.store, [given.receiver] * 3, folder)
        else:
            text = {"killed": killed, "away": away}[given.what](given.store, given.receiver, folder)
    print(f"{given.what}, {given.store}, {given.receiver}: {text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
