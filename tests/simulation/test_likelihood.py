"""The likelihood of counts, against the oracle's distributions, simulated frequencies, and itself."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.simulation.likelihood import LikelihoodOf, why_not_exact
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles.exact import Exact
from tests.oracles.world import draw_world
from tests.simulation.cases import EXACT, funnel, late, load_case, plan
from tests.simulation.mixed_cases import NAIVE

ONE_BY_ONE = ("losses", "open_deals", "slipped_deals")
CERTAIN = [name for name in EXACT if name not in ("lumpy arrivals", "a crowd", "a crowd to the end of the funnel")]


@pytest.mark.parametrize("name", CERTAIN)
def test_one_count_has_the_distribution_of_the_oracle(name: str, tmp_path) -> None:
    """No randomness in it: a certain plan has one world, and the probabilities must agree."""
    scenario = load_case(EXACT[name], tmp_path)
    answer = Exact(draw_world(scenario, np.random.default_rng(0)))
    wrong = []
    for metric in (*scenario.stages, *ONE_BY_ONE):
        for quarter in {0, scenario.quarters - 1}:
            period = scenario.calendar.period(scenario.calendar.labels[quarter])
            pmf = answer.pmf(metric, quarter)
            mean = answer.mean(metric)[quarter]
            for count in {round(mean), int(mean + 2 * np.sqrt(mean) + 1), max(0, int(mean - 2 * np.sqrt(mean)))}:
                found = LikelihoodOf(scenario, {metric: count}, period)(1, 0, 1)
                if abs(np.exp(found.log[0]) - pmf[count]) > 2e-6 + 2e-5 * pmf[count]:
                    wrong.append(f"{metric} = {count} in Q{quarter + 1}: {np.exp(found.log[0]):.9g}, {pmf[count]:.9g}")
                if abs(found.expected[0, 0] - mean) > 2e-5 * (1 + mean):
                    wrong.append(f"mean {metric} in Q{quarter + 1}: {found.expected[0, 0]:.9g}, {mean:.9g}")
    assert not wrong, "\n".join(wrong[:8])


def test_a_year_and_one_segment(tmp_path) -> None:
    scenario = load_case(EXACT["segments that enter late"], tmp_path)
    answer = Exact(draw_world(scenario, np.random.default_rng(0)))
    pmf = answer.pmf("wins", (1, 2, 3), "events")
    likelihood = LikelihoodOf(scenario, {"wins": 9}, scenario.calendar.period("2027-Q2..2027-Q4"), "events")
    assert np.exp(likelihood(1, 0, 1).log[0]) == pytest.approx(pmf[9], rel=2e-5)


SMALL = plan(
    {"a": funnel(volume=16, lag_weeks={"engagements": 1, "mqls": {"mean": 2}, "wins": {"mean": 3, "cv": 0.5}},
                 conversion={"engagements": 0.4, "mqls": 0.5, "sqls": 0.6, "wins": 0.5}),
     "b": late(3, 0.5, lag_weeks={"wins": {"mean": 3}, "losses": {"mean": 2}}, slips={"probability": 0.3})},
    quarters=1, warm_up=1,
)  # fmt: skip


@pytest.mark.parametrize(
    "metrics", [("sqls", "wins"), ("mqls", "open_deals"), ("wins", "losses"), ("engagements", "sqls", "wins"),
                ("sqls", "open_deals", "slipped_deals"), ("mqls", "wins", "losses")]
)  # fmt: skip
def test_several_counts_together(metrics: tuple[str, ...], tmp_path) -> None:
    """Summing the joint law over all but one metric gives that metric's own; together they are as simulated."""
    scenario = load_case(SMALL, tmp_path)
    period = scenario.calendar.period("2027-Q1")
    answer = Exact(draw_world(scenario, np.random.default_rng(0)))
    laws = [answer.pmf(metric, 0) for metric in metrics]
    tops = [int(np.searchsorted(np.cumsum(law), 1 - 1e-4)) + 1 for law in laws]
    likelihood = LikelihoodOf(scenario, dict(zip(metrics, tops, strict=True)), period)
    grid = np.zeros(tops)
    for counts in np.ndindex(*tops):
        likelihood.seen[:] = counts
        grid[counts] = np.exp(likelihood(1, 0, 1).log[0])
    for axis, law in enumerate(laws):
        own = grid.sum(axis=tuple(i for i in range(len(metrics)) if i != axis))
        assert own == pytest.approx(law[: tops[axis]], abs=3e-4)
    result = simulate(scenario, trials=6000, seed=5)
    drawn = [np.minimum(result[metric][:, 0], top - 1) for metric, top in zip(metrics, tops, strict=True)]
    cells = np.ravel_multi_index(drawn, grid.shape)
    flat = grid.ravel()
    st.assert_distribution(cells, flat / flat.sum(), what=" & ".join(metrics))


@pytest.mark.parametrize("name", ["open deals", "leads in flight", "deals and leads from files", "lumpy arrivals"])
def test_what_is_drawn_and_not_summed_over_is_right_on_average(name: str, tmp_path) -> None:
    """Two metrics of known deals, leads in flight and lumps are drawn per trial: the mean likelihood is P(counts)."""
    scenario = load_case(EXACT[name], tmp_path)
    period, trials = scenario.calendar.period("2027-Q1" if scenario.calendar.by_date is False else "P1"), 8000
    result = simulate(scenario, trials=trials, seed=9)
    metrics = ("sqls", "wins") if name != "open deals" else ("losses", "wins")
    seen = {m: round(float(np.median(result.values(m, period)))) for m in metrics}
    likelihood = np.exp(LikelihoodOf(scenario, seen, period)(9, 0, trials).log)
    hits = np.all([result.values(m, period) == x for m, x in seen.items()], axis=0)
    error = np.hypot(likelihood.std() / trials**0.5, hits.std() / trials**0.5)
    assert abs(likelihood.mean() - hits.mean()) < 4.9 * error


@pytest.mark.parametrize("name", NAIVE)
def test_given_assumptions_and_market_on_average(name: str, tmp_path) -> None:
    """Uncertain numbers, shocks and events: the mean over trials is the probability of what is simulated."""
    scenario = load_case(NAIVE[name], tmp_path)
    period, trials = scenario.calendar.period(scenario.calendar.labels[-1]), 6000
    result = simulate(scenario, trials=trials, seed=11)
    last = scenario.stages[-1]
    values = result.values(last, period)
    likelihood = LikelihoodOf(scenario, {last: round(float(np.median(values)))}, period)
    found = likelihood(11, 0, trials)
    st.assert_same_mean(values, found.expected[:, 0], what="expected")
    hits = values == likelihood.seen[0]
    assert abs(np.exp(found.log).mean() - hits.mean()) < 4.9 * hits.std() / trials**0.5
    for path, drawn in result.assumptions.items():
        assert np.array_equal(found.assumptions[path], drawn)


def test_threads_and_chunks_change_nothing(tmp_path) -> None:
    scenario = load_case(NAIVE[next(iter(NAIVE))], tmp_path)
    likelihood = LikelihoodOf(scenario, {"wins": 5}, scenario.calendar.period(scenario.calendar.labels[0]))
    one, two = likelihood(3, 0, 700), likelihood(3, 0, 700, threads=3)
    later = likelihood(3, 300, 400)
    assert np.array_equal(one.log, two.log) and np.array_equal(one.log[300:], later.log)


def test_what_has_no_closed_form_is_said(tmp_path) -> None:
    scenario = load_case(SMALL, tmp_path)
    one, year = scenario.calendar.period("2027-Q1"), load_case(EXACT["steady state"], tmp_path).calendar.period("2027")
    assert why_not_exact(scenario, ["wins", "sqls"], one, [3, 4]) is None
    assert "bookings" in str(why_not_exact(scenario, ["bookings"], one, [1e6]))
    assert "slips" in str(why_not_exact(scenario, ["slips"], one, [3]))
    assert "several quarters" in str(why_not_exact(scenario, ["slipped_deals"], year, [3]))
    assert "more than 3" in str(why_not_exact(scenario, ["visitors", "mqls", "sqls", "wins"], one, [9, 8, 7, 6]))
    assert "as large as these" in str(why_not_exact(scenario, ["mqls", "sqls", "wins"], one, [9000, 5000, 2000]))
