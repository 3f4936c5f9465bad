"""Makes the tables of `docs/performance.md` and of the README, and `docs/img/`, from `benchmarks/results.json`.

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
README = ROOT / "README.md"
IMAGES = ROOT / "docs/img"
BEGIN, END = "<!-- made by benchmarks/report.py -->", "<!-- end -->"
RESULTS: dict[str, Any] = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))

#: Language, case, peer's case, index of the body's size, goal; the goal is how many times the peer takes longer.
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
#: For the README: language, case, and what one would use instead.
INSTEAD = [
    ("python", "construct, data read", "stripe verify_header + json.loads"),
    ("node", "construct, data read", "stripe constructEvent"),
    ("go", "construct, data read", "crypto/hmac + encoding/json, map"),
    ("c", "construct", "OpenSSL HMAC() + CRYPTO_memcmp + simdjson"),
    ("rust", "construct, data read", "ring HMAC + serde_json"),
]
#: Language, case, what it is compared with, index of the body's size, goal: how many times as long it may take.
AT_MOST = [
    ("rust", "MAC", "SHA-256 compressions", 0, 1.25),
    ("rust", "MAC", "SHA-256 compressions", 3, 1.02),
    ("rust", "verify", "SHA-256 compressions", 0, 1.6),
    ("rust", "verify", "SHA-256 compressions", 3, 1.02),
    ("rust", "construct", "verify", 0, 2),
]
HOW_TO_READ = """\
Every case but "no check" reads a field of the event's data. wrk sends the next request on a connection when it has the
answer to the last, so most of p99 is waiting behind the other connections.

"µs per delivery" is the receiver's processor time, which other programs on the machine change less than they change
requests per second. Where its core is not nearly all busy, it is wrk or another program that limits the requests.

"No check" reads the body by the server's own means and answers 200. Where an adapter goes another way, past FastAPI's
endpoints or Express's body parser, what it costs above "no check" is less by what that saves, and may be below zero.
"""
LANGUAGES = {"rust": "Rust", "c": "C", "python": "Python", "node": "Node", "go": "Go"}


def sizes(language: str) -> list[int]:
    """The bodies' sizes."""
    return sorted({case["bytes"] for case in RESULTS["languages"][language]})


def samples(language: str, name: str, size: int) -> list[float] | None:
    """Nanoseconds per call, one number a round."""
    found = (
        case["ns"] for case in RESULTS["languages"].get(language, ()) if (case["case"], case["bytes"]) == (name, size)
    )
    return next(found, None)


def spread(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    low, _, high = quantiles(values, n=4)
    return low, median(values), high


def ratio(language: str, one: str, other: str, size: int) -> tuple[float, float, float]:
    """How many times as long ``other`` takes, round by round."""
    pairs = zip(samples(language, one, size) or (), samples(language, other, size) or (), strict=True)
    return spread([second / first for first, second in pairs])


def why_not(language: str, name: str, peer: str, size: int, goal: float) -> str:
    """What a goal would take, beside what the core takes already."""
    own, other = (median(samples(language, case, size) or [0]) for case in (name, peer))
    what = f"{LANGUAGES[language]}, {name}, beside {peer}"
    text = f"- {what}: {goal:g}x would be {other / goal:,.0f} ns; it takes {own:,.0f}."
    if core := samples("rust", "construct", size):
        bare = median(core)
        text += (
            f" The core's own `construct`, in Rust, takes {bare:,.0f}: a free binding would reach {other / bare:.1f}x."
        )
    if name != "construct" and (construct := samples(language, "construct", size)):
        text += f" Making the object takes {own - median(construct):,.0f}."
    return text


def goals() -> list[str]:
    """The table of the goals, and what keeps those that are not met from being met."""
    reasons = []
    lines = ["| language | case, bytes | beside | goal | measured | |", "|---|---|---|---|---|---|"]
    for rows, word in [(FASTER, "faster"), (AT_MOST, "of its time")]:
        for language, name, peer, index, goal in rows:
            if language not in RESULTS["languages"]:
                continue
            size = sizes(language)[index]
            faster = word == "faster"
            low, middle, high = ratio(language, *((name, peer) if faster else (peer, name)), size)
            met = middle >= goal if faster else middle <= goal
            if faster and not met:
                reasons.append(why_not(language, name, peer, size, goal))
            aim = f"{'' if faster else 'at most '}{goal:g}x {word}"
            lines.append(
                f"| {LANGUAGES[language]} | {name}, {size:,} | {peer} | {aim} | "
                f"{middle:.2f}x ({low:.2f} to {high:.2f}) | {'met' if met else 'not met'} |"
            )
    if "rust" in RESULTS["languages"]:
        size = sizes("rust")[-1]
        rate = size / median(samples("rust", "parse", size) or [1])
        met = "met" if rate >= 1 else "not met"
        lines.append(f"| Rust | JSON scan (parse), {size:,} | | 1 GB/s | {rate:.2f} GB/s | {met} |")
    if reasons:
        lines += ["", "What keeps a goal from being met, from the same run, medians:", "", *reasons]
    return lines


def in_short() -> list[str]:
    """The table of the README."""
    lines = ["| language | instead | ns | this library, ns | |", "|---|---|---:|---:|---:|"]
    for language, name, peer in INSTEAD:
        if language in RESULTS["languages"]:
            size = sizes(language)[0]
            own, other = (median(samples(language, case, size) or [0]) for case in (name, peer))
            _, middle, _ = ratio(language, name, peer, size)
            lines.append(f"| {LANGUAGES[language]} | {peer} | {other:,.0f} | {own:,.0f} | {middle:.1f}x faster |")
    return lines


def language_table(language: str) -> list[str]:
    """All cases of a language."""
    heads = [f"{size:,} B" for size in sizes(language)]
    lines = [
        f"### {LANGUAGES[language]}",
        "",
        f"| ns per call, median | {' | '.join(heads)} |",
        "|---|" + "---:|" * len(heads),
    ]
    for name in dict.fromkeys(case["case"] for case in RESULTS["languages"][language]):
        cells = [samples(language, name, size) for size in sizes(language)]
        lines.append(f"| {name} | " + " | ".join(f"{median(cell):,.0f}" if cell else "-" for cell in cells) + " |")
    return [*lines, ""]


def cost(row: dict[str, Any]) -> list[float]:
    """Microseconds of processor time per delivery, round by round."""
    return [1e6 * busy / rps for busy, rps in zip(row["busy"], row["rps"], strict=True)]


def load_table(size: int) -> list[str]:
    """The receivers under load with bodies of a size."""
    lines = [
        "| server | case | requests/s | beside the peer | p99, ms | core busy | µs per delivery | above no check |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    rows = [row for row in RESULTS["http"]["measured"] if row["bytes"] == size]
    for row in rows:
        kinds = {other["kind"]: other for other in rows if other["server"] == row["server"]}
        beside = above = ""
        if row["kind"] not in {"peer", "none"}:
            pairs = zip(row["rps"], kinds["peer"]["rps"], strict=True)
            low, middle, high = spread([own / peer for own, peer in pairs])
            beside = f"{middle:.2f}x ({low:.2f} to {high:.2f})"
        if row["kind"] != "none":
            pairs = zip(cost(row), cost(kinds["none"]), strict=True)
            above = f"{median(own - bare for own, bare in pairs):.1f}"
        lines.append(
            f"| {row['server']} | {row['case']} | {median(row['rps']):,.0f} | {beside} | {median(row['p99_ms']):.2f} | "
            f"{100 * median(row['busy']):.0f} % | {median(cost(row)):.1f} | {above} |"
        )
    return lines


def end_to_end() -> list[str]:
    """The section of the receivers under load."""
    document = RESULTS["http"]
    lines = [
        "## End to end",
        "",
        f"Whole receivers on loopback, loaded with {document['how']}; medians. {RESULTS['machine']['servers']}.",
        "",
        HOW_TO_READ,
    ]
    lines += [f"Not measured: {server}, {reason}.\n" for server, reason in document["left_out"].items()]
    for size in sorted({row["bytes"] for row in document["measured"]}):
        lines += [f"### A body of {size:,} bytes", "", *load_table(size), ""]
    return [*lines, "![Requests per second of whole receivers](img/http.svg)", ""]


def draw_load() -> None:
    """Requests per second: a bar for each case, a group for each server, a panel for each size."""
    measured = RESULTS["http"]["measured"]
    sizes_drawn = sorted({row["bytes"] for row in measured})
    looks = {
        "library": ("C0", "this library"),
        "dependency": ("C9", "this library, as a dependency"),
        "peer": ("C1", "peer"),
        "none": ("0.75", "no check"),
    }
    figure, panels = plt.subplots(1, len(sizes_drawn), figsize=(10, 5), sharey=True, squeeze=False)
    for axes, size in zip(panels[0], sizes_drawn, strict=True):
        rows = [row for row in measured if row["bytes"] == size]
        servers = list(dict.fromkeys(row["server"] for row in rows))
        # A bar lower for each case, and one left free between two servers.
        places = [index + servers.index(row["server"]) for index, row in enumerate(rows)]
        for kind, (colour, label) in looks.items():
            chosen = [
                (place, median(row["rps"])) for place, row in zip(places, rows, strict=True) if row["kind"] == kind
            ]
            bars = axes.barh(*zip(*chosen, strict=True), height=0.9, color=colour, label=label)
            axes.bar_label(bars, fmt="{:,.0f}", fontsize=8, padding=2)
        ticks = [
            median(place for place, row in zip(places, rows, strict=True) if row["server"] == server)
            for server in servers
        ]
        axes.set_yticks(ticks, servers)
        axes.set(title=f"{size:,} bytes", xlabel="requests per second, one core")
        axes.margins(x=0.2)
        axes.grid(visible=True, axis="x", alpha=0.3)
    panels[0][0].invert_yaxis()
    panels[0][-1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(IMAGES / "http.svg", metadata={"Date": None})
    plt.close(figure)


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
    if "http" in RESULTS:
        draw_load()
    for language in RESULTS["languages"]:
        names = dict.fromkeys(case["case"] for case in RESULTS["languages"][language])
        wanted = [name for name in names if not name.startswith(("handle,", "verify, ", "parse"))]
        series = {
            name: [(size, median(taken)) for size in sizes(language) if (taken := samples(language, name, size))]
            for name in wanted
        }
        draw(f"{language}-size", f"{LANGUAGES[language]}: time by the body's size", "bytes of the body", series, True)

    def grows(language: str, pattern: str, counts: list[int], size: int) -> list[tuple[float, float]]:
        return [(n, median(taken)) for n in counts if (taken := samples(language, pattern.format(n), size))]

    small = {language: sizes(language)[0] for language in RESULTS["languages"]}
    handlers = {
        f"{LANGUAGES[language]}, handle": grows(language, "handle, {} handlers", [1, 10, 100], small[language])
        for language in small
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
    lines += [f"Not measured: {language}, {reason}." for language, reason in RESULTS["left_out"].items()]
    lines += ["## Goals", "", *goals(), ""]
    if "http" in RESULTS:
        lines += end_to_end()
    lines += ["## Every case", ""]
    for language in RESULTS["languages"]:
        lines += [
            *language_table(language),
            f"![{LANGUAGES[language]}: time by the body's size](img/{language}-size.svg)",
            "",
        ]
    lines += ["## How cost grows", ""]
    for name, words in [("handlers", "handlers"), ("secrets", "secrets"), ("threads", "threads")]:
        if (IMAGES / f"{name}.svg").exists():
            lines += [f"![Time by the number of {words}](img/{name}.svg)", ""]
    replace(PAGE, lines)
    replace(README, in_short())


def replace(path: Path, lines: list[str]) -> None:
    """Puts lines between a page's markers."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text("\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]), encoding="utf-8")


main()
