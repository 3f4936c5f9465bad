"""Compares core with Python's json, V8's JSON.parse and Go's encoding/json: what core accepts, all three accept with
equal values, and what core refuses, it refuses for the right reason.

payload.py [--seconds N] [--cases N] [--seed N]     the corpus, then bodies made at random
payload.py --show HEX                               the answers of all four to one body
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from bodies import Maker
from json_python import canonical
from peers import BATCH, HERE, WORK, Peer, ask_all, core, fields, options, require

NOW = 1_700_000_000
SECRET = b"s3cret".hex()
ENVELOPE = ("event", "type", "data", "content", "context", "timestamp")
EMPTY = canonical({})
MOST_SHOWN = 10


class Members(list):  # type: ignore[type-arg]
    """The members of an object, including duplicates."""


def depth(tree: Any) -> int:
    """How deeply containers are nested."""
    if isinstance(tree, Members):
        return 1 + max((depth(value) for _, value in tree), default=0)
    if isinstance(tree, list):
        return 1 + max(map(depth, tree), default=0)
    return 0


def strings(tree: Any) -> Any:
    """Every string, keys too."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Members):
        for key, value in tree:
            yield key
            yield from strings(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from strings(item)


def get(tree: Any, key: str) -> Any:
    """The last member of this key, `...` if there is none."""
    found = [value for name, value in tree if name == key] if isinstance(tree, Members) else []
    return found[-1] if found else ...


def plain(tree: Any) -> Any:
    """The tree as `json.loads` builds it."""
    if isinstance(tree, Members):
        return {key: plain(value) for key, value in tree}
    return [plain(item) for item in tree] if isinstance(tree, list) else tree


def cause(text: str, tree: Any) -> str | None:
    """Why core must refuse a body that all three accept, as a key of differences.json; None if it must accept it."""
    without_strings = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text, flags=re.DOTALL)
    if max(map(len, re.findall(r"[-+.\deE]+", without_strings)), default=0) > 4_000:
        return "long_number"
    if any("\ud800" <= character <= "\udfff" for string in strings(tree) for character in string):
        return "lone_surrogate"
    if depth(tree) > 128:
        return "too_deep"
    if not isinstance(tree, Members):
        return "not_an_object"
    keys = [key for key, _ in tree]
    if any(keys.count(key) > 1 for key in ENVELOPE):
        return "duplicate_key"
    name = get(tree, "event") if "event" in keys else get(tree, "type")
    if not isinstance(name, str) or not name:
        return "missing_type"
    if "event" not in keys and "data" not in keys:
        return "missing_data"
    return "test_webhook" if name == "test" else None


def wrong_fields(tree: Any, answer: dict[str, str]) -> list[str]:
    """What core reads from the event, against the tree."""
    keys = [key for key, _ in tree]
    name = get(tree, "event" if "event" in keys else "type")
    data = get(tree, "content" if "event" in keys else "data")
    data = Members() if data in (..., None) else data
    context = get(tree, "context")
    context = context if isinstance(context, Members) else ...
    expected = {"data": canonical(plain(data)), "context": ... if context is ... else canonical(plain(context))}
    for key, wire in (("user_id", "userId"), ("external_user_id", "externalUserId")):
        ids = [get(place, wire) for place in (context, data)]
        expected[key] = next((found for found in ids if isinstance(found, str) and found), ...)
    expected["name"] = name
    wrong = []
    for key, wanted in expected.items():
        text = bytes.fromhex(answer[key]).decode() if key in answer else ...
        got = canonical(json.loads(text)) if key in ("data", "context") and text is not ... else text
        if got != wanted:
            wrong.append(f"core's {key} is {got!r}, not {wanted!r}")
    return wrong


class Judge:
    """Compares what everyone said, and counts."""

    def __init__(self) -> None:
        self.refusals: dict[str, dict[str, str]] = json.loads((HERE / "differences.json").read_text())["payload"][
            "refusals"
        ]
        self.seen: Counter[str] = Counter()
        self.partial: Counter[str] = Counter()
        self.accepted = self.cases = 0
        self.problems: list[tuple[bytes, list[str]]] = []

    def judge(self, body: bytes, answer: dict[str, str], peers: dict[str, str]) -> None:
        """One body."""
        self.cases += 1
        found = self.differences(body, answer, peers)
        if found:
            self.problems.append((body, found))

    def differences(self, body: bytes, answer: dict[str, str], peers: dict[str, str]) -> list[str]:
        """What is wrong, a line each."""
        accepting = [name for name, said in peers.items() if not said.startswith("!")]
        reason = answer.get("reason")
        if reason is None:
            self.accepted += 1
            if len(accepting) < len(peers):
                return [
                    f"core accepts it, and {name} does not: {peers[name]}" for name in peers.keys() - set(accepting)
                ]
            if len(set(peers.values())) > 1:
                return ["the values differ: " + ", ".join(f"{name} {said[:200]}" for name, said in peers.items())]
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return [] if reason == "invalid_utf8" else [f"it is not UTF-8, and core says {reason}"]
        if len(accepting) < len(peers):
            self.partial[f"{reason}, accepted by {', '.join(accepting) or 'nobody'}"] += 1
            return (
                []
                if reason in ("invalid_json", "too_deep")
                else [f"it is not JSON to everyone, and core says {reason}"]
            )
        tree = json.loads(text, object_pairs_hook=Members)
        why = cause(text, tree)
        if why is None:
            return wrong_fields(tree, answer) if reason is None else [f"everyone accepts it, core says {reason}"]
        if why not in self.refusals:
            return [f"{why} is not in differences.json"]
        self.seen[why] += 1
        wanted = self.refusals[why]["reason"]
        # Where the text breaks several rules, core reports the one that it meets first.
        several = (
            {"invalid_json", "too_deep"} if why in ("long_number", "lone_surrogate") and depth(tree) > 128 else set()
        )
        return [] if reason == wanted or reason in several else [f"expected {wanted} ({why}), core says {reason}"]

    def report(self, seed: int) -> int:
        """Prints it; the exit status."""
        print(f"{self.cases:,} bodies: {self.accepted:,} accepted by core and, with equal values, by all three")
        for name, count in sorted(self.seen.items()):
            print(f"  refused by core, accepted by all three: {name}: {count:,}")
        for name, count in sorted(self.partial.items()):
            print(f"  refused by core as {name}: {count:,}")
        for body, found in self.problems[:MOST_SHOWN]:
            print(f"\n{body[:300]!r}\n  " + "\n  ".join(found))
            print(f"  to see it again: python3 tests/differential/payload.py --show {body.hex()[:2000]}")
        unseen = self.refusals.keys() - self.seen.keys()
        for name in sorted(unseen):
            print(f"differences.json: {name} is listed, and was not seen")
        print(f"seed {seed}: {self.cases - len(self.problems):,} bodies as declared, {len(self.problems):,} not")
        failed = len(self.problems) + len(unseen)
        print(f"{self.cases - len(self.problems)} passed, {failed} failed")
        return 1 if failed else 0


def start() -> dict[str, Peer]:
    """Starts a process each of Python, Node and Go."""
    node = require("node", "no differential test of the payload")
    go = require("go", "no differential test of the payload")
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([go, "build", "-o", str(WORK / "json_go"), str(HERE / "json_go.go")], check=True)
    return {
        "python": Peer("python", [sys.executable, str(HERE / "json_python.py")]),
        "node": Peer("node", [node, str(HERE / "json_node.mjs")]),
        "go": Peer("go", [str(WORK / "json_go")]),
    }


def ask(bodies: list[bytes], rust: Peer, peers: dict[str, Peer]) -> list[tuple[dict[str, str], dict[str, str]]]:
    """The answers of core and of the others to each body."""
    digits = [body.hex() for body in bodies]
    lines = [f"id={number}\top=parse\tsecret={SECRET}\tnow={NOW}\tbody={body}" for number, body in enumerate(digits)]
    return [(fields(answer), said) for answer, said in ask_all(lines, digits, rust, peers)]


def main() -> int:
    """Runs what the command line asks for."""
    arguments = options(__doc__, "HEX")
    peers, rust = start(), core()
    judge = Judge()
    if arguments.show:
        body = bytes.fromhex(arguments.show)
        ((answer, others),) = ask([body], rust, peers)
        print(body, answer, *others.items(), *judge.differences(body, answer, others), sep="\n")
        return 0
    print(f"seed {arguments.seed}", flush=True)
    maker = Maker(arguments.seed)
    bodies = itertools.islice(maker, arguments.cases) if arguments.cases else iter(maker)
    until = time.monotonic() + arguments.seconds
    while batch := list(itertools.islice(bodies, BATCH)):
        for body, (answer, others) in zip(batch, ask(batch, rust, peers)):
            judge.judge(body, answer, others)
        # The corpus always runs to its end.
        if not arguments.cases and time.monotonic() > until and judge.cases > len(maker.corpus):
            break
    for peer in (rust, *peers.values()):
        peer.close()
    return judge.report(arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
