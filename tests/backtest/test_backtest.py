"""Rolling origins: nothing leaks, what is scored is what came, and a right model has right ranges."""

import csv
import json
from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from simulator.backtest.backtest import backtest
from simulator.backtest.cells import Truth as Outcome
from simulator.backtest.cells import forecast
from simulator.backtest.origins import horizon_weeks, origins
from simulator.backtest.weigh import weigh
from simulator.calibration.dates import day_of
from simulator.calibration.fit import fit_history
from simulator.calibration.mapping import parse_mapping
from simulator.calibration.read import read_history
from simulator.errors import DataError, UsageError
from tests.calibration.histories import Truth, make


def write(folder, history, extra=()):
    with (folder / "leads.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "came", "source", "won", "lost", "amount"])
        for i in range(len(history)):
            days = (history.dates[i, 0], history.won[i], history.lost[i])
            came, won, lost = ("" if np.isnan(day) else day_of(day).isoformat() for day in days)
            writer.writerow([history.ids[i], came, history.segments[history.segment[i]], won, lost, 100 if won else ""])
        writer.writerows(extra)
    return parse_mapping(
        {
            "tables": [
                {
                    "file": "leads.csv",
                    "id": "id",
                    "segment": "source",
                    "stages": {"mqls": "came", "wins": "won"},
                    "lost": "lost",
                    "amount": "amount",
                }
            ]
        },
        folder=str(folder),
    )


def test_planting_the_future_changes_nothing(tmp_path):
    """A forecast made on a day is the same to the last bit, whatever is later added to the tables."""
    history = make(Truth(leads=1200, loss_share=0.6), np.random.default_rng(1), segments=2)
    origin = history.as_of - 70
    before = read_history(write(tmp_path, history))
    later = [day_of(origin + 1 + k) for k in range(60)]
    planted = [
        [f"X{k}", day.isoformat(), "s0", (day + timedelta(days=2)).isoformat(), "", 1e9] for k, day in enumerate(later)
    ]
    after = read_history(write(tmp_path, history, planted))
    cells = []
    for known in (before, after):
        found, _ = forecast(
            known, Outcome.of(known), origin, 4, draws=500, seed=3, families=None, modes=("all", "open")
        )
        cells.append(found)
    for one, two in zip(*cells, strict=True):
        for name in one.pmfs:
            np.testing.assert_array_equal(one.pmfs[name], two.pmfs[name], err_msg=name)
        np.testing.assert_array_equal(one.value, two.value)
    assert sum(c.actual for c in cells[1] if c.mode == "all" and c.segment == 0) > sum(
        c.actual for c in cells[0] if c.mode == "all" and c.segment == 0
    )


def test_outcomes_that_come_later_are_not_known(tmp_path):
    """Changing only what happens after the day (wins, losses, their amounts) leaves the view of that day as it was."""
    history = read_history(write(tmp_path, make(Truth(leads=800, loss_share=0.6), np.random.default_rng(2))))
    day = history.as_of - 60
    seen = history.known_at(day)
    changed = type(history)(**vars(history))
    after = history.won > day + 0.5
    changed.dates[after, 1] = history.as_of
    changed.amount[after] *= 50
    again = changed.known_at(day)
    for name in ("dates", "lost", "amount", "segment"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(again, name))


def test_the_pool_learns_only_from_finished_windows():
    history = make(Truth(leads=1500, weeks=40), np.random.default_rng(3))
    result = backtest(history, horizon="4w", draws=300, modes=("all",))
    first = min(c.origin for c in result.cells)
    early = [c.weights for c in result.cells if c.origin < first + 28]
    assert all(w == early[0] for w in early) and any(c.weights != early[0] for c in result.cells)


def ranges(seeds, weeks, every):
    """PIT of non-overlapping windows, and the funnel's skill on what was open, over stationary histories."""
    pit, gains = [], []
    for seed in seeds:
        history = make(Truth(leads=30 * weeks, weeks=weeks, mean=4), np.random.default_rng(seed))
        result = backtest(
            history, horizon="4w", draws=400, every=every, modes=("all", "open"), since=day_of(history.as_of - 7 * 24)
        )
        pit += list(result.pit("funnel", result.select("all")[:: 4 if every == "weekly" else 1]))
        gains.append(next(s.skill for s in result.scores("open") if s.name == "funnel"))
    return np.array(pit), np.array(gains)


def test_a_right_model_has_ranges_that_hold():
    """The usual 20% by which rates vary between quarters makes ranges a little wide on a stationary history, never
    narrow."""
    pit, gains = ranges(range(3), 50, "monthly")
    assert (np.abs(pit - 0.5) <= 0.4).sum() >= stats.binom(len(pit), 0.8).ppf(1e-6)
    assert gains.mean() > -0.15


@pytest.mark.slow
def test_a_right_model_has_a_uniform_pit():
    """KS, false alarm 1e-6."""
    pit, gains = ranges(range(20), 60, "weekly")
    assert stats.kstest(pit, "uniform").pvalue > 1e-6
    assert (np.abs(pit - 0.5) <= 0.4).sum() >= stats.binom(len(pit), 0.8).ppf(1e-6)
    assert gains.mean() > -0.02


def test_weighing_brings_a_full_pipeline_back_to_the_pace_of_a_team_at_its_limit():
    """Ten wins a week, never more, while four times as much enters lately: the funnel alone expects far more."""
    rng = np.random.default_rng(8)
    days = 7 * 80
    entered = np.sort(np.r_[rng.uniform(0, days, 1600), rng.uniform(days - 7 * 10, days, 500)])
    history = make(Truth(leads=len(entered), weeks=80), rng)
    won = np.full(len(entered), np.nan)
    queue = 0
    for week in range(1, 80):
        while queue < len(entered) and entered[queue] < 7 * week and np.nansum(won >= 7 * week) < 10:
            won[queue] = 7 * week + rng.integers(0, 7)
            queue += 2
    history.dates[:, 0], history.dates[:, 1] = 17_000 + np.floor(entered), 17_000 + won
    fit = fit_history(history, families=["gamma"])
    found = weigh(fit, draws=400)
    assert sum(found.weights.values()) == pytest.approx(1) and found.origins > 5
    assert found.pool[1] < found.funnel[1] and found.odds < 1
    assert found.now[1] == pytest.approx(found.pool[1], rel=0.1)
    # Wins at a flat pace vary less than the rates of a pipeline would: the range is the pool's, too.
    width = [three[2] - three[0] for three in (found.pool, found.now, found.funnel)]
    assert width[1] == pytest.approx(width[0], rel=0.15) and abs(width[2] / width[0] - 1) > 0.2
    assert {drift.shock for drift in found.fit.drifts} == {found.shock} and found.shock != found.measured
    assert f"conversion: {{sd: {found.shock:.2g}" in found.fit.to_yaml().replace("0.020", "0.02")
    assert "weighed by the scores" in found.fit.notes[-1] and found.fit.quality is fit.quality
    assert found.fit.drifts[-1].factor == pytest.approx(fit.drifts[-1].factor * found.odds)
    with pytest.raises(DataError, match="has enough history"):
        weigh(fit_history(history.known_at(17_000 + 7 * 18)))


def test_origins_and_horizons():
    assert origins("weekly", 100, 200, 4) == list(range(102, 173, 7))
    assert origins("weekly", 100, 130, 4) == [102]
    ends = origins("monthly", 19_723, 19_900, 4)  # from 2024-01-01
    assert [day_of(d).isoformat() for d in ends] == ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]
    assert horizon_weeks("1q") == 13
    for wrong in ("4", "0w", "13 weeks", "1y"):
        with pytest.raises(UsageError, match="--horizon"):
            horizon_weeks(wrong)


def test_too_short_a_history_says_so():
    with pytest.raises(DataError, match="try a shorter --horizon"):
        backtest(make(Truth(leads=200, weeks=12), np.random.default_rng(1)), horizon="13w")


def test_results_are_plain_data_and_say_when_not_to_claim():
    history = make(Truth(leads=900, weeks=30), np.random.default_rng(5), segments=2)
    result = backtest(history, horizon="4w", draws=300)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["cells"] == len({(c.origin, c.segment) for c in result.select("all", total=False)})
    assert document["claimed"] is (result.periods >= 8) and ("not claimed" in result.conclusion) is (result.periods < 8)
    assert {"funnel", "pool", "run rate, Poisson"} <= {s["name"] for s in document["scores"]["all"]["segments"]}


def test_one_period_has_no_standard_error_and_is_still_json():
    history = make(Truth(leads=900, weeks=24), np.random.default_rng(5))
    result = backtest(history, horizon="13w", draws=300, modes=("all",))
    if result.periods < 2:
        assert result.to_json()["scores"]["all"]["segments"][0]["standard_error"] is None
        assert "no standard error" in result.conclusion
    json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    "before", ["", "import simulator.backtest.pool", "from simulator.backtest.backtest import backtest"]
)
def test_the_public_name_can_be_called_whatever_was_imported_before(before):
    import subprocess
    import sys

    call = "import simulator as sim\ntry:\n    sim.backtest([])\nexcept sim.errors.UsageError as e:\n    print(e)"
    code = f"{before}\n{call}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "give the tables to read" in done.stdout
