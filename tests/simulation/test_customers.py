"""Customers against exact answers and the naive twin; what adds up, what stays, what moves which way."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pytest

from simulator.scenario.load import load
from simulator.simulation.follow import Followers
from simulator.simulation.groups import group_seeds
from simulator.simulation.lower import lower
from simulator.simulation.simulate import simulate
from tests import statistical as st
from tests.oracles import customers as oracle
from tests.oracles import naive
from tests.oracles.exact import Exact
from tests.oracles.world import given_world
from tests.simulation import against
from tests.simulation.cases import late, load_case, plan

SEED = 20270105
RULES: dict[str, dict[str, Any]] = {
    "leave at any time": {"churn": 0.3},
    "the young leave sooner": {"churn": 0.05, "churn_first_year": 0.5, "churn_second_year": [0.1, 0.1, 0.4]},
    "all gone within the year": {"churn": 1},
    "stay a year to the day": {"churn_first_year": 0, "churn": 1},
    "contracts": {"renewal": 0.8, "uplift": 0.05},
    "contracts of a quarter, the first hard": {"renewal": [0.9, 0.8, 0.95], "first_renewal": 0.5, "term_months": 3},
    "monthly contracts, and cheaper": {"renewal": 0.97, "term_months": 1, "uplift": -0.02},
    "both ways out": {"churn": 0.2, "renewal": 0.7, "term_months": 6},
    "more and less": {"churn": 0.2, "expansion": 0.5, "expansion_by": 0.4, "contraction": 0.3, "contraction_by": 0.25},
    "everyone buys more": {"expansion": 1, "expansion_by": [0.2, 0.4], "contraction": [0, 1, 0.5],
                           "contraction_by": 0.5},
}  # fmt: skip


def with_rules(rules: dict[str, Any], volume: Any = 60, **changes: Any) -> dict[str, Any]:
    segment = late(volume, 0.5, lag_weeks={"wins": {"mean": 5, "cv": 0.6}}, customers=rules, **changes)
    return plan({"a": segment}, quarters=9, warm_up=1)


def lives(scenario: Any, week: int, per_trial: int, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """(trial, week) customers and ARR of so many wins of 100.00 in one week of every trial."""
    lowered = lower(scenario)
    weeks = 13 * scenario.quarters
    followers = Followers(lowered, weeks)
    count = per_trial * trials
    wins = followers.wins
    wins = type(wins)(
        used=np.array([count]), trial=np.repeat(np.arange(trials), per_trial), segment=np.zeros(count, int),
        week=np.full(count, week), born=np.full(count, 7), number=np.tile(np.arange(per_trial), trials),
        value=np.full(count, 100.0),
    )  # fmt: skip
    followers.wins = wins
    metrics = lowered.metrics
    counts = np.zeros((1, sum(m.kind == "count" for m in metrics), trials, weeks), np.int32)
    cents = np.zeros((1, sum(m.kind == "money" for m in metrics), trials, weeks))
    followers.play(group_seeds(SEED), 0, counts, cents)
    assert followers.fits()
    return counts[0, followers.counts], cents[0, followers.cents] / 100


@pytest.mark.parametrize("name", RULES)
def test_how_long_they_stay_and_what_they_spend(name):
    """Of customers won in one week: the chance to be there, and the mean they spend, in many later weeks."""
    scenario = load(with_rules(RULES[name]))
    world = given_world(scenario, {}, {})
    rules = world.segments["a"].customers
    won, per_trial, trials = 4, 5, 4000
    customers, arr = lives(scenario, won, per_trial, trials)
    stays = oracle.still_there(world, rules, won, won + 1)
    grown = oracle.grown(world, rules, won, won + 1)
    checks = []
    for week in (3, 4, 5, 11, 30, 55, 56, 57, 70, 107, 116):
        there, spent = (stays[week], 100 * grown[week] * stays[week]) if week >= won else (0.0, 0.0)
        what = f"week {week}"
        n = customers[:, week]
        checks.append(
            partial(st.assert_mean, n / per_trial, there, variance=there * (1 - there) / per_trial, what=what)
        )
        checks.append(partial(st.assert_same_mean, arr[:, week], np.full(500, per_trial * spent), what=f"ARR, {what}"))
    against.hold(checks)


def test_a_year_has_52_weeks_wherever_it_begins():
    scenario = load(with_rules(RULES["stay a year to the day"]))
    for won in (0, 4, 12, 13):
        customers, _arr = lives(scenario, won, 5, 20)
        assert (customers[:, won : won + 53] == 5).all() and not customers[:, won + 53 :].any(), won


def test_a_customer_leaves_in_a_week_of_its_own():
    """The law of the week of leaving, cell by cell; not only its mean."""
    scenario = load(with_rules({"churn": 0.3, "churn_first_year": 0.6, "renewal": 0.7}))
    world = given_world(scenario, {}, {})
    stays = oracle.still_there(world, world.segments["a"].customers, 4, 5)
    customers, _arr = lives(scenario, 4, 1, 20_000)
    left = np.where(customers[:, -1] > 0, customers.shape[1], np.argmin(customers[:, 4:], axis=1) + 4)
    law = -np.diff(stays, append=0.0, prepend=1.0)
    law[-1] = stays[-1]
    st.assert_distribution(left, np.append(law[:-1], law[-1]), what="week of leaving")


def base(rows: list[tuple[str, ...]], folder: Any) -> str:
    file = folder / "customers.csv"
    file.write_text("\n".join(",".join(row) for row in [("id", "segment", "arr", "since", "renewal"), *rows]) + "\n")
    return str(file)


def test_customers_at_the_start(tmp_path):
    """Age and renewal dates from the file, whatever of it is known."""
    rows = [
        ("young", "a", "100", "2026-10-01", ""), ("old", "a", "100", "2020-02-20", ""),
        ("stated", "a", "100", "2026-03-03", "2027-05-05"), ("unknown", "a", "100", "", ""),
        ("overdue", "a", "100", "", "2026-12-01"), ("much later", "a", "100", "", "2031-01-01"),
    ]  # fmt: skip
    document = with_rules(
        {"churn": 0.1, "churn_first_year": 0.4, "renewal": 0.6, "first_renewal": 0.9, "uplift": 0.1}, 0
    )
    for row in rows:
        document["opening"] = {"customers": base([row], tmp_path)}
        scenario = load(document)
        world = given_world(scenario, {}, {})
        rules, one = world.segments["a"].customers, world.customers[0]
        result = simulate(scenario, trials=8000, seed=SEED, by="week")
        if row[0] == "unknown":  # a renewal in any week of the term
            dates = range(52)
        else:
            dates = [None]
        stays = np.zeros(world.end)
        for date in dates:
            known = {**rules}
            if one.since is None:
                known |= {"churn_first_year": rules["churn"], "first_renewal": rules["renewal"]}
            since = one.since if one.since is not None else -5200
            due = oracle.renewals(known, one.since, one.renewal if date is None else date, world.end)
            here, left = np.ones(world.end), 1.0
            for week in range(world.end):
                left *= 1 - oracle.leaving(world, known, week, week - since)
                if week in due:
                    first = due[week] == 1
                    left *= (known["first_renewal"] if first else known["renewal"])[world.quarter(week)]
                here[week] = left
            stays += here / len(dates)
        for week in (0, 5, 12, 17, 18, 30, 43, 44, 51, 52, 70, 116):
            st.assert_probability(result["customers"][:, week] == 1, stays[week], what=f"{row[0]} in week {week}")
        assert (result["arr"][:, 0] <= 110.01).all()


def test_counts_against_the_exact_answer():
    """Wins are a Poisson process, so customers and those lost are Poisson too (thinning)."""
    scenario = load(with_rules({"churn": 0.3, "churn_first_year": 0.5, "renewal": 0.8}))
    world = given_world(scenario, {}, {})
    rules = world.segments["a"].customers
    wins = Exact(world).weekly_mean("wins", "a")
    there = np.zeros(world.end)
    for week, mean in enumerate(wins):
        stays = oracle.still_there(world, rules, week, week + 1)
        there[week:] += mean * stays[week:]
    result = simulate(scenario, trials=6000, seed=SEED)
    checks = []
    for quarter in range(scenario.quarters):
        last = 13 * quarter + 12
        before = there[last - 13] if quarter else 0.0
        lost = before + wins[13 * quarter : last + 1].sum() - there[last]
        checks.append(
            partial(st.assert_poisson, result["customers"][:, quarter], there[last], what=f"there, Q{quarter}")
        )
        checks.append(
            partial(st.assert_poisson, result["churned_customers"][:, quarter], lost, what=f"lost, Q{quarter}")
        )
    against.hold(checks)


def everything(folder: Any) -> dict[str, Any]:
    """Customers of every kind: of two segments of three, from the file, from open deals, in a market, unsure of all."""
    rows = [(f"c{n}", "ab"[n % 2], f"{500 + 37.25 * n}", "" if n % 3 == 0 else f"202{4 + n % 3}-0{1 + n % 9}-15",
             "" if n % 4 < 2 else f"2027-{2 + n % 11:02}-10") for n in range(24)]  # fmt: skip
    rules = {
        "recurring": {"p10": 0.7, "p90": 1.1}, "churn": {"p10": 0.1, "p90": 0.3}, "churn_first_year": [0.5, 0.2],
        "renewal": {"successes": 8, "of": 10}, "first_renewal": 0.6, "term_months": 6,
        "uplift": {"p10": -0.1, "p90": 0.2},
        "expansion": 0.6, "expansion_by": {"p10": 0.2, "p90": 0.6}, "contraction": 0.4, "contraction_by": 0.3,
    }  # fmt: skip
    slips = {"probability": 0.3, "delay_weeks": {"mean": 4}, "win_rate_factor": 0.8}
    return plan(
        {
            "a": late(9, 0.5, slips=slips, customers=rules),
            "b": late(5, {"p10": 0.3, "p90": 0.6}, lag_weeks={"wins": {"mean": 6}, "losses": {"mean": 3}}, slips=slips,
                      customers={"churn": 0.6}),
            "c": late(8, 0.5),
        },
        quarters=5, warm_up=2, market={"conversion": {"sd": 0.5, "common": 0.5}, "slip_concentration": 6},
        opening={"customers": base(rows, folder),
                 "deals": [{"id": f"{s}{n}", "segment": s, "amount": 900 + n, "expected_close": f"2027-0{1 + n}-20",
                            "win_probability": "" if n % 2 else 0.7} for n in range(5) for s in "abc"]},
    )  # fmt: skip


def same_customers(scenario: Any, result: Any, twin: Any) -> Iterator[against.Check]:
    for metric in (*oracle.COUNTS, *oracle.MONEY):
        for segment in (None, *scenario.segments):
            all_mine, all_theirs = result[metric, segment], twin[metric] if segment is None else twin[metric, segment]
            for quarter in range(scenario.quarters):
                mine, theirs = all_mine[:, quarter], all_theirs[:, quarter]
                what = against.named(metric, segment, quarter)
                yield partial(st.assert_same_mean, mine, theirs, what=what)
                yield partial(st.assert_same_variance, mine, theirs, what=f"variance of {what}")
                if metric in oracle.COUNTS:
                    yield partial(st.assert_same_distribution, mine, theirs, what=f"law of {what}")


def same_as_twin(scenario: Any, result: Any, twin: Any) -> None:
    against.hold(chain(same_customers(scenario, result, twin), against.same(scenario, result, twin)))


def test_everything_against_the_naive_twin(tmp_path):
    scenario = load_case(everything(tmp_path), tmp_path)
    same_as_twin(
        scenario, simulate(scenario, trials=20_000, seed=SEED), naive.simulate(scenario, trials=600, seed=SEED)
    )


@pytest.mark.slow
def test_everything_against_the_naive_twin_at_length(tmp_path):
    scenario = load_case(everything(tmp_path), tmp_path)
    same_as_twin(
        scenario, simulate(scenario, trials=200_000, seed=SEED), naive.simulate(scenario, trials=10_000, seed=1)
    )


def test_what_comes_grows_shrinks_and_goes_adds_up(tmp_path):
    """In every trial, segment and quarter, customers to the head and revenue to the cent."""
    scenario = load_case(everything(tmp_path), tmp_path)
    by_quarter, by_week = (simulate(scenario, trials=300, seed=1, by=by) for by in ("quarter", "week"))
    for result in (by_quarter, by_week):
        for segment in (None, *scenario.segments):
            here = [c for c in scenario.opening.customers if segment in (None, c.segment)]

            def moves(metric: str, result: Any = result, segment: Any = segment) -> np.ndarray:
                return np.rint(result[metric, segment] * 100).astype(int)

            heads = moves("new_customers") - moves("churned_customers")
            np.testing.assert_array_equal(100 * len(here) + np.cumsum(heads, axis=1), moves("customers"))
            net = moves("new_arr") + moves("expansion_arr") - moves("contraction_arr") - moves("churned_arr")
            np.testing.assert_array_equal(net, moves("net_new_arr"))
            cents = round(sum(round(c.arr * 100) for c in here))
            np.testing.assert_array_equal(cents + np.cumsum(net, axis=1), moves("arr"))
            assert (result["customers", segment] >= 0).all() and (result["arr", segment] >= 0).all()
    for metric in (*oracle.COUNTS, *oracle.MONEY):
        one, two = (np.rint(100 * values) for values in (by_quarter[metric], by_week.quarterly(metric)))
        np.testing.assert_array_equal(one, two, err_msg=metric)
    np.testing.assert_array_equal(by_quarter["new_customers", "a"], by_quarter["wins", "a"])
    assert not by_quarter["customers", "c"].any(), "nobody follows the customers of this segment"


def test_retention_is_what_it_says(tmp_path):
    scenario = load_case(everything(tmp_path), tmp_path)
    for by in ("quarter", "week"):
        result = simulate(scenario, trials=200, seed=1, by=by)
        for segment in (None, "a", ["a", "b"]):
            arr = result.quarterly("arr", segment)
            before = arr - result.quarterly("net_new_arr", segment)
            lost, less, more = (result.quarterly(f"{k}_arr", segment) for k in ("churned", "contraction", "expansion"))
            gross, net = (before - lost - less) / before, (before - lost - less + more) / before
            np.testing.assert_allclose(result.quarterly("gross_retention", segment), gross, rtol=1e-12)
            np.testing.assert_allclose(result.quarterly("net_retention", segment), net, rtol=1e-12)
            year = result.values("net_retention", "2027-Q1..2027-Q3", segment)
            np.testing.assert_allclose(year, net[:, :3].prod(axis=1), rtol=1e-12)
            heads = result.quarterly("customers", segment)
            there = heads - result.quarterly("new_customers", segment) + result.quarterly("churned_customers", segment)
            kept = 1 - result.quarterly("churned_customers", segment) / there
            np.testing.assert_allclose(result.quarterly("customer_retention", segment), kept, rtol=1e-12)


def arrays(result: Any) -> dict[str, np.ndarray]:
    return {metric.name: result[metric.name] for metric in result.metrics}


def assert_equal(one: dict[str, np.ndarray], two: dict[str, np.ndarray], skip: tuple[str, ...] = ()) -> None:
    for metric in one:
        if metric in two and metric not in skip:
            np.testing.assert_array_equal(one[metric], two[metric], err_msg=metric)


def test_the_rest_of_the_plan_does_not_notice(tmp_path):
    """With or without customers everything else is the same, bit for bit."""
    document = everything(tmp_path)
    del document["opening"]["customers"]
    followed = load_case(document, tmp_path)
    for segment in document["segments"].values():
        segment.pop("customers", None)
    for name in "ab":  # drawn numbers of a plan are its own, so that they stay what they were
        document["segments"][name].pop("customers", None)
    alone = load_case(document, tmp_path)
    with_them, without = (arrays(simulate(p, trials=1500, seed=3)) for p in (followed, alone))
    assert "customers" in with_them and "customers" not in without
    assert_equal(without, with_them)


def test_threads_chunks_and_longer_runs_change_nothing(tmp_path, monkeypatch):
    scenario = load_case(everything(tmp_path), tmp_path)
    one = arrays(simulate(scenario, trials=1100, seed=3, threads=1))
    assert_equal(one, arrays(simulate(scenario, trials=1100, seed=3, threads=3)))
    longer = arrays(simulate(scenario, trials=1300, seed=3))
    assert_equal(one, {metric: values[:1100] for metric, values in longer.items()})
    monkeypatch.setattr("simulator.simulation.follow.FIRST_ROOM", 3)  # the list of wins overflows, and is made again
    assert_equal(one, arrays(simulate(scenario, trials=1100, seed=3)))
    monkeypatch.setattr("simulator.simulation.follow.MOST_WINS", 100)  # and is too long for a chunk
    assert_equal(one, arrays(simulate(scenario, trials=1100, seed=3)))


CALM = with_rules({"churn": 0.3, "renewal": 0.8, "expansion": 0.3, "expansion_by": 0.2, "term_months": 6})


def play(**changes: Any) -> Any:
    scenario = load(CALM).with_changes({f"segments.a.{path.replace('__', '.')}": v for path, v in changes.items()})
    return simulate(scenario, trials=1500, seed=9)


def test_the_same_customers_live_the_same_lives():
    """More deals won are more customers; those there were come, grow and go as before."""
    few, many = play(), play(conversion__wins=0.7)
    for metric in (*oracle.COUNTS, "arr", "new_arr", "expansion_arr", "churned_arr"):
        assert (many[metric] >= few[metric] - 1e-9).all(), metric
    assert (many["customers"] > few["customers"]).mean() > 0.9


def test_what_is_better_never_makes_fewer():
    usual = play()
    for changes, better in (({"customers__churn": 0.2}, 1), ({"customers__renewal": 0.9}, 1),
                            ({"customers__churn": 0.4}, -1), ({"customers__first_renewal": 0.5}, -1)):  # fmt: skip
        other = play(**changes)
        gain = better * (other["customers"] - usual["customers"])
        assert (gain >= 0).all() and gain.any(), changes
    for changes in ({"customers__expansion": 0.5}, {"customers__uplift": 0.03}, {"customers__expansion_by": 0.3}):
        other = play(**changes)
        np.testing.assert_array_equal(other["customers"], usual["customers"])
        assert (other["arr"] >= usual["arr"]).all() and (other["arr"] > usual["arr"]).mean() > 0.5, changes


def test_groups_of_luck_can_be_held(tmp_path):
    """Fresh luck for customers leaves wins as they are; other luck leaves the customers at the start as they were."""
    document = everything(tmp_path)
    scenario = load_case(document, tmp_path)
    usual, other = (simulate(scenario, trials=400, seed=3, redraw=redraw) for redraw in ((), ("customers",)))
    mine = {metric.name for metric in usual.metrics} & {*oracle.COUNTS, *oracle.MONEY, "customer_retention"}
    mine |= {"gross_retention", "net_retention"}
    assert_equal(arrays(usual), arrays(other), skip=tuple(mine - {"new_customers", "new_arr"}))
    assert (usual["churned_customers"] != other["churned_customers"]).mean() > 0.5
    for segment in document["segments"].values():
        segment["volume"]["per_quarter"] = 0
    document["opening"] = {"customers": document["opening"]["customers"]}
    still = load_case(document, tmp_path)
    first = arrays(simulate(still, trials=400, seed=3))
    assert_equal(first, arrays(simulate(still, trials=400, seed=3, redraw=("market", "demand", "deals", "slips"))))
    again = simulate(still, trials=400, seed=3, redraw=("customers",))
    assert (first["churned_customers"] != again["churned_customers"]).mean() > 0.3


def test_a_deal_redrawn_keeps_the_life_of_its_name():
    """Lives are named by the deal, not by its luck: fresh slips and deals leave who is quick to leave as it was."""
    scenario = load(with_rules({"churn": 0.9}, 3, slips={"probability": 0.0}))
    held = simulate(scenario, trials=3000, seed=2)
    fresh = simulate(scenario, trials=3000, seed=2, redraw=("deals",))
    both = simulate(scenario, trials=3000, seed=2, redraw=("deals", "customers"))

    def lost_early(result: Any) -> np.ndarray:
        return result["churned_customers"][:, :4].sum(axis=1) / np.maximum(
            result["new_customers"][:, :4].sum(axis=1), 1
        )

    alike = np.corrcoef(lost_early(held), lost_early(fresh))[0, 1]
    assert alike > 0.2 > abs(np.corrcoef(lost_early(held), lost_early(both))[0, 1]) + 0.1
