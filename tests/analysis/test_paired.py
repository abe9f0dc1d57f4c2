"""Paired statistics against brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simulator.statistics.paired import paired_mean, paired_proportion, race


def test_standard_errors_are_those_of_the_differences() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.random(500) < 0.4, rng.random(500) < 0.6
    d = b.astype(float) - a
    found = paired_proportion(a, b)
    assert found.value == pytest.approx(d.mean())
    assert found.standard_error == pytest.approx(d.std() / math.sqrt(500))
    assert found.low < found.value < found.high
    assert paired_mean(a.astype(int), b.astype(int)).standard_error == pytest.approx(d.std(ddof=1) / math.sqrt(500))


def test_no_discordant_pair_still_has_an_interval() -> None:
    a = np.arange(100) < 30
    found = paired_proportion(a, a)
    assert (found.value, found.standard_error) == (0, 0) and found.low < 0 < found.high < 0.05
    assert found.high == pytest.approx(1.959964 * math.sqrt(2) / 102)  # one more that changes sides, each way


def test_intervals_turn_round_with_the_plans() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.random(60) < 0.4, rng.random(60) < 0.5
    there, back = paired_proportion(a, b), paired_proportion(b, a)
    assert (back.value, back.low, back.high) == pytest.approx((-there.value, -there.high, -there.low))


@pytest.mark.parametrize("gain", [0.01, 0.2])
def test_intervals_cover(gain: float) -> None:
    """Monotone coupling: 4,000 samples of 400 pairs; coverage within 5 standard errors of 94% or above."""
    rng = np.random.default_rng(8)
    u = rng.random((4000, 400))
    covered = 0
    for row in u:
        found = paired_proportion(row < 0.5, row < 0.5 + gain)
        covered += found.low <= gain <= found.high
    assert covered / 4000 > 0.94 - 5 * math.sqrt(0.94 * 0.06 / 4000)


def test_race_counts_unsigned_and_boolean_values_alike() -> None:
    found = race(np.array([3, 1], np.uint8), np.array([1, 3], np.uint8))
    assert (found.ahead, found.level, found.behind) == (0.5, 0, 0.5)
