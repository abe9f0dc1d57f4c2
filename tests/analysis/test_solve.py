"""Solving for a lever: against the exact answer, and plainly said where there is none."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from simulator.analysis.bracket import main_levers, search_of
from simulator.analysis.solve import solve
from simulator.analysis.solve_crossing import interval
from simulator.analysis.what_if import what_if
from simulator.errors import ScenarioError, SimulatorError, UsageError
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
from tests.analysis.plans import doubtful, plan

VOLUME, RATE = "segments.inbound.volume", "segments.inbound.conversion.wins"
CERTAIN = {"engagements": 1, "mqls": 1, "sqls": 1}
SIMPLE: dict[str, Any] = {"lag_weeks": {}, "slips": {}, "opening": {"warm_up_quarters": 0}}


def exact_mean(at_least: int, probability: float) -> float:
    """The Poisson mean at which a count reaches a target with this probability."""
    return float(brentq(lambda mean: stats.poisson.sf(at_least - 1, mean) - probability, 1e-6, 10 * at_least))


@pytest.mark.parametrize(("path", "per_unit"), [(VOLUME, 0.5 * 0.4), (RATE, 100 * 0.5)])
@pytest.mark.parametrize("wanted", [0.2, 0.8])
def test_the_value_is_the_exact_one_within_its_interval(path: str, per_unit: float, wanted: float) -> None:
    """The interval is of 95%; with these seeds the exact value must lie within twice its half-width (4 se)."""
    (answer,) = solve(plan(**SIMPLE), path, probability=wanted, trials=10_000, seed=21).answers
    exact = exact_mean(20, wanted) / per_unit
    assert answer.low is not None and answer.high is not None
    half = (answer.high - answer.low) / 2
    assert answer.low < answer.value < answer.high
    assert abs(answer.value - exact) < 2 * half < 0.05 * exact
    assert answer.reached and answer.relative == pytest.approx(answer.value / answer.now - 1)


def test_the_probability_is_that_of_the_plan_with_the_value() -> None:
    base = plan()
    found = solve(base, [VOLUME, RATE], trials=2000, seed=21)
    for answer in found.answers:
        result = simulate(what_if(base, answer.search.change(answer.value)), trials=2000, seed=21)
        assert result.targets[0].value == answer.probability.value >= 0.8
        assert answer.probability.value < 0.81  # no further than needed
    assert found.probability.value == simulate(base, trials=2000, seed=21).targets[0].value


def test_the_interval_ends_where_the_probabilitys_interval_does() -> None:
    base = plan()
    (answer,) = solve(base, VOLUME, trials=4000, seed=21).answers
    assert answer.low is not None and answer.high is not None
    for end, side in ((answer.low, "high"), (answer.high, "low")):
        found = simulate(what_if(base, {VOLUME: end}), trials=4000, seed=21).targets[0]
        assert getattr(found, side) == pytest.approx(0.8, abs=0.004)


@pytest.mark.parametrize("slope", [2.0, -2.0])
def test_the_interval_is_that_of_a_straight_probit(slope: float) -> None:
    """Where the value found is itself a little more than enough, the ends stay where they are."""
    n, wanted, x = 4000, 0.8, 5.0
    half = 1.959964 * np.sqrt(wanted * (1 - wanted) / n)
    for off in (0.0, 0.01):
        ends = interval(x, off, wanted, n, slope, half)
        chances = stats.norm.cdf(stats.norm.ppf(wanted) + off + slope * (np.array(ends) - x))
        assert sorted(chances) == pytest.approx([wanted - half, wanted + half], abs=1e-9)


def test_a_lever_that_works_downwards_is_found_too() -> None:
    base = plan(targets=[{"metric": "wins", "at_most": 15, "in": "2027-Q2"}])
    (answer,) = solve(base, VOLUME, trials=2000, seed=21).answers
    assert answer.reached and answer.relative is not None and answer.relative < -0.1
    slipping = plan(
        slips={"probability": 0.5, "win_rate_factor": 0.5},
        targets=[{"metric": "wins", "at_least": 12, "in": "2027-Q2"}],
    )
    (answer,) = solve(slipping, "segments.inbound.slips.probability", trials=2000, seed=21).answers
    assert answer.reached and 0 < answer.value < 0.5


def test_not_enough_is_said_with_the_best_there_is() -> None:
    base = plan(targets=[{"metric": "wins", "at_least": 60, "in": "2027-Q2"}])
    found = solve(base, [RATE, "segments.inbound.slips.probability"], trials=1000, seed=21)
    rate, slips = found.answers
    assert not rate.reached and rate.value == 1.0 and rate.note is not None and "not enough" in rate.note
    assert rate.bracket == (0, 1) and (rate.low, rate.high) == (None, None)
    assert not slips.reached and slips.probability.value == 0 and slips.note is not None and "never met" in slips.note
    assert "never met" in found.notes[0]


def test_always_met_is_said() -> None:
    base = plan(targets=[{"metric": "wins", "at_least": 0, "in": "2027-Q2"}])
    found = solve(base, VOLUME, trials=500, seed=21)
    (answer,) = found.answers
    assert answer.reached and answer.value == 100 and "always met, whatever" in str(answer.note)
    assert "always met" in found.notes[0]


def test_what_rises_and_falls_again_is_searched_inside() -> None:
    targets = [
        {"metric": "wins", "at_least": 15, "in": "2027-Q2"},
        {"metric": "wins", "at_most": 24, "in": "2027-Q2", "name": "cap"},
    ]
    base = plan(volume=60, targets=targets)
    (answer,) = solve(base, VOLUME, target="all", probability=0.6, trials=2000, seed=21).answers
    assert answer.reached and 60 < answer.value < 120
    (answer,) = solve(base, VOLUME, target="all", probability=0.95, trials=2000, seed=21).answers
    assert not answer.reached and answer.probability.value > 0.6 and 60 < answer.value < 200


def test_uncertain_numbers_stay_uncertain() -> None:
    base = doubtful()
    (answer,) = solve(base, "segments.inbound.conversion.sqls", trials=2000, seed=21).answers
    assert answer.search.scaled and "uncertain" in str(answer.note)
    assert answer.now == pytest.approx(base.segments["inbound"].conversion["sqls"][0].median())
    assert answer.relative == pytest.approx(answer.value / answer.now - 1)
    changed = what_if(base, answer.search.change(answer.value / answer.now))
    assert not changed.segments["inbound"].conversion["sqls"][0].certain
    assert simulate(changed, trials=2000, seed=21).targets[0].value == pytest.approx(answer.probability.value, abs=1e-3)


def test_a_list_by_quarter_is_scaled_as_a_whole() -> None:
    (answer,) = solve(plan(volume=[100, 120]), VOLUME, trials=1000, seed=21).answers
    assert answer.as_factor and answer.now == 1 and answer.relative == pytest.approx(answer.value - 1)
    first = plan().document
    first["segments"]["outbound"] = {**first["segments"]["inbound"], "volume": 50}
    (answer,) = solve(load(first), "segments.*.volume", trials=500, seed=21, probability=0.99).answers
    assert answer.as_factor and answer.reached


def test_whole_numbers_stay_whole() -> None:
    base = plan(slips={"probability": 0.6, "limit": 1}, targets=[{"metric": "wins", "at_least": 14, "in": "2027-Q2"}])
    (answer,) = solve(base, "segments.inbound.slips.limit", probability=0.3, trials=1000, seed=21).answers
    assert answer.value == int(answer.value)
    if answer.reached and answer.value > 1:
        less = simulate(what_if(base, {"segments.inbound.slips.limit": int(answer.value) - 1}), trials=1000, seed=21)
        assert less.targets[0].value < 0.3 <= answer.probability.value


def test_a_bracket_of_ones_own_is_kept_to() -> None:
    (answer,) = solve(plan(), {VOLUME: "90:105"}, trials=500, seed=21).answers
    assert answer.bracket == (90, 105) and not answer.reached and answer.value == 105
    (answer,) = solve(plan(), {VOLUME: "-10%:+100%"}, trials=500, seed=21).answers
    assert answer.bracket == pytest.approx((90, 200)) and answer.reached


def test_a_lever_at_zero_is_looked_for_where_one_says() -> None:
    base = plan(volume=0, **SIMPLE)
    (answer,) = solve(base, {VOLUME: "0:1000"}, seed=21).answers
    assert answer.reached and answer.value == pytest.approx(exact_mean(20, 0.8) / 0.2, rel=1e-3)
    assert answer.now == 0 and answer.relative is None
    with pytest.raises(UsageError, match="the plan has 0 there; write the ends as values"):
        solve(base, {VOLUME: "-50%:+50%"}, seed=21)
    with pytest.raises(UsageError, match=f"say where to look, as {VOLUME}=1:100"):
        solve(base, VOLUME, seed=21)


def test_what_a_plan_has_not_is_no_lever() -> None:
    """Nobody comes without the budget: there is no volume to be raised, and the other levers are still looked at."""
    bought = {"volume": 0, "conversion": {"wins": 0.2},
              "spend": {"per_quarter": 10, "response": {"most": 90, "half_at": 10}}}  # fmt: skip
    plain = {"start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"]}
    assert main_levers(load(plain | {"segments": {"ads": bought}}), "wins") == ["segments.ads.conversion.wins"]


def test_by_default_the_main_levers_are_solved_the_smallest_change_first() -> None:
    base = plan()
    assert main_levers(base, "wins") == [
        VOLUME, "segments.inbound.conversion.sqls", RATE, "segments.inbound.slips.probability"
    ]  # fmt: skip
    found = solve(base, trials=500, seed=21)
    assert {answer.path for answer in found.answers} == set(main_levers(base, "wins"))
    sizes = [abs(a.relative or 0) for a in found.answers if a.reached]
    assert sizes == sorted(sizes)
    assert [a.reached for a in found.answers] == sorted((a.reached for a in found.answers), reverse=True)


@pytest.mark.parametrize(
    ("vary", "words", "kind"),
    [
        ("segments.inbound.volum", "did you mean 'volume'", ScenarioError),
        ("name", "not a number", UsageError),
        ({RATE: "0.2:1.3"}, "1.3 is impossible", UsageError),
        ({RATE: "0.2:0.4:5"}, "write A:B", UsageError),
        ({VOLUME: "-100%:+50%"}, "leaves nothing", UsageError),
    ],
)
def test_what_cannot_be_solved_says_why(vary: Any, words: str, kind: type[SimulatorError]) -> None:
    with pytest.raises(kind) as caught:
        solve(plan(), vary, trials=50, seed=1)
    assert words in str(caught.value)


def test_targets_and_probabilities_are_checked() -> None:
    with pytest.raises(UsageError, match="no targets"):
        solve(plan(targets=[]), VOLUME, trials=50)
    with pytest.raises(UsageError, match="between 0 and 1"):
        solve(plan(), VOLUME, probability=1, trials=50)
    with pytest.raises(UsageError, match="did you mean"):
        solve(plan(), VOLUME, target="wins >= 21 in 2027-Q2", trials=50)


def test_json_has_the_documented_keys() -> None:
    rows = json.loads(json.dumps(solve(plan(), [VOLUME, RATE], trials=200, seed=21).to_json()))
    keys = {"path", "value", "low", "high", "relative", "probability", "reached", "bracket"}
    assert [row["path"] for row in rows] == [VOLUME, RATE] and all(keys <= set(row) for row in rows)


@pytest.mark.parametrize("share", [0.011, 0.07, 0.3, 0.35, 0.88])
def test_a_share_searched_to_its_end_stays_a_share(share: float) -> None:
    """Ends are reached through exp and log; a hair beyond, the plan would refuse the value."""
    base = load({
        "start": "2027-Q1", "quarters": 4,
        "segments": {
            name: {"volume": 10, "conversion": CERTAIN | {"wins": 0.2}, "slips": {"probability": p}}
            for name, p in (("a", share), ("b", share / 2))
        },
        "targets": [{"metric": "wins", "at_least": 1, "in": "2027-Q1"}],
    })  # fmt: skip
    search = search_of(base, "segments.*.slips.probability")
    highest = base.with_changes(search.change(search.high * (1 + 2e-16)))
    assert highest.segments["a"].slips.probability[0].median() == pytest.approx(1)
