"""Makes what fuzzing begins with: from the shared vectors, and for the C ABI from the programs written here.

`make fuzz` makes them anew each time, so a vector that is added is a seed from then on. The same vectors make the same
bytes. A seed is named for its vector or program. `python3 fuzz/seeds.py FOLDER` writes them for a look.

What the fuzzer finds is kept here too: a header, delivery or payload as a vector in `tests/vectors/`, a sequence of C
calls as an entry of `PROGRAMS`.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import sys
from pathlib import Path
from typing import Any

FUZZ = Path(__file__).resolve().parent
sys.path.insert(0, str(FUZZ.parent / "tests"))

import run_vectors  # noqa: E402

#: Larger bodies teach the fuzzer nothing and slow it down.
LARGEST = 3_000
NOW = 1_700_000_000


def header_of(vector: dict[str, Any], body: bytes) -> bytes:
    """The header as a template where the target can fill it in, else with its MACs."""
    header = run_vectors.to_bytes(vector["signature"])
    return run_vectors.fill(header, vector, body) if "sign" in vector else header


def verify_seed(vector: dict[str, Any], body: bytes, header: bytes) -> bytes:
    """A vector as the target `verify` reads it."""
    schemes = vector.get("schemes", ["v1", "body"])
    tolerance = vector.get("tolerance", 300)
    off = tolerance in ("none", "nan", "inf", "-inf")
    flags = ("v1" in schemes) | ("body" in schemes) << 1 | off << 2
    now = vector.get("now", NOW)
    offset = 0 if isinstance(now, str) else int((now - NOW) * 1000)
    secrets = b"\n".join(map(run_vectors.to_bytes, vector.get("secrets") or [vector.get("secret") or ""]))
    return (
        struct.pack(
            "<BiHHBH",
            flags,
            max(-(2**31), min(2**31 - 1, offset)),
            0 if off else int(max(0, min(65_535, float(tolerance)))),
            min(65_535, int(vector.get("max_body_bytes", 0))),
            min(255, len(secrets)),
            len(header),
        )
        + secrets[:255]
        + header
        + body
    )


def program(*steps: tuple[int, ...] | bytes) -> bytes:
    """A program of the target `c_abi`: operation bytes with their arguments.

    The byte before them belongs to the build that every program begins with.
    """
    return b"\0" + b"".join(step if isinstance(step, bytes) else bytes(step) for step in steps)


#: Operations of `c_abi.rs` (function `step`). Arguments as its arms read them; 255 picks NULL.
PROGRAMS = {
    "handle": program((19, 0, 0, 7, 0, 0, 0), (12, 0, 3, 0, 6, 0, 0, 0)),
    "handle-failing": program((19, 0, 5, 7, 200, 0, 0), (19, 0, 5, 7, 0, 0, 0), (12, 0, 3, 0, 6, 0, 0, 0)),
    "verify": program(
        (12, 0, 0, 0, 6, 0, 0, 0), (12, 0, 0, 0, 6, 3, 0, 0), (12, 0, 0, 6, 1, 0, 0), (12, 0, 0, 6, 1, 15, 0)
    ),
    "construct": program((12, 0, 1, 0, 6, 0, 0, 0), (27, 0), (12, 0, 2, 0, 7, 1, 0, 0), (27, 1), (17, 0, 1, 0)),
    "outlives": program((12, 0, 1, 0, 6, 0, 0, 0), (16, 0, 1, 6, 0), (25, 0, 0), (9, 1, 0), (27, 0), (26, 0, 0)),
    "rotate": program(
        (0,), (1, 1, 0), (1, 1, 1), (7, 1, 0, 0), (8, 1, 0, 0), (12, 1, 0, 0, 6, 2, 0, 0), (12, 1, 1, 0, 6, 2, 0, 0)
    ),
    "options": program(
        (0,), (2, 1, 0), (3, 1, 120), (4, 1), (5, 1, 1), (6, 1, 2), (7, 1, 0, 4), (8, 1, 0, 0), (11, 1), (8, 1, 0, 0)
    ),
    "bad-secret": program((0,), (1, 1, 3), (8, 1, 0, 0), (28, 0), (0,), (1, 2, 2), (8, 2, 0, 0)),
    "reentrant": program(
        *((19, 0, 5, 7, 0, 16 * action, 0) for action in range(1, 6)), (12, 0, 3, 0, 6, 0, 0, 0), (17, 0, 0, 0)
    ),
    "twice": program((19, 0, 5, 0, 2, 0), (19, 0, 5, 0, 2, 0), (19, 0, 5, 7, 0, 0, 0), (20, 0, 5, 4, 1), (24, 0, 5, 4)),
    "unregister": program(
        (19, 0, 5, 7, 0, 0, 0), (25, 0, 0), (22, 0, 5, 0, 0), (23, 0, 5, 1, 0), (26, 0, 0), (22, 0, 8)
    ),
    "parse": program(
        (16, 0, 0, 5, 0), (16, 0, 1, 7, 20, *b'{"event":"a:b"}     ', 0), (16, 0, 1, 4, 6, 3, 34, 0), (28, 0)
    ),
    "sign": program(
        (29, 0, 6, 0, 1, 1, 140, 0), (29, 6, 0, 2, 1, 140, 0), (29, 0, 1, 2, 1, 1, 140, 0), (29, 0, 1, 0, 1, 1, 8)
    ),
    "null": program(
        (1, 255, 0),
        (8, 255, 0, 0),
        (11, 255),
        (12, 255, 0, 0, 0, 0, 0, 0),
        (17, 255, 255, 0),
        (19, 255, 0, 0, 0, 0),
        (27, 255),
    ),
    "stream": program(
        (32, 0, 0, 6, 0, 0, 0), (33, 0, 0, 10, 0), (33, 0, 12, 0), (33, 0, 0, 200, 0), (35, 0, 0, 0), (35, 0, 0, 0)
    ),
    "stream-bare": program(
        (32, 0, 0, 6, 1, 0, 0), (33, 0, 0, 1, 0), (33, 0, 0, 200, 0), (35, 0, 15, 0), (33, 0, 12, 0)
    ),
    "stream-outlives": program((32, 0, 0, 6, 0, 0, 0), (9, 1, 0), (33, 0, 0, 200, 0), (35, 0, 0, 0)),
    "stream-unfinished": program((32, 0, 0, 6, 0, 0, 0), (33, 0, 0, 10, 0), (9, 2, 0)),
    "stream-forged": program((32, 0, 0, 6, 0, 0, 0), (33, 0, 0, 200, 0), (33, 0, 10, 1, 33, 0), (35, 0, 0, 0)),
    "stream-no-piece": program(
        (32, 0, 0, 6, 0, 0, 0), (33, 0, 13, 5, 0), (33, 0, 0, 200, 0), (35, 0, 0, 0), (35, 0, 0, 0)
    ),
    "stream-too-large": program(
        (0,),
        (1, 1, 0),
        (6, 1, 2),
        (7, 1, 0, 0),
        (8, 1, 0, 0),
        (32, 1, 0, 6, 0, 0, 0),
        (33, 0, 0, 90, 0),
        (33, 0, 0, 200, 0),
        (33, 0, 12, 0),
        (35, 0, 0, 0),
        (32, 1, 0, 6, 4, 0, 0),
    ),
    "stream-null": program((32, 255, 0, 6, 0, 0, 0), (32, 0, 0, 6, 0, 15, 0), (33, 255, 12, 0), (35, 255, 0, 0)),
    "scattered": program(
        (36, 0, 0, 6, 0, 3, 1, 0, 20, 0, 0, 0, 0),
        (36, 0, 0, 6, 1, 2, 5, 5, 232, 1, 0, 0, 0),
        (36, 0, 7, 0, 1, 0, 0, 0, 0),
    ),
    "scattered-wrong": program(
        (36, 0, 0, 6, 0, 1, 9, 248, 1, 0, 0, 0),
        (36, 0, 0, 6, 0, 1, 9, 240, 0, 0, 0, 0),
        (36, 0, 0, 6, 0, 0, 0, 255, 0, 0),
        (36, 0, 0, 6, 0, 0, 0, 254, 0, 0),
        (36, 255, 0, 6, 0, 0, 0, 0, 0, 0),
    ),
    "texts": program(
        (12, 0, 1, 0, 6, 0, 0, 0),
        (38, 0, 0, 0),
        (38, 1, 3, 9, 0, 0),
        (40, 0, 0, 0),
        (40, 1, 3, 4, 9, 0),
        (38, 255, 0, 0),
    ),
    "keys": program((12, 0, 1, 0, 6, 0, 0, 0), (42, 0), (42, 255)),
    "dispatcher": program((12, 0, 1, 0, 6, 0, 0, 0), (41, 0, 0, 6), (41, 255, 0, 6)),
    "lookups": program((31, 101, 1), (31, 1, 1), (31, 200, 2), (31, 0, 0), (28, 255)),
}


def make() -> dict[str, dict[str, bytes]]:
    """Every corpus: name of the seed, and its bytes."""
    corpora: dict[str, dict[str, bytes]] = {"header": {}, "verify": {}, "payload": {}, "text": {}, "c_abi": PROGRAMS}
    for vector in run_vectors.load():
        body = run_vectors.to_bytes(vector.get("body", ""))
        if len(body) > LARGEST:
            continue
        if vector["op"] in {"parse", "construct", "handle"}:
            corpora["payload"][vector["id"]] = body
            # The kind, the index, the time and the rest of the target's head.
            corpora["text"][vector["id"]] = struct.pack("<BBqI", len(body) % 3, 1, NOW * 1_000, NOW) + body
        elif vector["op"] in {"deserialize", "dispatch"}:
            corpora["text"][vector["id"]] = body
        if "signature" in vector and vector["op"] in {"verify", "construct", "handle"}:
            header = header_of(vector, body)
            if len(header) <= LARGEST:
                corpora["header"][vector["id"]] = header
                corpora["verify"][vector["id"]] = verify_seed(vector, body, header)
    return corpora


def write(folder: Path) -> None:
    """Writes each corpus into a folder of its own, in place of what was there; of equal seeds the first."""
    for target, seeds in make().items():
        corpus = folder / target
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        written: set[bytes] = set()
        for name, seed in seeds.items():
            if seed not in written:
                written.add(seed)
                (corpus / name).write_bytes(seed)
        print(f"{target}: {len(written)} seeds, {sum(map(len, written))} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
