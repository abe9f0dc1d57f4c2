"""Numbers: quantiles against SciPy's distributions, medians, words."""

import math

import numpy as np
import pytest
from scipy import stats

from simulator.scenario.scales import LN9, METALOG_K, Z90, format_number, forward, inverse, metalog_range
from simulator.scenario.uncertain import (
    Certain,
    MeanSd,
    Metalog,
    Pert,
    Range,
    Successes,
    Values,
    WinProbability,
    at_quarter,
)

U = np.array([0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999])


def logit(p):
    return np.log(p) - np.log1p(-p)


def lognormal(mean, sd):
    s = math.sqrt(math.log1p((sd / mean) ** 2))
    return stats.lognorm(s, scale=mean / math.exp(s * s / 2))


def beta(mean, sd):
    size = mean * (1 - mean) / sd**2 - 1
    return stats.beta(mean * size, (1 - mean) * size)


KNOWN = [
    (Certain(0.3, domain="share"), lambda u: np.full_like(u, 0.3)),
    (Pert(0.3, 0.4, 0.48, domain="share"), stats.beta(1 + 4 * 0.1 / 0.18, 1 + 4 * 0.08 / 0.18, 0.3, 0.18).ppf),
    (Pert(10, 10, 20, domain="positive"), stats.beta(1, 5, 10, 10).ppf),
    (Successes(35, 100, domain="share"), stats.beta(35.5, 65.5).ppf),
    (Successes(0, 7, domain="share"), stats.beta(0.5, 7.5).ppf),
    (MeanSd(0.3, 0.05, domain="share"), beta(0.3, 0.05).ppf),
    (MeanSd(100, 40, domain="positive"), lognormal(100, 40).ppf),
    (MeanSd(0.02, 0.03, domain="real"), stats.norm(0.02, 0.03).ppf),
    (Range(-0.1, 0.2, domain="real"), stats.norm(0.05, 0.3 / 2.5631031).ppf),
    (Range(80, 125, domain="positive"), stats.lognorm(math.log(125 / 80) / 2.5631031, scale=100).ppf),
]


@pytest.mark.parametrize("number, ppf", KNOWN, ids=lambda value: getattr(value, "describe", lambda: "")())
def test_quantiles_are_those_of_the_distribution(number, ppf):
    np.testing.assert_allclose(number.quantile(U), ppf(U), rtol=1e-6)
    np.testing.assert_allclose([number.quantile(float(u)) for u in U], number.quantile(U), rtol=1e-9)
    assert number.median() == pytest.approx(float(ppf(np.array([0.5]))[0]), rel=1e-6)
    assert np.all(np.diff(number.quantile(U)) >= 0)


@pytest.mark.parametrize("domain, p10, p90", [("share", 0.52, 0.66), ("positive", 900, 1400), ("real", -0.1, 0.3)])
def test_ranges_go_through_their_quantiles(domain, p10, p90):
    assert Range(p10, p90, domain=domain).quantile(0.1) == pytest.approx(p10)
    assert Range(p10, p90, domain=domain).quantile(0.9) == pytest.approx(p90)
    least, most = metalog_range(domain, p10, p90)
    for p50 in (least, (least + most) / 2, most):
        metalog = Metalog(p10, p50, p90, domain=domain)
        assert [metalog.quantile(u) for u in (0.1, 0.5, 0.9)] == pytest.approx([p10, p50, p90])


def test_share_range_is_normal_on_the_logit():
    number = Range(0.52, 0.66, domain="share")
    sd = (logit(0.66) - logit(0.52)) / 2.5631031
    np.testing.assert_allclose(logit(number.quantile(U)), logit(number.median()) + sd * stats.norm.ppf(U), rtol=1e-6)


@pytest.mark.parametrize("domain, p10, p90", [("share", 0.2, 0.5), ("positive", 10, 100), ("real", -1, 1)])
def test_metalog_is_a_distribution_exactly_within_its_admissible_medians(domain, p10, p90):
    """Keelin's bound: inside it quantiles rise everywhere, outside they fall somewhere."""
    least, most = metalog_range(domain, p10, p90)
    u = np.concatenate([np.geomspace(1e-9, 0.5, 4000), 1 - np.geomspace(1e-9, 0.5, 4000)[::-1]])
    low, high = forward(domain, least), forward(domain, most)

    def rises(scaled):
        a1, a2, a3 = Metalog(p10, float(inverse(domain, scaled)), p90, domain=domain).coefficients()
        return bool(np.all(np.diff(a1 + (a2 + a3 * (u - 0.5)) * logit(u)) >= -1e-12))

    width = high - low
    assert rises(low + 1e-4 * width) and rises(high - 1e-4 * width)
    assert not rises(low - 0.01 * width) and not rises(high + 0.01 * width)


def test_constants():
    assert pytest.approx(2.5631031, abs=1e-7) == 2 * Z90
    assert pytest.approx(math.log(9)) == LN9
    assert pytest.approx(0.166578) == METALOG_K


def test_times_multiplies_and_shares_are_capped():
    assert Range(0.8, 0.95, domain="share", times=1.5).quantile(0.9) == 1.0
    np.testing.assert_array_equal(Range(0.8, 0.95, domain="share", times=1.5).quantile(U[1:]), 1.0)
    assert Range(80, 125, domain="positive", times=1.5).quantile(0.9) == pytest.approx(187.5)
    assert Range(0.2, 0.4, domain="share", times=0.5).quantile(0.1) == pytest.approx(0.1)


def test_values_take_equal_parts_in_order():
    number = Values((3, 1, 2), domain="positive")
    assert [number.quantile(u) for u in (0.0, 0.33, 0.34, 0.66, 0.67, 1.0)] == [1, 1, 2, 2, 3, 3]
    np.testing.assert_array_equal(number.quantile(np.array([0.0, 0.5, 0.999])), [1, 2, 3])


def test_extremes_stay_in_the_domain():
    for number in (Range(0.1, 0.9, domain="share"), Metalog(0.1, 0.3, 0.9, domain="share")):
        assert 0 <= number.quantile(1e-300) <= number.quantile(1 - 1e-16) <= 1
    assert math.isfinite(Range(1, 1e9, domain="positive").quantile(1 - 1e-16))


def test_words():
    assert Range(0.52, 0.66, domain="share").describe() == "P10 0.52 – P90 0.66"
    assert Pert(0.3, 0.4, 0.48).describe() == "0.3 – 0.48, likely 0.4"
    assert Successes(35, 100, domain="share", times=1.1).describe() == "35 of 100, × 1.1"
    assert Range(900, 1400, name="reach").describe() == "P10 900 – P90 1,400 (shared: reach)"
    assert Certain(3_500_000).describe() == "3,500,000"
    assert WinProbability(times=1.1).describe() == "as in the deals file, × 1.1"
    with pytest.raises(TypeError):
        WinProbability(times=1.1).quantile(0.5)


def test_at_quarter_holds_the_last_and_the_first():
    numbers = (Certain(1), Certain(2))
    assert [at_quarter(numbers, q).median() for q in (-3, 0, 1, 7)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "value, text", [(25.0, "25"), (0.4, "0.4"), (3_500_000, "3500000"), (-2.50, "-2.5"), (1e15, "1000000000000000")]
)
def test_numbers_as_people_write_them(value, text):
    assert format_number(value) == text
