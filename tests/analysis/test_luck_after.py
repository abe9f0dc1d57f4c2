"""After the quarter: how unusual it was, and what it says about the assumptions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import simulator as sim
from simulator.analysis.luck import luck
from simulator.analysis.luck_actual import afterwards, check_actual
from simulator.analysis.luck_posterior import ENOUGH
from simulator.analysis.luck_words import caution
from simulator.errors import UsageError
from simulator.quarters import Calendar
from simulator.statistics.weighted import weighted_quantiles
from tests.analysis.plans import plan

QUARTER = "2027-Q2"


def unsure(**more):
    """Volume and two rates uncertain; what arrives in a quarter converts in it."""
    return plan(
        volume={"p10": 80, "p90": 125},
        conversion={"sqls": {"p10": 0.4, "p90": 0.6}, "wins": {"p10": 0.25, "p90": 0.5}},
        lag_weeks={}, slips={}, opening={"warm_up_quarters": 0}, **more,
    )  # fmt: skip


def by_quadrature(logpmf, low: float, high: float, levels) -> np.ndarray:
    """Quantiles of a lognormal range (P10 low, P90 high) after an outcome of likelihood exp(logpmf(value))."""
    z = np.linspace(-7, 7, 40_001)
    value = np.exp((np.log(low) + np.log(high)) / 2 + z * np.log(high / low) / 2.5631031)
    return weighted_quantiles(value, stats.norm.pdf(z) * np.exp(logpmf(value) - logpmf(value).max()), levels)


def close(found, truth, weight: float, width: float) -> bool:
    """Within Monte Carlo error of quantiles from ``weight`` effective trials of a posterior of sd ``width``."""
    return bool(np.all(np.abs(np.asarray(found) - truth) < 4.9 * 1.8 * width / np.sqrt(weight)))


@pytest.mark.parametrize("dispersion", [1, 4])
def test_the_volume_after_counting_arrivals(dispersion: float) -> None:
    """One count, one number: the posterior is a one-dimensional integral, of lumpy arrivals too."""
    scenario = plan(
        volume={"per_quarter": {"p10": 80, "p90": 125}, "dispersion": dispersion}, lag_weeks={}, slips={},
        opening={"warm_up_quarters": 0},
    )  # fmt: skip
    found = luck(scenario, actual={"mqls": 70}, period=QUARTER, trials=10_000, seed=5).actual

    def logpmf(volume):
        if dispersion == 1:
            return stats.poisson.logpmf(70, volume)
        return stats.nbinom.logpmf(70, volume / (dispersion - 1), 1 / dispersion)

    truth = by_quadrature(logpmf, 80, 125, [0.1, 0.5, 0.9])
    (learned,) = found.learned
    assert found.posterior.method == "exact" and found.posterior.enough
    assert close(learned.posterior, truth, found.posterior.effective, (truth[2] - truth[0]) / 2.56)
    assert learned.prior == pytest.approx((80, 100, 125), rel=0.01)
    volumes = by_quadrature(logpmf, 80, 125, np.linspace(0.0005, 0.9995, 1000))
    assert learned.below_median == pytest.approx((volumes < 100).mean(), abs=4.9 * 0.6 / found.posterior.effective**0.5)


def test_matching_comes_to_the_same_as_the_likelihood() -> None:
    """Bookings of deals of one size are wins times that size: what is exact for one is matched for the other."""
    scenario = unsure(deal_size=1000)
    exact = luck(scenario, actual={"wins": 12}, period=QUARTER, trials=20_000, seed=5).actual
    near = luck(scenario, actual={"bookings": 12_000}, period=QUARTER, trials=20_000, seed=5).actual
    assert (exact.posterior.method, near.posterior.method) == ("exact", "matching")
    assert near.posterior.bandwidth > 0 and "bookings" in near.posterior.reason
    after = {one.path: one for one in near.learned}
    for one in exact.learned:
        width = (one.posterior[2] - one.posterior[0]) / 2.56
        assert close(after[one.path].posterior, one.posterior, 0.5 * near.posterior.effective, width)
        assert abs(one.below_median - after[one.path].below_median) < 0.06


def test_a_rate_that_was_too_high_is_named() -> None:
    found = luck(unsure(), actual={"mqls": 104, "sqls": 30, "wins": 11}, period=QUARTER, trials=4000, seed=5).actual
    first = found.learned[0]
    assert first.path == "segments.inbound.conversion.sqls" and first.doubtful and first.below_median > 0.95
    assert "MQLs → SQLs is probably lower than planned" in found.verdict
    assert not any(one.doubtful for one in found.learned[1:])


def test_a_bit_of_bad_luck_is_called_luck() -> None:
    found = luck(plan(), actual={"wins": 16}, period=QUARTER, trials=4000, seed=5).actual
    assert found.verdict.startswith("Mostly luck: 16 wins or fewer happen in 1 quarter of ")
    assert found.learned == ()
    (split,) = found.posterior.splits
    assert split.assumptions == split.market == 0.0
    assert split.luck == pytest.approx(16 - sim.simulate(plan(), trials=40_000, seed=1)["wins"][:, 1].mean(), abs=0.12)


def test_the_parts_of_a_gap_add_up() -> None:
    market = {"conversion": {"sd": 0.3, "common": 0.5}}
    found = luck(unsure(market=market), actual={"wins": 8, "sqls": 41}, period=QUARTER, trials=6000, seed=5).actual
    for one, split in zip(found.values, found.posterior.splits, strict=True):
        gap = split.assumptions + split.market + split.luck
        # what is expected is simulated, the parts are worked out
        assert gap == pytest.approx(one.value - one.expected, abs=1.0)
    wins = found.posterior.splits[0]
    assert wins.assumptions < 0 and wins.market < 0 and wins.luck < 0


def test_tails_are_those_of_the_trials() -> None:
    scenario = plan()
    found = luck(scenario, actual={"wins": 16, "sqls": 55}, period=QUARTER, trials=3000, seed=5).actual
    played = sim.simulate(scenario, trials=3000, seed=5)
    wins, sqls = played["wins"][:, 1], played["sqls"][:, 1]
    assert found.values[0].at_or_below == (wins <= 16).mean() and found.values[0].at_or_above == (wins >= 16).mean()
    assert found.together.all_as_extreme == ((wins <= 16) & (sqls >= 55)).mean()
    assert found.together.all_as_extreme < found.together.as_far < 1


def test_too_few_effective_trials_draw_more() -> None:
    """Far from the plan hardly a trial weighs anything: more are drawn until enough do."""
    found = luck(unsure(), actual={"mqls": 170}, period=QUARTER, trials=500, seed=5).actual
    assert found.posterior.trials > 500 and found.posterior.effective >= ENOUGH
    matched = luck(unsure(deal_size=1000), actual={"bookings": 36_000}, period=QUARTER, trials=500, seed=5).actual
    assert matched.posterior.trials > 500 and matched.posterior.effective >= ENOUGH


def test_nobody_is_blamed_by_trials_that_are_far_off() -> None:
    """Nothing the plan plays comes near: what the nearest trials have in common is a direction, no verdict."""
    found = luck(unsure(deal_size=1000), actual={"bookings": 400_000}, period=QUARTER, trials=200, seed=5).actual
    assert found.posterior.effective == 0 and found.posterior.bandwidth > 5
    assert found.verdict.startswith("The plan all but rules this out: none of ")
    assert "none came near" in caution(found.posterior)


def test_ratios_are_given_by_their_parts() -> None:
    period = Calendar("2027-Q1", 1).period("2027-Q1")
    with pytest.raises(UsageError, match=r"cac is a ratio.*'wins'"):
        check_actual({"wins": 12, "cac": 5}, {"wins": "count", "cac": "ratio"}, period)


def test_the_impossible_is_said_to_be() -> None:
    scenario = plan(conversion={"sqls": 0.5, "wins": 0}, targets=[])
    found = luck(scenario, actual={"wins": 3}, period=QUARTER, trials=200, seed=5).actual
    assert found.verdict.startswith("The plan rules this out") and "fewer than 1 quarter" in found.verdict
    assert found.to_json()["assumptions"] == []


def test_one_segment_and_a_year() -> None:
    found = luck(unsure(), actual={"wins": 30}, period="2027", segment="inbound", trials=1000, seed=5)
    assert found.actual.segment == "inbound" and found.actual.period.label == "2027"
    assert found.actual.posterior.method == "exact"


# -- is it right as often as it says? -----------------------------------------------------------
def truths(scenario, count: int, seed: int, **how):
    """Simulated quarters and the assumptions behind them."""
    played = sim.simulate(scenario, trials=count, seed=seed, **how)
    return {m: played[m][:, 1] for m in ("mqls", "sqls", "wins")}, played.assumptions


def afterwards_of(scenario, actual, played, seed):
    """As in :func:`luck`, without the parts that know nothing of the outcome."""
    period = scenario.calendar.period(QUARTER)
    return afterwards(scenario, actual, period, None, played, lambda **how: sim.simulate(scenario, seed=seed, **how),
                      seed=seed, threads=2)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [("wins",), ("mqls", "wins"), ("mqls", "sqls", "wins")])
def test_intervals_cover_what_they_say(metrics) -> None:
    """Truth drawn from the plan's ranges: P10 to P90 after the quarter hold it in 80% of quarters."""
    count, market = 250, {"conversion": {"sd": 0.15, "common": 0.4}}
    scenario = unsure(market=market)
    outcomes, drawn = truths(scenario, count, seed=987)
    played = sim.simulate(scenario, trials=2000, seed=1)
    inside = dict.fromkeys(drawn, 0)
    for i in range(count):
        found = afterwards_of(scenario, {m: int(outcomes[m][i]) for m in metrics}, played, seed=10_000 + i)
        for one in found.learned:
            inside[one.path] += one.posterior[0] <= drawn[one.path][i] <= one.posterior[2]
    for path, hits in inside.items():
        # one false alarm in a million; the quantiles' own error (some 500 effective trials) costs half a percent
        low, high = stats.binom.ppf([5e-7, 1 - 5e-7], count, [0.795, 0.805])
        assert low <= hits <= high, f"{path}: {hits} of {count}"


@pytest.mark.slow
def test_intervals_of_matching_cover_what_they_say() -> None:
    count = 250
    scenario = unsure(deal_size={"mean": 1000, "cv": 0.5})
    truth = sim.simulate(scenario, trials=count, seed=654)
    played = sim.simulate(scenario, trials=20_000, seed=655)
    inside = dict.fromkeys(truth.assumptions, 0)
    for i in range(count):
        actual = {"bookings": float(truth["bookings"][i, 1]), "sqls": int(truth["sqls"][i, 1])}
        found = afterwards_of(scenario, actual, played, seed=655)
        for one in found.learned:
            inside[one.path] += one.posterior[0] <= truth.assumptions[one.path][i] <= one.posterior[2]
    for path, hits in inside.items():
        low, high = stats.binom.ppf([5e-7, 1 - 5e-7], count, [0.79, 0.81])
        assert low <= hits <= high, f"{path}: {hits} of {count}"


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [("wins",), ("mqls", "wins"), ("mqls", "sqls", "wins")])
def test_a_plan_that_is_right_is_seldom_blamed(metrics) -> None:
    """Truth at the plan's medians: an assumption is called doubtful in at most 10% of quarters."""
    count = 250
    scenario = unsure()
    outcomes, _ = truths(scenario, count, seed=321, at_median=True)
    played = sim.simulate(scenario, trials=2000, seed=1)
    blamed = 0
    for i in range(count):
        found = afterwards_of(scenario, {m: int(outcomes[m][i]) for m in metrics}, played, seed=30_000 + i)
        blamed += any(one.doubtful for one in found.learned)
    assert blamed <= 0.1 * count, f"{blamed} of {count}"
