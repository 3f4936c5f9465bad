"""What ``data``, ``context`` and ``raw`` are made of: exactly what ``json.loads`` makes of the same text."""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import sys
import threading
import tracemalloc
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pytest
from tink_webhooks import InvalidPayloadError, WebhookHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BODIES = 1_000_000 if os.environ.get("TEST_ALL") else 10_000
HOOKS = {
    "float": WebhookHandler("s3cret", max_body_bytes=10_000_000),
    "decimal": WebhookHandler("s3cret", max_body_bytes=10_000_000, float_mode="decimal"),
}


def number(text: str) -> Decimal:
    """As ``parse_float=Decimal``; the least numbers are zero, as they are as doubles."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal(float(text))


def check(value: str, modes: tuple[str, ...] = ("float", "decimal")) -> None:
    """Compares an object of a JSON text with that of ``json.loads``."""
    body = f'{{"event":"a:b","content":{value},"context":{{"it":{value}}}}}'
    for mode in modes:
        expected = json.loads(value, parse_float=number if mode == "decimal" else None)
        event = HOOKS[mode].parse_event(body)
        same(event.context["it"], expected, value)
        same(event.data, {} if expected is None else expected, value)
        same(event.raw["content"], expected, value)


def same(got: Any, expected: Any, text: str) -> None:
    # Strings of another kind than theirs, and dicts of other hashes, are not equal. `repr` tells 1 from True and 1.0,
    # -0.0 from 0.0, 1.0 from 1.00, and the order of keys.
    assert got == expected, text
    assert repr(got) == repr(expected), text


class Texts:
    """JSON texts at random, of which the same seed gives the same ones."""

    #: The first and last of each kind of `str`, and what JSON escapes or might.
    CHARACTERS = 'a"\\/\b\f\n\r\t\0\x1f \x7f\x80\xe9\xff\u0100\u07ff\u0800\u2028\ud7ff\ue000\uffff\U00010000\U0010ffff'
    #: Around the lengths where a string is read in another way.
    LENGTHS = (0, 1, 2, 3, 6, 7, 8, 9, 15, 16, 17, 23, 24, 25, 30, 31, 32, 33, 40, 63, 64, 65, 200)

    def __init__(self, seed: object) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.scalars = [self.number() for _ in range(300)] + ["true", "false", "null"] * 20
        self.strings = [self.string() for _ in range(1_000)]
        #: They come again: in other values, and in the same object.
        self.often = self.strings[:30]
        self.spaces = ["".join(self.random.choices(" \t\r\n", k=length)) for length in (0,) * 30 + (1, 1, 1, 2, 3, 9)]

    def value(self, deep: int = 3) -> str:
        roll = self.random.random()
        if deep and roll < 0.35:
            return self.within("[", (self.value(deep - 1) for _ in range(self.count())), "]")
        if deep and roll < 0.75:
            return self.within("{", (self.member(deep - 1) for _ in range(self.count())), "}")
        if roll < 0.9:
            return self.any_string()
        return self.random.choice(self.scalars)

    def count(self) -> int:
        return self.random.choice((0, 1, 2, 3, 4, 7))

    def member(self, deep: int) -> str:
        return self.any_string() + self.space() + ":" + self.space() + self.value(deep)

    def within(self, opening: str, items: Iterable[str], closing: str) -> str:
        joined = ",".join(self.space() + item + self.space() for item in items)
        return opening + (joined or self.space()) + closing

    def space(self) -> str:
        return self.random.choice(self.spaces)

    def any_string(self) -> str:
        return self.random.choice(self.often if self.random.random() < 0.5 else self.strings)

    def string(self) -> str:
        length = self.random.choice(self.LENGTHS)
        roll = self.random.random()
        if roll < 0.6:
            made = "".join(self.random.choices("abcdefgh-0123456789 ", k=length))
        elif roll < 0.8:
            made = "x" * self.random.randrange(length + 1) + self.random.choice(self.CHARACTERS)
        else:
            made = "".join(self.random.choices(self.CHARACTERS, k=length))
        return '"' + "".join(map(self.character, made)) + '"'

    def character(self, character: str) -> str:
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
        roll = self.random.random()
        if character in short and (roll < 0.5 or character == "/"):
            return short[character]
        if character < " " or character in '"\\' or roll < 0.02:
            units = character.encode("utf-16-be").hex()
            units = units.upper() if roll < 0.01 else units
            return "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4))
        return character

    def number(self) -> str:
        sign = "-" if self.random.random() < 0.3 else ""
        roll = self.random.random()
        if roll < 0.1:
            return self.random.choice(EDGES)
        if roll < 0.15:
            return sign + self.halfway()
        if roll < 0.2:
            return repr(self.random.uniform(-1, 1) * 10.0 ** self.random.randrange(-300, 300))
        fraction = "" if roll < 0.5 else "." + self.digits()
        exponent = ""
        if roll > 0.85:
            exponent = self.random.choice("eE") + self.random.choice(("", "+", "-")) + str(self.random.randrange(250))
        return sign + self.digits().lstrip("0")[:50] + ("0" if fraction or exponent else "7") + fraction + exponent

    def halfway(self) -> str:
        """A number of up to 19 digits just between two doubles, or next to such a one."""
        places = self.random.randrange(4)
        odd = self.random.getrandbits(53) | 1 << 53 | 1
        digits = str(odd * 5**places + self.random.choice((0, 0, -1, 1)))
        return f"{digits[: len(digits) - places]}.{digits[len(digits) - places :] or '0'}"

    def digits(self) -> str:
        return "".join(
            self.random.choices("0123456789", k=self.random.choice((1, 2, 3, 7, 8, 9, 15, 16, 17, 18, 20, 40)))
        )


#: Numbers at the ends of what one way of reading them takes, and those that are rounded with most difficulty.
EDGES = [
    *("0", "-0", "0.0", "-0.0", "0e0", "-0E-0", "0.1", "1.10", "100.50", "1e22", "1e23", "123456789.123456789"),
    *(str(power + more) for bits in (30, 53, 60, 63, 64, 127, 128) for power in (2**bits,) for more in (-1, 0, 1)),
    *(
        sign + digit * count
        for sign in ("", "-")
        for digit in "19"
        for count in (17, 18, 19, 20, 37, 38, 39, 57, 76, 77)
    ),
    *("1" + "0" * count for count in (18, 19, 38, 57, 300)),
    *("9007199254740991.0", "9007199254740992.0", "9007199254740993.0", "-9007199254740993.00", "900719925474099.3"),
    *("0.1234567890123456", "0.12345678901234567", "0.123456789012345678", "0.00000000000000000001", "123456.7e-3"),
    *("2.2250738585072011e-308", "5e-324", "2e-324", "1e-400", "1.7976931348623157e308", "179769313486231580000e288"),
    *("4503599627370496.5", "-4503599627370497.5", "1125899906842624.125", "1125899906842624.375"),
    *("0.9007199254740993", "0.000000000000000009", "-922337203685477580.7", "999999999999999999.9"),
    *("7.3177701707893310e+15", "1e-5", "123e5", "4.35", "8.41", "1.0e+0", "12345678901234567890.5"),
]


@pytest.mark.parametrize("part", range(10))
def test_as_json_loads(part: int) -> None:
    for chunk in range(BODIES // 10_000):
        texts = Texts(f"{part} {chunk}")
        for _ in range(500):
            check(texts.value(), modes=("float",))
            check(texts.value(), modes=("decimal",))


@pytest.mark.parametrize("text", EDGES)
def test_numbers(text: str) -> None:
    check(text)
    check(f"[{text},{text}]")
    check(f"[{text}\n]")


def test_numbers_of_any_length() -> None:
    """Up to 308 digits, and 4,000 bytes, which the core accepts; whatever limit to digits the program has set."""
    limited = hasattr(sys, "set_int_max_str_digits")
    before = sys.get_int_max_str_digits() if limited else 0
    try:
        if limited:
            sys.set_int_max_str_digits(640)
        for digits in (*range(1, 100), 307, 308):
            for sign in ("", "-"):
                check(f"[{sign}{'8' * digits},{sign}{10 ** (digits - 1)},{sign}0.{'3' * 12 * digits}]")
    finally:
        if limited:
            sys.set_int_max_str_digits(before)


@pytest.mark.parametrize("character", Texts.CHARACTERS)
def test_strings(character: str) -> None:
    for length in range(70):
        for text in ("x" * length + character, character * length, character + "x" * length, "é" + "x" * length):
            check(json.dumps(text))
            check(json.dumps(text, ensure_ascii=False))
            check(json.dumps({text: [text], text + "y": text + "z"}, ensure_ascii=False))


def test_long_strings() -> None:
    for text in ("x", "é", "xxxxxxxé", "€", "xxxxxxx😀", "\n", '"'):
        check(json.dumps(text * 100_000, ensure_ascii=False), modes=("float",))


def test_of_keys_that_stand_twice_the_last_counts() -> None:
    for text in ('{"a":1,"b":2,"a":3}', r'{"a":1,"\u0061":{"a":2,"b":{}},"a":{"b":[]}}', '{"":1,"":2}'):
        check(text)
    assert list(HOOKS["float"].parse_event('{"event":"a:b","content":{"a":1,"b":2,"a":3}}').data.items()) == [
        ("a", 3),
        ("b", 2),
    ]


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]"), ('[0,{"b":0,"a":', "}]")]
)
def test_as_deep_as_it_is_accepted(opening: str, closing: str) -> None:
    levels = 127 // (opening.count("[") + opening.count("{"))
    for inner in ("1", '"x"', "1.5", "[]"):
        text = opening * levels + inner + closing * levels
        try:
            event = HOOKS["float"].parse_event('{"event":"a:b","content":' + text + "}")
        except InvalidPayloadError as error:
            assert (error.reason, inner) == ("too_deep", "[]")
        else:
            same(event.data, json.loads(text), text)


def test_in_threads_of_little_stack() -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            check("[" * 126 + "1.5" + "]" * 126)
        except BaseException as error:
            failures.append(error)

    before = threading.stack_size(64 * 1024)
    try:
        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.stack_size(before)
    assert failures == []


def test_short_strings_that_come_often_are_one_object() -> None:
    def statuses() -> list[str]:
        return [insight["status"] for insight in HOOKS["float"].parse_event(body).data]

    body = '{"event":"a:b","content":[' + ",".join(['{"status":"UPDATED_BY_USER"}'] * 20) + "]}"
    statuses()
    assert len({id(status) for status in statuses() + statuses()}) == 1


def test_kept_strings_are_told_apart() -> None:
    """Many more strings than are kept, of every length that is kept, each often enough to be."""
    texts = Texts("apart")
    names = [
        "".join(texts.random.choices(alphabet, k=length))
        for length in range(1, 40)
        for alphabet in ("ab", "0123456789abcdef", "abé", "a\u0100", "a\U00010000")
        for _ in range(12)
    ]
    # Those that differ in one place, wherever it is, and those that begin alike.
    names += ["x" * at + "y" + "x" * (30 - at) for at in range(31)] + ["x" * length for length in range(40)]
    for _ in range(5):
        texts.random.shuffle(names)
        check(json.dumps([{name: name, "last": name} for name in names for _ in range(3)], ensure_ascii=False))


def test_of_strings_that_come_once_none_is_kept() -> None:
    """However many there are: the program that made the events has let go of them all."""

    def read(number: int) -> None:
        ids = [f"{number}-{index}" for index in range(1_000)]
        body = json.dumps({"event": "a:b", "content": {"ids": ids, "named": dict.fromkeys(ids, "x")}})
        assert HOOKS["float"].parse_event(body).data["ids"] == ids

    def kept() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    read(0)
    tracemalloc.start()
    try:
        read(1)
        before = kept()
        for number in range(2, 100):
            read(number)
        # A thousand of them take 50,000 bytes.
        assert kept() - before < 100_000
    finally:
        tracemalloc.stop()


def test_a_kept_string_is_counted_rightly() -> None:
    """By the table, and by whoever has it. Neither reading nor the end of an event takes or leaves a reference."""
    body = '{"event":"a:b","content":["UPDATED_BY_USER","UPDATED_BY_USER",{"UPDATED_BY_USER":"UPDATED_BY_USER"}]}'
    for _ in range(3):
        (kept, *_) = HOOKS["float"].parse_event(body).data
    before = sys.getrefcount(kept)
    events = [HOOKS["float"].parse_event(body) for _ in range(100)]
    assert sum(event.data[2]["UPDATED_BY_USER"] is kept for event in events) == 100
    assert sys.getrefcount(kept) == before + 400
    del events
    gc.collect()
    assert sys.getrefcount(kept) == before


def test_what_is_kept_can_be_changed_by_nobody() -> None:
    """Strings are the only objects that events share."""
    body = '{"event":"a:b","content":{"list":[1,[]],"dict":{"a":{}},"text":"text"}}'
    one, other = (HOOKS["float"].parse_event(body) for _ in range(2))
    one.data["list"][1].append(2)
    one.data["dict"]["a"]["b"] = 3
    assert other.data == json.loads(body)["content"]


class InTheMiddle:
    """Runs something whenever the collector does; up to Python 3.11 that is in the middle of a build."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.run, self.runs = run, 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "stop":
            self.runs += 1
            self.run()

    def __enter__(self) -> InTheMiddle:
        self.before = gc.get_threshold()
        gc.set_threshold(1, 1, 1)
        gc.callbacks.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self)
        gc.set_threshold(*self.before)


def test_a_build_within_a_build() -> None:
    texts = Texts("within")
    outer = [texts.value() for _ in range(30)]
    inner = [texts.value() for _ in range(30)]

    def build() -> None:
        check(inner[middle.runs % len(inner)], modes=("float",))

    with InTheMiddle(build) as middle:
        for text in outer:
            check(text)
    assert middle.runs > 30


def test_many_threads() -> None:
    """On free-threaded Python they build at the same time; the same strings come in all of them."""
    texts = Texts("threads")
    shared = [texts.value() for _ in range(100)]
    failures: list[BaseException] = []
    barrier = threading.Barrier(24)

    def run(number: int) -> None:
        mine = Texts(number)
        mine.often = texts.often
        try:
            barrier.wait()
            for text in shared:
                check(text, modes=("float",))
                check(mine.value(), modes=("float",))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


#: Processes that are forked while threads build, as servers do that start workers.
FORKS = """
import json, os, threading
from tink_webhooks import WebhookHandler

hooks = WebhookHandler("s3cret")
content = [{"status": "UPDATED_BY_USER", "name": str(number), "é": [number / 7]} for number in range(300)] * 2
body = json.dumps({"event": "a:b", "content": content})
ends = threading.Event()

def build():
    assert hooks.parse_event(body).data == content

def run():
    while not ends.is_set():
        build()

threads = [threading.Thread(target=run) for _ in range(3)]
for thread in threads:
    thread.start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        try:
            for _ in range(10):
                build()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
ends.set()
for thread in threads:
    thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_in_processes_that_are_forked() -> None:
    # Newer Pythons warn of forks of programs with threads.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


#: Two interpreters in one process, with one GIL, build in turns. What is kept of the one must not come in the other.
INTERPRETERS = """
import sys
if sys.version_info >= (3, 13):
    import _interpreters as interpreters
    other = interpreters.create("legacy")
else:
    import _xxsubinterpreters as interpreters
    other = interpreters.create(isolated=False)
code = '''
from tink_webhooks import WebhookHandler
hooks = WebhookHandler("s3cret")
kept = []
for _ in range(5):
    data = hooks.parse_event(b'{"event":"a:b","content":["UPDATED","UPDATED",{"UPDATED":"UPDATED"}]}').data
    assert data == ["UPDATED", "UPDATED", {"UPDATED": "UPDATED"}], data
    kept.append(data[0])
print(*map(id, kept))

# What is made of classes is made of this interpreter's own.
import decimal
import tink_webhooks
exact = WebhookHandler("s3cret", float_mode="decimal")
assert type(exact.parse_event(b'{"event":"a:b","content":1.50}').data) is decimal.Decimal
try:
    hooks.parse_event(b"{")
except tink_webhooks.InvalidPayloadError as error:
    assert error.reason == "invalid_json"
'''
for _ in range(3):
    exec(code)
    sys.stdout.flush()
    failed = interpreters.run_string(other, code + "import sys; sys.stdout.flush()")
    assert failed is None, failed
interpreters.destroy(other)
exec(code)
"""


def test_interpreters_share_no_string() -> None:
    done = subprocess.run([sys.executable, "-c", INTERPRETERS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [set(line.split()) for line in done.stdout.splitlines()]
    (kept,) = lines[-1]
    assert [kept in line for line in lines] == [True, False] * 3 + [True]
