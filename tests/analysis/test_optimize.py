"""Splitting a budget: against a closed form, a grid, and what bounds, flatness and the next money must be."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import poisson

from simulator.analysis.budget import Budget, Channel, budget_of
from simulator.analysis.optimize import optimize
from simulator.analysis.split_search import rounded
from simulator.errors import UsageError
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate

CURVES = {"ads": (400, 30_000, 1.0), "fair": (200, 20_000, 1.0), "events": (60, 40_000, 1.0)}


def plan(wins=62, curves=None, now=20_000, **segments):
    def channel(most, half_at, steepness):
        response = {"most": most, "half_at": half_at, "steepness": steepness}
        return {"volume": 0, "conversion": {"wins": 0.2}, "spend": {"per_quarter": now, "response": response}}

    made = {name: channel(*curve) for name, curve in (curves or CURVES).items()}
    return load({
        "start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"], "opening": {"warm_up_quarters": 0},
        "segments": made | segments, "targets": [{"metric": "wins", "at_least": wins, "in": "horizon"}],
    })  # fmt: skip


def mean_wins(amounts, curves=CURVES):
    """Of the horizon, worked out: wins are Poisson with this mean, so the likeliest split has the largest."""
    return sum(
        0.2 * 2 * most * (x / 2) ** k / (half**k + (x / 2) ** k) if x > 0 else 0.0
        for x, (most, half, k) in zip(amounts, curves.values(), strict=True)
    )


def chance(amounts, wins, curves=CURVES):
    return float(poisson.sf(wins - 1, mean_wins(amounts, curves)))


def best_on_a_grid(total, curves, cells=40):
    grid = [c for c in product(range(cells + 1), repeat=len(curves)) if sum(c) == cells]
    return max((np.array(c) * total / cells for c in grid), key=lambda x: mean_wins(x, curves))


def test_the_closed_form():
    """Equal marginal returns (scipy's SLSQP on the formula), and the probability of a Poisson count."""
    wins, total = 130, 120_000
    solved = minimize(
        lambda x: -mean_wins(x * total), [1 / 3] * 3, bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda x: sum(x) - 1},
    )  # fmt: skip
    exact = solved.x * total
    found = optimize(plan(wins=wins), trials=6000, seed=1)
    split = [part.amount for part in found.parts]
    assert sum(split) == pytest.approx(120_000)
    best, ours = chance(exact, wins), chance(split, wins)
    assert 0.2 < best < 0.8 and ours > best - 0.01
    for part, amount in zip(found.parts, exact, strict=True):
        assert part.as_good[0] - 1500 <= amount <= part.as_good[1] + 1500
    assert abs(found.probability.value - ours) < 4.9 * found.probability.standard_error
    assert found.parts[2].binds == "low" and found.parts[2].as_good[0] == 0
    assert found.gain.value > 0.05 and found.gain.low > 0


def test_curves_that_take_off_late_are_best_in_a_corner():
    """Half the money in each brings next to nothing; the search must not stay where it starts."""
    late = {"one": (200, 30_000, 6.0), "two": (210, 30_000, 6.0)}
    exact = best_on_a_grid(80_000, late)
    assert exact[0] < 4000
    found = optimize(plan(wins=80, curves=late, now=20_000), trials=3000, seed=2)
    assert chance([p.amount for p in found.parts], 80, late) > chance(exact, 80, late) - 0.01
    assert found.parts[0].amount < 8000


def test_bounds_bind_and_fixed_parts_stay():
    found = optimize(plan(wins=140), bounds={"ads": (None, 50_000), "events": (20_000, None)}, trials=2000, seed=1)
    ads, fair, events = found.parts
    assert ads.amount == 50_000 and ads.binds == "high" and ads.as_good[1] == 50_000
    assert events.amount == 20_000 and events.binds == "low" and fair.binds is None
    assert fair.amount == pytest.approx(50_000)
    kept = optimize(plan(wins=140), fixed=["events"], trials=2000, seed=1)
    assert [p.channel.segment for p in kept.parts] == ["ads", "fair"] and kept.budget.fixed == {"events": 40_000}
    assert kept.total == pytest.approx(80_000)
    given = optimize(plan(wins=140), budget=100_000, fixed={"events": 10_000}, trials=2000, seed=1)
    assert given.total == pytest.approx(90_000) and given.changes["segments.events.spend"] == 5000


def test_what_is_reported_is_what_a_run_says():
    scenario = plan(wins=140)
    found = optimize(scenario, trials=2000, seed=5)
    again = simulate(scenario.with_changes(found.changes), trials=2000, seed=5)
    assert again.all_targets.value == found.probability.value
    now = simulate(scenario, trials=2000, seed=5)
    assert now.all_targets.value == found.probability_now.value
    more = dict(found.changes)
    more["segments.ads.spend"] += found.next_money / 2
    richer = simulate(scenario.with_changes(more), trials=2000, seed=5)
    assert found.parts[0].following.value == pytest.approx(richer.all_targets.value - found.probability.value)


def test_the_least_money():
    scenario = plan(wins=100)
    found = optimize(scenario, probability=0.8, trials=4000, seed=3)
    assert found.reached and found.probability.value >= 0.8
    split = [p.amount for p in found.parts]

    def needed(total):
        return chance(best_on_a_grid(total, CURVES), 100)

    assert chance(split, 100) > 0.78
    assert needed(0.94 * found.total) < 0.8 < needed(1.06 * found.total)
    far = optimize(plan(wins=400), probability=0.8, trials=300, seed=3)
    assert not far.reached and far.probability.value < 0.8


def test_one_channel_and_none():
    one = optimize(plan(wins=60, curves={"ads": CURVES["ads"]}), budget=90_000, trials=500, seed=1)
    assert [p.amount for p in one.parts] == [90_000] and one.parts[0].as_good == (90_000, 90_000)
    bare = load({"start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"],
                 "segments": {"a": {"volume": 9, "conversion": {"wins": 0.2}, "spend": 100}},
                 "targets": [{"metric": "wins", "at_least": 1, "in": "2027"}]})  # fmt: skip
    with pytest.raises(UsageError, match="no segment has a spend with a response"):
        optimize(bare)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"fixed": ["evnts"]}, r"no segment 'evnts' that spends \(did you mean 'events'\?\)"),
        ({"bounds": {"ads": (70_000, 60_000)}}, "ads: bounds 70,000 to 60,000 are not 0 or more, in rising order"),
        ({"bounds": {"ads": (0, 1), "fair": (0, 1), "events": (0, 1)}}, "the upper bounds add up to 3, less than"),
        ({"bounds": {"ads": (200_000, None)}}, "the lower bounds add up to 200,000, more than the 120,000 to split"),
        ({"budget": 30_000, "fixed": ["ads"]}, "budget: 30,000 leaves nothing to split, and 40,000 of it is fixed"),
        ({"budget": 30_000, "probability": 0.8}, "not both"),
        ({"probability": 1.0}, "certainty cannot be bought"),
        ({"fixed": ["ads", "fair", "events"]}, "nothing left to split"),
        ({"target": "nothing"}, "no target 'nothing'"),
    ],
)
def test_what_cannot_be(what, message):
    with pytest.raises(UsageError, match=message):
        optimize(plan(), trials=50, seed=1, **what)


def test_splits_keep_totals_and_ends():
    rng = np.random.default_rng(7)
    for _ in range(300):
        n = int(rng.integers(2, 6))
        lows = rng.uniform(0, 20, n)
        highs = lows + rng.uniform(0, 60, n)
        budget = Budget(
            tuple(Channel("x", 1.0, float(a), float(b), (1.0,)) for a, b in zip(lows, highs, strict=True)),
            {}, {}, (), (),
        )  # fmt: skip
        total = float(rng.uniform(lows.sum(), highs.sum()))
        for split in (
            budget.inside(rng.uniform(0, 90, n), total),
            rounded(budget, budget.inside(rng.uniform(0, 90, n), total), total),
        ):
            assert split.sum() == pytest.approx(total, rel=1e-6)
            assert (split >= lows - 1e-9).all() and (split <= highs + 1e-9).all()


def test_money_keeps_its_quarters():
    scenario = plan().with_changes({"segments.ads.spend": [10_000, 30_000]})
    budget, total = budget_of(scenario)
    assert total == 120_000 and budget.channels[0].shares == (0.25, 0.75)
    changes = budget.changes(scenario, np.array([80_000.0, 20_000, 20_000]))
    assert changes["segments.ads.spend"] == [20_000, 60_000] and changes["segments.fair.spend"] == 10_000


def test_a_split_of_the_right_total_still_keeps_its_ends():
    ends = Budget((Channel("a", 0.0, 0.0, 60.0, (1.0,)), Channel("b", 0.0, 10.0, 60.0, (1.0,))), {}, {}, (), ())
    assert ends.inside(np.array([40.0, 0.0]), 40.0).tolist() == [30.0, 10.0]
