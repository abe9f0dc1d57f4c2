"""Teams and follow-up: cases by hand, what is kept, what does not move."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.analysis.solve import solve
from simulator.errors import ScenarioError
from simulator.scenario.closing import is_detailed
from simulator.scenario.load import load
from simulator.simulation import chunks as module
from simulator.simulation.simulate import simulate
from tests.docs.examples import ROOT
from tests.oracles.people import precision
from tests.simulation.cases import load_case, plan
from tests.simulation.people_cases import DEALS, LEADS, worked
from tests.statistical import assert_distribution, assert_mean, assert_poisson
from tests.strategies import valid_scenarios

EXAMPLES = [p for p in sorted((ROOT / "scenarios").glob("*.yaml")) if "capacity:" not in p.read_text(encoding="utf-8")]
ENDLESS = 1e6


def unlimited(scenario: Any) -> Any:
    """The same plan with people enough at every stage, and a follow-up that changes nothing."""
    stages = scenario.stages
    changed = load(str(scenario.file)).document if scenario.file else copy.deepcopy(scenario.document)
    changed["capacity"] = {
        stage: {"people": 2, ("open_deals_each" if stage == stages[-2] else "each_per_week"): ENDLESS,
                "patience_weeks": 0, "waiting_factor": 0.5, "attrition": 0.0}
        for stage in stages[:-1]
    }  # fmt: skip
    for segment in changed["segments"].values():
        volume = segment["volume"]
        entry = stages.index(volume.get("stage", stages[0])) if isinstance(volume, dict) else 0
        segment["follow_up"] = {stage: {} for stage in stages[entry:-2]}
    return changed


def assert_same_as_none(scenario: Any, limited: Any, trials: int) -> None:
    a, b = (simulate(p, trials=trials, seed=5) for p in (scenario, limited))
    for metric in a.metrics:
        for segment in a.segments:
            np.testing.assert_array_equal(a[metric.name, segment], b[metric.name, segment], metric.name)
    assert not any(b[name].any() for name in ("waiting", "gone_cold", "disqualified", "returned") if name in b)
    if a.deals is not None:
        for key in ("outcome", "week", "slips"):
            np.testing.assert_array_equal(getattr(a.deals, key), getattr(b.deals, key))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_people_enough_are_as_good_as_no_limit(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    scenario = load(file.name)
    if any(s.accounts for s in scenario.segments.values()):
        with pytest.raises(ScenarioError, match="cannot be combined with capacity"):
            load(unlimited(scenario))
        return
    if any(s.customers or is_detailed(s) for s in scenario.segments.values()):
        return  # another form of the engine: test_people_and_closing.py
    assert_same_as_none(scenario, load(unlimited(scenario)), 200)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_people_enough_in_any_plan(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    scenario = load(data.draw(valid_scenarios(tables=folder, most_volume=3000)))
    assert_same_as_none(scenario, load(unlimited(scenario)), 20)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_plan_with_people_gives_sound_numbers(data, tmp_path_factory):
    """It survives its resolved form, nothing is negative or vanishes, and threads do not matter."""
    folder = tmp_path_factory.mktemp("tables")
    scenario = load(data.draw(valid_scenarios(tables=folder, people=True)))
    (folder / "resolved.yaml").write_text(scenario.to_yaml(str(folder)), encoding="utf-8")
    again = load(folder / "resolved.yaml")
    assert again == scenario and again.differences(scenario) == []
    for path, number in scenario.numbers():
        if path.startswith("capacity.") or ".follow_up." in path:
            assert dict(scenario.with_changes({path: number}).numbers())[path] == number
    result = simulate(scenario, trials=20, seed=1, threads=1)
    for metric in result.metrics:
        for segment in (None, *result.segments):
            values = result[metric.name, segment]
            assert metric.kind == "ratio" or np.isfinite(values).all()
            assert not (values < -1e-9).any(), metric.name
    birth = scenario.stages[-2]
    for segment in result.segments:
        opened = np.diff(result["open_deals", segment], axis=1)
        gone = result[scenario.stages[-1], segment] + result["losses", segment]
        np.testing.assert_array_equal(result[birth, segment][:, 1:], gone[:, 1:] + opened)
    twice = simulate(scenario, trials=8, seed=1, threads=2)
    for metric in result.metrics:
        np.testing.assert_array_equal(twice[metric.name], result[metric.name][:8])


SCRIPT = """
import hashlib, json, sys, numpy as np
np.seterr(over="ignore")
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
result = simulate(load(json.loads(sys.argv[1])), trials=2, seed=11, threads=1)
digest = hashlib.sha256()
for metric in result.metrics:
    digest.update(result[metric.name].tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["hires ramp up, some start late, some leave", "leads wait, then deals", "a score tells the good"]
)
def test_compiled_code_is_the_python_it_was_written_as(name):
    digests = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(ALL[name])],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        digests.append(done.stdout)
    assert digests[0] == digests[1]


ALL = {**LEADS, **DEALS}


@pytest.fixture(
    scope="module",
    params=["those who come back wait too", "leads wait, then deals", "sellers have so many deals at a time"],
)
def played(request, tmp_path_factory):
    scenario = load_case(ALL[request.param], tmp_path_factory.mktemp("case"))
    return scenario, simulate(scenario, trials=300, seed=2, threads=1)


def test_nothing_vanishes(played):
    """Who came = who was worked + who went cold + change in who waits; the same for deals and what became of them."""
    scenario, result = played
    one_team = len(scenario.capacity) == 1
    for segment in result.segments:
        opened = np.diff(result["open_deals", segment], axis=1)
        gone = result[scenario.stages[-1], segment] + result["losses", segment]
        np.testing.assert_array_equal(result[scenario.stages[-2], segment][:, 1:], gone[:, 1:] + opened)
        for name, team in scenario.capacity.items():
            end = "" if one_team else f"_{name}"
            came = result[team.stage, segment] + (
                result["returned", segment] if team.stage == "mqls" and "returned" in result else 0
            )
            dealt = result[f"worked{end}", segment] + result[f"gone_cold{end}", segment]
            waits = np.diff(result[f"waiting{end}", segment], axis=1)
            np.testing.assert_array_equal(came[:, 1:], dealt[:, 1:] + waits)


def test_threads_chunks_and_more_trials_do_not_matter(played, monkeypatch):
    scenario, result = played
    longer = simulate(scenario, trials=700, seed=2, threads=2)
    rest = simulate(scenario, trials=100, seed=2, first_trial=200)
    monkeypatch.setattr(module, "_CHUNK", 7)
    small = simulate(scenario, trials=300, seed=2, threads=3)
    weekly = simulate(scenario, trials=300, seed=2, by="week")
    for metric in result.metrics:
        expected = result[metric.name]
        np.testing.assert_array_equal(small[metric.name], expected)
        np.testing.assert_array_equal(longer[metric.name][:300], expected)
        np.testing.assert_array_equal(rest[metric.name], expected[200:])
        if metric.kind != "money":
            np.testing.assert_allclose(weekly.quarterly(metric.name), expected, rtol=1e-12)


def test_order_of_segments_and_strangers_do_not_matter(played):
    """A queue takes equals by lot, not by their place in the file; who shares no team notices nothing."""
    scenario, result = played
    document = copy.deepcopy(scenario.document)
    for team in document["capacity"].values():
        team["segments"] = list(document["segments"])
    document["segments"] = dict(reversed(document["segments"].items()))
    document["segments"]["strangers"] = {"volume": 30, "conversion": dict.fromkeys(scenario.stages[1:], 0.5)}
    other = simulate(load(document), trials=300, seed=2)
    for metric in result.metrics:
        for segment in result.segments:
            np.testing.assert_array_equal(other[metric.name, segment], result[metric.name, segment])


def test_groups_of_luck_stay_apart(played):
    scenario, result = played
    slips = simulate(scenario, trials=300, seed=2, redraw=("slips",))
    for name in (*scenario.stages[:-1], "created_pipeline"):
        np.testing.assert_array_equal(result[name], slips[name])
    demand = simulate(scenario, trials=300, seed=2, redraw=("demand",))
    assert not np.array_equal(demand["sqls"], result["sqls"])


def fixed(
    folder: Any, count: int, capacity: Any, quarters: int = 1, sqls: float = 1.0, trials: int = 1, **segment: Any
) -> Any:
    """A plan without chance: ``count`` leads become MQLs in week 2, all at once."""
    one = {
        "volume": 0, "conversion": {"mqls": 1, "sqls": sqls, "wins": 1}, "lag_weeks": {"mqls": {"weeks": [0, 0, 0, 1]}},
        **segment,
    }  # fmt: skip
    rows = [{"segment": "a", "stage": "visitors", "entered": "2026-12-28", "count": count}]
    stages = ["visitors", "mqls", "sqls", "wins"]
    case = plan({"a": one}, quarters=quarters, warm_up=0, stages=stages, capacity=capacity, opening={"leads": rows})
    return simulate(load_case(case, folder), trials=trials, seed=1, by="week")


def test_ten_leads_and_one_person(tmp_path):
    """Four a week: four in week 2, four in week 3, then the patience of one week is at an end."""
    result = fixed(tmp_path, 10, {"mqls": worked(1, 4, patience_weeks=1)})
    assert result["mqls"][0, :5].tolist() == [0, 0, 10, 0, 0]
    assert result["worked"][0, :5].tolist() == result["sqls"][0, :5].tolist() == [0, 0, 4, 4, 0]
    assert result["gone_cold"][0, :5].tolist() == [0, 0, 0, 2, 0]
    assert result["waiting"][0, :5].tolist() == [0, 0, 6, 0, 0]
    assert np.allclose(result["utilisation"][0, :5], [0, 0, 1, 1, 0])
    assert np.allclose(result["needed_people"][0, :5], [0, 0, 2.5, 0, 0])
    assert np.isclose(result.values("utilisation", "horizon")[0], 8 / 52)


def test_parts_of_people_and_of_leads_add_up(tmp_path):
    """Half a person of two and a half leads a week: 1.25 a week, so 1, 1, 1, 2, 1, …"""
    result = fixed(tmp_path, 9, {"mqls": worked(0.5, 2.5)})
    assert result["worked"][0, :11].tolist() == [0, 0, 1, 2, 1, 1, 1, 2, 1, 0, 0]


def test_parts_are_drawn_as_the_whole(tmp_path):
    """Two hundred at once, or seven a week: in every trial the same ones are reached, fit and accepted."""
    follow = {"mqls": {"reached": 0.8, "disqualified": 0.3, "nurtured": 0.5, "returns": 0}}
    for sqls, more in ((0.37, {}), (0.6, {"follow_up": follow})):
        slow, fast = (
            fixed(tmp_path, 200, {"mqls": worked(1, each)}, quarters=3, sqls=sqls, trials=40, **more)
            for each in (7, 1000)
        )
        for metric in ("sqls", "not_reached", "disqualified", "nurtured"):
            if metric in slow:
                np.testing.assert_array_equal(slow[metric].sum(axis=1), fast[metric].sum(axis=1), metric)
        assert len(set(slow["sqls"].sum(axis=1))) > 5


def test_nobody(tmp_path):
    """Zero people: everybody waits, or goes cold after the patience; nothing to be utilised."""
    result = fixed(tmp_path, 10, {"mqls": worked(0, 4)})
    assert result["sqls"].sum() == 0 and result["waiting"][0, -1] == 10
    assert np.isnan(result.values("utilisation", "horizon")).all()
    result = fixed(tmp_path, 10, {"mqls": worked(0, 4, patience_weeks=2.4)})
    assert result["gone_cold"][0, :6].tolist() == [0, 0, 0, 0, 10, 0]


def test_a_hire_ramps_up(tmp_path):
    """One person more from the second quarter: half the work in the first three weeks, all from the seventh on."""
    capacity = {"mqls": worked([1, 2], 8, ramp_weeks=6, ramp=[0.5, 0.75])}
    result = fixed(tmp_path, 400, capacity, quarters=2)
    assert result["worked"][0, 11:22].tolist() == [8, 8, 12, 12, 12, 14, 14, 14, 16, 16, 16]
    capacity["mqls"]["start_weeks"] = 2
    late = fixed(tmp_path, 400, capacity, quarters=2)
    assert late["worked"][0, 11:24].tolist() == [8, 8, 8, 8, 12, 12, 12, 14, 14, 14, 16, 16, 16]


def test_what_waiting_costs(tmp_path):
    """Of leads that wait one week none goes on when the factor is 0; those who are reached at once all do."""
    result = fixed(tmp_path, 10, {"mqls": worked(1, 4, waiting_factor=0)})
    assert result["worked"].sum() == 10 and result["sqls"].sum() == 4


def test_sellers_free_their_places(tmp_path):
    """Two places, cycles of three weeks: what starts in week 2 is decided in week 5, its place free in week 6."""
    team = {"sqls": {"people": 1, "open_deals_each": 2}}
    result = fixed(tmp_path, 5, team, lag_weeks={"mqls": {"weeks": [0, 0, 0, 1]}, "wins": {"weeks": [0, 0, 0, 1]}})
    assert result["worked"][0, :13].tolist() == [0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0]
    assert result["wins"][0, :14].tolist() == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0]
    assert result["waiting"][0, :13].tolist() == [0, 0, 3, 3, 3, 3, 1, 1, 1, 1, 0, 0, 0]
    assert result["open_deals"][0, :13].tolist() == [0, 0, 5, 5, 5, 3, 3, 3, 3, 1, 1, 1, 1]
    assert np.allclose(result["utilisation"][0, 2:6], 1) and np.isclose(result["needed_people"][0, 2], 2.5)
    cold = fixed(tmp_path, 5, {"sqls": {"people": 1, "open_deals_each": 2, "patience_weeks": 1}},
                 lag_weeks={"mqls": {"weeks": [0, 0, 0, 1]}, "wins": {"weeks": [0, 0, 0, 1]}})  # fmt: skip
    assert cold["losses"][0, :6].tolist() == cold["gone_cold"][0, :6].tolist() == [0, 0, 0, 3, 0, 0]


def test_back_from_nurture(tmp_path):
    """Nobody is accepted, all are nurtured and back after two weeks, twice."""
    follow = {"mqls": {"nurtured": 1, "returns_after_weeks": {"weeks": [0, 0, 1]}, "limit": 2}}
    result = fixed(tmp_path, 6, {"mqls": worked(1, 4)}, sqls=0, follow_up=follow)
    assert result["worked"][0, :9].tolist() == [0, 0, 4, 2, 4, 2, 4, 2, 0]
    assert result["returned"][0, :9].tolist() == [0, 0, 0, 0, 4, 2, 4, 2, 0]
    assert result["nurtured"].sum() == 12 and result["mqls"].sum() == 6
    back = fixed(tmp_path, 6, {}, sqls=0, follow_up={"mqls": {**follow["mqls"], "returned_conversion": 1}})
    assert back["sqls"][0, :6].tolist() == [0, 0, 0, 0, 6, 0], "those who come back have a rate of their own"


QUEUE = plan(
    {"a": {"volume": {"stage": "mqls", "per_quarter": 52}, "conversion": {"sqls": 0.5, "wins": 0.5}}},
    quarters=2, warm_up=1,
    capacity={"mqls": {"people": 2.5, "each_per_week": 2}},
)  # fmt: skip


def test_a_queue_with_random_arrivals():
    """Poisson(4) a week, five are worked: max(0, waits + comes − 5) wait at the end of a week, by convolution."""
    size = 120
    come = np.exp(
        -4 + np.arange(size) * np.log(4) - np.array([np.sum(np.log(np.arange(1, n + 1))) for n in range(size)])
    )
    waits = np.eye(1, size)[0]
    result = simulate(load(QUEUE), trials=20_000, seed=4, by="week")
    for week in range(-13, 26):
        both = np.convolve(waits, come)[: size + 5]
        waits = np.concatenate([[both[:6].sum()], both[6:], np.zeros(size)])[:size]
        if week in (0, 12, 25):
            assert_distribution(result["waiting"][:, week], waits / waits.sum(), what=f"who waits after week {week}")


def test_who_is_still_there():
    """Each of four leaves with 30% within a quarter: 4·0.7^((w+1)/13) are there in week w, on average."""
    document = copy.deepcopy(QUEUE)
    document["capacity"] = {"mqls": worked(4, 100, attrition=0.3)}
    result = simulate(load(document), trials=20_000, seed=4, by="week")
    for week in (0, 12, 25):
        p = 0.7 ** ((week + 1) / 13)
        there = result._parts["staffed"].sum(axis=0)[:, week]
        assert_mean(there, 4 * p, variance=4 * p * (1 - p), what=f"people in week {week}")


def test_one_more_person_leaves_the_luck_of_the_others():
    """The same ones leave in the same weeks: a team of five is never smaller than one of four."""
    there = []
    for people in (4, 5):
        document = copy.deepcopy(QUEUE)
        document["capacity"] = {"mqls": worked(people, 100, attrition=0.3, replace_weeks={"mean": 5}, ramp_weeks=6)}
        there.append(simulate(load(document), trials=500, seed=4, by="week")._parts["staffed"].sum(axis=0))
    assert (there[1] >= there[0] - 1e-9).all() and (there[1] <= there[0] + 1 + 1e-9).all()


def test_who_a_bar_turns_away():
    """Good ones turned away are a thinned Poisson; both ratios are what their counts say, trial by trial."""
    passed, good, auc = 0.3, 0.4, 0.8
    segment = {
        "volume": 400, "conversion": {"mqls": passed, "sqls": 0.5, "wins": 0.4},
        "follow_up": {"mqls": {"reached": 0.9, "good": good, "auc": auc}},
    }  # fmt: skip
    document = plan({"a": segment}, quarters=2, warm_up=0, stages=["engagements", "mqls", "sqls", "wins"])
    result = simulate(load(document), trials=4000, seed=4)
    right = precision(passed, good, auc)
    for quarter in (0, 1):
        away = result["good_turned_away"][:, quarter]
        assert_poisson(away, 400 * (good - passed * right), what=f"good ones turned away in Q{quarter + 1}")
    away, mqls = result["good_turned_away"], result["mqls"]
    np.testing.assert_allclose(result["false_negatives"], away / (away + right * mqls), rtol=1e-12)
    np.testing.assert_allclose(
        result["false_positives"], result["disqualified"] / (mqls - result["not_reached"]), rtol=1e-12
    )
    year = result.values("false_negatives", "horizon")
    np.testing.assert_allclose(year, away.sum(axis=1) / (away + right * mqls).sum(axis=1), rtol=1e-12)
    target = {"metric": "false_negatives", "at_most": 0.4, "in": "horizon"}
    with pytest.raises(ScenarioError, match="needs good and auc in follow_up"):
        load({**QUEUE, "targets": [target]})
    assert load({**document, "targets": [target]}).targets


def test_large_cohorts_in_parts():
    """Cohorts beyond those that are drawn one by one, split over weeks: the shares are still those of the plan."""
    document = plan(
        {"a": {"volume": {"stage": "mqls", "per_quarter": 39_000}, "conversion": {"sqls": 0.3, "wins": 0.0},
               "lag_weeks": {"sqls": {"mean": 1}},
               "follow_up": {"mqls": {"reached": 0.8, "disqualified": 0.25}}}},
        quarters=2, warm_up=0, capacity={"mqls": worked(1, 2000)})  # fmt: skip
    result = simulate(load(document), trials=400, seed=4)
    worked_in_all = result["worked"].sum()
    assert worked_in_all == 400 * 2000 * 26
    for metric, share in (("not_reached", 0.2), ("disqualified", 0.2)):
        n, p = worked_in_all / 400, share
        draws = result[metric].sum(axis=1)
        assert_mean(draws, n * p, variance=n * p * (1 - p), what=metric)
    # nearly all who are accepted have arrived: compare by quarter where the lag shifts as many in as out
    accepted = result["sqls"][:, 1]
    n, p = 26_000, 0.8 * 0.75 * 0.3
    assert_mean(accepted, n * p, variance=n * p * (1 - p), what="accepted in the second quarter")


def test_the_best_bar_is_neither_low_nor_high():
    """With people enough, the more are passed on the more are won; with two, the best bar is inside."""
    plan = load(ROOT / "scenarios" / "nurture.yaml")
    bars = [0.05, 0.2, 0.35, 0.6, 0.9]
    for people, best in ((2, 0.35), (50, 0.9)):
        wins = {}
        for bar in bars:
            changed = plan.with_changes({"segments.inbound.conversion.mqls": bar, "capacity.mqls.people": people})
            wins[bar] = simulate(changed, trials=200, seed=3).values("wins").mean()
        assert max(wins, key=wins.get) == best, wins


def test_solve_says_how_many_leads_and_how_many_people():
    """How many leads can the team follow up? Fewer than planned; or more people, at least as many as are needed."""
    plan = load(ROOT / "scenarios" / "team-of-four.yaml")
    found = solve(plan, ["segments.*.volume", "capacity.mqls.people"], probability=0.8, trials=400, seed=3)
    volume, people = found.answers
    assert volume.reached and people.reached
    assert -0.5 < volume.relative < -0.2 and 0.4 < people.relative < 0.8
