"""Plans in the same luck: what pairing must give, exactly and at its theoretical best."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from simulator.analysis.compare import compare
from simulator.analysis.shared import shared_metrics
from simulator.analysis.what_if import what_if
from simulator.errors import ScenarioError, UsageError
from simulator.scenario.load import load
from simulator.simulation.metrics import metrics_in
from simulator.simulation.result import Result
from simulator.simulation.simulate import simulate
from tests.analysis.plans import plan

RATE = "segments.inbound.conversion.sqls"


def independent_error(values: list[np.ndarray]) -> float:
    return math.sqrt(sum(v.var(ddof=1) for v in values) / len(values[0]))


@pytest.mark.parametrize(("change", "most"), [("+10%", 0.24), ("+1%", 0.09)])
@pytest.mark.parametrize("path", [RATE, "segments.inbound.volume", "segments.inbound.conversion.wins"])
def test_the_error_of_a_difference_is_a_fraction_of_that_of_independent_runs(
    change: str, most: float, path: str
) -> None:
    base = load("scenarios/twenty-five-customers.yaml")
    found = compare(base, what_if(base, {path: change}), trials=5000, seed=11)
    difference = found.metric("wins", "horizon").difference
    values = [result.values("wins", "horizon") for result in found.results]
    assert difference.standard_error <= most * independent_error(values)


@pytest.mark.parametrize("change", ["+10%", "+3%", "+1%"])
def test_a_targets_difference_is_as_exact_as_any_coupling_allows(change: str) -> None:
    base = load("scenarios/twenty-five-customers.yaml")
    found = compare(base, what_if(base, {RATE: change}), trials=10_000, seed=11)
    row = found.targets[0]
    p, q = (estimate.value for estimate in row.probabilities if estimate is not None)
    assert row.difference is not None
    d = q - p
    assert d > 0
    best = math.sqrt(d * (1 - d) / 10_000)  # all that change sides change the same way
    assert row.difference.standard_error <= 1.1 * best


def test_more_of_a_rate_never_ends_behind() -> None:
    base = plan()
    found = compare(base, what_if(base, {RATE: "+5%"}), trials=2000, seed=3)
    race = found.metric("wins", "horizon").race
    assert race.behind == 0 and race.ahead > 0.5
    assert race.ahead + race.level + race.behind == pytest.approx(1)


def test_equal_plans_do_not_differ() -> None:
    found = compare(plan(), plan(), trials=300, seed=3)
    assert found.differences == ()
    assert all(row.difference.value == 0 and row.race.level == 1 for row in found.metrics)
    difference = found.targets[0].difference
    assert difference is not None and difference.value == 0 and difference.low < 0 < difference.high


def test_results_are_those_of_single_runs() -> None:
    base, other = plan(), what_if(plan(), {RATE: "+5%"})
    found = compare(base, other, trials=400, seed=3)
    for scenario, result in zip((base, other), found.results, strict=True):
        assert np.array_equal(result["wins"], simulate(scenario, trials=400, seed=3)["wins"])


def test_only_what_differs_is_listed() -> None:
    base = plan()
    found = compare(base, what_if(base, {RATE: 0.55, "targets.1.at_least": 22}), trials=100, seed=3)
    assert {row["path"]: row["values"] for row in found.differences if "targets" not in row["path"]} == {
        RATE: [0.5, 0.55]
    }
    assert any("targets" in row["path"] for row in found.differences)


def test_a_target_with_another_number_is_set_against_its_like() -> None:
    base = plan()
    found = compare(base, what_if(base, {"targets.1.at_least": 22}), trials=500, seed=3)
    (row,) = found.targets
    assert row.difference is not None and row.difference.value < 0
    assert "wins >= 20 in 2027-Q2" in found.notes[0] and "wins >= 22 in 2027-Q2" in found.notes[0]


def test_three_plans_are_each_set_against_the_first() -> None:
    base = plan()
    found = compare(
        base, what_if(base, {RATE: "+5%"}), what_if(base, {"segments.inbound.volume": 120}), trials=300, seed=3
    )
    assert {row.other for row in found.targets} == {1, 2}
    assert found.differences == (
        {"path": RATE, "values": [0.5, 0.525, 0.5]},
        {"path": "segments.inbound.volume", "values": [100, 100, 120]},
    )


def test_plans_of_different_times_are_compared_where_they_overlap() -> None:
    base = plan()
    longer = plan(quarters=3, targets=[{"metric": "wins", "at_least": 20, "in": "2027-Q2"}])
    found = compare(base, longer, trials=200, seed=3)
    assert {row.period for row in found.metrics} == {"2027-Q1", "2027-Q2"}
    assert any("different times" in note and "horizon" in note for note in found.notes)
    # a longer horizon leaves the quarters before it alone
    assert all(row.difference.value == 0 and row.difference.standard_error == 0 for row in found.metrics)
    apart = compare(base, plan(start="2029-Q1", targets=[]), trials=50, seed=3)
    assert apart.metrics == () and "share no quarter" in apart.notes[0]
    assert apart.targets[0].difference is None


def test_segments_and_stages_of_one_plan_only_are_told() -> None:
    base = plan()
    document = base.document
    document["segments"]["outbound"] = document["segments"]["inbound"]
    found = compare(base, load(document), trials=100, seed=3)
    assert found.notes == ("segments only in the other plan: outbound",)
    assert found.metric("wins").means[1] > found.metric("wins").means[0]
    # the luck of the segment that both have is the same
    assert np.array_equal(found.results[0]["wins"], found.results[1]["wins", "inbound"])


def test_json_has_the_documented_keys_and_is_json() -> None:
    base = plan()
    document = json.loads(json.dumps(compare(base, what_if(base, {RATE: "+5%"}), trials=100, seed=3).to_json()))
    assert {"scenarios", "differences", "targets", "metrics"} <= set(document)
    assert set(document["differences"][0]) == {"path", "values"}
    assert {"name", "probabilities", "difference", "standard_error", "low", "high"} <= set(document["targets"][0])
    wanted = {"metric", "in", "mean_difference", "standard_error", "ahead", "level", "behind"}
    assert all(wanted <= set(row) for row in document["metrics"])
    target = document["targets"][0]
    assert target["difference"] == pytest.approx(target["probabilities"][1] - target["probabilities"][0])


def test_wrong_use_says_so() -> None:
    with pytest.raises(UsageError, match="two plans"):
        compare(plan())
    with pytest.raises(ScenarioError, match="did you mean"):
        what_if(plan(), {"segments.inbound.conversion.sqlz": 0.3})


def test_seeds_and_trials_are_shared_and_that_is_told() -> None:
    one, two = plan(simulation={"seed": 1, "trials": 100}), plan(simulation={"seed": 2, "trials": 200})
    found = compare(one, two)
    assert [result.seed for result in found.results] == [1, 1] and [r.trials for r in found.results] == [100, 100]
    assert len(found.notes) == 2


def test_money_of_two_currencies_is_not_set_against_each_other() -> None:
    plan = load("scenarios/three-channels.yaml")
    here, there = (
        cast(Result, SimpleNamespace(scenario=one, metrics=metrics_in(one)))
        for one in (plan, plan.with_changes({"currency": "EUR"}))
    )
    shared, alike = shared_metrics(here, there), shared_metrics(here, here)
    assert {"wins", "payback_months"} <= set(shared)
    assert set(alike) - set(shared) == {m.name for m in metrics_in(plan) if m.priced} >= {"bookings", "spend", "cac"}
