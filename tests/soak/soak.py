"""Millions of deliveries through every language, with flat memory: ``make soak``, or ``soak.py [LANGUAGE...]``.

Each language has its own program. It handles deliveries of every kind: accepted in both schemes, by both secrets, with
escapes, large; refused for each reason; with handlers that read and that fail; with handlers and objects created anew.
It prints its resident memory, which must not rise after the first half, in which caches and pools fill. ``SOAK_SCALE``
is the part of the full count to run, by default 1.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from build_programs import c, rust  # noqa: E402

MILLION = 1_000_000


@dataclass(frozen=True)
class Language:
    """The number of deliveries, and the KiB by which memory may seem to rise in their second half.

    The allowance is for the language's own collector and allocator. In a full run even the largest is less than nine
    bytes per delivery, which is less than anything that a delivery allocates.
    """

    name: str
    count: int
    allowed_kib: int


LANGUAGES = [
    Language("rust", 10 * MILLION, 256),
    Language("c", 10 * MILLION, 256),
    Language("python", MILLION, 1_024),
    Language("node", MILLION, 4_096),
    Language("wasm", MILLION, 4_096),
    Language("go", MILLION, 4_096),
]


def command(language: str, folder: Path) -> list[str]:
    """Builds the language's program. Gives the command that runs it."""
    if language == "rust":
        return [str(rust("soak"))]
    if language == "c":
        return [str(c("tests/soak/soak.c"))]
    if language == "python":
        return [sys.executable, str(HERE / "soak_python.py")]
    if language in ("node", "wasm"):
        # V8 would double its space for young objects twice in a million deliveries; here its size is fixed.
        options = ["--expose-gc", "--min-semi-space-size=4", "--max-semi-space-size=4"]
        module = [str(HERE.parent.parent / "bindings-node/dist/edge/inline/index.mjs")] if language == "wasm" else []
        return ["node", *options, str(HERE / "soak.mjs"), *module]
    made = folder / "soak_go"
    subprocess.run(["go", "build", "-o", str(made), "./soak"], cwd=HERE.parent / "go", check=True)
    return [str(made)]


def rise_kib(samples: list[tuple[int, int]]) -> float:
    """The rise of memory in the second half, by the median slope, which a single step or dip does not change."""
    half = samples[len(samples) // 2 :]
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0]) for at, earlier in enumerate(half) for later in half[at + 1 :]
    ]
    return statistics.median(slopes) * (half[-1][0] - half[0][0])


def soak(language: Language, scale: float, folder: Path) -> bool:
    """Runs one language and prints its line of the table. True if its memory is flat."""
    count = max(10_000, int(language.count * scale))
    program = command(language.name, folder)
    started = time.monotonic()
    ran = subprocess.run([*program, str(count)], capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    samples = [(int(done), int(kib)) for done, kib in map(str.split, ran.stdout.splitlines())]
    if ran.returncode != 0 or len(samples) < 20:
        print(f"{language.name:<8} FAILED\n{ran.stderr}", flush=True)
        return False
    rise = rise_kib(samples)
    flat = rise <= language.allowed_kib
    first, middle, last = samples[0][1], samples[len(samples) // 2][1], samples[-1][1]
    print(
        f"{language.name:<8} {count:>12,} {seconds:>8.1f} {first:>10,} {middle:>10,} {last:>10,} {rise:>+10.0f} "
        f"{language.allowed_kib:>8,}   {'flat' if flat else 'RISES'}",
        flush=True,
    )
    return flat


def main() -> int:
    """Runs the languages that the command line names, by default all."""
    wanted = set(sys.argv[1:]) or {language.name for language in LANGUAGES}
    if unknown := wanted - {language.name for language in LANGUAGES}:
        sys.exit(f"no such language: {', '.join(sorted(unknown))}")
    scale = float(os.environ.get("SOAK_SCALE", "1"))
    print(f"resident memory in KiB, SOAK_SCALE={scale:g}")
    print(
        f"{'language':<8} {'deliveries':>12} {'seconds':>8} {'first':>10} {'half-way':>10} {'last':>10} {'rise':>10}"
        "  allowed"
    )
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for language in LANGUAGES:
            if language.name not in wanted:
                continue
            if language.name == "go" and not shutil.which("go"):
                print("go       skipped: Go is not installed")
                continue
            failed += not soak(language, scale, Path(folder))
    print(f"{failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
