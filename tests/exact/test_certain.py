"""Plans of certain numbers: exact targets, percentiles, and all targets together, against the simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import simulator as sim
from simulator.errors import UsageError
from simulator.exact import notes
from simulator.exact.joining import together
from simulator.simulation import warm_up
from simulator.simulation.estimates import TargetEstimate
from simulator.statistics.intervals import Estimate
from tests.statistical import assert_mean, assert_probability

FOLDER = Path(__file__).parents[2]
TWENTY_FIVE = FOLDER / "scenarios" / "twenty-five-customers.yaml"
R1 = FOLDER / "benchmarks" / "plans" / "r1.yaml"


def test_known_answers_of_the_reference_plan() -> None:
    """Worked out outside of this project, without cutting tails below 1e-6."""
    found = sim.forecast(sim.load(R1), engine="exact")
    wins, bookings = found.targets
    assert wins.value == pytest.approx(0.4675583, abs=1e-6)
    assert bookings.value == pytest.approx(0.99529333, abs=1e-6)
    means = [found.summarise("wins", quarter)["mean"] for quarter in found.quarters]
    assert means == pytest.approx([6.17526, 21.92459, 24.18674, 24.26580], abs=1e-5)
    row = found.summarise("bookings", "horizon")
    assert (row["mean"], row["sd"]) == pytest.approx((3_062_096, 448_189), abs=1)


def test_counts_are_poisson_and_percentiles_the_smallest_value() -> None:
    found = sim.forecast(sim.load(TWENTY_FIVE), seed=1)
    row = found.summarise("wins", "2027-Q4")
    poisson = stats.poisson(row["mean"])
    assert row["sd"] == pytest.approx(row["mean"] ** 0.5)
    for level in (5, 10, 25, 50, 75, 90, 95):
        assert row[f"p{level:02d}"] == poisson.ppf(level / 100)
    assert found.targets[0].value == pytest.approx(poisson.sf(24), abs=1e-10)
    assert found.probability("wins", at_most=10, period="2027-Q4").value == pytest.approx(poisson.cdf(10), abs=1e-10)


def test_money_percentiles_turn_back_into_levels() -> None:
    found = sim.forecast(sim.load(TWENTY_FIVE), seed=1)
    for metric in ("bookings", "slipped_value", "open_pipeline"):
        row = found.summarise(metric, "2027-Q4")
        for level in (5, 50, 95):
            p = found.probability(metric, at_most=row[f"p{level:02d}"], period="2027-Q4").value
            assert p == pytest.approx(level / 100, abs=1e-6), metric


def test_all_targets_and_marginals_agree_with_the_simulation() -> None:
    plan = sim.load(TWENTY_FIVE)
    played = sim.simulate(plan, trials=8000, seed=3)
    found = sim.forecast(plan, seed=1)
    for index, target in enumerate(found.targets):
        assert_probability(played.target_hits[:, index], target.value, what=target.name)
    joint, there = found.all_targets, played.all_targets
    assert abs(joint.value - there.value) < 4.9 * (joint.standard_error**2 + there.standard_error**2) ** 0.5
    assert joint.engine == "simulate" and joint.trials == 10_000
    for metric in ("slips", "open_pipeline", "losses"):
        row = found.summarise(metric, "horizon")
        assert_mean(played.values(metric), row["mean"], variance=row["sd"] ** 2, what=metric)


def test_an_open_deal_is_won_in_one_quarter_or_another(tmp_path: Path) -> None:
    """By hand: due in weeks 4, 10, 16 and 22, half of the time it slips; it cannot be won in both quarters."""
    (tmp_path / "deals.csv").write_text("id,segment,amount,win_probability,expected_close\nA,a,10,0.9,2027-02-01\n")
    segment = {"volume": 0, "conversion": {"wins": 0.3}, "slips": {"probability": 0.5, "delay_weeks": 6}}
    plan = sim.load({
        "start": "2027-Q1", "quarters": 2, "stages": ["sqls", "wins"], "segments": {"a": segment},
        "opening": {"deals": str(tmp_path / "deals.csv"), "warm_up_quarters": 0},
        "targets": [{"metric": "wins", "at_least": 1, "in": period} for period in ("each quarter", "horizon")],
    })  # fmt: skip
    each, whole = sim.forecast(plan, engine="exact").targets
    assert each.value == 0.0 and each.by_quarter is not None
    assert [one.value for one in each.by_quarter.values()] == pytest.approx([0.9 * 0.75, 0.9 * 0.1875])
    assert whole.value == pytest.approx(0.9 * 0.9375)


def test_control_variates_take_noise_away_and_nothing_else() -> None:
    """Two dependent targets of known probability: the corrected share is nearer on average, and unbiased."""
    plan = sim.load(TWENTY_FIVE)
    rng = np.random.default_rng(1)
    known = [Estimate(p, 0.0, p, p) for p in (0.5, 0.6)]
    pairs = zip(plan.targets, known, strict=False)
    targets = [TargetEstimate.of(t, p, engine="exact", error_bound=0.0) for t, p in pairs]
    errors = []
    for _ in range(300):
        u = rng.random((400, 3))
        hits = np.stack([u[:, 0] < 0.5, np.where(u[:, 2] < 0.5, u[:, 0], u[:, 1]) < 0.6], axis=1)
        truth = 0.5 * (0.5 + 0.3)
        errors.append((together(hits, targets).value - truth, hits.all(axis=1).mean() - truth))
    corrected, plain = np.array(errors).T
    assert corrected.std() < 0.9 * plain.std()
    assert abs(corrected.mean()) < 4.9 * corrected.std() / 300**0.5


def test_deterministic_under_a_seed() -> None:
    plan = sim.load(TWENTY_FIVE)
    one, two, other = (sim.forecast(plan, seed=seed).to_json() for seed in (4, 4, 5))
    assert one == two
    assert one["targets"] == other["targets"] and one["metrics"] == other["metrics"]
    assert one["all_targets"] != other["all_targets"]


def test_trials_mean_that_it_is_played() -> None:
    plan = sim.load(TWENTY_FIVE)
    assert sim.forecast(plan, trials=50, seed=1).engine == "simulate"
    with pytest.raises(UsageError, match="no trials"):
        sim.forecast(plan, engine="exact", trials=50)
    with pytest.raises(UsageError, match="none of"):
        sim.forecast(plan, engine="quick")  # type: ignore[arg-type]


def test_warm_up_is_judged_alike_with_and_without_the_kernels() -> None:
    for name in ("twenty-five-customers", "mid-market", "enterprise", "three-channels"):
        plan = sim.load(FOLDER / "scenarios" / f"{name}.yaml")
        assert np.allclose(notes.open_by_age(plan), warm_up.open_by_age(plan), rtol=1e-6, atol=2e-5), name
