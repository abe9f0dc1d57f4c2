"""The engine against the exact answers: certain plans, every metric, quarter and segment."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import chain

import numpy as np
import pytest

from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles.exact import Exact
from tests.oracles.world import given_world
from tests.simulation import against
from tests.simulation.cases import EXACT, load_case

TRIALS = 40_000
SEED = 20270101


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """case -> (scenario, exact answers, result), each worked out once."""

    @lru_cache
    def play(name: str):
        scenario = load_case(EXACT[name], tmp_path_factory.mktemp("case"))
        result = simulate(scenario, trials=TRIALS, seed=SEED)
        return scenario, Exact(given_world(scenario, {}, {})), result

    return play


@pytest.mark.parametrize("name", EXACT)
def test_means_variances_and_laws(name, played):
    scenario, exact, result = played(name)
    against.hold(chain(against.moments(scenario, result, exact), against.distributions(scenario, result, exact)))


def test_the_reference_plan(played):
    """Published figures: P(at least 25 wins in Q4) and P(bookings of the horizon of 2.0M or more)."""
    _, _, result = played("from an empty start")
    assert_probability = partial(st.assert_probability, effect=0.025)
    assert_probability(result["wins"][:, 3] >= 25, 0.4675583)
    assert_probability(result["bookings"].sum(axis=1) >= 2e6, 0.99529333)
    st.assert_mean(result["bookings"].sum(axis=1), 3_062_096, sd=448_189, effect=20_000)


@pytest.mark.parametrize(
    "name", ["from an empty start", "everything changes by quarter", "losses come sooner", "segments that enter late"]
)
def test_what_stages_and_quarters_have_in_common(name, played):
    scenario, exact, result = played(name)
    against.hold(against.covariances(scenario, result, exact))


@pytest.mark.parametrize(
    "name",
    ["steady state", "from an empty start", "everything changes by quarter", "every family of size", "open deals"],
)
def test_bookings_reach_a_threshold(name, played):
    scenario, exact, result = played(name)
    against.hold(against.bookings(scenario, result, exact))


@pytest.mark.parametrize("name", ["everything changes by quarter", "losses come sooner", "a weekly profile"])
def test_weekly_counts(name, tmp_path):
    scenario = load_case(EXACT[name], tmp_path)
    result = simulate(scenario, trials=5000, seed=SEED + 1, by="week")
    against.hold(against.weekly(scenario, result, Exact(given_world(scenario, {}, {}))))


@pytest.mark.parametrize("name", ["open deals", "open deals whose losses come sooner", "deals and leads from files"])
def test_fates_of_open_deals(name, played):
    scenario, exact, result = played(name)
    against.hold(against.fates(scenario, result, exact))


@pytest.mark.parametrize("name", ["steady state", "open deals", "leads in flight"])
def test_one_trial_says_nothing_about_the_next_nor_one_seed_about_another(name, played):
    scenario, _, result = played(name)
    other = simulate(scenario, trials=TRIALS, seed=SEED + 1)
    for metric in (*scenario.stages, "losses", "slips", "open_deals", "bookings"):
        x = result[metric][:, 0].astype(float)
        if x.std() == 0:
            continue
        for lag in (1, 2, 64, 1000):
            st.assert_correlation(x[:-lag], x[lag:], 0.0, what=f"{metric}, trials {lag} apart")
        st.assert_correlation(x, other[metric][:, 0], 0.0, what=f"{metric}, seeds 1 apart")


@pytest.mark.parametrize("name", ["steady state", "open deals", "losses come sooner", "certainties", "fixed lags"])
def test_nothing_vanishes(name, played):
    """Per trial, segment and quarter: created = won + lost + change in open deals; and the same in money."""
    scenario, exact, result = played(name)
    last, birth = scenario.stages[-1], scenario.stages[-2]
    for segment in scenario.segments:
        flow = result[birth, segment] - result[last, segment] - result["losses", segment]
        still_open = result["open_deals", segment]
        assert (np.diff(still_open, axis=1) == flow[:, 1:]).all()
        assert (result["slipped_deals", segment] <= result["slips", segment]).all()
        assert (result["slipped_deals", segment] <= still_open).all()
        given = sum(deal.segment == segment for deal in exact.world.deals or ())
        if exact.world.deals is not None:
            assert (still_open[:, 0] - flow[:, 0] == given).all()


@pytest.mark.parametrize("name", ["steady state", "open deals"])
def test_money_is_in_whole_cents(name, played):
    _, _, result = played(name)
    for metric in against.MONEY:
        cents = result[metric] * 100
        assert (np.abs(cents - np.round(cents)) < 1e-3).all()
