"""Runs published test suites through every binding: `make known-answers WYCHEPROOF=path JSON_TEST_SUITE=path`.

Wycheproof (https://github.com/C2SP/wycheproof): the path of a checkout, or of `hmac_sha256_test.json` itself.
JSONTestSuite (https://github.com/nst/JSONTestSuite): the path of a checkout, or of its `test_parsing/`.

Neither is part of this repository. Each test becomes a vector for `run_vectors.py`. The vectors of RFC 4231 are among
the shared ones (`vectors/known_answers.json`) and run with every `make test`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import run_vectors

NOW = 1_700_000_000
#: Unicode's White_Space. Python's `str.isspace` has four control characters more.
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
Vector = dict[str, Any]

#: Texts that JSONTestSuite lets a parser accept or refuse, and that this library accepts. It refuses all others.
ACCEPTED = {
    "i_number_double_huge_neg_exp": "rounds to zero everywhere",
    "i_number_real_underflow": "rounds to zero everywhere",
    "i_number_too_big_neg_int": "an integer beyond 2^63, the same double everywhere",
    "i_number_too_big_pos_int": "the same",
    "i_number_very_big_negative_int": "the same",
}
#: Refused for another reason than `invalid_json`. Texts that are not UTF-8 are found by their bytes.
REASONS = {
    "i_structure_500_nested_arrays": "too_deep",
    "n_structure_100000_opening_arrays": "too_deep",
    "n_structure_open_array_object": "too_deep",
}


def files(path: Path, pattern: str) -> list[Path]:
    """The path itself if it is a file, else the files of that pattern below it."""
    found = [path] if path.is_file() else sorted(path.rglob(pattern))
    if not found:
        sys.exit(f"{path}: no file {pattern}")
    return found


def error(kind: str, reason: str, status: int) -> Vector:
    """The expectation of a vector that is refused."""
    return {"error": {"kind": kind, "reason": reason, "status": status}}


def wycheproof(path: Path) -> list[Vector]:
    """Each test as a MAC; and as a signature of scheme `body` if its tag has 32 bytes and its key is a valid secret."""
    vectors: list[Vector] = []
    (source,) = files(path, "hmac_sha256_test.json")[:1]
    for group in json.loads(source.read_text(encoding="utf-8"))["testGroups"]:
        for test in group["tests"]:
            key, message, tag = (bytes.fromhex(test[name]) for name in ("key", "msg", "tag"))
            case = f"wycheproof-{test['tcId']}"
            why = test["comment"] or "no comment"
            common = {"why": why, "secret": {"hex": test["key"]}, "body": {"hex": test["msg"]}}
            mac = run_vectors.mac(key, message)
            if mac.startswith(tag.hex()) != (test["result"] == "valid"):
                sys.exit(f"{case}: Python's own HMAC does not give what the file says")
            # An invalid tag differs from the MAC, as was checked above.
            vectors.append({**common, "id": f"{case}-mac", "op": "mac", "expect": {"mac": mac}})
            text = key.decode("utf-8", "replace")
            usable = "\0" not in text and text == text.strip(WHITE_SPACE)
            if len(tag) != 32 or message[:1].isdigit():
                continue
            expect: Vector = {"scheme": "body", "secret_index": 0}
            if not key:
                expect = error("invalid_config", "secret_not_configured", 500)
            elif not usable:
                expect = error("invalid_config", "invalid_secret", 500)
            elif test["result"] != "valid":
                expect = error("invalid_signature", "signature_mismatch", 401)
            verify = {"id": f"{case}-verify", "op": "verify", "now": NOW, "signature": tag.hex(), "expect": expect}
            vectors.append({**common, **verify})
    return vectors


def json_test_suite(path: Path) -> list[Vector]:
    """Each text as the content of an event: `y_` is accepted with its value, `n_` refused, `i_` as listed above."""
    vectors: list[Vector] = []
    for source in files(path, "test_parsing/*.json" if (path / "test_parsing").is_dir() else "*.json"):
        text = source.read_bytes()
        body = b'{"event":"a:b","content":' + text + b"}"
        vector: Vector = {"id": source.stem, "why": source.name, "op": "parse", "secret": "s3cret", "now": NOW}
        vector["body"] = {"hex": body.hex()}
        if source.stem.startswith("y_") or source.stem in ACCEPTED:
            value = json.loads(text)
            vector["expect"] = {
                "type": "unknown",
                "name": "a:b",
                "data": {} if value is None else value,
                "timestamp": NOW * 1000,
            }
        else:
            reason = REASONS.get(source.stem, "invalid_json")
            try:
                body.decode("utf-8")
            except UnicodeDecodeError:
                reason = "invalid_utf8"
            vector["expect"] = error("invalid_payload", reason, 400)
        vectors.append(vector)
    if unknown := (ACCEPTED.keys() | REASONS.keys()) - {vector["id"] for vector in vectors}:
        print(f"JSONTestSuite: {path} does not have {', '.join(sorted(unknown))}")
    return vectors


def main() -> int:
    """Runs the suites that have a path through the bindings that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wycheproof", type=Path, metavar="PATH")
    parser.add_argument("--json-test-suite", type=Path, metavar="PATH")
    parser.add_argument(
        "--binding", action="append", choices=run_vectors.BINDINGS, help="all by default; may be repeated"
    )
    parser.add_argument("command", nargs="*", help="a driver to use in place of the binding's own (with one --binding)")
    arguments = parser.parse_args()
    bindings = arguments.binding or list(run_vectors.BINDINGS)
    if arguments.command and len(bindings) != 1:
        parser.error("a driver of your own needs one --binding")
    passed = failed = 0
    suites = {
        "Wycheproof": (arguments.wycheproof, wycheproof, "WYCHEPROOF"),
        "JSONTestSuite": (arguments.json_test_suite, json_test_suite, "JSON_TEST_SUITE"),
    }
    for name, (path, read, variable) in suites.items():
        if path is None:
            print(f"{name}: skipped: no path given ({variable}=path)")
            continue
        vectors = read(path)
        print(f"{name}: {len(vectors)} vectors")
        for binding in bindings:
            # Only two bindings offer HMAC itself; the others are those that inexpressible.json lists for RFC 4231.
            macs = any(vector.startswith("rfc4231") for vector in run_vectors.excuses(binding, run_vectors.load()))
            asked = run_vectors.asked(binding, vectors)
            if not asked:
                continue
            excused = {vector["id"] for vector in asked if macs and vector["op"] == "mac"}
            one_passed, one_failed = run_vectors.run_binding(
                binding, arguments.command or run_vectors.BINDINGS[binding], asked, excused
            )
            passed, failed = passed + one_passed, failed + one_failed
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
