"""Draws `docs/img/` from what was measured."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import matplotlib as mpl
from results import IMAGES, LANGUAGES, RESULTS, samples, sizes

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "tink-webhooks"  # the same picture from the same numbers
import matplotlib.pyplot as plt  # noqa: E402

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    #: What a line is called, and its points.
    Series = dict[str, list[tuple[float, float]]]


def draw_load() -> None:
    """Requests per second: a bar for each case, a group for each server, a panel for each size."""
    measured = RESULTS["http"]["measured"]
    sizes_drawn = sorted({row["bytes"] for row in measured})
    looks = {
        "library": ("C0", "this library"),
        "dependency": ("C9", "this library, as a dependency"),
        "peer": ("C1", "peer"),
        "dependency-peer": ("C8", "peer, as a dependency"),
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
            if not chosen:
                continue
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
    save(figure, "http.svg")


def lines(axes: Axes, title: str, label: str, series: Series, *, logarithmic: bool) -> None:
    """A panel: lines over a horizontal axis."""
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


def save(figure: Figure, name: str) -> None:
    """Writes a picture, the same bytes for the same numbers."""
    figure.tight_layout()
    figure.savefig(IMAGES / name, metadata={"Date": None})
    plt.close(figure)


def draw_sizes() -> None:
    """Time by the body's size, a panel for each language."""
    measured = RESULTS["languages"]
    figure, panels = plt.subplots(len(measured), 1, figsize=(8, 4.5 * len(measured)), squeeze=False)
    for axes, language in zip(panels[:, 0], measured, strict=True):
        names = dict.fromkeys(case["case"] for case in measured[language])
        # The others are of the number of handlers, secrets and threads, or of bodies that are not the usual one.
        other = ("handle,", "dispatch,", "plain loop", "verify, ", "parse", "construct, nothing", "empty", "core's")
        ends = ("secrets", "threads", "ASCII", "repeat", "dense")
        wanted = [name for name in names if not name.startswith(other) and not name.endswith(ends)]
        series = {
            name: [(size, median(taken)) for size in sizes(language) if (taken := samples(language, name, size))]
            for name in wanted
        }
        lines(axes, f"{LANGUAGES[language]}: time by the body's size", "bytes of the body", series, logarithmic=True)
    save(figure, "sizes.svg")


def draw_growth() -> None:
    """Time by the number of handlers, secrets and threads."""

    def grows(language: str, pattern: str, counts: list[int], size: int) -> list[tuple[float, float]]:
        return [(n, median(taken)) for n in counts if (taken := samples(language, pattern.format(n), size))]

    small = {language: sizes(language)[0] for language in RESULTS["languages"]}
    handlers = {
        f"{LANGUAGES[language]}, handle": grows(language, "handle, {} handlers", [1, 10, 100], small[language])
        for language in small
    }
    with_rust = "rust" in small
    figure, panels = plt.subplots(3 if with_rust else 1, 1, figsize=(8, 13.5 if with_rust else 4.5), squeeze=False)
    title = "handle by the number of handlers that run, 350 bytes"
    lines(panels[0][0], title, "handlers", handlers, logarithmic=True)
    if with_rust:
        secrets, threads = (
            {f"verify, {size:,} bytes": grows("rust", pattern, counts, size) for size in sizes("rust")[:3]}
            for pattern, counts in [("verify, {} secrets", [1, 2, 4, 8]), ("verify, {} threads", [1, 2])]
        )
        title = "Rust: verify by the number of secrets, the last one matches"
        lines(panels[1][0], title, "secrets", secrets, logarithmic=False)
        title = "Rust: time per delivery by the number of threads"
        lines(panels[2][0], title, "threads", threads, logarithmic=False)
    save(figure, "growth.svg")


def draw_all() -> None:
    """All of them."""
    IMAGES.mkdir(exist_ok=True)
    if "http" in RESULTS:
        draw_load()
    draw_sizes()
    draw_growth()
