"""The assertions themselves: they fail on wrong values, and a right program no more often than they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests import statistical as st

SEED = 20270101


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def fails(check, *args, **kwargs) -> bool:
    try:
        check(*args, **kwargs)
    except AssertionError:
        return True
    return False


def test_4_9_standard_errors_are_one_false_alarm_in_a_million():
    assert round(st.critical(1e-6), 2) == 4.89
    assert abs(stats.norm.sf(st.critical(1e-6)) * 2 - 1e-6) < 1e-15


WRONG_BY_A_LITTLE = {
    # name: (check, sample at size n, right argument, wrong argument, keywords)
    "mean": (st.assert_mean, lambda g: g.normal(3, 2, 40_000), 3.0, 3.1, {"sd": 2.0}),
    "mean of a bounded draw": (st.assert_mean, lambda g: g.random(40_000), 0.5, 0.52, {"bounds": (0, 1)}),
    "mean without spread": (st.assert_mean, lambda g: np.full(10, 7.0), 7.0, 7.0001, {"sd": 0.0}),
    "variance": (st.assert_variance, lambda g: g.poisson(20, 40_000), 20.0, 21.0, {"fourth_cumulant": 20.0}),
    "probability": (st.assert_probability, lambda g: g.random(40_000) < 0.3, 0.3, 0.315, {}),
    "rare probability": (st.assert_probability, lambda g: g.random(40_000) < 0.001, 0.001, 0.003, {}),
    "Poisson mean": (st.assert_poisson_mean, lambda g: g.poisson(0.01, 40_000), 0.01, 0.0135, {}),
    "Poisson": (st.assert_poisson, lambda g: g.poisson(24, 40_000), 24.0, 24.15, {}),
    "distribution": (
        st.assert_distribution,
        lambda g: g.integers(0, 5, 40_000),
        [0.2] * 5,
        [0.21, 0.19, *[0.2] * 3],
        {},
    ),
    "correlation": (
        lambda z, r: st.assert_correlation(z[0], z[1], r),
        lambda g: g.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 40_000).T,
        0.5,
        0.53,
        {},
    ),
    "rank correlation": (
        lambda z, r: st.assert_rank_correlation(np.exp(z[0]), z[1] ** 3, r),
        lambda g: g.multivariate_normal([0, 0], [[1, 2 * np.sin(np.pi / 10)], [2 * np.sin(np.pi / 10), 1]], 40_000).T,
        0.6,
        0.63,
        {},
    ),
}


@pytest.mark.parametrize("name", WRONG_BY_A_LITTLE)
def test_right_passes_and_slightly_wrong_fails(name, rng):
    check, draw, right, wrong, keywords = WRONG_BY_A_LITTLE[name]
    sample = draw(rng)
    check(sample, right, **keywords)
    assert fails(check, sample, wrong, **keywords)


def test_a_poisson_of_the_right_mean_and_the_wrong_shape_fails(rng):
    counts = rng.negative_binomial(24, 0.5, 40_000)  # mean 24, variance 48
    assert fails(st.assert_poisson, counts, 24.0)


def test_impossible_values_fail(rng):
    counts = rng.integers(0, 2, 40_000)
    counts[17] = 5
    assert fails(st.assert_distribution, counts, [0.5, 0.5])
    assert fails(st.assert_distribution, counts, [0.5, 0.5, 0, 0, 0, 0, 0])


TWO_SAMPLES = {
    # name: (check, one, a second of the same law, one of another)
    "mean": (
        st.assert_same_mean,
        lambda g: g.gamma(2, 3, 5000),
        lambda g: g.gamma(2, 3, 40_000),
        lambda g: g.gamma(2, 3.3, 40_000),
    ),
    "variance": (
        st.assert_same_variance,
        lambda g: g.normal(0, 1, 5000),
        lambda g: g.normal(5, 1, 40_000),
        lambda g: g.normal(0, 1.15, 40_000),
    ),
    "continuous law": (
        st.assert_same_distribution,
        lambda g: g.normal(0, 1, 5000),
        lambda g: g.normal(0, 1, 40_000),
        lambda g: g.laplace(0, 2**-0.5, 40_000),
    ),
    "counts": (
        st.assert_same_distribution,
        lambda g: g.poisson(9, 5000),
        lambda g: g.poisson(9, 40_000),
        lambda g: g.binomial(18, 0.5, 40_000),
    ),
}


@pytest.mark.parametrize("name", TWO_SAMPLES)
def test_two_samples_of_one_law_pass_and_of_two_fail(name, rng):
    check, one, same, other = TWO_SAMPLES[name]
    sample = one(rng)
    check(sample, same(rng))
    assert fails(check, sample, other(rng))


def test_same_correlation(rng):
    def pair(r, n):
        return tuple(np.exp(0.5 * rng.multivariate_normal([0, 0], [[1, r], [r, 1]], n).T))

    sample = pair(0.5, 5000)
    st.assert_same_correlation(sample, pair(0.5, 40_000))
    assert fails(st.assert_same_correlation, sample, pair(0.7, 40_000))


def test_uniform(rng):
    st.assert_uniform(rng.random(40_000))
    assert fails(st.assert_uniform, rng.beta(1.1, 1, 40_000))


def test_a_sample_too_small_for_the_stated_effect_fails_even_when_right(rng):
    sample = rng.normal(0, 1, 100)
    st.assert_mean(sample, 0.0, sd=1.0, effect=1.0)
    assert fails(st.assert_mean, sample, 0.0, sd=1.0, effect=0.1)
    assert fails(st.assert_probability, sample > 0, 0.5, effect=0.1)
    assert fails(st.assert_variance, sample, 1.0, fourth_cumulant=0.0, effect=0.1)


def test_an_effect_of_the_stated_size_is_seen(rng):
    n = 2000
    effect = (st.critical() + stats.norm.isf(1e-3)) / np.sqrt(n) * 1.0001
    missed = 0
    for _ in range(2000):
        sample = rng.normal(effect, 1, n)
        missed += not fails(st.assert_mean, sample, 0.0, sd=1.0, effect=effect)
    st.assert_probability(np.arange(2000) < missed, 0.001)


def test_the_known_variance_is_used_not_the_samples():
    """A program without any spread must not pass for lack of noise."""
    assert fails(st.assert_mean, np.full(40_000, 1.05), 1.0, sd=1.0)
    assert fails(st.assert_variance, np.full(40_000, 1.0), 1.0, fourth_cumulant=0.0)


def test_not_a_number_fails():
    assert fails(st.assert_mean, np.array([1.0, np.nan]), 1.0, sd=1.0)


RATE, REPEATS = 0.01, 600

CALIBRATED = {
    "mean of few skewed draws": lambda g: st.assert_mean(
        g.exponential(1, 30), 1.0, sd=1.0, skewness=2.0, kurtosis=6.0, false_alarm=RATE
    ),
    "variance": lambda g: st.assert_variance(g.normal(0, 1, 500), 1.0, fourth_cumulant=0.0, false_alarm=RATE),
    "probability": lambda g: st.assert_probability(g.random(500) < 0.1, 0.1, false_alarm=RATE),
    "Poisson": lambda g: st.assert_poisson(g.poisson(4, 500), 4.0, false_alarm=RATE),
    "distribution": lambda g: st.assert_distribution(
        g.poisson(9, 1000), stats.poisson.pmf(range(60), 9), false_alarm=RATE
    ),
    "uniform": lambda g: st.assert_uniform(g.random(500), false_alarm=RATE),
    "same mean": lambda g: st.assert_same_mean(g.exponential(1, 500), g.exponential(1, 5000), false_alarm=RATE),
    "same counts": lambda g: st.assert_same_distribution(g.poisson(9, 500), g.poisson(9, 5000), false_alarm=RATE),
    "same law": lambda g: st.assert_same_distribution(g.normal(0, 1, 500), g.normal(0, 1, 2000), false_alarm=RATE),
    "correlation": lambda g: st.assert_correlation(*g.normal(0, 1, (2, 1000)), 0.0, false_alarm=RATE),
}


@pytest.mark.parametrize("name", CALIBRATED)
def test_false_alarms_are_no_more_than_stated(name, rng):
    alarms = sum(fails(CALIBRATED[name], rng) for _ in range(REPEATS))
    # one-sided: no more than the stated rate, and 4.9 standard errors of it
    assert stats.binom.sf(alarms - 1, REPEATS, 1.15 * RATE) > 1e-6, f"{alarms} alarms in {REPEATS}"
