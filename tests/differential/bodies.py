"""Bodies: those of the shared vectors, as they are and mutated, and events that are made at random."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from typing import Any, Callable

from peers import ROOT

sys.path.insert(0, str(ROOT / "tests"))

import run_vectors

NUMBERS = [
    "0", "-0", "1", "-1", "0.1", "1e3", "1E+2", "1e-2", "123456789012345678901234567890", "9007199254740993",
    "18446744073709551616", "-9223372036854775809", "1e308", "1.7976931348623157e308", "1.7976931348623158e308",
    "1.7976931348623159e308", "1e309", "-1e400", "5e-324", "2e-324", "1e-400", "0e999999", "0.0000e-5", "1.0", "1.50",
    "4.35", "0.30000000000000004", "2.2250738585072011e-308", "1700000000000", "00", "01", "1.", ".5", "+1", "1e", "-",
    "0x1", "1_0", "NaN", "Infinity", "-Infinity", "1e+", "--1", "1.2.3",
]  # fmt: skip
STRINGS = [
    '""', '"a"', '"refresh:finished"', '"credentials.updated"', '"test"', '"t\\u0065st"', '"\\u00e9"', '"é"', '"😀"',
    '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d\\u0041"', '"\\ud83dx"', '"\\uD83D\\uDE0"',
    '"\\u0000"',
    '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\x41"', '"\\a"', '"\\"', '"\t"', '"\n"', '"\x7f"', '"\u2028"', '"\ufeff"',
    '"\ufffd"', '"\U0010ffff"', '"2024-02-29T12:00:00Z"', '"2024-02-29T12:00:00.5+01:00"', '"__proto__"', "'a'",
]  # fmt: skip
KEYS = [
    '"event"', '"type"', '"data"', '"content"', '"context"', '"timestamp"', '"userId"', '"externalUserId"', '"x"', '""',
    '"\\u0065vent"', '"conten\\u0074"', '"__proto__"', '"constructor"', '"10"', '"2"', '"é"', '"\\ud83d"', '"😀"',
    '"EVENT"',
]  # fmt: skip
TOKENS = [
    *NUMBERS, *STRINGS, *KEYS, *"{}[]:,", "null", "true", "false", "nul", "True", "None", "undefined", "//", "/**/",
    "#",
    " ", "\n", "\r", "\t", "\f", "\v", "\u00a0", "\u2003", "\ufeff", "\x00", "\\", '"',
]  # fmt: skip
WHITE = ["", "", "", "", "", " ", "\n", "\r\n", "\t", "  "]
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+.\w]+|\s+|.', re.DOTALL)


def corpus() -> list[bytes]:
    """The bodies of the vectors."""
    found = {run_vectors.to_bytes(vector["body"]) for vector in run_vectors.load() if "body" in vector}
    return sorted(body for body in found if len(body) < 20_000)


class Maker:
    """Makes bodies, always the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.corpus = corpus()
        self.texts = [body.decode("utf-8") for body in self.corpus if _is_utf8(body)]
        self.objects = [text for text in self.texts if text.lstrip(" \n\r\t").startswith("{")]
        self.ways: list[Callable[[], bytes]] = [
            *[self.event] * 4, *[self.tokens] * 3, self.pure_tokens, self.bytes, self.deep, self.rewritten, self.scalar,
            self.long_number, self.duplicate,
        ]  # fmt: skip

    def __iter__(self) -> Iterator[bytes]:
        yield from self.corpus
        while True:
            yield self.random.choice(self.ways)()

    def white(self) -> str:
        return self.random.choice(WHITE)

    def value(self, depth: int = 0) -> str:
        """JSON, and now and then almost JSON."""
        r = self.random
        kind = r.randrange(8 if depth < 4 else 5)
        if kind == 0:
            return r.choice(["null", "true", "false"])
        if kind in (1, 2):
            if r.random() < 0.5:
                return repr(
                    r.choice(
                        [
                            r.random(),
                            r.uniform(-1e6, 1e6),
                            r.randrange(-(10**20), 10**20),
                            r.random() * 10.0 ** r.randrange(-320, 308),
                        ]
                    )
                )
            return r.choice(NUMBERS[:28] if r.random() < 0.9 else NUMBERS)
        if kind in (3, 4):
            if r.random() < 0.6:
                text = "".join(r.choice('aZ09 :.-_/"\\é\u2028😀\x00\n\ud7ff\ue000') for _ in range(r.randrange(9)))
                return json.dumps(text, ensure_ascii=r.random() < 0.5)
            return r.choice(STRINGS[:10] if r.random() < 0.8 else STRINGS)
        if kind == 5:
            return (
                "[" + ",".join(self.white() + self.value(depth + 1) + self.white() for _ in range(r.randrange(4))) + "]"
            )
        return self.object([(r.choice(KEYS), self.value(depth + 1)) for _ in range(r.randrange(4))])

    def object(self, members: list[tuple[str, str]]) -> str:
        w = self.white
        return "{" + ",".join(f"{w()}{key}{w()}:{w()}{value}{w()}" for key, value in members) + "}"

    def event(self) -> bytes:
        """An envelope."""
        r = self.random
        ids = [('"userId"', self.value(4)), ('"externalUserId"', self.value(4)), ('"x"', self.value(2))]
        inner = lambda: self.object(r.sample(ids, r.randrange(4))) if r.random() < 0.7 else self.value(1)  # noqa: E731
        name = r.choice(
            [
                '"refresh:finished"',
                '"account:updated"',
                '"credentials.updated"',
                '"a\\u003ab"',
                '"my:own"',
                self.value(4),
            ]
        )
        v2 = [('"event"', name), ('"content"', inner()), ('"context"', inner()), ('"timestamp"', self.value(4))]
        community = [('"type"', name), ('"data"', inner()), ('"timestamp"', self.value(4))]
        members = v2 if r.random() < 0.6 else community
        members = members[: r.choice([1, 2, len(members), len(members), len(members)])]
        if r.random() < 0.3:
            members.append((r.choice(KEYS), self.value(2)))
        r.shuffle(members)
        return (self.white() + self.object(members) + self.white()).encode("utf-8", "surrogatepass")

    def tokens(self) -> bytes:
        """A vector's body with some tokens deleted, doubled, swapped, replaced or inserted."""
        r = self.random
        tokens = TOKEN.findall(r.choice(self.texts))
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            if not tokens:
                break
            at = r.randrange(len(tokens))
            change = r.randrange(5)
            if change == 0:
                del tokens[at]
            elif change == 1:
                tokens.insert(at, tokens[at])
            elif change == 2:
                other = r.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            elif change == 3:
                tokens[at] = r.choice(TOKENS)
            else:
                tokens.insert(at, r.choice(TOKENS))
        return "".join(tokens).encode("utf-8", "surrogatepass")

    def pure_tokens(self) -> bytes:
        r = self.random
        inside = "".join(r.choice(TOKENS) for _ in range(r.randrange(7)))
        return ('{"event":"a:b","content":' + inside + "}").encode("utf-8", "surrogatepass")

    def bytes(self) -> bytes:
        """A vector's body with bytes flipped, cut off or inserted."""
        r = self.random
        body = bytearray(r.choice(self.corpus))
        for _ in range(r.choice([1, 1, 2, 4])):
            at = r.randrange(len(body) + 1)
            change = r.randrange(4)
            if change == 0 and at < len(body):
                body[at] ^= 1 << r.randrange(8)
            elif change == 1:
                del body[at:]
            elif change == 2:
                body[at:at] = r.choice(
                    [
                        b"\xef\xbb\xbf",
                        b"\x00",
                        b"\x80",
                        b"\xed\xa0\x80",
                        b"\xc0\xaf",
                        b"\xff",
                        b"\xf4\x90\x80\x80",
                        b"\x1f",
                    ]
                )
            elif at < len(body):
                body[at] = r.randrange(256)
        return bytes(body)

    def deep(self) -> bytes:
        r = self.random
        levels = r.choice([120, 126, 127, 127, 128, 129, 200, 900])
        pairs = [r.choice([("[", "]"), ('{"a":', "}"), ("[1,", "]"), ('{"a":1,"a":', "}")]) for _ in range(levels)]
        inside = "".join(left for left, _ in pairs) + self.value(9) + "".join(right for _, right in reversed(pairs))
        return ('{"event":"a:b","content":' + inside + "}").encode("utf-8", "surrogatepass")

    def rewritten(self) -> bytes:
        """A vector's body written by another serializer."""
        r = self.random
        try:
            value: Any = json.loads(r.choice(self.objects))
        except ValueError:
            return self.event()
        written = json.dumps(value, ensure_ascii=r.random() < 0.5, indent=r.choice([None, 2]))
        return written.encode("utf-8", "surrogatepass")

    def scalar(self) -> bytes:
        return (self.white() + self.value() + self.white()).encode("utf-8", "surrogatepass")

    def long_number(self) -> bytes:
        r = self.random
        length = r.choice([308, 309, 310, 3_999, 4_000, 4_001, 4_400])
        number = r.choice(
            [
                "9" * length,
                "0." + "0" * (length - 2),
                "1" + "0" * (length - 5) + "e-" + str(length)[-2:],
                "0." + "3" * (length - 2),
            ]
        )
        return f'{{"event":"a:b","content":{r.choice(["", "-"])}{number}}}'.encode()

    def duplicate(self) -> bytes:
        r = self.random
        key = r.choice(KEYS)
        members = [('"event"', '"a:b"'), ('"content"', self.value(3)), (key, self.value(3)), (key, self.value(3))]
        r.shuffle(members)
        return self.object(members).encode("utf-8", "surrogatepass")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
