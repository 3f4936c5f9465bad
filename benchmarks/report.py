"""Makes the tables of `docs/performance.md`, of `docs/performance-history.md` and of the README, and `docs/img/`.

All of it comes from `benchmarks/results.json`.

The tables stand between two markers; what stands around them is written by hand. Nothing here measures.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from results import LANGUAGES, RESULTS, ROOT, ratio, samples, sizes, spread

PAGE = ROOT / "docs/performance.md"
HISTORY = ROOT / "docs/performance-history.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- made by benchmarks/report.py -->", "<!-- end -->"

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
IN_SHORT = """\
To verify an event of some 350 bytes and read its data, in nanoseconds. In C, where no object is made: to verify it and
find its parts.
"""


def meaning() -> list[str]:
    """What the numbers say, in sentences: how much faster, what making objects costs, and where a peer is faster."""
    lines = ["## What it means", ""]
    small = [(language, *case) for language, *case in INSTEAD if language in RESULTS["languages"]]
    gains = [ratio(language, name, peer, sizes(language)[0])[1] for language, name, peer in small]
    if gains:
        lines.append(
            f"- An event of the usual size is verified and read {min(gains):.1f} to {max(gains):.1f} times as fast as "
            "by what is named beside it above."
        )
    shares = []
    for language in RESULTS["languages"]:
        read, bare = (samples(language, case, sizes(language)[0]) for case in ("construct, data read", "construct"))
        if read and bare:
            shares.append((1 - median(bare) / median(read), LANGUAGES[language]))
    if shares:
        low, high = min(shares), max(shares)
        lines.append(
            f"- Making the object is {100 * low[0]:.0f} % ({low[1]}) to {100 * high[0]:.0f} % ({high[1]}) of that "
            "time. A handler that looks at the type alone does not pay for it."
        )
    if slower := [*slower_cases(), *slower_receivers()]:
        lines += ["- These were slower than a peer, in the same run:", *(f"  - {line}" for line in slower)]
    return [*lines, ""]


def slower_cases() -> list[str]:
    """Cases of one process in which what one would use instead takes less time, upper quartile included."""
    found = []
    peers = {(language, name, peer) for language, name, peer, *_ in [*FASTER, *INSTEAD]}
    for language, name, peer in sorted(peers):
        if language not in RESULTS["languages"]:
            continue
        for size in sizes(language):
            if not (samples(language, name, size) and samples(language, peer, size)):
                continue
            _, middle, high = ratio(language, name, peer, size)
            if high < 1:
                found.append(f"{LANGUAGES[language]}, {name}, {size:,} bytes, beside {peer}: {middle:.2f}x as fast")
    return found


def slower_receivers() -> list[str]:
    """Whole receivers that answered fewer requests than the peer's, upper quartile included."""
    found = []
    measured = RESULTS["http"]["measured"] if "http" in RESULTS else []
    for row in measured:
        if row["kind"] in {"peer", "none"}:
            continue
        peer = next(
            other
            for other in measured
            if (other["server"], other["bytes"], other["kind"]) == (row["server"], row["bytes"], "peer")
        )
        _, middle, high = spread([own / other for own, other in zip(row["rps"], peer["rps"], strict=True)])
        if high < 1:
            found.append(f"{row['server']}, {row['case']}, {row['bytes']:,} bytes: {middle:.2f}x of its requests")
    return found


def why_not(language: str, name: str, peer: str, size: int, goal: float) -> str:
    """What a goal would take, beside what the core takes already."""
    own, other = (median(samples(language, case, size) or [0]) for case in (name, peer))
    what = f"{LANGUAGES[language]}, {name}, beside {peer}"
    text = f"- {what}: {goal:g}x would be {other / goal:,.0f} ns; it takes {own:,.0f}."
    if core := samples("rust", "construct", size):
        bare = median(core)
        text += (
            f" The core's own `construct`, in Rust, takes {bare:,.0f}: at no cost of the binding {other / bare:.1f}x."
        )
    if name != "construct" and (construct := samples(language, "construct", size)):
        text += f" Making the object takes {own - median(construct):,.0f}."
    return text


def goals() -> tuple[list[str], list[str]]:
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
    return lines, reasons or ["Every goal was met."]


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


def page() -> list[str]:
    """What stands between the markers of `docs/performance.md`."""
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
    table, _ = goals()
    lines += ["## In short", "", IN_SHORT, *in_short(), "", *meaning(), "## Goals", "", *table, ""]
    if "http" in RESULTS:
        lines += end_to_end()
    lines += ["## Every case", ""]
    for language in RESULTS["languages"]:
        lines += language_table(language)
    lines += ["![Time by the body's size, for each language](img/sizes.svg)", ""]
    lines += ["## How cost grows", ""]
    lines += ["![Time by the number of handlers, secrets and threads](img/growth.svg)", ""]
    return lines


def main() -> None:
    """Draws the pictures, and replaces what stands between the markers."""
    import pictures  # needs matplotlib, which the tables do not

    pictures.draw_all()
    for path, lines in [(PAGE, page()), (HISTORY, goals()[1]), (README, in_short())]:
        path.write_text(replaced(path.read_text(encoding="utf-8"), lines), encoding="utf-8")


def replaced(text: str, lines: list[str]) -> str:
    """A page with other lines between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"])


if __name__ == "__main__":
    main()
