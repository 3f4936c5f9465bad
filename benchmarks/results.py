"""What was measured, from `benchmarks/results.json`, for the tables and the pictures."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/img"
RESULTS: dict[str, Any] = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
LANGUAGES = {"rust": "Rust", "c": "C", "python": "Python", "node": "Node", "go": "Go", "go-wasm": "Go without cgo"}


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
