"""Money: what is spent, whom it brings, and what a win costs."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from simulator.cli.output import put_json
from simulator.kernels.response import hill
from simulator.scenario.load import load
from simulator.simulation.lower import lower
from simulator.simulation.simulate import simulate
from simulator.simulation.spend import brings_arrivals
from tests import statistical as st

ADS = {
    "volume": 50,
    "conversion": {"engagements": 0.5, "mqls": 0.5, "sqls": 0.5, "wins": 0.3},
    "lag_weeks": {"wins": {"mean": 4}},
    "deal_size": {"mean": 1000, "cv": 0.5},
    "spend": {
        "per_quarter": [20_000, 30_000], "per_arrival": 2.5, "lag_weeks": {"mean": 2},
        "response": {"most": 400, "half_at": 30_000, "steepness": 1.5},
    },
}  # fmt: skip
REST = {key: value for key, value in ADS.items() if key != "spend"}


def plan(ads=None, **more):
    segments = {"ads": {**ADS, **(ads or {})}, "inbound": {**REST, "volume": 30}}
    return load({"start": "2027-Q1", "quarters": 3, "segments": segments, **more})


def spending(**changes):
    return {"spend": {**ADS["spend"], **changes}}


def test_hill_by_hand():
    assert hill(0.0, 400.0, 30_000.0, 1.5) == 0
    assert hill(30_000.0, 400.0, 30_000.0, 1.5) == pytest.approx(200)
    assert hill(60_000.0, 400.0, 30_000.0, 1.0) == pytest.approx(400 * 2 / 3)
    assert hill(15_000.0, 400.0, 30_000.0, 2.0) == pytest.approx(400 * 0.25 / 1.25)
    assert hill(1e-300, 400.0, 30_000.0, 20.0) == 0 and hill(1e12, 400.0, 1.0, 0.1) < 400


def test_falling_returns_and_a_fixed_lag_worked_out_by_hand():
    """260 a quarter, 20 a week, from the first of 1 warm-up quarter; lag exactly 3 weeks: nobody in its first 3."""
    case = spending(per_quarter=26, response={"most": 520, "half_at": 26}, lag_weeks={"weeks": [0, 0, 0, 1]})
    result = simulate(plan({"volume": 0, **case}, opening={"warm_up_quarters": 0}), trials=8000, seed=1, by="week")
    weekly = result["visitors", "ads"]
    assert weekly[:, :3].sum() == 0
    for week in (3, 12, 13, 38):
        st.assert_poisson_mean(weekly[:, week], 20, what=f"week {week}")


def test_more_money_never_brings_fewer_in_any_trial():
    results = [
        simulate(plan(spending(per_quarter=x)), trials=400, seed=3, by="week") for x in (0, 5000, 5001, 20_000, 90_000)
    ]
    for less, more in pairwise(results):
        assert (more["visitors", "ads"] >= less["visitors", "ads"]).all()
        assert (more["wins"].sum(axis=1) >= less["wins"].sum(axis=1)).all()
    assert results[3]["visitors", "ads"].mean() > 1.5 * results[0]["visitors", "ads"].mean()


def test_a_response_to_nothing_is_no_response():
    """The same trials bit for bit, whatever is spent elsewhere."""
    without = simulate(plan({"spend": {"per_quarter": 1000}}), trials=300, seed=5)
    for case in (spending(per_quarter=0), spending(response={"most": 0, "half_at": 1})):
        with_room = simulate(plan(case), trials=300, seed=5)
        for metric in ("visitors", "wins", "bookings", "open_pipeline"):
            np.testing.assert_array_equal(with_room[metric], without[metric])
    spends = simulate(plan(spending(per_quarter=90_000)), trials=300, seed=5)
    np.testing.assert_array_equal(spends["wins", "inbound"], without["wins", "inbound"])


def test_a_plan_without_spend_has_none_of_it():
    bare = load({"start": "2027-Q1", "quarters": 2, "segments": {"inbound": REST}})
    result = simulate(bare, trials=50, seed=1)
    assert not {"spend", "cac", "cost_per_sql", "payback_months"} & {m.name for m in result.metrics}
    assert "spend" not in bare.to_yaml() and "payback" not in bare.to_yaml()
    assert not brings_arrivals(bare) and lower(bare).spend is None
    assert lower(bare).plan.segments.response.size == 0


def test_what_is_spent_is_budget_and_arrivals_in_whole_cents():
    result = simulate(plan(spending(per_arrival=2.333)), trials=200, seed=2)
    came = result["visitors", "ads"]
    expected = np.rint(100 * (np.array([20_000, 30_000, 30_000]) + 2.333 * came)) / 100
    np.testing.assert_array_equal(result["spend", "ads"], expected)
    assert (result["spend", "inbound"] == 0).all()
    np.testing.assert_array_equal(result["spend"], expected)


def test_weeks_add_up_to_their_quarter():
    scenario = plan(spending(per_quarter=1000.01, per_arrival=0.335))
    weekly, quarterly = (simulate(scenario, trials=100, seed=2, by=by) for by in ("week", "quarter"))
    for period in ("2027-Q1", "2027-Q3", "2027"):
        np.testing.assert_array_equal(weekly.values("spend", period), quarterly.values("spend", period))
        np.testing.assert_array_equal(weekly.values("cac", period), quarterly.values("cac", period))
    budget = simulate(plan({"spend": 1300}), trials=2, seed=2, by="week")["spend"]
    np.testing.assert_allclose(budget, 100, rtol=1e-12)


def test_ratios_against_numpy_by_hand():
    result = simulate(plan(payback={"gross_margin": 0.8, "deal_months": 24}), trials=500, seed=4)
    spend, wins, deals, value = (result[name] for name in ("spend", "wins", "sqls", "bookings"))
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, below in (("cac", wins), ("cost_per_sql", deals), ("payback_months", value * 0.8 / 24)):
            quarter = np.where(below > 0, spend / below, np.nan)
            year = np.where(below.sum(1) > 0, spend.sum(1) / below.sum(1), np.nan)
            np.testing.assert_allclose(result[name], quarter, rtol=1e-12)
            np.testing.assert_allclose(result.values(name, "2027"), year, rtol=1e-12)
    assert abs(np.nanmean(result.values("cac", "2027")) / (spend.sum() / wins.sum()) - 1) > 1e-4  # no ratio of means


def test_undefined_where_nothing_was_won(tmp_path):
    few = {"volume": 2, **spending(response=None, lag_weeks=None)}
    result = simulate(plan(few), trials=400, seed=4)
    nothing = result["wins", "ads"][:, 0] == 0
    assert 0.2 < nothing.mean() < 0.99
    row = result.summarise("cac", "2027-Q1", "ads")
    assert row["defined"] == pytest.approx(1 - nothing.mean())
    assert result.probability("cac", at_most=1e12, period="2027-Q1", segment="ads").value == (~nothing).mean()
    put_json(result.to_json(), tmp_path / "run.json")
    assert {row["metric"] for row in json.loads((tmp_path / "run.json").read_text())["metrics"]} > {"cac"}


def test_uncertain_money_is_drawn_once_per_trial():
    scenario = plan(
        {"spend": {"per_quarter": {"p10": 10_000, "p90": 40_000}, "per_arrival": {"values": [1, 3]}}},
        payback={"gross_margin": {"p10": 0.6, "p90": 0.8}},
    )
    result = simulate(scenario, trials=6000, seed=9)
    drawn = result.assumptions
    budget, each = (drawn[f"segments.ads.spend{more}"] for more in ("", ".per_arrival"))
    expected = np.rint(100 * (budget[:, None] + each[:, None] * result["visitors", "ads"])) / 100
    np.testing.assert_array_equal(result["spend"], expected)
    monthly = result["bookings"].sum(1) * drawn["payback.gross_margin"] / 12
    np.testing.assert_allclose(result.values("payback_months"), result["spend"].sum(1) / monthly, rtol=1e-12)
    # the trials that start later are the same ones, and medians are medians
    later = simulate(scenario, trials=10, seed=9, first_trial=5990)
    np.testing.assert_array_equal(later["spend"], result["spend"][-10:])
    calm = simulate(scenario, trials=3, seed=9, at_median=True)
    np.testing.assert_allclose(calm["spend"] - 3 * calm["visitors", "ads"], 20_000, rtol=1e-9)


def test_threads_and_chunks_change_nothing():
    scenario = plan(spending(per_quarter={"p10": 10_000, "p90": 40_000}))
    one, two = (simulate(scenario, trials=1300, seed=6, threads=n) for n in (1, 2))
    for metric in ("spend", "visitors", "cac"):
        np.testing.assert_array_equal(one[metric], two[metric])


def test_money_without_deal_sizes():
    bare = {key: value for key, value in ADS.items() if key != "deal_size"}
    result = simulate(load({"start": "2027-Q1", "quarters": 1, "segments": {"ads": bare}}), trials=50, seed=1)
    assert {"spend", "cac"} < {m.name for m in result.metrics} and "payback_months" not in result
    assert (result["spend"] >= 20_000).all()


def test_a_held_number_moves_what_is_spent():
    from simulator.simulation.adjust import Adjustment

    scenario = plan({"spend": {"per_quarter": {"p10": 10_000, "p90": 40_000}}})
    result = simulate(scenario, trials=20, seed=1, adjust=Adjustment(hold={"segments.ads.spend": 12_345.0}))
    assert (result["spend"] == 12_345).all()
    assert replace(lower(scenario)).spend is not None


def test_summed_up_as_it_is_played():
    """Without keeping trials: the same KPIs, spend and ratios."""
    kpi = [
        {"metric": "visitors", "at_least": 200, "in": "each quarter", "name": "heard"},
        {"metric": "cac", "at_most": 2500, "in": "2027-Q1..2027-Q2"},
    ]
    scenario = plan(spending(per_quarter={"p10": 10_000, "p90": 40_000}) | {"kpi": kpi})
    kept, summed = (simulate(scenario, trials=700, seed=8, keep=keep) for keep in ("trials", "summaries"))
    assert [k.value for k in summed.kpis] == [k.value for k in kept.kpis]
    assert 0.05 < kept.kpis[0].value < 0.95 and 0.05 < kept.kpis[1].value < 0.95
    for metric in ("spend", "cac", "payback_months"):
        for segment in (None, "ads"):
            one, two = (result.summarise(metric, "2027", segment) for result in (kept, summed))
            assert two["mean"] == pytest.approx(one["mean"], rel=1e-5)
            assert two["p50"] == pytest.approx(one["p50"], rel=0.01)
    one, two = (json.loads(json.dumps(result.to_json()["scorecards"])) for result in (kept, summed))
    assert [row["kpi"] for row in one] == [row["kpi"] for row in two]
    assert two[1]["spend"] == pytest.approx(one[1]["spend"], rel=1e-6)
