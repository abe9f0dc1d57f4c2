"""Weights: quantiles, effective numbers, and matching against a posterior that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simulator.statistics.matching import adjusted, match, rule_of_bandwidth
from simulator.statistics.weighted import effective_size, normalised, share_below, weighted_quantiles


def test_whole_weights_are_repetitions() -> None:
    values, counts = np.array([5.0, 1.0, 9.0, 4.0]), np.array([300, 100, 500, 200])
    levels = [0.1, 0.5, 0.9]
    repeated = np.percentile(np.repeat(values, counts), [10, 50, 90])
    # repetitions jump between values; the weighted ones run through the middles of these jumps
    assert weighted_quantiles(np.repeat(values, counts), np.ones(1100), levels) == pytest.approx(repeated, abs=0.01)
    assert share_below(values, counts.astype(float), 5.0) == (300 + 300 / 2) / 1100


def test_effective_size() -> None:
    assert effective_size(np.full(50, 0.3)) == pytest.approx(50)
    assert effective_size(np.zeros(3)) == 0.0
    assert not normalised(np.full(4, -np.inf)).any()
    assert normalised(np.array([-5000.0, -5000.0])).tolist() == [0.5, 0.5]


def test_matching_finds_a_normal_posterior() -> None:
    """θ ~ N(0,1), x = θ + N(0,1), seen 1.5: the posterior is N(0.75, ½)."""
    rng = np.random.default_rng(3)
    n = 40_000
    theta = rng.normal(size=n)
    x = (theta + rng.normal(size=n))[:, None]
    found = match(x, np.array([1.5]), rule_of_bandwidth(n, 1))
    after = adjusted(theta, found)
    quantiles = weighted_quantiles(after, found.weights, [0.1, 0.5, 0.9])
    truth = stats.norm.ppf([0.1, 0.5, 0.9], 0.75, np.sqrt(0.5))
    size = effective_size(found.weights)
    error = np.sqrt(np.array([0.09, 0.25, 0.09]) / size) / stats.norm.pdf(truth, 0.75, np.sqrt(0.5))
    assert size > 2000 and np.all(np.abs(quantiles - truth) < 4.9 * error + 0.01)


def test_matching_widens_until_enough() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(5000, 2))
    found = match(x, np.array([6.0, 6.0]), 0.4, enough=400)
    assert found.bandwidth > 5 and effective_size(found.weights) == pytest.approx(400, rel=0.02)


def test_numbers_of_few_values_are_not_moved_between_them() -> None:
    rng = np.random.default_rng(5)
    theta = rng.choice([0.2, 0.3, 0.4], size=4000)
    found = match((theta + rng.normal(size=4000))[:, None], np.array([1.0]), 0.5)
    assert set(adjusted(theta, found)) == {0.2, 0.3, 0.4}
