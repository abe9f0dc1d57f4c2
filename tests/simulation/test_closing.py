"""Deals that close in detail, against exact answers and the naive twin; neutral details change nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles import naive
from tests.simulation import against
from tests.simulation.cases import EXACT, funnel, late, load_case, plan
from tests.simulation.mixed_cases import EVERYTHING

SEED = 20270106
MONTH_ENDS = [0.03, 0.03, 0.03, 0.13, 0.03, 0.03, 0.04, 0.13, 0.04, 0.04, 0.07, 0.15, 0.25]
FLAT = [1 / 13] * 13
PUSHED = [
    {"pushes": 1, "slip_probability": 1.5, "win_rate": 0.8},
    {"pushes": 2, "slip_probability": 0.5, "win_rate": 0.3},
]
SIZED = [{"above": 900, "slip_probability": 1.6, "win_rate": 0.6}, {"above": 1500, "slip_probability": 0.4}]
SLIPS = {"probability": 0.4, "delay_weeks": {"mean": 4}, "limit": 3, "win_rate_factor": 0.9}
PULLED = {"probability": [0.3, 0.6], "by_weeks": {"mean": 4}, "value_factor": [0.8, 0.9]}
EARLY = {"wins": {"mean": 9, "cv": 0.5}, "losses": {"mean": 4}}
OPEN = [{"id": f"{s}{n}", "segment": s, "amount": 500 + 300 * n, "win_probability": "" if n % 2 else 0.7,
         "pushes": n % 4, "expected_close": "" if n == 4 else f"2027-{1 + 2 * n:02}-20", "created": "2026-10-14"}
        for n in range(6) for s in "ab"]  # fmt: skip


def a_and_b(**changes: Any) -> dict[str, Any]:
    """Two segments, the other with losses that come sooner; open deals in both."""
    more = {"slips": SLIPS, **changes}
    return plan(
        {"a": late(25, 0.6, **more), "b": late(20, [0.5, 0.7], lag_weeks=EARLY, **more)}, quarters=3, warm_up=2,
        opening={"deals": OPEN},
    )  # fmt: skip


NAIVE: dict[str, dict[str, Any]] = {
    "pushes": a_and_b(slips={**SLIPS, "by_pushes": PUSHED}),
    "size": a_and_b(slips={**SLIPS, "by_size": SIZED}),
    "linearity": a_and_b(linearity=MONTH_ENDS),
    "pull-ins": a_and_b(pull_ins=PULLED),
    "no way back": a_and_b(slips={**SLIPS, "by_pushes": [{"pushes": 1, "win_rate": 0}, {"pushes": 2, "win_rate": 1}]}),
    "all of it": {
        **a_and_b(slips={**SLIPS, "by_pushes": [{"pushes": 1, "slip_probability": {"p10": 0.8, "p90": 2}}, PUSHED[1]],
                         "by_size": [{"above": 1100, "win_rate": {"values": [0.5, 1.4]}, "slip_probability": 2}]},
                  linearity=MONTH_ENDS, customers={"churn": 0.4},
                  pull_ins={"probability": {"p10": 0.2, "p90": 0.5}, "by_weeks": {"mean": 6, "cv": 0.7},
                            "value_factor": 0.7}),
        "market": {"conversion": {"sd": 0.5, "common": 0.5}, "slip_concentration": 5,
                   "events": [{"name": "freeze", "probability": 0.3, "slip_probability": 2, "wins": 0.5}]},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", NAIVE)
def test_against_the_naive_twin(name, tmp_path):
    scenario = load_case(NAIVE[name], tmp_path)
    twin = naive.simulate(scenario, trials=600, seed=SEED)
    against.hold(against.same(scenario, simulate(scenario, trials=20_000, seed=SEED), twin))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAIVE)
def test_against_the_naive_twin_at_length(name, tmp_path):
    scenario = load_case(NAIVE[name], tmp_path)
    twin = naive.simulate(scenario, trials=12_000, seed=SEED)
    against.hold(against.same(scenario, simulate(scenario, trials=150_000, seed=SEED), twin))


NEUTRAL = {
    "by_pushes": [{"pushes": 1}, {"pushes": 2, "slip_probability": 1, "win_rate": 1}],
    "by_size": [{"above": 0, "slip_probability": 1, "win_rate": 1}],
}


def neutral(document: dict[str, Any]) -> dict[str, Any]:
    """The same plan with details that change nothing."""
    segments = {}
    for name, segment in document["segments"].items():
        tables = NEUTRAL if "deal_size" in segment else {"by_pushes": NEUTRAL["by_pushes"]}
        segments[name] = {
            **segment, "slips": {**segment.get("slips", {}), **tables}, "linearity": FLAT, "customers": {"churn": 0.1},
            "pull_ins": {"probability": 0, "value_factor": 0.5},
        }  # fmt: skip
    return {**document, "segments": segments}


@pytest.mark.parametrize("name", ["steady state", "everything changes by quarter", "losses come sooner", "certainties",
                                  "every family of size", "a limit of none", "open deals", "seven stages",
                                  "open deals whose losses come sooner", "a market with everything"])  # fmt: skip
def test_neutral_details_change_nothing(name, tmp_path):
    """Bit for bit, money to the cent, open deals one by one."""
    document = EVERYTHING if name == "a market with everything" else EXACT[name]
    usual, detailed = (load_case(d, tmp_path) for d in (document, neutral(document)))
    one, two = (simulate(scenario, trials=700, seed=5) for scenario in (usual, detailed))
    for metric in one.metrics:
        np.testing.assert_array_equal(one[metric.name], two[metric.name], err_msg=metric.name)
    if one.deals is not None:
        np.testing.assert_array_equal(one.deals.outcome, two.deals.outcome)
        np.testing.assert_array_equal(one.deals.week, two.deals.week)
        np.testing.assert_array_equal(one.deals.slips, two.deals.slips)


def test_all_else_is_nothing_too(tmp_path):
    """A linearity in equal shares and pull-ins that never happen, alone."""
    usual = load(plan({"a": late(40, slips=SLIPS)}))
    for changes in ({"linearity": FLAT}, {"pull_ins": {}}, {"pull_ins": PULLED | {"probability": 0}}):
        other = load(plan({"a": late(40, slips=SLIPS, **changes)}))
        one, two = simulate(usual, trials=600, seed=5), simulate(other, trials=600, seed=5)
        for metric in one.metrics:
            np.testing.assert_array_equal(one[metric.name], two[metric.name], err_msg=metric.name)


# ------------------------------------------------------------------------------------- exact answers
def weekly(**changes: Any) -> Any:
    """30 deals a quarter, all due 20.0 weeks after birth and nothing slips: wins of a week are Poisson(3/4)."""
    changes = {"lag_weeks": {"wins": {"weeks": [0] * 20 + [1]}}, "deal_size": 1000, **changes}
    scenario = load(plan({"a": late(30, 0.325, **changes)}, quarters=3, warm_up=2))
    return simulate(scenario, trials=8000, seed=SEED, by="week")


def test_due_dates_follow_the_linearity():
    result = weekly(linearity=MONTH_ENDS)
    against.hold(
        partial(st.assert_poisson, result["wins"][:, week], 30 * 0.325 * MONTH_ENDS[week % 13], what=f"week {week}")
        for week in range(39)
    )


def test_slips_bunch_too():
    """All due in the first week of a quarter, all slip by a week: due again where the shares say."""
    slips = {"probability": 1, "delay_weeks": 1, "limit": 1}
    result = weekly(linearity=[1] + [0] * 12, slips=slips)
    assert (result["losses"][:, 13:].sum(axis=0)[[0, 13]] == 0).all()
    second = {week % 13 for week in np.flatnonzero(result["losses"].any(axis=0))}
    assert second == {1}, "one week on, the shares lie before; it moves to the next week at least"


def test_pull_ins_move_wins_forward_and_cost_their_discount():
    result = weekly(pull_ins={"probability": 0.4, "by_weeks": {"weeks": [0, 0, 0, 1]}, "value_factor": 0.9})
    mean = 30 / 13 * 0.325
    wins, bookings = result["wins"], result["bookings"]
    checks = [partial(st.assert_poisson, wins[:, week], mean, what=f"week {week}") for week in range(39)]
    share = (bookings.sum(axis=1) / 1000 - 0.9 * wins.sum(axis=1)) / 0.1  # those won without a discount
    checks.append(partial(st.assert_poisson, np.rint(share).astype(int), 0.6 * mean * 39, what="at full price"))
    np.testing.assert_allclose(share, np.rint(share), atol=1e-6)
    against.hold(checks)


def test_pull_ins_of_one_quarter_are_missed_in_the_next():
    usual, pulled = weekly(), weekly(pull_ins={"probability": [0, 0.5, 0], "by_weeks": {"weeks": [0, 0, 0, 0, 1]}})
    mean = 30 / 13 * 0.325
    for week in range(39):  # half of those due in weeks 17 to 29 come four weeks sooner
        there = 1.5 if 13 <= week <= 16 else 0.5 if 26 <= week <= 29 else 1.0
        st.assert_poisson_mean(pulled["wins"][:, week], there * mean, what=f"week {week}")
    np.testing.assert_array_equal(pulled["wins"].sum(axis=1), usual["wins"].sum(axis=1))


def test_size_decides_between_small_and_big(tmp_path):
    """Half are worth 100, half 900; the big ones win half as often, and slip twice as often."""
    document = plan(
        {"a": late(40, 0.6, lag_weeks={"wins": {"weeks": [0, 0, 1]}}, deal_size={"rows": [100, 900]},
                   slips={"probability": 0.25, "limit": 1, "delay_weeks": {"weeks": [0, 1]},
                          "by_size": [{"above": 100, "win_rate": 0.5, "slip_probability": 2}]})},
        quarters=2, warm_up=1)  # fmt: skip
    result = simulate(load_case(document, tmp_path), trials=8000, seed=SEED, by="week")
    each = 40 / 13 / 2
    small, big = (0.6 * p for p in (1 - 0.25**2, (1 - 0.5**2) * 0.5))
    big_wins = np.rint((result["bookings"] / 100 - result["wins"]) / 8).astype(int)
    checks = [
        partial(st.assert_poisson, big_wins[:, week], each * big, what=f"big, week {week}") for week in range(0, 26, 5)
    ]
    checks += [
        partial(st.assert_poisson, (result["wins"] - big_wins)[:, week], each * small, what=f"small, week {week}")
        for week in range(0, 26, 5)
    ]
    slips = result["slips"][:, 5] - 0
    checks.append(partial(st.assert_poisson_mean, slips, each * (0.25 + 0.5), what="slips"))
    against.hold(checks)


def test_pushes_decide_after_each_push():
    """Slip with 1/2, then with 1/4, then never; win with 0.8, 0.4 and 0.2."""
    rows = [
        {"pushes": 1, "slip_probability": 0.5, "win_rate": 0.5},
        {"pushes": 2, "slip_probability": 0, "win_rate": 0.25},
    ]
    week = {"weeks": [0, 1]}
    slips = {"probability": 0.5, "limit": 5, "delay_weeks": week, "by_pushes": rows}
    document = plan({"a": late(60, 0.8, lag_weeks={"wins": week}, slips=slips)}, quarters=1, warm_up=1)
    result = simulate(load(document), trials=8000, seed=SEED, by="week")
    each = 60 / 13
    won = each * (0.5 * 0.8 + 0.5 * 0.75 * 0.4 + 0.5 * 0.25 * 0.2)
    against.hold(
        [
            partial(st.assert_poisson, result["wins"][:, 6], won, what="wins"),
            partial(st.assert_poisson, result["losses"][:, 6], each - won, what="losses"),
            partial(st.assert_poisson_mean, result["slips"][:, 6], each * 0.625, what="slips"),
        ]
    )


# ------------------------------------------------------------------------------------- what is promised
def test_nothing_vanishes_and_money_adds_up(tmp_path):
    """Created = won + lost + change in open, per trial, segment and quarter, with discounts too."""
    scenario = load_case(NAIVE["all of it"], tmp_path)
    result = simulate(scenario, trials=500, seed=1)
    listed = {name: sum(deal["segment"] == name for deal in OPEN) for name in "ab"}
    for name in "ab":
        open_deals = result["open_deals", name]
        before = np.concatenate([np.full((500, 1), listed[name]), open_deals[:, :-1]], axis=1)
        moved = result["sqls", name] - result["wins", name] - result["losses", name]
        np.testing.assert_array_equal(open_deals - before, moved)
        assert ((result["open_pipeline", name] > 0) == (open_deals > 0)).all()
        assert (result["open_pipeline", name][open_deals == 0] == 0).all()
    np.testing.assert_array_equal(result["new_customers"], result["wins"])
    assert np.abs(result["new_arr"] - result["bookings"]).max() < 0.2, "ARR is won at the discounted value"


def test_threads_weeks_and_longer_runs_change_nothing(tmp_path):
    scenario = load_case(NAIVE["all of it"], tmp_path)
    one = simulate(scenario, trials=1100, seed=3, threads=1)
    others = [simulate(scenario, trials=1100, seed=3, threads=3), simulate(scenario, trials=1300, seed=3)]
    by_week = simulate(scenario, trials=1100, seed=3, by="week")
    for metric in one.metrics:
        for other in others:
            np.testing.assert_array_equal(one[metric.name], other[metric.name][:1100], err_msg=metric.name)
        if metric.kind == "count":
            np.testing.assert_array_equal(one[metric.name], by_week.quarterly(metric.name), err_msg=metric.name)


def test_another_segment_does_not_notice(tmp_path):
    document = NAIVE["all of it"]
    detailed = simulate(load_case(document, tmp_path), trials=400, seed=3)
    plain = {k: v for k, v in document["segments"]["b"].items() if k not in ("linearity", "pull_ins")}
    other = {**document, "segments": {**document["segments"], "b": plain}}
    changed = simulate(load_case(other, tmp_path), trials=400, seed=3)
    for metric in detailed.metrics:
        if metric.kind != "ratio":
            np.testing.assert_array_equal(detailed[metric.name, "a"], changed[metric.name, "a"], err_msg=metric.name)
    assert (detailed["wins", "b"] != changed["wins", "b"]).any()


def test_the_quarter_total_of_due_dates_stays():
    """Bunching within the quarter: without slips no quarter's wins or losses change, only their weeks."""
    calm = {"slips": {"probability": 0}, "lag_weeks": {"wins": {"weeks": [0] * 15 + [0.5, 0.3, 0.2]}}}
    usual = simulate(load(plan({"a": late(40, **calm)})), trials=500, seed=3)
    bunched = simulate(load(plan({"a": late(40, **calm, linearity=MONTH_ENDS)})), trials=500, seed=3)
    for metric in ("wins", "losses", "bookings", "open_deals"):
        np.testing.assert_array_equal(usual[metric], bunched[metric], err_msg=metric)


def test_bunched_deals_that_slip_leave_their_quarter_more_often():
    usual = simulate(load(plan({"a": funnel()})), trials=1000, seed=3)["slipped_deals"].mean()
    late_in_quarter = simulate(load(plan({"a": funnel(linearity=MONTH_ENDS)})), trials=1000, seed=3)
    assert late_in_quarter["slipped_deals"].mean() > 1.1 * usual


def test_a_closed_form_is_refused():
    from simulator.simulation.likelihood import why_not_exact

    plain, detailed = (load(plan({"a": late(40, slips=SLIPS, **c)})) for c in ({}, {"linearity": MONTH_ENDS}))
    period = plain.calendar.period("2027-Q1")
    assert why_not_exact(plain, ["wins"], period, [9]) is None
    assert "pulled in" in str(why_not_exact(detailed, ["wins"], period, [9]))
