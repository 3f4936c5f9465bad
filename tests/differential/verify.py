"""Compares verification with Stripe's libraries, which have the same scheme: `t=<unix seconds>,v1=<64 hex digits>`.

Random headers, bodies, times and tolerances; core, stripe-python and stripe-node judge each. Where core differs, the
difference must be declared in differences.json with its reason, and its condition here must be true for the case.

verify.py [--seconds N] [--cases N] [--seed N]      deliveries made at random
verify.py --show JSON                               the answers of all three to one case
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Callable

from peers import BATCH, HERE, WORK, Peer, ask_all, core, fields, options, require

NOW = 1_700_000_000
MOST_SHOWN = 10
Case = dict[str, Any]
BODIES = [
    b'{"event":"refresh:finished","context":{"userId":"u1"},"content":{}}',
    '{"event":"account:updated","content":{"name":"Sparkonto å 😀"}}'.encode(),
    b"{}", b"", b"not JSON", b"1.{}", b"\r\n", b"\x00", b"{}\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf{}", b"\xc3",
]  # fmt: skip
SECRETS = ["67abc1e08fb64c92b450a13e0876330b", "whsec_å", "a b"]


class Maker:
    """Makes cases, always the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311

    def __iter__(self) -> Iterator[Case]:
        while True:
            yield self.case()

    def one(self, *weighted: tuple[int, Any]) -> Any:
        """One of these, by weight."""
        return self.random.choices([what for _, what in weighted], [weight for weight, _ in weighted])[0]

    def case(self) -> Case:
        """A delivery that is mostly right, and seldom has more than one mistake."""
        r = self.random
        body = r.choice(BODIES)
        secret = self.one((30, r.choice(SECRETS)), (1, "s3cret\n"), (1, " s3cret"))
        tolerance = self.one((6, 300), (2, 0), (2, None), (1, 10))
        now = NOW + self.one((5, 0), (1, 0.5))
        offset = self.one(
            (12, 0), *[(1, seconds) for seconds in (-301, -300, -299, -10, -1, 1, 10, 300, 301, 315_360_000)]
        )
        seconds = self.one((60, NOW + offset), (1, 0), (1, -1), (1, 253_402_300_800), (1, 10**18), (1, 10**19))
        t = self.one(
            (40, str(seconds)), (2, f"0{seconds}"), (1, f"+{seconds}"), (1, f" {seconds}"), (1, f"{seconds} "), (1, ""),
            (1, f"{seconds}abc"), (1, f"1_{str(seconds)[1:]}"), (1, f"{seconds}.0"), (1, "1e9"), (1, "x"),
            (1, f"{seconds}=1"),
            (1, "".join(chr(0x660 + int(digit)) for digit in str(abs(seconds)))),
        )  # fmt: skip
        signed_t = self.one((10, t), (3, str(seconds)), (1, f"0{seconds}"))
        signed_body = self.one(
            (30, body), (2, body.decode("utf-8", "replace").lstrip("\ufeff").encode()), (1, body + b" ")
        )
        mac = hmac.new(secret.encode(), signed_t.encode() + b"." + signed_body, hashlib.sha256).hexdigest()
        wrong = hashlib.sha256(mac.encode()).hexdigest()
        v1 = self.one(
            (30, mac), (3, mac.upper()), (1, mac[:10] + mac[10:].upper()), (2, wrong), (1, mac[:-1]), (1, mac + "0"),
            (1, ""),
            (1, mac + "=x"), (1, " " + mac), (1, mac + " "), (1, mac[:-1] + "g"), (1, mac[:-1] + "é"),
        )  # fmt: skip
        items = [f"t={t}", f"v1={v1}"]
        if r.random() < 0.35:
            extra = self.one(
                (2, f"v1={wrong}"), (1, "v1="), (1, "v1"), (1, "t"), (1, f"v0={wrong}"), (1, f"v0={mac}"), (1, ""),
                (1, "="),
                (1, "x"), (1, "é=1"), (1, f"t={t}"), (1, f"t={seconds - 1}"), (1, f"V1={mac}"), (1, f"v1={mac}"), (1,
                "v1=zz"),
                (1, f"T={seconds}"), (1, "v1=é"), (1, f"pad={'x' * r.choice([3_990, 4_100])}"),
            )  # fmt: skip
            items.insert(r.randrange(len(items) + 1), extra)
        if r.random() < 0.02:
            items[1:1] = [f"v1={wrong}"] * r.choice([14, 15, 16, 40])
        if r.random() < 0.2:
            r.shuffle(items)
        if r.random() < 0.03:
            del items[r.randrange(len(items))]
        header = self.one((20, ","), (1, ", "), (1, " ,"), (1, ",\t"), (1, ";")).join(items)
        header = self.one(
            (40, header), (1, f" {header}"), (1, f"{header} "), (1, f"{header}\t"), (1, f"{header},"), (1, ""), (1, " ")
        )
        return {"body": body.hex(), "header": header, "secret": secret, "tolerance": tolerance, "now": now}


def items(case: Case) -> list[str]:
    """The header's items, without white space around them."""
    return [item.strip(" \t") for item in case["header"].split(",")]


def values(case: Case, key: str) -> list[str]:
    """The values of a key, from left to right."""
    return [item.partition("=")[2] for item in items(case) if item.partition("=")[:2] == (key, "=")]


def is_utf8(case: Case) -> bool:
    """Whether the body is UTF-8."""
    try:
        bytes.fromhex(case["body"]).decode()
    except UnicodeDecodeError:
        return False
    return True


def well_formed(case: Case) -> list[str]:
    """The candidates that are well-formed, including those beyond core's limit."""
    return [value for value in values(case, "v1") if re.fullmatch("[0-9a-fA-F]{64}", value)]


def signs(case: Case, t: str, candidates: list[str]) -> bool:
    """Whether one of the candidates is the MAC over this time and the body."""
    message = t.encode() + b"." + bytes.fromhex(case["body"])
    mac = hmac.new(case["secret"].encode(), message, hashlib.sha256).hexdigest()
    return mac in [candidate.lower() for candidate in candidates]


def signs_for_stripe(case: Case, t: str, candidate: str) -> bool:
    """The same for a library that writes the number anew, or converts the body to UTF-8 first."""
    texts = {t, t.lstrip("0") or "0"}
    body = bytes.fromhex(case["body"])
    bodies = {body.hex(), body.decode("utf-8", "replace").lstrip("\ufeff").encode().hex()}
    return any(signs({**case, "body": body}, text, [candidate]) for text in texts for body in bodies)


def age(case: Case) -> int:
    """How old the signature is, in whole seconds."""
    return int(case["now"]) - int(values(case, "t")[0])


def leading_zeros(case: Case) -> bool:
    return any(re.fullmatch("0[0-9]+", t) for t in values(case, "t"))


def as_javascript_writes_it(t: str) -> str:
    """A number of up to 21 digits, rounded to a double: the fewest digits that tell it from others, then zeros."""
    return f"{Decimal(repr(float(t))):.0f}"


#: The condition of each difference in differences.json. Whether core accepts or refuses, and why, is compared as well.
CONDITIONS: dict[str, Callable[[Case], bool]] = {
    "future": lambda case: case["tolerance"] is not None and case["tolerance"] < -age(case) < 10**10,
    "after_the_year_9999": lambda case: int(values(case, "t")[0]) > 253_402_300_799,
    "tolerance_zero": lambda case: case["tolerance"] == 0 and age(case) > 0,
    "fraction_of_a_second": lambda case: case["now"] % 1 > 0 and case["tolerance"] == age(case),
    "two_t": lambda case: len(values(case, "t")) > 1,
    "t_is_not_digits": lambda case: any(not re.fullmatch("[0-9]{1,19}", t, re.ASCII) for t in values(case, "t")),
    "t_of_leading_zeros_signed_without": lambda case: (
        leading_zeros(case) and signs(case, str(int(values(case, "t")[0])), values(case, "v1"))
    ),
    "t_of_leading_zeros_signed_with": lambda case: (
        leading_zeros(case) and signs(case, values(case, "t")[0], well_formed(case))
    ),
    "t_beyond_a_double": lambda case: any(
        re.fullmatch("[0-9]{16,19}", t, re.ASCII) and signs(case, as_javascript_writes_it(t), values(case, "v1"))
        for t in values(case, "t")
    ),
    "second_equals_sign": lambda case: any(
        signs_for_stripe(case, t.partition("=")[0], mac.partition("=")[0])
        for t in values(case, "t")
        for mac in values(case, "v1")
        if "=" in t or "=" in mac
    ),
    "item_without_equals_sign": lambda case: bool({"t", "v1"} & set(items(case))),
    "empty_v1": lambda case: "" in values(case, "v1"),
    "upper_case": lambda case: any(value != value.lower() for value in well_formed(case)),
    "white_space": lambda case: any(item != item.strip(" \t") for item in case["header"].split(",")),
    "many_candidates": lambda case: (
        len(well_formed(case)) > 16 and not signs(case, values(case, "t")[0], well_formed(case)[:16])
    ),
    "long_header": lambda case: len(case["header"].encode()) > 4_096,
    "not_ascii": lambda case: not case["header"].isascii(),
    "body_is_not_utf8": lambda case: not is_utf8(case),
    "body_replaced": lambda case: not is_utf8(case) or case["body"].startswith("efbbbf"),
    "body_with_bom": lambda case: case["body"].startswith("efbbbf"),
    "secret_with_white_space": lambda case: case["secret"].strip() != case["secret"],
}


#: Conditions under which core must never accept, whatever the others do.
NEVER_ACCEPTED = (
    "future",
    "after_the_year_9999",
    "tolerance_zero",
    "two_t",
    "t_is_not_digits",
    "many_candidates",
    "long_header",
    "not_ascii",
    "secret_with_white_space",
)


class Judge:
    """Compares the answers, and counts."""

    def __init__(self) -> None:
        self.declared: dict[str, dict[str, Any]] = json.loads((HERE / "differences.json").read_text())["verify"][
            "differences"
        ]
        if self.declared.keys() != CONDITIONS.keys():
            sys.exit(
                f"only in one of differences.json and verify.py: {sorted(self.declared.keys() ^ CONDITIONS.keys())}"
            )
        self.seen: Counter[tuple[str, str]] = Counter()
        self.cases = self.accepted = self.agreed = 0
        self.problems: list[tuple[Case, str]] = []

    def judge(self, case: Case, answer: dict[str, str], peers: dict[str, str]) -> None:
        """One case."""
        self.cases += 1
        reason = answer.get("reason")
        self.accepted += reason is None
        found = []
        if reason is None and not signs(case, values(case, "t")[0], well_formed(case)):
            found.append("core accepts it, and Python's own HMAC does not confirm it")
        if reason is None:
            # In this order: conditions that read `t` as a number come after the one that says whether it is one.
            broken = (name for name in sorted(NEVER_ACCEPTED, key="t_is_not_digits".__ne__) if CONDITIONS[name](case))
            found += [f"core accepts it, in spite of {name}" for name in itertools.islice(broken, 1)]
        for peer, said in peers.items():
            if (said == "accepts") == (reason is None):
                self.agreed += 1
                continue
            causes = [name for name in self.declared if self.explains(name, case, reason, peer)]
            if not causes:
                found.append(f"core {f'refuses: {reason}' if reason else 'accepts'}, {peer} {said}")
            # A case that several differences explain does not show that any of them is needed.
            elif len(causes) == 1:
                self.seen[causes[0], peer] += 1
        if found:
            self.problems.append((case, "; ".join(found)))

    def explains(self, name: str, case: Case, reason: str | None, peer: str) -> bool:
        """Whether this declared difference explains the case."""
        declared = self.declared[name]
        return (
            peer in declared["peers"]
            and (reason in declared["reasons"] if reason else declared["ours"] == "accepts")
            and CONDITIONS[name](case)
        )

    def report(self, seed: int) -> int:
        """Prints it; the exit status."""
        print(f"{self.cases:,} deliveries: {self.accepted:,} accepted by core")
        print(f"  {self.agreed:,} of {2 * self.cases:,} verdicts of peers are the same")
        for name, declared in self.declared.items():
            counts = ", ".join(f"{peer} {self.seen[name, peer]:,}" for peer in declared["peers"])
            print(f"  core {declared['ours']}, intended: {name}: {counts}")
        for case, found in self.problems[:MOST_SHOWN]:
            print(f"\n{found}\n  to see it again: python3 tests/differential/verify.py --show '{json.dumps(case)}'")
        unseen = [
            (name, peer)
            for name, declared in self.declared.items()
            for peer in declared["peers"]
            if not self.seen[name, peer]
        ]
        for name, peer in unseen:
            print(f"differences.json: {name} is declared, and was not seen with {peer}")
        print(f"seed {seed}: {self.cases - len(self.problems):,} deliveries as declared, {len(self.problems):,} not")
        failed = len(self.problems) + len(unseen)
        print(f"{self.cases - len(self.problems)} passed, {failed} failed")
        return 1 if failed else 0


def start() -> dict[str, Peer]:
    """Starts Stripe's libraries, installed in a virtual environment in target/ and in node_modules/ here."""
    node = require("node", "no differential test against Stripe's libraries")
    python = WORK / "venv/bin/python"
    # The same version that is measured.
    pinned = (HERE.parent.parent / "benchmarks/requirements.txt").read_text(encoding="utf-8").splitlines()
    stripe = next(line for line in pinned if line.startswith("stripe=="))
    stamp = WORK / "venv/installed"
    if not stamp.exists() or stamp.read_text() != stripe:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(WORK / "venv")], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, stripe], check=True)
        stamp.write_text(stripe)
    lock, installed = HERE / "package-lock.json", HERE / "node_modules/.installed"
    if not installed.exists() or installed.read_text() != lock.read_text():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=HERE, check=True)
        installed.write_text(lock.read_text())
    return {
        "stripe-python": Peer("stripe-python", [str(python), str(HERE / "stripe_python.py")]),
        "stripe-node": Peer("stripe-node", [node, str(HERE / "stripe_node.mjs")]),
    }


def to_line(number: int, case: Case) -> str:
    """The case as the driver of core reads it."""
    tolerance = "none" if case["tolerance"] is None else case["tolerance"]
    known = {
        "id": number,
        "op": "verify",
        "schemes": "v1",
        "secret": case["secret"].encode().hex(),
        "tolerance": tolerance,
        "now": case["now"],
        "body": case["body"],
        "signature": case["header"].encode().hex(),
    }
    return "\t".join(f"{key}={value}" for key, value in known.items())


def ask(cases: list[Case], rust: Peer, peers: dict[str, Peer]) -> Iterator[tuple[Case, dict[str, str], dict[str, str]]]:
    """Each case with the answers of core and of the others."""
    lines = [to_line(number, case) for number, case in enumerate(cases)]
    answers = ask_all(lines, [json.dumps(case) for case in cases], rust, peers)
    for case, (answer, said) in zip(cases, answers):
        yield case, fields(answer), said


def main() -> int:
    """Runs what the command line asks for."""
    arguments = options(__doc__, "JSON")
    peers, rust = start(), core()
    judge = Judge()
    if arguments.show:
        for case, answer, said in ask([json.loads(arguments.show)], rust, peers):
            judge.judge(case, answer, said)
            print(answer, *said.items(), dict(judge.seen), *(found for _, found in judge.problems), sep="\n")
        return 0
    print(f"seed {arguments.seed}", flush=True)
    maker = iter(Maker(arguments.seed))
    cases = itertools.islice(maker, arguments.cases) if arguments.cases else maker
    until = time.monotonic() + arguments.seconds
    while batch := list(itertools.islice(cases, BATCH)):
        for case, answer, said in ask(batch, rust, peers):
            judge.judge(case, answer, said)
        # It takes some thousands of cases until the rarest difference is seen.
        if not arguments.cases and time.monotonic() > until and judge.cases >= 20_000:
            break
    for peer in (rust, *peers.values()):
        peer.close()
    return judge.report(arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
