"""Known answers of the generator, and every inverse distribution function against SciPy."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy import special as sc
from scipy import stats

from simulator.kernels import (
    beta,
    counts,
    curves,
    funnel,
    gamma,
    integrals,
    lognormal,
    market,
    normal,
    spreads,
    streams,
)
from simulator.kernels import plan as kinds


def test_words_are_splitmix64() -> None:
    """The published reference sequence for seed 1234567 (Vigna, splitmix64.c)."""
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    key = np.uint64(1234567)
    with np.errstate(over="ignore"):
        assert [int(streams.word(key, n)) for n in range(1, 6)] == expected


def test_uniforms_are_inside() -> None:
    assert 0.0 < streams.uniform(np.uint64(0)) < 1e-15
    assert 1 - 1e-15 < streams.uniform(np.uint64(2**64 - 1)) < 1.0
    assert streams.threshold(0.0) == 0 and streams.threshold(1.0) == 2**64 - 1
    assert streams.threshold(0.5) == 2**63


def test_normal_quantile() -> None:
    for u in (1e-300, 1e-12, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.9, 1 - 1e-9):
        assert normal.norm_ppf(u) == pytest.approx(sc.ndtri(u), rel=1e-13, abs=1e-15)
        assert normal.norm_cdf(sc.ndtri(u)) == pytest.approx(u, rel=1e-13)


rng = np.random.default_rng(20270101)
SHAPES = np.exp(rng.normal(0, 2.5, (60, 2)))
SCORES = rng.normal(0, 1.8, 60)


def test_incomplete_gamma_and_beta() -> None:
    for (a, b), z in zip(SHAPES, SCORES, strict=True):
        x = a * np.exp(z)
        assert gamma.gamma_tails(a, x)[0] == pytest.approx(sc.gammainc(a, x), rel=1e-11, abs=1e-14)
        assert gamma.gamma_tails(a, x)[1] == pytest.approx(sc.gammaincc(a, x), rel=1e-11, abs=1e-14)
        p = sc.expit(z)
        assert beta.beta_tails(a, b, p, 1 - p)[0] == pytest.approx(sc.betainc(a, b, p), rel=1e-11, abs=1e-14)
        assert beta.beta_tails(a, b, p, 1 - p)[1] == pytest.approx(sc.betaincc(a, b, p), rel=1e-11, abs=1e-14)


def test_beta_and_gamma_quantiles_go_back() -> None:
    for (a, b), z in zip(SHAPES, SCORES, strict=True):
        t = beta.beta_logit_quantile(a, b, z)
        if -600 < t < 30:
            assert sc.betainc(a, b, sc.expit(t)) == pytest.approx(sc.ndtr(z), rel=1e-7, abs=1e-12)
        t = gamma.gamma_log_quantile(a, z)
        if t > -600:
            assert sc.gammainc(a, np.exp(t)) == pytest.approx(sc.ndtr(z), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("concentration", [4.0, 25.0, 1000.0])
def test_slip_probabilities_of_a_quarter(concentration: float) -> None:
    slips = curves.slip_table(concentration)
    for mean in (1e-5, 0.01, 0.2, 0.5, 0.93, 0.9999):  # the first and the last are off the table
        for z in (-8.2, -2.5, -0.3, 0.0, 1.7, 4.0):
            found = market.slip_of_quarter(mean, concentration, z, slips)
            a, b = mean * concentration, (1.0 - mean) * concentration
            assert found == pytest.approx(sc.expit(beta.beta_logit_quantile(a, b, z)), abs=1e-6)
    assert market.slip_of_quarter(0.3, 0.0, 1.0, slips) == 0.3
    assert market.slip_of_quarter(0.0, concentration, 1.0, slips) == 0.0
    assert market.slip_of_quarter(1.0, concentration, 1.0, slips) == 1.0


def test_weibull_shape_gives_the_cv() -> None:
    for cv in (0.1, 0.5, 1.0, 2.0):
        k = gamma.weibull_shape(cv)
        assert stats.weibull_min(k).std() / stats.weibull_min(k).mean() == pytest.approx(cv, rel=1e-10)


@pytest.mark.parametrize(
    ("n", "p"), [(1, 0.3), (7, 0.5), (40, 0.9), (500, 0.01), (500, 0.999), (3000, 0.4), (10**6, 0.3), (10**7, 1e-6)]
)
def test_binomial_quantile(n: int, p: float) -> None:
    for u in [*np.linspace(0.0007, 0.9993, 60), 1e-9, 1 - 1e-9]:
        k = counts.binomial_quantile(u, n, p)
        assert stats.binom.cdf(k, n, p) >= u - 1e-11
        assert k == 0 or stats.binom.cdf(k - 1, n, p) < u + 1e-11


def test_binomial_quantile_grows_by_at_most_one() -> None:
    for u in np.linspace(0.003, 0.997, 25):
        for p in (0.02, 0.3, 0.499999, 0.5, 0.500001, 0.97):
            drawn = [counts.binomial_quantile(u, n, p) for n in range(1, 140)]
            assert set(np.diff(drawn)) <= {0, 1}
        over_p = [counts.binomial_quantile(u, 77, p) for p in np.linspace(0, 1, 300)]
        assert (np.diff(over_p) >= 0).all() and over_p[0] == 0 and over_p[-1] == 77


@pytest.mark.parametrize("mean", [0.0, 0.01, 3.7, 77.0, 4000.0, 250_000.0])
@pytest.mark.parametrize("dispersion", [1.0, 1.5, 30.0])
def test_tables_of_arrivals(mean: float, dispersion: float) -> None:
    table = np.zeros((1, counts.room_for_count(mean, dispersion)))
    low, first, n = counts.tabulate_count(mean, dispersion, table, 0)
    assert first + n < table.shape[1] and (low == 0 or first > 0), "the table was cut"
    if mean == 0:
        assert (low, first, n) == (0, 0, 1)
        return
    law = stats.poisson(mean) if dispersion == 1 else stats.nbinom(mean / (dispersion - 1), 1 / dispersion)
    assert np.allclose(table[0, first : first + n], law.cdf(np.arange(low, low + n)), atol=2e-11, rtol=0)


def test_conversion_is_binomial_and_exact_at_the_ends() -> None:
    """Bit planes, the first 1,024, and the binomial rest: means and variances within 4.9 errors."""
    weeks = 4000

    @numba.njit
    def run(n, p, keys):
        size = keys.size - 8
        converted, few = np.zeros(size + 8, np.int64), np.zeros(size + 8, np.int64)
        limits = np.full(size + 8, streams.threshold(p))
        funnel.convert(np.full(size, n), limits, np.full(size, p), keys, few, converted)
        return converted[:size]

    keys = np.random.default_rng(5).integers(0, 2**64, weeks + 8, dtype=np.uint64)
    for n, p in ((1, 0.3), (63, 0.5), (64, 0.01), (77, 0.3), (1024, 0.123), (1100, 0.4), (50_000, 0.02)):
        drawn = run(n, p, keys)
        sd = np.sqrt(n * p * (1 - p))
        assert abs(drawn.mean() - n * p) < 4.9 * sd / np.sqrt(weeks)
        kurtosis = 3 + (1 - 6 * p * (1 - p)) / (n * p * (1 - p))
        assert abs(drawn.var() / sd**2 - 1) < 4.9 * np.sqrt((kurtosis - 1) / weeks)
        assert (run(n, 1.0, keys) == n).all() and (run(n, 0.0, keys) == 0).all()
        assert (run(n, min(1.0, p * 1.01), keys) >= drawn).all()
        assert np.isin(run(n + 1, p, keys) - drawn, (0, 1)).all()


FAMILIES = {
    "gamma": (kinds.GAMMA, 8.0, 0.5, stats.gamma(4, scale=2)),
    "exponential": (kinds.EXPONENTIAL, 2.0, 1.0, stats.expon(scale=2)),
    "lognormal": (kinds.LOGNORMAL_P90, 12.0, 12 * np.exp(1.2815515655), stats.lognorm(1, scale=12)),
    "weibull": (kinds.WEIBULL, 5.0, 0.7, None),
    "fixed": (kinds.FIXED, 2.5, 0.0, None),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_lag_tables(family: str) -> None:
    kind, a, b, law = FAMILIES[family]
    kept = 3000
    cdf, words, guide = np.zeros((1, kept)), np.zeros((1, kept), np.uint64), np.zeros((1, spreads.GUIDE), np.int32)
    with np.errstate(over="ignore"):
        spreads.tabulate_lag(kind, a, b, 1.0, False, np.zeros(1), 0, 0, -1, np.zeros((0, 1)), 0, cdf, words, guide)
    pmf = np.diff(cdf[0], prepend=0)
    if family == "fixed":
        assert pmf[2] == pmf[3] == 0.5 and pmf.sum() == 1
        return
    if law is None:
        k = gamma.weibull_shape(b)
        law = stats.weibull_min(k, scale=a / np.exp(sc.gammaln(1 + 1 / k)))
    x = np.linspace(0, 40, 400_001)
    g = np.concatenate([[0], np.cumsum((law.cdf(x)[1:] + law.cdf(x)[:-1]) / 2 * np.diff(x))])
    at = g[::10_000]
    expected = at[1:] - at[:-1]
    assert np.allclose(cdf[0, :40], expected, atol=3e-6)
    assert np.sum(pmf * np.arange(kept)) == pytest.approx(law.mean(), abs=2e-3)
    with np.errstate(over="ignore"):
        for u in (0.0, 0.01, 0.3, 0.5, 0.77, 0.999):
            k = spreads.draw_lag(words, guide, 0, np.uint64(int(u * 2**64)))
            assert cdf[0, k] > u and (k == 0 or cdf[0, k - 1] <= u + 1e-15)


@pytest.mark.parametrize("cv", [integrals.NARROWEST, 0.5, 1.0, integrals.WIDEST])
@pytest.mark.parametrize("kind", [kinds.GAMMA, kinds.WEIBULL, kinds.LOGNORMAL_SPREAD])
def test_lags_of_certain_shape_are_read_from_a_table(kind: int, cv: float) -> None:
    nodes = (integrals.INTEGRAL_HIGH - integrals.INTEGRAL_LOW) * integrals.INTEGRAL_STEP + 1
    table = np.zeros((1, nodes))
    integrals.tabulate_integrals(np.array([kind]), np.array([cv]), table)
    for mean in (0.3, 2.0, 8.3, 40.0):
        exact, read = (np.zeros((1, 200)) for _ in range(2))
        for curve, cdf in ((-1, exact), (0, read)):
            words, guide = np.zeros((1, 200), np.uint64), np.zeros((1, spreads.GUIDE), np.int32)
            with np.errstate(over="ignore"):
                spreads.tabulate_lag(kind, mean, cv, 1.0, False, np.zeros(1), 0, 0, curve, table, 0, cdf, words, guide)
        np.testing.assert_allclose(read, exact, atol=2e-7)


def test_tabulated_quantiles() -> None:
    tables = np.zeros((3, int(2 * curves.CURVE_REACH * curves.CURVE_STEP) + 1))
    shapes = np.array([[2.6, 3.4], [35.5, 65.5], [1.5, 0.0]])
    curves.tabulate(np.array([0, 0, 1]), shapes, tables)
    for z in np.linspace(-6, 6, 101):
        for row, (a, b) in enumerate(shapes[:2]):
            x = sc.expit(curves.read_curve(tables, row, z))
            assert x == pytest.approx(sc.betaincinv(a, b, sc.ndtr(z)), rel=1e-8)
        assert np.exp(curves.read_curve(tables, 2, z)) == pytest.approx(sc.gammaincinv(1.5, sc.ndtr(z)), rel=1e-8)


@pytest.mark.parametrize("sigma", [0.0, 0.7, 1.6, lognormal.WIDEST])
def test_lognormal_values(sigma: float) -> None:
    u = np.linspace(0.5 - lognormal.CENTRE, 0.5 + lognormal.CENTRE, 10_001)
    values = u.copy()
    lognormal.lognormal_centre(values, 20_000.0, sigma, 2.0)
    np.testing.assert_allclose(values, 40_000 * np.exp(sigma * sc.ndtri(u)), rtol=4e-8, atol=1e-5)
