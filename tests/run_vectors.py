"""Runs the shared vectors through every binding. `tests/README.md` describes the protocol of the drivers.

run_vectors.py --all                        every binding
run_vectors.py --language c                 the bindings of one language: c, c-stream, c-bytes, c-scattered
run_vectors.py --binding python             one binding
run_vectors.py --binding python -- COMMAND  one binding, with a driver of your own
run_vectors.py --check                      only check the vectors themselves
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import math
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
VECTORS = TESTS / "vectors"
#: The reasons that only HTTP adapters give. Vectors ask the bindings below the adapters, which never do.
ADAPTERS = {"method_not_allowed", "unreadable_body", "in_progress", "store_unavailable"}

#: The command of each binding's driver; `tests/drivers/build.sh` builds those that are compiled.
BINDINGS = {
    "rust": ["target/tests/rust_driver"],
    "c": ["target/tests/c_driver"],
    "python": [".venv/bin/python", "tests/drivers/driver.py"],
    "node": ["node", "tests/drivers/driver.cjs"],
    "go": ["target/tests/go_driver"],
    "c-stream": ["target/tests/c_driver", "stream"],
    "c-bytes": ["target/tests/c_driver", "bytes"],
    "c-scattered": ["target/tests/c_driver", "scattered"],
    "go-stream": ["target/tests/go_driver", "stream"],
    "go-bytes": ["target/tests/go_driver", "bytes"],
    "go-wasm": ["target/tests/go_wasm_driver"],
    "go-wasm-bytes": ["target/tests/go_wasm_driver", "bytes"],
    "node-wasm": ["node", "tests/drivers/driver.cjs", "bindings-node/dist/edge/inline/index.mjs"],
}

LANGUAGES = ["rust", "c", "python", "node", "go"]

#: Bindings that only verify, in another way: the operations that they are tested with.
STREAMS = ("c-stream", "c-bytes", "c-scattered", "go-stream", "go-bytes", "go-wasm-bytes")
ONLY = {binding: {"verify", "construct"} for binding in STREAMS}

#: What makes an event of a delivery, and of a text.
MADE, RESTORED = {"construct", "handle", "parse"}, {"deserialize", "dispatch"}

#: For all vectors of one binding, which take a few seconds.
TIMEOUT_SECONDS = 300.0

Vector = dict[str, Any]
Fields = dict[str, str]

EVENT_FIELDS = ("type", "name", "data", "context", "user_id", "external_user_id", "timestamp", "idempotency_key")
VERIFICATION_FIELDS = ("scheme", "signed_at", "secret_index", "delivery_id")
HEX_TEXT = {"name", "user_id", "external_user_id", "hint", "header", "serialized", "where", "fix", "text", "original"}
HEX_JSON = {"data", "context", "raw"}
NUMBERS = {"timestamp", "signed_at", "secret_index", "status", "code", "age", "tolerance", "failures"}
EXPLANATION_FIELDS = ("cause", "causes", "proved", "where", "fix", "text", "original")
RESULTS = {"raw", "serialized", "header", "handlers", "mac", *EVENT_FIELDS, *VERIFICATION_FIELDS, *EXPLANATION_FIELDS}
ANSWERS = {"id", "ok", "kind", "reason", "hint", "ran", "crash", "inexpressible", *NUMBERS, *RESULTS}
INPUTS = {
    "id", "why", "op", "secret", "secrets", "env", "tolerance", "schemes", "max_body_bytes", "now", "body", "signature",
    "sign", "handlers", "unregister", "timestamp", "scheme", "event_body", "expect",
}  # fmt: skip


class VectorError(Exception):
    """A vector that this runner does not understand."""


# ------------------------------------------------------------------------------------------------------------- reading


def load() -> list[Vector]:
    """Every vector of every file, with the file's defaults filled in."""
    vectors: list[Vector] = []
    for path in sorted(VECTORS.glob("*.json")):
        if path.name == "inexpressible.json":
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        for vector in content["vectors"]:
            # null takes a default away
            merged = {**content.get("defaults", {}), **vector}
            vectors.append({key: value for key, value in merged.items() if value is not None or key == "secret"})
    return vectors + [restored(vector) for vector in vectors if is_event(vector)]


def is_event(vector: Vector) -> bool:
    """Whether an event comes of it whose text is known: one of a delivery, with nothing left open."""
    expect = vector.get("expect", {})
    return vector.get("op") in MADE and "error" not in expect and "any" not in expect.values()


def restored(vector: Vector) -> Vector:
    """The vector that reads the text of another one's event: what each language writes, every language reads."""
    return {
        "id": f"{vector['id']}-restored",
        "why": f"its text gives the same event: {vector['why']}",
        "op": "deserialize",
        "body": serialized(vector["expect"], to_bytes(vector["body"])),
        "event_body": vector["body"],
        "expect": {key: value for key, value in vector["expect"].items() if key != "ran"},
    }


def serialized(expect: Vector, body: bytes) -> str:
    """The text of an event, version 2, by Python's own means."""
    fields: Vector = {"version": 2, "timestamp": expect["timestamp"]}
    if "scheme" in expect:
        names = {
            "scheme": "scheme", "signedAt": "signed_at", "secretIndex": "secret_index", "deliveryId": "delivery_id"
        }  # fmt: skip
        fields["verification"] = {key: expect[name] for key, name in names.items() if name in expect}
    fields["body"] = body.decode("utf-8")
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def to_bytes(value: Any) -> bytes:
    """Text, `{"hex": …}`, or `{"parts": [{"text" or "hex": …, "times": …}, …]}`."""
    if isinstance(value, str):
        return value.encode("utf-8")
    if "hex" in value:
        return bytes.fromhex(value["hex"])
    if "text" in value:
        return value["text"].encode("utf-8")
    return b"".join(to_bytes(part) * part.get("times", 1) for part in value["parts"])


def from_hex(value: str) -> str:
    """A driver's text, readable."""
    try:
        return bytes.fromhex(value).decode("utf-8", "replace")
    except ValueError:
        return value


def mac(secret: bytes, message: bytes) -> str:
    """The expected MAC, by Python's own HMAC."""
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def fill(header: bytes, vector: Vector, body: bytes) -> bytes:
    """Replaces {v1}, {V1}, {bare} and {BARE} in a header by the MACs that they stand for."""
    sign = vector.get("sign", {})
    secret = to_bytes(sign.get("secret", vector.get("secret") or ""))
    signed = to_bytes(sign["body"]) if "body" in sign else body
    t = sign.get("t")
    if t is None and (found := re.search(rb"\bt=([^,\s]*)", header)):
        t = found[1].decode("ascii", "replace")
    v1 = mac(secret, (t or "").encode() + b"." + signed)
    bare = mac(secret, signed)
    for name, value in {"v1": v1, "V1": v1.upper(), "bare": bare, "BARE": bare.upper()}.items():
        header = header.replace(b"{" + name.encode() + b"}", value.encode())
    if b"{" in header:
        raise VectorError(f"{vector['id']}: not a known template: {header[:100]!r}")
    return header


def to_line(vector: Vector) -> str:
    """The line that a driver reads for this case."""
    fields: Fields = {"id": vector["id"], "op": vector["op"]}
    if unknown := vector.keys() - INPUTS:
        raise VectorError(f"{vector['id']}: unknown keys {sorted(unknown)}")
    if "secret" in vector and not {"secrets", "env"} & vector.keys():
        fields["secret"] = "null" if vector["secret"] is None else to_bytes(vector["secret"]).hex()
    if "secrets" in vector:
        fields["secrets"] = (
            ",".join(to_bytes(secret).hex() for secret in vector["secrets"]) if vector["secrets"] else "[]"
        )
    if "env" in vector:
        fields["env"] = to_bytes(vector["env"]).hex()
    if "schemes" in vector:
        fields["schemes"] = ",".join(vector["schemes"])
    for name in ("tolerance", "max_body_bytes", "now", "timestamp", "scheme"):
        if name in vector:
            fields[name] = str(vector[name])
    body = to_bytes(vector.get("body", ""))
    if "body" in vector:
        fields["body"] = body.hex()
    if "signature" in vector:
        fields["signature"] = fill(to_bytes(vector["signature"]), vector, body).hex()
    if "handlers" in vector:
        handlers = (entry.rsplit(" ", 2) for entry in vector["handlers"])
        fields["handlers"] = ",".join(f"{key.encode().hex()}:{label}:{mode}" for key, label, mode in handlers)
    if "unregister" in vector:
        fields["unregister"] = ",".join(key.encode().hex() for key in vector["unregister"])
    return "\t".join(f"{key}={value}" for key, value in fields.items())


# ----------------------------------------------------------------------------------------------------------- comparing


def doubles(value: Any) -> Any:
    """A JSON value with its numbers as doubles, as the contract compares them."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, list):
        return [doubles(item) for item in value]
    return {key: doubles(item) for key, item in value.items()}


def alike(one: Any, other: Any) -> bool:
    """Equality in which `true` differs from 1, as it does not in Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and bool(one == other)


def decode(answer: Fields) -> Vector:
    """A driver's fields as values that compare with an expectation."""
    values: Vector = {}
    for key, value in answer.items():
        if key in HEX_TEXT:
            values[key] = bytes.fromhex(value).decode("utf-8", "surrogateescape")
        elif key in HEX_JSON:
            values[key] = doubles(json.loads(bytes.fromhex(value)))
        elif key in NUMBERS:
            values[key] = int(value)
        elif key == "proved":
            values[key] = {"0": False, "1": True}[value]
        elif key == "causes":
            values[key] = value.split(",")
        elif key == "ran":
            values[key] = value.split(",") if value else []
        elif key == "handlers":
            groups = (group.partition(":") for group in value.split(",") if group)
            values[key] = {bytes.fromhex(name).decode(): labels.split() for name, _, labels in groups}
        else:
            values[key] = value
    return values


def explained(vector: Vector) -> Vector:
    """What is expected of an explanation, with what follows from the rest filled in."""
    expect = dict(vector["expect"])
    expect.setdefault("causes", [expect["cause"]])
    if expect["proved"]:
        expect.setdefault("secret_index", 0)
        if "body" in vector.get("sign", {}):
            expect["original"] = to_bytes(vector["sign"]["body"]).decode()
    return expect


def wrong_texts(vector: Vector, got: Vector) -> list[str]:
    """What is wrong with the texts of an explanation: they belong together, and hide what is to be hidden."""
    found = []
    text, lines = got.get("text", ""), got.get("fix", "").split("\n")
    if not all(lines) or not all(part in text for part in [got.get("cause", "?"), got.get("where") or "?", *lines]):
        found.append(f"text: it has not the cause, the place and the fix: {text[:400]!r}")
    body = to_bytes(vector["body"]).decode("utf-8", "replace")
    hidden = [to_bytes(secret).decode("utf-8", "replace").strip() for secret in vector["secrets"]]
    hidden += [body[at : at + 16] for at in range(0, len(body) - 16, 8)]
    hidden += re.findall("[0-9a-f]{12}", fill(to_bytes(vector.get("signature", "")), vector, body.encode()).decode())
    if shown := [part for part in hidden if len(part) >= 8 and part in text]:
        found.append(f"text: it shows {shown[0]!r}")
    return found


def differences(vector: Vector, answer: Fields) -> list[str]:
    """Where the answer differs from the vector, one line each; empty if they agree."""
    if unknown := answer.keys() - ANSWERS:
        return [f"the driver answered with unknown fields {sorted(unknown)}"]
    if "crash" in answer:
        return [f"neither a result nor an error of the library: {from_hex(answer['crash'])}"]
    try:
        got, expect = decode(answer), vector["expect"]
    except (ValueError, OverflowError, RecursionError) as problem:
        return [f"the answer cannot be read: {problem}"]
    found: list[str] = []

    def compare(key: str, wanted: Any) -> None:
        if wanted is not None and key in HEX_JSON:
            wanted = doubles(wanted)
        if not alike(got.get(key), wanted):
            found.append(f"{key}: expected {wanted!r}, got {got.get(key)!r}"[:400])

    if error := expect.get("error"):
        for key, wanted in error.items():
            if key == "hint_contains":
                if wanted not in got.get("hint", ""):
                    found.append(f"hint: expected one with {wanted!r}, got {got.get('hint')!r}")
            else:
                compare(key, wanted)
        if "ok" in got:
            found.append("expected an error, got success")
        if results := got.keys() & RESULTS:
            found.append(f"an error with results: {sorted(results)}")
    else:
        if got.get("ok") != "1" or got.keys() & {"kind", "reason"}:
            found.append(f"expected success, got {got.get('kind')} {got.get('reason')}")
        groups: tuple[str, ...] = ()
        if vector["op"] in MADE | RESTORED:
            groups = EVENT_FIELDS + VERIFICATION_FIELDS
            body = to_bytes(vector["body" if vector["op"] in MADE else "event_body"])
            if not alike(got.get("raw"), doubles(json.loads(body))):
                found.append("raw: not the payload")
            # What is left open is taken as the binding answered it.
            known = {key: got.get(key) if value == "any" else value for key, value in expect.items()}
            compare("serialized", serialized(known, body))
        elif vector["op"] == "verify":
            groups = VERIFICATION_FIELDS
        elif vector["op"] == "explain":
            expect = explained(vector)
            compare("secret_index", expect.pop("secret_index", None))
            compare("original", expect.pop("original", None))
            found.extend(wrong_texts(vector, got))
        for key in groups:
            if expect.get(key) != "any":
                compare(key, expect.get(key))
        for key in expect.keys() - set(groups) - {"ran"}:
            compare(key, expect[key])
    if vector["op"] in {"handle", "dispatch"}:
        compare("ran", expect.get("ran", []))
    return found


# ------------------------------------------------------------------------------------------------------------- running


def run_binding(binding: str, command: list[str], vectors: list[Vector], excused: set[str]) -> tuple[int, int]:
    """Runs the vectors through one binding. Gives the number that passed and the number that failed."""
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            errors="backslashreplace",
        )
    except OSError as error:
        print(f"{binding}: the driver does not start: {error}")
        return 0, len(vectors)
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def write() -> None:
        try:
            for vector in vectors:
                stdin.write(to_line(vector) + "\n")
            stdin.close()
        except BrokenPipeError:
            pass  # the driver died; the reader below reports it

    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    watch = threading.Timer(TIMEOUT_SECONDS, process.kill)
    watch.daemon = True
    watch.start()
    passed = failed = inexpressible = 0
    for number, vector in enumerate(vectors):
        line = stdout.readline()
        if not line:
            how = "ended" if watch.is_alive() else f"was stopped after {TIMEOUT_SECONDS:.0f} seconds"
            print(f"{binding}: the driver {how} at {vector['id']}, with {len(vectors) - number} vectors left")
            watch.cancel()
            process.kill()
            process.wait()
            return passed, failed + len(vectors) - number
        answer: Fields = dict(field.partition("=")[::2] for field in line.rstrip("\n").split("\t"))
        if answer.get("id") != vector["id"]:
            problems = [f"the driver answered {answer.get('id')!r}"]
        elif "inexpressible" in answer:
            if vector["id"] in excused:
                inexpressible += 1
                continue
            problems = [f"the driver cannot express it: {from_hex(answer['inexpressible'])}"]
        elif vector["id"] in excused:
            problems = ["inexpressible.json lists this pair, but the binding can express it"]
        else:
            problems = differences(vector, answer)
        if problems:
            failed += 1
            print(f"{binding}: {vector['id']}: {vector['why']}")
            print("".join(f"    {problem}\n" for problem in problems), end="")
        else:
            passed += 1
    if stdout.readline() or process.wait() != 0:
        print(f"{binding}: the driver wrote more than one line per case, or ended with status {process.returncode}")
        failed += 1
    watch.cancel()
    writer.join()
    print(f"{binding}: {passed} passed, {failed} failed, {inexpressible} inexpressible", flush=True)
    return passed, failed


def language(binding: str) -> str:
    """The language of a binding: `c-stream` is C's."""
    return binding.partition("-")[0]


def asked(binding: str, vectors: list[Vector]) -> list[Vector]:
    """The vectors that a binding is tested with."""
    return [vector for vector in vectors if binding not in ONLY or vector["op"] in ONLY[binding]]


def excuses(binding: str, vectors: list[Vector]) -> set[str]:
    """The ids of the vectors that a binding need not express. One that does not exist is a mistake in the list."""
    listed = json.loads((VECTORS / "inexpressible.json").read_text(encoding="utf-8"))[binding]
    excused = {name for names in listed.values() for name in names}
    if unknown := excused - {vector["id"] for vector in asked(binding, vectors)}:
        raise VectorError(f"inexpressible.json lists {sorted(unknown)} for {binding}, which are no vectors of it")
    return excused


def check(vectors: list[Vector]) -> None:
    """Checks the vectors themselves: unique names, every reason, every event type in both spellings, every cause."""
    ids = [vector["id"] for vector in vectors]
    if len(set(ids)) < len(ids):
        raise VectorError(f"used twice: {sorted({name for name in ids if ids.count(name) > 1})}")
    table: dict[Any, tuple[Any, Any]] = {}
    for vector in vectors:
        to_line(vector)
        if not vector.get("why") or "expect" not in vector:
            raise VectorError(f"{vector['id']}: `why` or `expect` is missing")
        if any(isinstance(value, float) and not math.isfinite(value) for value in vector.values()):
            raise VectorError(f"{vector['id']}: write nan and inf as text")
        if error := vector["expect"].get("error"):
            same = table.setdefault(error.get("reason"), (error.get("kind"), error.get("status")))
            if None in (error.get("reason"), *same) or same != (error.get("kind"), error.get("status")):
                raise VectorError(f"{vector['id']}: another kind or status than other vectors have for this reason")
    core = ROOT / "core/src"
    reasons = set(re.findall(r'^    \w+ = "(\w+)", \d+, \w+, \d+,', (core / "error.rs").read_text(), re.MULTILINE))
    tested = {vector["expect"].get("error", {}).get("reason") for vector in vectors}
    if missing := reasons - tested - ADAPTERS:
        raise VectorError(f"no vector expects {sorted(missing)}")
    if wrong := ADAPTERS & tested | ADAPTERS - reasons:
        raise VectorError(f"{sorted(wrong)} come from HTTP adapters and `once`, which no vector asks")
    table = (core / "payload/event_type.rs").read_text(encoding="utf-8")
    types = re.findall(r'^ +Self::\w+ => (?:Some\()?"(\S+)"', table, re.MULTILINE)
    if not reasons or not types:
        raise VectorError("the tables of reasons and event types are not where this runner looks for them")
    causes = set(re.findall(r"^  - word: (\w+)$", (ROOT / "explain/causes.yaml").read_text(), re.MULTILINE))
    named = {cause for vector in vectors if vector["op"] == "explain" for cause in explained(vector)["causes"]}
    # Its header is a body, in which braces are no templates; core's own tests have it.
    if (missing := causes - named) != {"arguments_swapped"}:
        raise VectorError(f"no vector expects the causes {sorted(missing)}")
    keys = {entry.rsplit(" ", 2)[0] for vector in vectors for entry in vector.get("handlers", [])}
    if missing := set(types) - keys:
        raise VectorError(f"no vector registers {sorted(missing)}")


def main() -> int:
    """Runs the bindings that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every binding")
    parser.add_argument(
        "--language", action="append", default=[], choices=LANGUAGES, help="its bindings; may be repeated"
    )
    parser.add_argument("--binding", choices=BINDINGS, help="one binding")
    parser.add_argument("--check", action="store_true", help="only check the vectors themselves")
    parser.add_argument(
        "--skip", action="append", default=[], metavar="BINDING=REASON", help="a binding that cannot run here"
    )
    parser.add_argument("command", nargs="*", help="the driver, in place of the binding's own")
    arguments = parser.parse_args()
    vectors = load()
    try:
        check(vectors)
        skipped = dict(entry.partition("=")[::2] for entry in arguments.skip)
        if wrong := [binding for binding, reason in skipped.items() if binding not in BINDINGS or not reason]:
            parser.error(f"--skip wants a binding and a reason: {', '.join(wrong)}")
        bindings = [
            binding
            for binding in BINDINGS
            if arguments.all or binding == arguments.binding or language(binding) in arguments.language
        ]
        total_passed = total_failed = 0
        print(f"{len(vectors)} vectors", flush=True)
        for binding in bindings:
            if binding in skipped:
                print(f"{binding}: skipped: {skipped[binding]}")
                continue
            command = arguments.command or BINDINGS[binding]
            passed, failed = run_binding(binding, command, asked(binding, vectors), excuses(binding, vectors))
            total_passed, total_failed = total_passed + passed, total_failed + failed
    except VectorError as problem:
        print(f"vectors: {problem}")
        return 1
    if bindings:
        print(f"\n{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
