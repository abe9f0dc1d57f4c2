"""The forms of uncertain numbers in the oracles, against SciPy and the definitions."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special, stats

from tests import statistical as st
from tests.oracles.uncertain import Draw, quantile


def number(kind: str, domain: str = "share", times: float = 1.0, name: str | None = None, **fields):
    made = type(kind, (SimpleNamespace,), {})(**fields)
    made.domain, made.times, made.name = domain, times, name
    return made


def at(number, p: float) -> float:
    return quantile(number, float(stats.norm.ppf(p)))


@pytest.mark.parametrize(("domain", "low", "high"), [("share", 0.2, 0.6), ("positive", 20, 60), ("real", -0.1, 0.3)])
def test_ranges_and_metalogs_go_through_their_points(domain, low, high):
    for p, value in ((0.1, low), (0.9, high)):
        assert at(number("Range", domain, p10=low, p90=high), p) == pytest.approx(value)
    middle = low + 0.45 * (high - low)
    metalog = number("Metalog", domain, p10=low, p50=middle, p90=high)
    for p, value in ((0.1, low), (0.5, middle), (0.9, high)):
        assert at(metalog, p) == pytest.approx(value)
    values = [at(metalog, p) for p in np.linspace(0.001, 0.999, 199)]
    assert (np.diff(values) > 0).all()


def test_metalog_is_keelins_formula():
    """Keelin (2016), SPT metalog: a₁ = m, a₂ = (q₉₀ − q₁₀)/(2 ln 9), a₃ = (1 − 2r)(q₉₀ − q₁₀)/(0.8 ln 9)."""
    p10, p50, p90 = 10.0, 14.0, 20.0
    r = (p50 - p10) / (p90 - p10)
    a2, a3 = (p90 - p10) / (2 * np.log(9)), (1 - 2 * r) * (p90 - p10) / (0.8 * np.log(9))
    for y in (0.01, 0.3, 0.99):
        expected = p50 + a2 * special.logit(y) + a3 * (y - 0.5) * special.logit(y)
        assert at(number("Metalog", "real", p10=p10, p50=p50, p90=p90), y) == pytest.approx(expected)


def test_betas_and_moments():
    assert at(number("Successes", successes=7, of=20), 0.3) == pytest.approx(stats.beta(7.5, 13.5).ppf(0.3))
    pert = number("Pert", "positive", min=10, likely=20, max=50)
    assert at(pert, 0.8) == pytest.approx(10 + 40 * stats.beta(2, 4).ppf(0.8))
    z, w = special.roots_hermitenorm(60)
    for domain, mean, sd in (("share", 0.3, 0.1), ("positive", 30, 20), ("real", 0.1, 0.2)):
        values = np.array([quantile(number("MeanSd", domain, mean=mean, sd=sd), x) for x in z])
        first = w @ values / w.sum()
        assert first == pytest.approx(mean, rel=1e-6)
        assert np.sqrt(w @ (values - first) ** 2 / w.sum()) == pytest.approx(sd, rel=1e-5)
    values = [at(number("Values", "positive", values=(3, 1, 2)), p) for p in (0.1, 0.5, 0.9)]
    assert values == [1, 2, 3]


def test_times_and_the_cap():
    assert at(number("Range", p10=0.5, p90=0.8, times=1.3), 0.9) == 1.0
    assert at(number("Range", "positive", p10=5, p90=8, times=1.3), 0.9) == pytest.approx(10.4)


def test_names_are_shared_and_correlations_kept():
    rng = np.random.default_rng(2)
    a = number("Range", "positive", p10=1, p90=2, name="same")
    b = number("Pert", min=0.1, likely=0.2, max=0.9)
    c = number("Range", "real", p10=-1, p90=1, name="same")
    drawn = []
    for _ in range(20_000):
        draw = Draw(rng, [("same", "b", -0.6)])
        drawn.append((draw.value(a, "a"), draw.value(b, "b"), draw.value(c, "c"), draw.value(a, "elsewhere")))
    x, y, z, again = np.array(drawn).T
    assert (x == again).all()
    assert stats.spearmanr(x, z).statistic == pytest.approx(1)
    st.assert_rank_correlation(x, y, -0.6)
