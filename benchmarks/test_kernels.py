"""Nanoseconds of the kernels: ``pytest benchmarks/test_kernels.py`` (needs pytest-benchmark).

Each test times a compiled loop; ``extra_info`` and the name say how many draws one round makes.
"""

from __future__ import annotations

import numba
import numpy as np
import pytest

pytest.importorskip("pytest_benchmark")

from benchmarks.funnel import PLANS
from simulator.kernels.counts import binomial_quantile
from simulator.kernels.normal import norm_ppf
from simulator.kernels.spreads import GUIDE, draw_lag, fill_guide
from simulator.kernels.streams import ALWAYS, substream, threshold, uniform, word

DRAWS = 10_000


def timed(benchmark, function, *arguments, draws: int = DRAWS) -> None:
    """Compile, then time; nanoseconds per draw go into the record."""
    function(*arguments)
    benchmark(function, *arguments)
    if benchmark.stats:  # none under --benchmark-disable
        benchmark.extra_info["ns per draw"] = round(benchmark.stats["median"] / draws * 1e9, 2)


@numba.njit
def _words(key):
    total = np.uint64(0)
    for n in range(DRAWS):
        total ^= word(key, n)
    return total


@numba.njit
def _streams(key):
    total = np.uint64(0)
    for n in range(DRAWS):
        total ^= word(substream(key, np.uint64(n)), 0)
    return total


@numba.njit
def _normals(key):
    total = 0.0
    for n in range(DRAWS):
        total += norm_ppf(uniform(word(key, n)))
    return total


@numba.njit
def _binomials(key, count, rate):
    total = 0
    for n in range(DRAWS):
        total += binomial_quantile(uniform(word(key, n)), count, rate)
    return total


@numba.njit
def _lags(key, words, guide):
    total = 0
    for n in range(DRAWS):
        total += draw_lag(words, guide, 0, word(key, n))
    return total


@numba.njit
def _table(cdf):
    words, guide = np.empty((1, cdf.size), np.uint64), np.zeros((1, GUIDE), np.int32)
    for k in range(cdf.size):
        words[0, k] = threshold(cdf[k])
    words[0, -1] = ALWAYS
    fill_guide(words, guide, 0)
    return words, guide


KEY = np.uint64(0x1234_5678_9ABC_DEF1)


def test_words_of_one_stream(benchmark):
    """Several at a time where the processor can: that is how conversions use them."""
    timed(benchmark, _words, KEY)


def test_first_words_of_new_streams(benchmark):
    timed(benchmark, _streams, KEY)


def test_normal_quantiles(benchmark):
    timed(benchmark, _normals, KEY)


@pytest.mark.parametrize(("count", "rate"), [(77, 0.3), (5000, 0.3)])
def test_binomial_quantiles(benchmark, count, rate):
    timed(benchmark, _binomials, KEY, count, rate)


@pytest.mark.parametrize("weeks", [4, 26, 104])
def test_lags_by_guide_table(benchmark, weeks):
    share = np.exp(-0.5 * ((np.arange(weeks) - weeks / 3) / (weeks / 5)) ** 2)
    timed(benchmark, _lags, KEY, *_table(np.cumsum(share / share.sum())))


@pytest.mark.parametrize("plan", ["r1", "twenty-five-customers", "mid-market"])
def test_whole_trials(benchmark, plan):
    """Microseconds of a trial, all metrics, one thread, results written into arrays."""
    from simulator.scenario.load import load
    from simulator.simulation.simulate import simulate

    scenario = load(PLANS / f"{plan}.yaml")
    trials = 500
    simulate(scenario, trials=trials, seed=1, threads=1)
    benchmark.pedantic(simulate, (scenario,), {"trials": trials, "seed": 2, "threads": 1}, rounds=10, warmup_rounds=2)
    if benchmark.stats:
        benchmark.extra_info["microseconds per trial"] = round(benchmark.stats["median"] / trials * 1e6, 1)
