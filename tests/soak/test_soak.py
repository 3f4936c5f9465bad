"""The criterion of `make soak`: which series of measurements count as flat, and which do not."""

from __future__ import annotations

import random

from soak import LANGUAGES, rise_kib

COUNTS = [20_000 * (number + 1) for number in range(50)]


def test_noise_is_flat() -> None:
    noise = random.Random(1)  # noqa: S311
    samples = [(done, 60_000 + noise.randrange(-2_000, 2_000)) for done in COUNTS]
    assert rise_kib(samples) < min(language.allowed_kib for language in LANGUAGES if language.name == "node")


def test_a_single_step_is_flat() -> None:
    samples = [(done, 10_000 if done < 300_000 else 40_000) for done in COUNTS]
    assert rise_kib(samples) == 0


def test_a_leak_of_one_small_block_per_delivery_is_found() -> None:
    noise = random.Random(1)  # noqa: S311
    for language in LANGUAGES:
        counts = [language.count // 50 * (number + 1) for number in range(50)]
        samples = [(done, 60_000 + done * 32 // 1024 + noise.randrange(-2_000, 2_000)) for done in counts]
        assert rise_kib(samples) > language.allowed_kib, language
