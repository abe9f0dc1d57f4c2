"""The exact answers against figures known from elsewhere, and against what must hold whatever the plan."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.oracles.exact import Exact
from tests.oracles.mixture import by_quadrature, normals
from tests.oracles.world import given_world
from tests.simulation.cases import EXACT, load_case, plan


def test_the_reference_plan(tmp_path):
    """Figures on which eleven independent programs agree."""
    exact = Exact(given_world(load_case(EXACT["from an empty start"], tmp_path), {}, {}))
    np.testing.assert_allclose(exact.mean("wins"), [6.17526, 21.92459, 24.18674, 24.26580], atol=5e-6)
    assert exact.at_least("wins", 25, 3) == pytest.approx(0.4675583, abs=1e-7)
    year = (0, 1, 2, 3)
    mean, variance, *_ = exact.cumulants("bookings", year)
    assert round(mean) == 3_062_096
    assert round(variance**0.5) == 448_189
    coarse, fine = (exact.money_at_least("bookings", 2e6, year, step=step, top=2e7) for step in (1000, 500))
    assert fine + (fine - coarse) / 3 == pytest.approx(0.99529333, abs=1e-8)  # Richardson: the error is in step²


@pytest.mark.parametrize("name", EXACT)
def test_nothing_vanishes_on_average(name, tmp_path):
    scenario = load_case(EXACT[name], tmp_path)
    exact = Exact(given_world(scenario, {}, {}))
    last, birth = scenario.stages[-1], scenario.stages[-2]
    for segment in scenario.segments:
        flow = exact.mean(birth, segment) - exact.mean(last, segment) - exact.mean("losses", segment)
        np.testing.assert_allclose(np.diff(exact.mean("open_deals", segment)), flow[1:], atol=1e-8)


def test_every_law_sums_to_one_and_has_the_cumulants(tmp_path):
    scenario = load_case(EXACT["lumpy arrivals"], tmp_path)
    exact = Exact(given_world(scenario, {}, {}))
    for metric in ("sqls", "wins", "losses", "slips", "slipped_deals", "open_deals"):
        pmf = exact.pmf(metric, 2)
        n = np.arange(len(pmf))
        mean = pmf @ n
        variance, third = pmf @ (n - mean) ** 2, pmf @ (n - mean) ** 3
        fourth = pmf @ (n - mean) ** 4 - 3 * variance**2
        assert pmf.sum() == pytest.approx(1, abs=1e-9)
        np.testing.assert_allclose([mean, variance, third, fourth], exact.cumulants(metric, 2), rtol=1e-6)


def test_lumpy_arrivals_are_negative_binomial(tmp_path):
    case = plan({"a": {"volume": {"per_quarter": 26, "dispersion": 3}, "conversion": {"wins": 0.5}}},
                stages=["leads", "wins"], quarters=1, warm_up=0)  # fmt: skip
    exact = Exact(given_world(load_case(case, tmp_path), {}, {}))
    known = stats.nbinom(13 * 2 / (3 - 1), 1 / 3)  # thirteen weeks of mean 2
    pmf = exact.pmf("leads", 0)
    np.testing.assert_allclose(pmf[:100], known.pmf(np.arange(100)), atol=1e-12)
    assert exact.variance("leads")[0] == pytest.approx(78)


def test_money_of_compound_poisson_with_exponential_sizes(tmp_path):
    """P(S > x) of a compound Poisson sum of exponentials is a series of Poisson and gamma tails."""
    case = plan({"a": {"volume": 8, "conversion": {"wins": 1}, "deal_size": {"mean": 100, "family": "exponential"}}},
                stages=["leads", "wins"], quarters=1, warm_up=0)  # fmt: skip
    exact = Exact(given_world(load_case(case, tmp_path), {}, {}))
    n = np.arange(1, 80)
    for x in (200.0, 1000.0):
        expected = float(stats.poisson.pmf(n, 8) @ stats.gamma.sf(x, n, scale=100))
        assert exact.money_at_least("bookings", x, 0, step=0.5, top=8000) == pytest.approx(expected, abs=1e-6)


def test_a_mixture_over_a_volume(tmp_path):
    """Poisson wins whose volume is lognormal: mean, and variance by the law of total variance."""
    case = plan({"a": {"volume": {"mean": 30, "sd": 12}, "conversion": {"wins": 0.4}}},
                stages=["leads", "wins"], quarters=1, warm_up=0)  # fmt: skip
    mixture = by_quadrature(load_case(case, tmp_path), {"segments.a.volume": normals(40)})
    mean, variance, *_ = mixture.cumulants("wins", 0)
    assert mean == pytest.approx(12, rel=1e-6)
    assert variance == pytest.approx(12 + (0.4 * 12) ** 2, rel=1e-5)
    assert mixture.pmf("wins", 0).sum() == pytest.approx(1, abs=1e-9)
