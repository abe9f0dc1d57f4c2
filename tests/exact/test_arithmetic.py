"""The small mathematics of the room, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats
from scipy.stats import qmc

from simulator.exact import beta, gamma, lags, lumpy, normal, sobol, values
from simulator.exact.outline import SpreadForm
from simulator.exact.parts import Jump, Lumpy


def test_normal() -> None:
    z = np.linspace(-37, 9, 20_001)
    assert np.allclose(normal.cdf(z), special.ndtr(z), rtol=1e-10, atol=0)
    u = np.concatenate([10.0 ** -np.arange(1, 300), np.linspace(0.0005, 0.9995, 9999)])
    assert np.allclose(normal.ppf(u), special.ndtri(u), rtol=1e-13, atol=1e-15)


def test_incomplete_gamma() -> None:
    rng = np.random.default_rng(1)
    a = rng.uniform(0.05, 300, 2000)
    x = a * rng.uniform(0, 3, 2000)
    assert np.allclose(gamma.lower(a, x), special.gammainc(a, x), atol=1e-12)
    assert gamma.weibull_shape(1.0) == pytest.approx(1.0)


@pytest.mark.parametrize(("a", "b"), [(35.5, 125.5), (0.5, 30.5), (2, 4), (5, 1), (0.3, 0.4), (3000, 200)])
def test_beta_curves(a: float, b: float) -> None:
    z = np.linspace(-5, 5, 501)
    curve = beta.curves(np.array([a]), np.array([b]))[0]
    found = 1 / (1 + np.exp(-beta.read(curve, z)))
    assert np.allclose(found, special.betaincinv(a, b, special.ndtr(z)), atol=3e-8)


def test_slip_weather() -> None:
    rng = np.random.default_rng(1)
    mean, z = rng.uniform(0.01, 0.9, 2000), rng.normal(size=2000)
    for c in (25.0, 3.0):
        wanted = special.betaincinv(mean * c, (1 - mean) * c, special.ndtr(z))
        assert np.allclose(beta.slip_quantile(mean, c, z), wanted, atol=2e-5)
    assert beta.slip_quantile(np.array([0.0, 1.0]), 9.0, np.array([1.0, 1.0])).tolist() == [0.0, 1.0]


def test_plain_points_are_those_of_scipy() -> None:
    assert np.array_equal(sobol.plain(1024, 300), qmc.Sobol(300, scramble=False).random(1024))


def test_scrambles_keep_every_dimension_and_pairs_even() -> None:
    u = sobol.scrambled(256, 330, np.random.default_rng(1))
    assert (u > 0).all() and (u < 1).all()
    for d in range(sobol.dimensions()):
        assert len(set((u[:, d] * 256).astype(int))) == 256  # one point in every 256th
    plain, turned = (stats.qmc.discrepancy(x[:, :6]) for x in (sobol.plain(256, 6), u))
    assert turned < 1.5 * plain


def test_scrambles_are_unbiased() -> None:
    """A scramble moves each point uniformly: the mean of exp(Σu) over scrambles is its integral."""
    rng = np.random.default_rng(5)
    means = np.array([np.exp(sobol.scrambled(16, 3, rng).sum(axis=1)).mean() for _ in range(400)])
    assert abs(means.mean() - (np.e - 1) ** 3) < 4.9 * means.std() / 400**0.5


@pytest.mark.parametrize("sigma", [0.1, 0.7, 1.5])
def test_lognormal_characteristic_function(sigma: float) -> None:
    u = (np.arange(400_000) + 0.5) / 400_000
    v = np.exp(sigma * special.ndtri(u) - sigma * sigma / 2)
    s = np.array([0.01, 0.5, 3.0, 40.0])
    assert np.abs(values._lognormal(sigma, s) - [np.exp(1j * x * v).mean() for x in s]).max() < 1e-4


def test_weibull_characteristic_function() -> None:
    s = np.array([0.01, 0.5, 3.0, 40.0])
    assert np.allclose(values._weibull(1.0, s), 1 / (1 - 1j * s), atol=1e-9)  # an exponential


def test_dispersed_weeks_by_series_and_one_by_one() -> None:
    rng = np.random.default_rng(1)
    for jumps in (1, 2):
        chance = [(Jump(1), rng.uniform(0, 0.05, (3, 20))) for _ in range(jumps)]
        weeks = Lumpy(rng.uniform(0, 3, (3, 20)), 1 + rng.uniform(0, 2, (1, 20)) * (rng.random((1, 20)) > 0.3), chance)
        excess = [np.exp(1j * rng.uniform(0, 1, (1, 5))) - 1 for _ in range(jumps)]
        assert lumpy._terms_needed(weeks, excess) is not None
        assert np.allclose(lumpy.log_of_lumpy(weeks, excess), lumpy._week_by_week(weeks, excess), atol=1e-11)


@pytest.mark.parametrize("cv", [0.2, 0.5, 1.0])
def test_gammas_of_many_means_are_read_off_one_curve(cv: float) -> None:
    form = SpreadForm("gamma", 0, 0, 1.0)
    means = np.geomspace(0.02, 60.0, 70)
    found = lags.weeks_law(form, means, cv, 120)
    one_by_one = np.concatenate([lags.weeks_law(form, float(mean), cv, 120) for mean in means])
    assert found == pytest.approx(one_by_one, abs=3e-6)  # which weeks are cut as too rare may differ
