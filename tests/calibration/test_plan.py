"""The scenario that is written: loads, runs unchanged, and foretells what the fit foretells."""

import numpy as np
import pytest

from simulator.calibration.fit import fit_history
from simulator.scenario.load import load
from tests.calibration.histories import Truth, make


def written(history, tmp_path, **options):
    fitted = fit_history(history, **options)
    fitted.write(tmp_path / "plan.yaml")
    return fitted, load(str(tmp_path / "plan.yaml"))


@pytest.mark.parametrize(
    "truth",
    [
        Truth(leads=1500),
        Truth(leads=1500, loss_share=0.7),
        Truth(leads=1500, weeks=110, loss_share=0.7),
        Truth(leads=500, weeks=9, mean=8),
    ],
)
def test_plans_load_and_have_no_warnings(truth, tmp_path):
    history = make(truth, np.random.default_rng(3), segments=3, rates=[0.2, 0.3, 0.4])
    _, plan = written(history, tmp_path)
    assert len(plan.segments) == 3 and not plan.warnings
    assert plan.opening.leads is not None or plan.opening.deals is not None


@pytest.mark.parametrize("losses", [0.0, 0.7])
def test_the_plan_foretells_what_the_fit_does(losses, tmp_path):
    from simulator.simulation.simulate import simulate

    history = make(Truth(leads=4000, loss_share=losses), np.random.default_rng(5))
    fitted, plan = written(history, tmp_path, families=["gamma"])
    direct = fitted.predict(91, draws=6000).wins.sum(axis=1)
    result = simulate(plan, trials=4000, seed=1)
    assert result["wins"][:, 0].mean() == pytest.approx(direct.mean(), rel=0.04)
    assert result["wins"][:, 0].std() == pytest.approx(direct.std(), rel=0.25)


def test_correlations_are_written_where_share_and_lag_cannot_be_told_apart(tmp_path):
    fitted, plan = written(
        make(Truth(leads=900, weeks=9, mean=9, cv=0.6), np.random.default_rng(1)), tmp_path, families=["gamma"]
    )
    assert fitted.transitions[0].short
    ranks = {pair.between: pair.rank for pair in plan.correlations}
    share = next(rank for pair, rank in ranks.items() if "conversion" in pair[0] and pair[1].endswith("mean"))
    assert share > 0.5


def test_what_the_grammar_cannot_say_is_written_week_by_week(tmp_path):
    history = make(Truth(leads=3000), np.random.default_rng(2))
    text = fit_history(history, families=["empirical"]).to_yaml()
    assert "weeks: [" in text
    written(history, tmp_path, families=["generalised gamma"])


def test_zombies_count_with_the_chance_of_their_age(tmp_path):
    history = make(Truth(leads=2000, rate=0.4, mean=3, cv=0.5, loss_share=0.5, weeks=150), np.random.default_rng(4))
    fitted, plan = written(history, tmp_path)
    assert fitted.zombies.sum() > 200 and fitted.quality.count("zombies") == fitted.zombies.sum()
    expected = sum(deal.win_probability for deal in plan.opening.deals)
    still = int(history.open.sum())
    young = int((history.open & (history.dates[:, 0] > history.as_of - 7 * 12)).sum())
    assert expected < 0.5 * young < 0.3 * still


def test_segment_names_that_would_break_yaml(tmp_path):
    history = make(Truth(leads=900), np.random.default_rng(6), segments=4)
    object.__setattr__(history, "segments", ("no", "a: b #c", "1.5", "Ünï*code"))
    _, plan = written(history, tmp_path)
    assert len(plan.segments) == 4


def test_starts_with_a_quarter_where_one_begins():
    from datetime import date

    from simulator.calibration.dates import day_number
    from simulator.calibration.fit import _start

    assert _start(day_number(date(2024, 3, 31)), 1) == "2024-Q2"
    assert _start(day_number(date(2024, 4, 30)), 2) == "2024-Q2"
    assert _start(day_number(date(2024, 1, 31)), 2) == "2024-Q1"
    assert _start(day_number(date(2024, 4, 12)), 1) == "2024-04-13"
