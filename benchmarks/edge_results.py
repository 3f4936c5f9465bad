"""The table of `docs/edge.md`: the module beside Web Crypto and JSON.parse, in the runtimes that were measured."""

from __future__ import annotations

from statistics import median

from results import RESULTS, spread

#: The sizes on the page; one more is measured.
SIZES = (349, 10_000, 1_000_000)


def microseconds(values: list[float]) -> str:
    """A median in microseconds."""
    each = median(values) / 1_000
    return f"{each:,.1f}" if each < 100 else f"{each:,.0f}"


def section() -> list[str]:
    """What stands between the markers."""
    document = RESULTS.get("edge")
    if not document:
        return ["Not measured yet."]
    lines = [
        "| runtime | bytes | Web Crypto + JSON.parse, µs | this library, µs | |",
        "|---|---:|---:|---:|---:|",
    ]
    for runtime in document["runtimes"]:
        rows = {(row["case"], row["bytes"]): row["ns"] for row in runtime["measured"]}
        for size in SIZES:
            own, other = rows["wasm", size], rows["Web Crypto", size]
            low, middle, high = spread([theirs / ours for ours, theirs in zip(own, other, strict=True)])
            lines.append(
                f"| {runtime['runtime']} | {size:,} | {microseconds(other)} | {microseconds(own)} | "
                f"{middle:.1f}x ({low:.1f} to {high:.1f}) |"
            )
    started = median(document["started_ms"])
    return [*lines, "", f"In Node the module is compiled and instantiated in {started:.2f} ms."]
