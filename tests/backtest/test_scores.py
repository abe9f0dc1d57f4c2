"""Scores against brute force and against laws they must obey."""

import doctest

import numpy as np
import pytest
from scipy import stats

from simulator.backtest import baselines, origins
from simulator.backtest.baselines import (
    count_pmf,
    mean_of_windows,
    negative_binomial_run_rate,
    poisson_run_rate,
    pooled_pace,
    rounded_pmf,
)
from simulator.backtest.pool import average, best_weights, quadratic
from simulator.statistics import scores
from simulator.statistics.scores import crps_count, crps_sample, pmf_of, randomised_pit, skill


@pytest.mark.parametrize("module", [scores, origins, baselines])
def test_examples_in_docstrings(module):
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


def test_crps_of_counts_is_the_energy_form():
    rng = np.random.default_rng(1)
    x = rng.poisson(7, 400)
    for y in (0, 7, 25):
        assert crps_count(pmf_of(x), y) == pytest.approx(np.abs(x - y).mean() - np.abs(x[:, None] - x).mean() / 2)
        assert crps_sample(x.astype(float), y) == pytest.approx(crps_count(pmf_of(x), y))


def test_crps_is_proper():
    """The true Poisson beats wrong ones on average: exact expectation, no sampling."""
    true = count_pmf(10, 0)
    score = {
        mean: sum(p * crps_count(count_pmf(mean, 0), y) for y, p in enumerate(true)) for mean in (6, 9, 10, 11, 15)
    }
    assert min(score, key=score.get) == 10


def test_randomised_pit_of_a_right_forecast_is_uniform():
    rng = np.random.default_rng(2)
    pmf = count_pmf(3.0, 6.0)
    pit = [
        randomised_pit(pmf, int(y), u) for y, u in zip(rng.choice(len(pmf), 5000, p=pmf), rng.random(5000), strict=True)
    ]
    assert stats.kstest(pit, "uniform").pvalue > 1e-6
    assert abs(np.mean(np.abs(np.array(pit) - 0.5) <= 0.4) - 0.8) < 4.9 * np.sqrt(0.16 / 5000)


def test_skill_has_a_blocked_standard_error():
    rng = np.random.default_rng(3)
    noise = np.repeat(rng.normal(0, 0.3, 20), 30)
    good, bad = 1 + noise + rng.normal(0, 0.01, 600), np.full(600, 2.0)
    value, error, blocks = skill(good, bad, np.repeat(np.arange(20), 30))
    assert blocks == 20 and value == pytest.approx(1 - good.mean() / 2)
    assert error == pytest.approx(0.3 / np.sqrt(20) / 2, rel=0.5)
    assert error > 3 * skill(good, bad, np.arange(600))[1]
    assert np.isnan(skill(good, bad, np.zeros(600, dtype=int))[1])


def test_count_pmf_is_scipys():
    np.testing.assert_allclose(count_pmf(4, 0)[:15], stats.poisson(4).pmf(np.arange(15)), atol=1e-6)
    np.testing.assert_allclose(count_pmf(4, 10)[:15], stats.nbinom(16 / 6, 0.4).pmf(np.arange(15)), atol=1e-6)
    assert rounded_pmf(5, 2, 3).sum() == pytest.approx(1)


def test_run_rates_know_their_pace():
    weekly = np.full(30, 2.0)
    for method in (poisson_run_rate, negative_binomial_run_rate, mean_of_windows):
        pmf = method(weekly, 4)
        assert pmf @ np.arange(len(pmf)) == pytest.approx(8, abs=0.5)
    assert mean_of_windows(weekly[:5], 4) is None
    wide, narrow = negative_binomial_run_rate(weekly, 13), poisson_run_rate(weekly, 13)
    spread = [p @ (np.arange(len(p)) - p @ np.arange(len(p))) ** 2 for p in (wide, narrow)]
    assert spread[0] > 1.5 * spread[1]


def test_pooled_pace_splits_the_total():
    weekly = np.array([[1.0] * 40, [3.0] * 40, [0.0] * 40])
    *parts, total = pooled_pace(weekly, 4, 19_000)
    means = [p @ np.arange(len(p)) for p in parts]
    assert sum(means) == pytest.approx(total @ np.arange(len(total)), rel=0.02)
    assert means[1] == pytest.approx(12, rel=0.12) and means[2] > 0


def test_the_pool_finds_the_better_one_and_keeps_a_pull_to_its_start():
    rng = np.random.default_rng(4)
    right, wrong = count_pmf(8, 0), count_pmf(20, 0)
    forms = [quadratic([right, wrong], int(y)) for y in rng.poisson(8, 400)]
    start = np.array([0.5, 0.5])
    long = best_weights(sum(forms), start, cells=400)
    short = best_weights(forms[0], start, cells=1)
    assert long[0] > 0.9 and 0.45 < short[0] < 0.7 and long.sum() == pytest.approx(1)
    assert best_weights(np.zeros((2, 2)), start, cells=0).tolist() == [0.5, 0.5]


def test_the_quadratic_form_is_the_crps_of_the_mixture():
    pmfs, weights = [count_pmf(5, 0), count_pmf(9, 20)], np.array([0.3, 0.7])
    mixed = np.zeros(max(len(p) for p in pmfs))
    for weight, pmf in zip(weights, pmfs, strict=True):
        mixed[: len(pmf)] += weight * pmf
    assert weights @ quadratic(pmfs, 6) @ weights == pytest.approx(crps_count(mixed, 6))


def test_the_pool_averages_quantiles():
    """One forecast alone stays what it is; two of one shape give that shape in the middle, no wider; mass is kept."""
    near, far = count_pmf(20, 0), np.r_[np.zeros(20), count_pmf(20, 0)]
    alone = average([near], np.ones(1))
    size = max(len(alone), len(near))
    assert np.abs(np.pad(alone, (0, size - len(alone))) - np.pad(near, (0, size - len(near)))).max() < 0.006
    middle = average([near, far], np.array([0.5, 0.5]))
    x = np.arange(len(middle))
    mean = middle @ x
    assert middle.sum() == pytest.approx(1) and mean == pytest.approx(30, abs=0.1)
    assert middle @ (x - mean) ** 2 == pytest.approx(20, rel=0.05)
    never, some = average([np.array([1.0])], np.ones(1)), average([np.array([1.0]), near], np.array([0.5, 0.5]))
    assert never[0] == pytest.approx(1) and some @ np.arange(len(some)) == pytest.approx(10, abs=0.1)
