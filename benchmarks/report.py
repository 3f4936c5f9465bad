"""Makes the tables of `docs/performance.md` and the pictures of `docs/img/` from `benchmarks/results.json`.

The tables stand between two markers; what stands around them is written by hand. Nothing here measures.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "tink-webhooks"  # the same picture from the same numbers
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
IMAGES = ROOT / "docs/img"
BEGIN, END = "<!-- made by benchmarks/report.py -->", "<!-- end -->"
RESULTS: dict[str, Any] = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))

#: Door, case, peer's case, index of the body's size, goal; the goal is how many times the peer takes longer.
FASTER = [
    ("python", "construct", "stripe verify_header + json.loads", 0, 14),
    ("python", "construct, data read", "stripe verify_header + json.loads", 0, 6),
    ("python", "construct", "hmac.digest + compare_digest + orjson.loads", 0, 7),
    ("python", "construct, data read", "hmac.digest + compare_digest + orjson.loads", 0, 3),
    ("node", "construct", "stripe constructEvent", 0, 9),
    ("node", "construct, data read", "stripe constructEvent", 0, 4.5),
    ("node", "construct", "createHmac + timingSafeEqual + JSON.parse", 0, 8),
    ("node", "construct, data read", "createHmac + timingSafeEqual + JSON.parse", 0, 4),
    ("c", "verify", "OpenSSL HMAC() + CRYPTO_memcmp", 0, 3),
    ("c", "verify", "OpenSSL HMAC() + CRYPTO_memcmp", 1, 1.8),
    ("c", "verify", "OpenSSL HMAC() + CRYPTO_memcmp", 3, 1),
    ("go", "construct", "crypto/hmac + encoding/json, raw messages", 0, 5),
    ("go", "construct, data read", "crypto/hmac + encoding/json, map", 0, 2),
]
#: Door, case, what it is compared with, index of the body's size, goal; the goal is how many times as long it may take.
AT_MOST = [
    ("rust", "MAC", "SHA-256 compressions", 0, 1.25),
    ("rust", "MAC", "SHA-256 compressions", 3, 1.02),
    ("rust", "verify", "SHA-256 compressions", 0, 1.6),
    ("rust", "verify", "SHA-256 compressions", 3, 1.02),
    ("rust", "construct", "verify", 0, 2),
]
DOORS = {"rust": "Rust", "c": "C", "python": "Python", "node": "Node", "go": "Go"}


def sizes(door: str) -> list[int]:
    """The bodies' sizes."""
    return sorted({case["bytes"] for case in RESULTS["doors"][door]})


def samples(door: str, name: str, size: int) -> list[float] | None:
    """Nanoseconds per call, one number a round."""
    found = (case["ns"] for case in RESULTS["doors"].get(door, ()) if (case["case"], case["bytes"]) == (name, size))
    return next(found, None)


def ratio(door: str, one: str, other: str, size: int) -> tuple[float, float, float]:
    """How many times as long ``other`` takes, round by round: lower quartile, median, upper quartile."""
    pairs = zip(samples(door, one, size) or (), samples(door, other, size) or (), strict=True)
    low, _, high = quantiles(values := [second / first for first, second in pairs], n=4)
    return low, median(values), high


def goals() -> list[str]:
    """The table of the goals."""
    lines = ["| door | case, bytes | beside | goal | measured | |", "|---|---|---|---|---|---|"]
    for rows, word in [(FASTER, "faster"), (AT_MOST, "of its time")]:
        for door, name, peer, index, goal in rows:
            if door not in RESULTS["doors"]:
                continue
            size = sizes(door)[index]
            faster = word == "faster"
            low, middle, high = ratio(door, *((name, peer) if faster else (peer, name)), size)
            met = middle >= goal if faster else middle <= goal
            lines.append(
                f"| {DOORS[door]} | {name}, {size:,} | {peer} | {'' if faster else 'at most '}{goal:g}x {word} | "
                f"{middle:.2f}x ({low:.2f} to {high:.2f}) | {'met' if met else 'not met'} |"
            )
    if "rust" in RESULTS["doors"]:
        size = sizes("rust")[-1]
        rate = size / median(samples("rust", "parse", size) or [1])
        met = "met" if rate >= 1 else "not met"
        lines.append(f"| Rust | JSON scan (parse), {size:,} | | 1 GB/s | {rate:.2f} GB/s | {met} |")
    return lines


def door_table(door: str) -> list[str]:
    """All cases of a door."""
    heads = [f"{size:,} B" for size in sizes(door)]
    lines = [f"### {DOORS[door]}", "", f"| ns per call, median | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name in dict.fromkeys(case["case"] for case in RESULTS["doors"][door]):
        cells = [samples(door, name, size) for size in sizes(door)]
        lines.append(f"| {name} | " + " | ".join(f"{median(cell):,.0f}" if cell else "-" for cell in cells) + " |")
    return [*lines, ""]


def draw(name: str, title: str, label: str, series: dict[str, list[tuple[float, float]]], logarithmic: bool) -> None:
    """A picture: lines over a horizontal axis."""
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for legend, points in series.items():
        bold = legend.startswith(("verify", "construct", "handle", "Rust", "C,", "Python", "Node", "Go"))
        axes.plot(
            *zip(*points, strict=True),
            marker="o",
            label=legend,
            linewidth=2 if bold else 1,
            linestyle="-" if bold else "--",
        )
    if logarithmic:
        axes.set_xscale("log")
        axes.set_yscale("log")
    axes.set(title=title, xlabel=label, ylabel="nanoseconds per call")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)


def pictures() -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    for door in RESULTS["doors"]:
        names = dict.fromkeys(case["case"] for case in RESULTS["doors"][door])
        wanted = [name for name in names if not name.startswith(("handle,", "verify, ", "parse"))]
        series = {
            name: [(size, median(taken)) for size in sizes(door) if (taken := samples(door, name, size))]
            for name in wanted
        }
        draw(f"{door}-size", f"{DOORS[door]}: time by the body's size", "bytes of the body", series, True)

    def grows(door: str, pattern: str, counts: list[int], size: int) -> list[tuple[float, float]]:
        return [(n, median(taken)) for n in counts if (taken := samples(door, pattern.format(n), size))]

    small = {door: sizes(door)[0] for door in RESULTS["doors"]}
    handlers = {
        f"{DOORS[door]}, handle": grows(door, "handle, {} handlers", [1, 10, 100], small[door]) for door in small
    }
    draw("handlers", "handle by the number of handlers that run, 350 bytes", "handlers", handlers, True)
    if "rust" in small:
        secrets = {
            f"verify, {size:,} bytes": grows("rust", "verify, {} secrets", [1, 2, 4, 8], size)
            for size in sizes("rust")[:3]
        }
        draw("secrets", "Rust: verify by the number of secrets, the last one matches", "secrets", secrets, False)
        threads = {
            f"verify, {size:,} bytes": grows("rust", "verify, {} threads", [1, 2], size) for size in sizes("rust")[:3]
        }
        draw("threads", "Rust: time per delivery by the number of threads", "threads", threads, False)


def main() -> None:
    """Replaces what stands between the markers."""
    pictures()
    machine = RESULTS["machine"]
    tools = [
        machine["rustc"],
        f"Python {machine['python']}",
        f"Node {machine['node']}",
        machine["go"],
        machine["openssl"],
    ]
    lines = [
        f"Measured on {machine['date']}, {RESULTS['rounds']} rounds: {machine['processor']}; {machine['system']}.",
        f"With {'; '.join(tools)}. Peers: {machine['peers']}.",
        "",
    ]
    lines += [f"Not measured: {door}, {reason}." for door, reason in RESULTS["left_out"].items()]
    lines += ["## Goals", "", *goals(), "", "## Every case", ""]
    for door in RESULTS["doors"]:
        lines += [*door_table(door), f"![{DOORS[door]}: time by the body's size](img/{door}-size.svg)", ""]
    lines += ["## How cost grows", ""]
    for name, words in [("handlers", "handlers"), ("secrets", "secrets"), ("threads", "threads")]:
        if (IMAGES / f"{name}.svg").exists():
            lines += [f"![Time by the number of {words}](img/{name}.svg)", ""]
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{chr(10).join(lines)}{END}{after}", encoding="utf-8")


main()
