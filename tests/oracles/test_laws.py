"""The laws behind the oracles: against SciPy, against integration by brute force, against their own draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from tests import statistical as st
from tests.oracles import laws

CONTINUOUS = {
    "gamma": (laws.from_mean_and_cv("gamma", 8, 0.5), stats.gamma(4, scale=2)),
    "wide gamma": (laws.from_mean_and_cv("gamma", 2, 3), stats.gamma(1 / 9, scale=18)),
    "exponential": (laws.from_mean_and_cv("exponential", 3, 1), stats.expon(scale=3)),
    "weibull": (laws.from_mean_and_cv("weibull", 6, 0.4), None),
    "lognormal": (
        laws.from_mean_and_cv("lognormal", 40, 0.8),
        stats.lognorm(np.sqrt(np.log(1.64)), scale=40 / np.sqrt(1.64)),
    ),
    "by median": (laws.from_median_and_p90(12, 43.2), stats.lognorm(np.log(3.6) / stats.norm.ppf(0.9), scale=12)),
}
DISCRETE = {
    "fixed": laws.fixed(2.5),
    "table": laws.Points((0.0, 1.0, 2.0), (0.2, 0.5, 0.3)),
    "real ones": laws.Points((0.2, 3.7, 3.7, 20.25), (1.0,) * 4),
    "geometric": laws.geometric(4),
    "stretched table": laws.scaled(laws.Points((0.0, 1.0, 2.0), (0.2, 0.5, 0.3)), 1.3),
    "stretched gamma": laws.scaled(laws.from_mean_and_cv("gamma", 4, 1), 1.5),
}
ALL = {name: law for name, (law, _) in CONTINUOUS.items()} | DISCRETE


@pytest.mark.parametrize("name", CONTINUOUS)
def test_parameters_give_the_mean_and_cv_asked_for(name):
    law, same = CONTINUOUS[name]
    if same is None:
        assert law.moment(1) == pytest.approx(6)
        assert np.sqrt(law.moment(2) - 36) / 6 == pytest.approx(0.4)
        same = stats.weibull_min(law.shape, scale=law.scale)
    x = np.array([0.0, 0.1, 1, 5, 20, 100])
    np.testing.assert_allclose(law.below(x), same.cdf(x), rtol=1e-10, atol=1e-15)
    for order in range(1, 5):
        assert law.moment(order) == pytest.approx(same.moment(order), rel=1e-8)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_the_integral_of_the_distribution_function(name):
    law, _ = CONTINUOUS[name]
    for x in (0.5, 1.0, 7.0, 40.0):
        expected, _ = integrate.quad(lambda t: float(law.below(np.array([t]))[0]), 0, x, limit=200)
        assert float(law.integral(np.array([x]))[0]) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_weeks_are_the_law_of_l_plus_u_rounded_down(name):
    """P(K = k) = ∫₀¹ P(k − u ≤ L < k + 1 − u) du, without the function G."""
    law, _ = CONTINUOUS[name]
    pmf = laws.weeks_pmf(law)
    for k in (0, 1, 2, 9):

        def inside(u: float, k: int = k) -> float:
            low, high = law.below(np.array([k - u, k + 1 - u]))
            return float(high - low)

        expected, _ = integrate.quad(inside, 0, 1, limit=200)
        assert pmf[k] == pytest.approx(expected, rel=3e-6, abs=1e-9)  # the cut tail: at most one millionth


@pytest.mark.parametrize("name", ALL)
def test_no_half_week_is_lost_and_the_tail_is_cut_at_a_millionth(name):
    law = ALL[name]
    pmf = laws.weeks_pmf(law)
    assert pmf.sum() == pytest.approx(1, abs=1e-12)
    k = np.arange(len(pmf))
    assert pmf @ k == pytest.approx(law.moment(1), rel=1e-3)
    g = law.integral(np.array([len(pmf) - 2.0, len(pmf) - 1.0, len(pmf)]))
    left_before, left = 1 - (g[1] - g[0]), 1 - (g[2] - g[1])
    assert left < laws.TAIL
    assert left_before >= laws.TAIL or len(pmf) == 1 or name in DISCRETE


def test_known_laws_on_weeks():
    np.testing.assert_allclose(laws.weeks_pmf(laws.fixed(2.5)), [0, 0, 0.5, 0.5])
    np.testing.assert_allclose(laws.weeks_pmf(laws.fixed(0.0)), [1])
    np.testing.assert_allclose(laws.weeks_pmf(DISCRETE["table"]), [0.2, 0.5, 0.3], atol=1e-15)
    np.testing.assert_allclose(laws.weeks_pmf(DISCRETE["stretched table"])[:4], [0.2, 0.35, 0.27, 0.18], atol=1e-15)
    np.testing.assert_allclose(laws.delay_pmf(DISCRETE["table"]), [0, 0.7, 0.3], atol=1e-15)
    np.testing.assert_allclose(laws.delay_pmf(laws.fixed(0.2)), [0, 1], atol=1e-15)
    np.testing.assert_allclose(laws.delay_pmf(laws.geometric(4))[:4], [0, 1 / 4, 3 / 16, 9 / 64])
    np.testing.assert_allclose(laws.delay_pmf(laws.geometric(1)), [0, 1])
    np.testing.assert_allclose(laws.remaining(np.array([0.2, 0.5, 0.3]), 1), [0.625, 0.375])
    assert laws.remaining(np.array([0.2, 0.5, 0.3]), 3) is None


@pytest.mark.parametrize("name", ALL)
def test_draws_have_the_law(name):
    rng = np.random.default_rng(1)
    drawn = np.array([laws.draw_weeks(ALL[name], rng) for _ in range(20_000)])
    pmf = laws.weeks_pmf(ALL[name])
    st.assert_distribution(np.minimum(drawn, len(pmf) - 1), pmf, what=name)
