"""Makes the tables of `docs/performance.md`, of the README, of `docs/edge.md` and of `docs/once.md`, and `docs/img/`.

All of it comes from `benchmarks/results.json`.

The tables stand between two markers; what stands around them is written by hand. Nothing here measures.
"""

from __future__ import annotations

from statistics import median

import edge_results
import once_results
from goals import beside_hand, cost, hand_beside, lost, results
from results import LANGUAGES, RESULTS, ROOT, ratio, samples, sizes, spread

PAGE = ROOT / "docs/performance.md"
README = ROOT / "README.md"
EDGE = ROOT / "docs/edge.md"
ONCE = ROOT / "docs/once.md"
BEGIN, END = "<!-- made by benchmarks/report.py -->", "<!-- end -->"

#: For the README: language, case, and what one would use instead.
INSTEAD = [
    ("python", "construct, data read", "stripe verify_header + json.loads"),
    ("node", "construct, data read", "stripe constructEvent"),
    ("go", "construct, data read", "crypto/hmac + encoding/json, map"),
    ("c", "construct, data read", "OpenSSL HMAC() + CRYPTO_memcmp + simdjson On-Demand"),
    ("rust", "construct, data read", "ring HMAC + serde_json"),
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
To verify an event of some 350 bytes and read its data, in nanoseconds. In C no object is made: the values that a
handler needs are read where they stand.
"""


def measured(language: str, *cases: str) -> bool:
    """Whether there are numbers of these cases for the smallest body."""
    return all(samples(language, case, sizes(language)[0]) for case in cases)


def meaning() -> list[str]:
    """What the numbers say, in sentences: how much faster, what making objects costs, and where a peer is faster."""
    lines = ["## What it means", ""]
    small = [
        (language, name, peer)
        for language, name, peer in INSTEAD
        if language in RESULTS["languages"] and measured(language, name, peer)
    ]
    gains = [ratio(language, name, peer, sizes(language)[0])[1] for language, name, peer in small]
    if gains:
        lines.append(
            f"- An event of the usual size is verified and read {min(gains):.1f} to {max(gains):.1f} times as fast as "
            "by what is named beside it above."
        )
    shares = []
    for language in [language for language in RESULTS["languages"] if language != "c"]:
        read, bare = (samples(language, case, sizes(language)[0]) for case in ("construct, data read", "construct"))
        if read and bare:
            shares.append((1 - median(bare) / median(read), LANGUAGES[language]))
    if shares:
        low, high = min(shares), max(shares)
        lines.append(
            f"- Making the object is {100 * low[0]:.0f} % ({low[1]}) to {100 * high[0]:.0f} % ({high[1]}) of that "
            "time. A handler that looks at the type alone does not pay for it."
        )
    every = beside_hand()
    if every:
        lost_ones = [case for case in every if case.lost]
        least = min(every, key=lambda case: case.middle)
        lines.append(
            f"- {len(every)} cases are also written by hand, at every size, with text that is not ASCII, with ids that "
            f"never repeat, and as whole receivers. Slower with this library, upper quartile included: "
            f"{len(lost_ones) or 'none'}. The nearest: {least.what}, {least.middle:.2f}x as fast as by hand."
        )
        lines += [f"  - slower: {case.what}, {case.middle:.2f}x as fast as {case.by_hand}" for case in lost_ones]
    return [*lines, ""]


def goals() -> list[str]:
    """The table of the goals."""
    lines = ["| case, bytes | beside | goal | measured | |", "|---|---|---|---|---|"]
    for row in results():
        met = "met" if row.met else "not met"
        lines.append(f"| {row.what} | {row.beside} | {row.goal} | {row.measured} | {met} |")
    return lines


def in_short() -> list[str]:
    """The table of the README."""
    lines = ["| language | instead | ns | this library, ns | |", "|---|---|---:|---:|---:|"]
    for language, name, peer in INSTEAD:
        if language in RESULTS["languages"] and measured(language, name, peer):
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
        if peer := hand_beside(row, rows):
            pairs = zip(row["rps"], peer["rps"], strict=True)
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
    lines += ["## In short", "", IN_SHORT, *in_short(), "", *meaning(), "## Goals", "", *goals(), ""]
    if "http" in RESULTS:
        lines += end_to_end()
    lines += once_results.section()
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
    for path, lines in [
        (PAGE, page()),
        (README, in_short()),
        (EDGE, edge_results.section()),
        (ONCE, once_results.scaling()),
    ]:
        path.write_text(replaced(path.read_text(encoding="utf-8"), lines), encoding="utf-8")
    print(lost())


def replaced(text: str, lines: list[str]) -> str:
    """A page with other lines between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"])


if __name__ == "__main__":
    main()
