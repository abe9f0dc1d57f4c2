"""Accounts against exact answers; what adds up, what stays as it was, what moves which way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st_h
from scipy import stats

from simulator.errors import UsageError
from simulator.exact.forecast import forecast
from simulator.scenario.load import load
from simulator.simulation.likelihood import why_not_exact
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles.exact import Exact
from tests.oracles.world import given_world
from tests.simulation import against
from tests.simulation.account_cases import PERSONAS, ROWS, SLIPS, STAGES, TWIN, accounts, one
from tests.simulation.cases import late, load_case, plan
from tests.simulation.test_people import SCRIPT
from tests.strategies import valid_scenarios

SEED = 20270108
RATES = [0.1, 0.1, 0.4, 0.4, *[0.8] * 60]
"""ROWS by number of contacts, from 1 on."""


def held_against(case: dict[str, Any], win_rate: float, *, laws: bool = False) -> Any:
    """A plan with accounts, held against the exact answers of the same plan of leads with this win rate."""
    leads = json.loads(json.dumps(case))
    del leads["segments"]["a"]["accounts"]
    leads["segments"]["a"]["conversion"]["wins"] = win_rate
    answer = Exact(given_world(load(leads), {}, {}))
    scenario = load(case)
    result = simulate(scenario, trials=10_000, seed=SEED)
    against.hold(against.moments(scenario, result, answer))
    if laws:
        against.hold(against.distributions(scenario, result, answer))
    return result, answer


def test_accounts_of_one_contact_are_leads():
    """Without an end of them, and with one rate for all."""
    held_against(one({"contacts": 1, "win_rate": None}, conversion={"mqls": 0.7, "sqls": 0.6, "wins": 0.4},
                     slips=SLIPS), 0.4)  # fmt: skip


def test_contacts_that_stay_as_many_thin_the_wins():
    """A mixture of win rates is the win rate of the mixture; MQAs are Poisson too."""
    law = np.array([0.5, 0.2, 0.2, 0.1])
    case = one({"contacts": {"shares": law.tolist()}, "qualified_at": 3}, slips=SLIPS)
    result, answer = held_against(case, float(law @ RATES[:4]), laws=True)
    for quarter in range(3):
        mean = answer.mean("engagements")[quarter] * law[2:].sum()
        st.assert_poisson(result["mqas"][:, quarter], mean, what=f"MQAs in Q{quarter + 1}")
    won = law * RATES[:4] / (law @ RATES[:4])  # of those won, however often they slipped
    contacts, wins = (result._parts[name].sum() for name in ("contacts at wins", "accounts won"))
    variance = won @ [1, 4, 9, 16] - (won @ [1, 2, 3, 4]) ** 2
    assert abs(contacts / wins - won @ [1, 2, 3, 4]) < 5 * np.sqrt(variance / wins)


def test_contacts_who_join_and_who_they_are():
    """In a deal of four weeks Poisson(4r) join; each persona is missing with (1 − share)^n."""
    joined, n = stats.poisson(4 * 0.5).pmf(np.arange(60)), np.arange(2, 62)
    factor = np.ones(60)
    for says in PERSONAS.values():
        missing = (1 - says["share"]) ** n
        factor *= (1 - missing) * says["win_rate"] + missing * says.get("win_rate_without", 1)
    rows = [{**row, "rate": row["rate"] / 2.5} for row in ROWS]  # so that no product is capped at 1
    rate = float(joined @ (np.array(RATES)[n - 1] / 2.5 * factor))
    case = plan(
        {"a": late(60, lag_weeks={"wins": {"weeks": [0, 0, 0, 0, 1]}}, conversion={},
                   accounts={"contacts": 2, "contacts_per_week_in_deal": 0.5, "win_rate": rows, "personas": PERSONAS})},
        quarters=2, warm_up=1,
    )  # fmt: skip
    held_against(case, rate)


def test_a_curve_and_a_group_that_is_all_engaged():
    case = plan(
        {"a": late(60, conversion={}, accounts={
            "contacts": {"mean": 2}, "contacts_per_week_in_deal": 90, "buying_group": 6,
            "win_rate": {"most": 0.8, "half_at": 3, "steepness": 2}}, lag_weeks={"wins": 3})},
        quarters=2, warm_up=1,
    )  # fmt: skip
    held_against(case, 0.8 * 36 / (9 + 36))


def test_a_market_runs_dry():
    """Each of N accounts is found by Poisson(40 / N) arrivals a quarter: binomially many are left."""
    result = simulate(load(plan({"a": accounts({"number": 50})}, quarters=4, warm_up=0, stages=STAGES)),
                      trials=20_000, seed=SEED)  # fmt: skip
    left = result["accounts_left"]
    for quarter in range(4):
        law = stats.binom(50, np.exp(-40 * (quarter + 1) / 50))
        st.assert_distribution(left[:, quarter], law.pmf(np.arange(51)), what=f"left after Q{quarter + 1}")
    np.testing.assert_array_equal(left, 50 - np.cumsum(result["engagements"], axis=1))
    none = simulate(load(plan({"a": accounts({"number": 0})}, quarters=2, warm_up=0, stages=STAGES)), trials=20, seed=1)
    assert not none["engagements"].any() and not none["accounts_left"].any()


def test_all_are_free_again():
    """Who falls out is free a week later: with nobody ever won, no more than come are gone."""
    says = {"number": 30, "again_after_weeks": 1, "win_rate": [{"contacts": 1, "rate": 0}]}
    segment = accounts(says, lag_weeks={"mqls": 0, "sqls": 0, "wins": 0}, volume=90)
    result = simulate(load(plan({"a": segment}, quarters=3, warm_up=0, stages=STAGES)), trials=300, seed=1)
    assert result["accounts_left"].min() > 5 and result["engagements"].sum(axis=1).mean() > 150


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    case = TWIN["what is there at the start"]
    return case, tmp_path_factory.mktemp("case")


def test_other_segments_do_not_notice(mixed):
    """Leads beside accounts are played as without them, bit for bit; accounts as without the others."""
    case, folder = mixed
    scenario = load_case(case, folder)
    both = simulate(scenario, trials=200, seed=3)
    for kept in (["a", "b"], ["c"]):
        opening = {key: [row for row in rows if row["segment"] in kept] for key, rows in case["opening"].items()
                   if key != "warm_up_quarters"}  # fmt: skip
        alone = {**case, "segments": {name: case["segments"][name] for name in kept},
                 "opening": {"warm_up_quarters": 2, **opening}}  # fmt: skip
        result = simulate(load_case(alone, folder), trials=200, seed=3)
        for metric in result.metrics:
            for name in kept:
                np.testing.assert_array_equal(result[metric.name, name], both[metric.name, name])


def test_nothing_vanishes_and_threads_do_not_matter(mixed):
    case, folder = mixed
    scenario = load_case(case, folder)
    result = simulate(scenario, trials=1100, seed=2, threads=2)
    for name in result.segments:
        gone = result["wins", name] + result["losses", name]
        np.testing.assert_array_equal(result["sqls", name][:, 1:], gone[:, 1:] + np.diff(result["open_deals", name]))
    again = simulate(scenario, trials=700, seed=2, threads=1)
    weeks = simulate(scenario, trials=700, seed=2, by="week")
    for metric in result.metrics:
        np.testing.assert_array_equal(again[metric.name], result[metric.name][:700])
        if metric.combine == "sum":
            by_week = weeks[metric.name].reshape(700, 2, 13).sum(axis=2)
            np.testing.assert_allclose(by_week, again[metric.name], rtol=1e-12, atol=0.3)
    np.testing.assert_array_equal(weeks["accounts_left"][:, 12::13], again["accounts_left"])
    decided = result.deals.outcome != 0
    assert decided.any() and (result.deals.week[decided] >= 0).all()
    summed = simulate(scenario, trials=1100, seed=2, keep="summaries")
    rows = {(row["metric"], row["in"], row["segment"]): row for row in summed.summary()}
    for row in result.summary():
        other = rows[row["metric"], row["in"], row["segment"]]
        assert other["mean"] == row["mean"] or other["mean"] == pytest.approx(row["mean"], rel=1e-6)


def test_more_people_never_cost_a_win():
    """In the same luck: whoever engages once, does so when more do; without an end of accounts."""
    less = load(TWIN["more people engage, some of whom matter"])
    where = "segments.a.accounts"
    more = less.with_changes({
        f"{where}.contacts_per_week": "+50%", f"{where}.contacts_per_week_in_deal": "*2", f"{where}.deal_needs": 1,
        f"{where}.personas.champion.share": 0.5, f"{where}.win_rate.3.rate": "+20%",
    })  # fmt: skip
    before, after = (simulate(scenario, trials=500, seed=5) for scenario in (less, more))
    np.testing.assert_array_equal(before["engagements"], after["engagements"])
    assert (after["wins"].sum(axis=1) >= before["wins"].sum(axis=1) - (after["losses"].sum(axis=1) == 0)).all()
    assert (after["mqas"].sum(axis=1) >= before["mqas"].sum(axis=1)).mean() > 0.99
    assert after["wins"].sum() > 1.1 * before["wins"].sum()


def test_kinds_of_luck_are_apart():
    scenario = load(TWIN["more people engage, some of whom matter"])
    plain = simulate(scenario, trials=200, seed=5)
    other = simulate(scenario, trials=200, seed=5, redraw=("deals", "slips"))
    for stage in ("engagements", "mqls", "sqls"):
        np.testing.assert_array_equal(plain[stage], other[stage])
    assert (plain["wins"] != other["wins"]).any() and (plain["created_pipeline"] != other["created_pipeline"]).any()
    other = simulate(scenario, trials=200, seed=5, redraw=("slips",))
    np.testing.assert_array_equal(plain["created_pipeline"], other["created_pipeline"])
    assert (plain["slips"] != other["slips"]).any()
    assert not simulate(scenario, trials=200, seed=5, slips=False)["slips"].any()


@pytest.mark.parametrize("beside", ["accounts", pytest.param("leads", marks=pytest.mark.slow)])
def test_customers_of_accounts(beside):
    """Every account won is a customer, and every deal beside them."""
    others = late(20, customers={"churn": 0.5}) | ({"accounts": {"contacts": 2}} if beside == "accounts" else {})
    case = plan({"a": accounts({"number": 90}, customers={"churn": 0.2}), "b": others}, quarters=3, warm_up=1,
                stages=STAGES)  # fmt: skip
    result = simulate(load(case), trials=700, seed=4)
    for name in "ab":
        np.testing.assert_array_equal(result["new_customers", name], result["wins", name])
        np.testing.assert_allclose(result["new_arr", name], result["bookings", name], atol=0.2)
    assert result["churned_customers", "a"].any()


def test_what_has_no_closed_form_says_so():
    scenario = load(one({}))
    with pytest.raises(UsageError, match=r"segments\.a\.accounts: has no closed form"):
        forecast(scenario, engine="exact")
    assert forecast(scenario, seed=1, trials=20).engine == "simulate"
    assert "no closed form" in why_not_exact(scenario, ["wins"], scenario.calendar.period("2027-Q1"))


def test_compiled_code_is_the_python_it_was_written_as():
    case = json.dumps(one({"number": 40, "again_after_weeks": 3, "personas": PERSONAS, "contacts_per_week": 0.2},
                          slips=SLIPS, quarters=2))  # fmt: skip
    digests = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, case], env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout)
    assert digests[0] == digests[1]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st_h.data())
def test_any_plan_with_accounts_gives_sound_numbers(data, tmp_path_factory):
    """It survives its resolved form, every number can be set by its path, and nothing is negative or vanishes."""
    folder = tmp_path_factory.mktemp("tables")
    scenario = load(data.draw(valid_scenarios(tables=folder, in_accounts=True)))
    (folder / "resolved.yaml").write_text(scenario.to_yaml(str(folder)), encoding="utf-8")
    again = load(folder / "resolved.yaml")
    assert again == scenario and again.differences(scenario) == []
    for path, number in scenario.numbers():
        if ".accounts." in path:
            assert dict(scenario.with_changes({path: number}).numbers())[path] == number
    result = simulate(scenario, trials=10, seed=1)
    for metric in result.metrics:
        for segment in (None, *result.segments):
            values = result[metric.name, segment]
            assert metric.kind == "ratio" or np.isfinite(values).all()
            assert not (values < -1e-9).any(), metric.name
    birth, wins = scenario.stages[-2:]
    for segment in result.segments:
        gone = result[wins, segment] + result["losses", segment]
        opened = np.diff(result["open_deals", segment], axis=1)
        np.testing.assert_array_equal(result[birth, segment][:, 1:], gone[:, 1:] + opened)


def test_means_of_the_whole(mixed):
    """Ratios of the year are those of sums, over segments too."""
    case, folder = mixed
    scenario = load_case(case, folder)
    result = simulate(scenario, trials=500, seed=2)
    top, below = (result._parts[name].sum(axis=(0, 2)) for name in ("contacts at wins", "accounts won"))
    horizon = scenario.calendar.period("horizon")
    checks = [partial(np.testing.assert_allclose, result.values("contacts_per_win", horizon)[below > 0],
                      (top / np.maximum(below, 1))[below > 0])]  # fmt: skip
    against.hold(checks)
