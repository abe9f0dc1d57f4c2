"""Analyses that are worked out: the same as played ones, without their noise; played where they cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import simulator as sim
from simulator.analysis.tornado import tornado
from simulator.analysis.tornado_moves import moves
from simulator.errors import UsageError
from simulator.exact import family

SCENARIOS = Path(__file__).parents[2] / "scenarios"
TWENTY_FIVE = SCENARIOS / "twenty-five-customers.yaml"
MID_MARKET = SCENARIOS / "mid-market.yaml"
VOLUME = "segments.inbound.volume"
FAR = 4.9


def test_a_solved_value_gets_there_exactly() -> None:
    plan = sim.load(TWENTY_FIVE)
    found = sim.solve(plan, [VOLUME, "segments.inbound.slips.probability"], seed=1)
    assert (found.engine, found.trials, found.probability.standard_error) == ("exact", None, 0.0)
    volume, slips = found.answers
    again = sim.forecast(plan.with_changes({VOLUME: volume.value}), engine="exact", seed=1).targets[0]
    assert 0.8 <= again.value < 0.8002 and volume.probability.value == pytest.approx(again.value)
    assert volume.low == volume.high == volume.value
    assert not slips.reached and slips.value == 0.0
    assert {row["engine"] for row in found.to_json()} == {"exact"}


def test_a_solved_uncertain_plan_has_an_honest_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "PER_SET", 16)
    plan = sim.load(MID_MARKET)
    found = sim.solve(plan, "segments.*.volume", seed=1)
    (answer,) = found.answers
    assert found.engine == "conditional" and found.answered == "exact at 256 points of what is uncertain"
    assert answer.low is not None and answer.high is not None and answer.low < answer.value < answer.high
    played = sim.simulate(plan.with_changes(answer.search.change(answer.value)), trials=3000, seed=2).targets[0]
    error = (played.standard_error**2 + answer.probability.standard_error**2) ** 0.5
    assert abs(played.value - 0.8) < FAR * error


def test_a_tornado_worked_out_is_the_one_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "PER_SET", 16)
    plan = sim.load(MID_MARKET)
    chosen = [m for m in moves(plan) if m.path in (
        "segments.inbound.conversion.wins", "segments.inbound.volume",
        "market.conversion.sd")]  # fmt: skip
    assert len(chosen) == 3
    found = tornado(plan, seed=1, only=chosen)
    played = tornado(plan, trials=1000, seed=2, only=chosen)
    assert (found.engine, played.engine) == ("conditional", "simulate")
    others = {effect.move.path: effect for effect in played.effects}
    for effect in found.effects:
        other = others[effect.move.path]
        for one, two in (
            (effect.probability_change, other.probability_change),
            (effect.mean_change, other.mean_change),
        ):
            assert one is not None and two is not None
            error = (one.standard_error**2 + two.standard_error**2) ** 0.5
            assert abs(one.value - two.value) < FAR * error, effect.move.path
        assert effect.probability_change is not None and found.probability is not None
        if effect.move.path == "market.conversion.sd":  # what moves it little is known better than the chance
            assert effect.probability_change.standard_error < found.probability.standard_error


def test_a_certain_plan_has_a_tornado_without_points() -> None:
    plan = sim.load(TWENTY_FIVE)
    found = sim.sensitivity(plan, seed=1)
    assert (found.engine, found.trials) == ("exact", None) and len(found.effects) == len(moves(plan)) > 10
    for effect in (found.effects[0], found.effects[-1]):
        assert effect.move.changes is not None and effect.probabilities is not None
        for change, p in zip(effect.move.changes, effect.probabilities, strict=True):
            assert p == pytest.approx(sim.forecast(plan.with_changes(change), seed=1).targets[0].value, abs=1e-9)
    # what has the same effect stands in the order of the plan
    assert [e.move.path.removeprefix("segments.inbound.") for e in found.effects[:5]] == [
        "volume", "conversion.engagements", "conversion.mqls", "conversion.sqls", "conversion.wins"]  # fmt: skip


def test_sweep_rows_are_single_forecasts_whatever_the_threads(tmp_path: Path) -> None:
    plan = sim.load(TWENTY_FIVE)
    vary = {VOLUME: "800:1200:3", "segments.inbound.slips.probability": "0.1,0.3"}
    found = sim.sweep(plan, vary, seed=1, threads=1)
    assert found.engine == "exact" and found.trials is None and found.notes == ()
    for row in found.rows:
        one = sim.forecast(plan.with_changes({path: row[path] for path in found.paths}), engine="exact", seed=1)
        assert row["probability"] == pytest.approx(one.targets[0].value, abs=1e-10)
        assert row["standard_error"] == 0.0 and row["engine"] == "exact"
        for metric in ("visitors", "wins", "slips", "open_deals", "bookings", "slipped_value"):
            mean = one.summarise(metric, row["in"])["mean"]
            assert row[f"mean: {metric}"] == pytest.approx(mean, rel=1e-9), metric
    assert sim.sweep(plan, vary, seed=1, threads=3).rows == found.rows
    kept = tmp_path / "rows.partial"
    assert sim.sweep(plan, vary, seed=1, checkpoint=kept).rows == found.rows
    assert sim.sweep(plan, vary, seed=1, checkpoint=kept).rows == found.rows  # from disk
    with pytest.raises(UsageError, match="engine was auto, now it is simulate"):
        sim.sweep(plan, vary, seed=1, trials=50, checkpoint=kept)


def test_a_variant_beyond_reach_is_played_and_its_row_says_so() -> None:
    plan = sim.load(TWENTY_FIVE)
    vary = {"segments.inbound.deal_size.cv": [0.8, 7]}
    found = sim.sweep(plan, vary, seed=1)
    assert [row["engine"] for row in found.rows] == ["exact", "simulate"]
    assert found.notes == ("1 of 2 variants were played: no exact answer there",)
    one, two = found.rows
    assert abs(one["probability"] - two["probability"]) < FAR * two["standard_error"]  # wins have no value
    with pytest.raises(UsageError, match=r"variant 2 \(segments.inbound.deal_size.cv=7\): no exact answer"):
        sim.sweep(plan, vary, seed=1, engine="exact")


@pytest.mark.parametrize("analyse", [sim.solve, sim.sensitivity, sim.sweep])
def test_what_cannot_be_worked_out_is_played_in_words(analyse: Any) -> None:
    plan = sim.load(TWENTY_FIVE).with_changes({"simulation.trials": 200})
    vary = {} if analyse is sim.sensitivity else {"vary": {VOLUME: "900:1100" + ":2" * (analyse is sim.sweep)}}
    found = analyse(plan, **vary, target="all", seed=1)
    assert found.engine == "simulate" and found.trials == 200
    assert found.notes[-1] == "played, as there is no exact answer: all targets together hang together"
    with pytest.raises(UsageError, match="no exact answer for Twenty-five customers: all targets together"):
        analyse(plan, **vary, target="all", seed=1, engine="exact")
    with pytest.raises(UsageError, match="exact answers have no trials"):
        analyse(plan, **vary, seed=1, engine="exact", trials=10)
    with pytest.raises(UsageError, match="engine: 'dice' is none of"):
        analyse(plan, **vary, seed=1, engine="dice")
    asked = analyse(plan, **vary, seed=1, trials=100)
    assert asked.engine == "simulate" and "no exact answer" not in str(asked.notes)


def test_shares_of_the_variance_are_played() -> None:
    with pytest.raises(UsageError, match="shares of the variance"):
        sim.sensitivity(sim.load(TWENTY_FIVE), method="sobol", engine="exact", seed=1)
