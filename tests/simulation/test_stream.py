"""Trials summed up as they are played say what trials that were kept say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.errors import RunError, UsageError
from simulator.scenario.load import load
from simulator.simulation import blocks
from simulator.simulation import limits as module
from simulator.simulation.simulate import simulate
from simulator.simulation.tally import money_bits
from tests.simulation.test_randomness import PLAN

ROOT = Path(__file__).parents[2]
TARGETS: list[dict[str, Any]] = [
    {"metric": "wins", "at_least": 25, "in": "2027-Q4"},
    {"metric": "bookings", "at_least": 900_000, "in": "each quarter", "name": "floor"},
    {"metric": "bookings", "at_least": 1_000_000, "in": "2027-Q2..2027-Q3", "segment": ["inbound", "outbound"]},
    {"metric": "mqls", "at_most": 150, "in": "each quarter", "segment": "inbound"},
    {"metric": "open_deals", "at_most": 60, "in": "2027-Q1..2027-Q2", "segment": ["outbound"]},
]
EXACT = {"mean", "sd", "standard_error", "defined"}


@pytest.fixture(scope="module")
def plan():
    return load({**PLAN, "targets": TARGETS})


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 256 trials, so that a short run has many."""
    monkeypatch.setattr(blocks, "MOST", 256)


def rows_agree(kept: Any, streamed: Any) -> None:
    for expected, row in zip(kept.summary(), streamed.summary(), strict=True):
        assert list(row) == list(expected)
        kind = kept.metric(row["metric"]).kind
        unit = 2e-6 if kind == "ratio" else 1e-12  # ratios are counted in millionths
        for key, value in expected.items():
            if isinstance(value, str) or value is None:
                assert row[key] == value
            elif key in EXACT:
                assert row[key] == pytest.approx(value, rel=1e-11, abs=unit)
            elif kind == "count":
                assert row[key] == value, (row["metric"], row["in"], key)
            else:
                assert row[key] == pytest.approx(value, rel=streamed.percentile_error, abs=0.011)


@pytest.mark.parametrize("name", ["twenty-five-customers", "mid-market", "enterprise", "team-of-four", "everything"])
def test_the_same_answers_as_from_kept_trials(name, plan, small_blocks):
    plan = plan if name == "everything" else load(ROOT / "scenarios" / f"{name}.yaml")
    kept = simulate(plan, trials=1500, seed=4)
    streamed = simulate(plan, trials=1500, seed=4, keep="summaries")
    assert streamed.streamed and not kept.streamed and streamed.trials == 1500
    assert streamed.targets == kept.targets  # probabilities, errors and intervals, each quarter's too
    assert streamed.all_targets == kept.all_targets
    assert streamed.notes == kept.notes
    rows_agree(kept, streamed)
    documents = kept.to_json(), streamed.to_json()
    assert set(documents[1]) - set(documents[0]) == {"streamed"}
    assert documents[0]["targets"] == documents[1]["targets"]


def test_a_plan_without_money_and_one_with_other_stages():
    one = {"volume": 90, "conversion": {"deals": 0.4, "customers": 0.3}, "lag_weeks": {"customers": 6}}
    stages = ["demos", "deals", "customers"]
    plan = load({"start": "2027-Q1", "quarters": 2, "stages": stages, "segments": {"one": one}})
    streamed = simulate(plan, trials=700, seed=4, keep="summaries")
    rows_agree(simulate(plan, trials=700, seed=4), streamed)
    assert streamed.targets == () and streamed.all_targets is None


def test_threads_change_no_bit_and_neither_does_where_a_run_starts(plan, small_blocks):
    one, two, three = (
        simulate(plan, trials=1500, seed=4, keep="summaries", threads=threads).to_json() for threads in (1, 2, 3)
    )
    assert json.dumps(one) == json.dumps(two) == json.dumps(three)
    later = simulate(plan, trials=500, seed=4, keep="summaries", first_trial=1000)
    rows_agree(simulate(plan, trials=500, seed=4, first_trial=1000), later)


def test_any_threshold_of_a_count_and_only_targets_of_money(plan):
    kept = simulate(plan, trials=900, seed=4)
    streamed = simulate(plan, trials=900, seed=4, keep="summaries")
    for at_least in (0, 17, 25, 26.5, 900):
        for period in ("2027-Q2", "2027", "horizon"):
            ask: dict[str, Any] = {"at_least": at_least, "period": period, "segment": "inbound"}
            assert streamed.probability("wins", **ask) == kept.probability("wins", **ask)
    with pytest.raises(UsageError, match="a probability of bookings that is no target of the plan needs the trials"):
        streamed.probability("bookings", at_least=float(np.sort(kept.values("bookings"))[450]))  # inside a bin


def test_what_needs_trials_is_refused_in_plain_words(plan, tmp_path):
    streamed = simulate(plan, trials=400, seed=4, keep="summaries")
    asks = [
        lambda: streamed["wins"], lambda: streamed.values("wins"), lambda: streamed.hits("wins", at_least=1),
        lambda: streamed.assumptions, lambda: streamed.target_hits, lambda: streamed.quarterly("bookings"),
        lambda: streamed.summarise("wins", "2027-Q1", ["inbound", "outbound"]),
        lambda: streamed.to_workbook(tmp_path / "x.xlsx"),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(UsageError, match="needs the trials themselves, and none of these 400 were kept"):
            ask()
    with pytest.raises(UsageError, match="no metric 'win'"):
        streamed.summarise("win", "2027-Q1")
    with pytest.raises(UsageError, match="no segment 'in'"):
        streamed.summarise("wins", "2027-Q1", "in")
    with pytest.raises(UsageError, match="weeks need the trials"):
        simulate(plan, trials=400, seed=4, keep="summaries", by="week")
    with pytest.raises(UsageError, match="keep: 'all'"):
        simulate(plan, trials=400, keep="all")  # type: ignore[arg-type]
    assert "400 trials" in repr(streamed) and "<table>" in streamed._repr_html_()


def test_large_runs_are_summed_up_where_asked_and_refused_where_not(plan, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_KEPT", 10_000)
    assert simulate(plan, trials=400, seed=4, keep="auto").streamed
    assert not simulate(plan, trials=2, seed=4, keep="auto").streamed
    monkeypatch.setattr(module, "available_memory", lambda: 100_000)
    with pytest.raises(RunError, match=r"400 trials need .* of memory .* keep='summaries'"):
        simulate(plan, trials=400, seed=4)


def test_progress_and_ctrl_c(plan, small_blocks):
    seen = []
    simulate(plan, trials=1000, seed=4, keep="summaries", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(256, 1000), (512, 1000), (768, 1000), (1000, 1000)]

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(plan, trials=100_000, seed=4, keep="summaries", progress=stop, threads=2)


def test_histograms_of_targets_are_those_of_the_trials(plan):
    from matplotlib.figure import Figure

    from simulator.report.figures import draw, histogram

    kept = simulate(plan, trials=900, seed=4)
    streamed = simulate(plan, trials=900, seed=4, keep="summaries")
    for result, target in zip(
        (kept, kept, streamed, streamed), (*kept.targets[:2], *streamed.targets[:2]), strict=True
    ):
        fall = result.falls(target)
        assert fall.trials.sum() == 900
        assert fall.trials[fall.met].sum() == round(900 * target.value)
        assert np.array_equal(target.met(fall.values), fall.met)
    for index in (0, 3):  # counts: the same bars
        heights = []
        for result in (kept, streamed):
            axes = Figure().add_subplot()
            histogram(axes, result, result.targets[index])
            heights.append([(bar.get_x(), bar.get_height()) for bar in axes.patches])
        np.testing.assert_allclose(*heights, rtol=1e-12)
    assert len(draw(streamed).axes) == len(draw(kept).axes)


def test_more_rows_of_money_make_wider_bins_and_nothing_else_does():
    widths = [money_bits(rows) for rows in (1, 100, 1000, 10_000, 100_000, 10**7)]
    assert widths == sorted(widths, reverse=True) and widths[0] == 13 and widths[-1] == 6


PEAK = """
import sys
from simulator.scenario.load import load
from simulator.simulation.simulate import simulate
plan = load({"start": "2027-Q1", "quarters": 8, "opening": {"warm_up_quarters": 0}, "segments": {"one": {
    "volume": {"stage": "sqls", "per_quarter": 4}, "conversion": {"wins": 0.3}, "lag_weeks": {"wins": 6},
    "deal_size": {"mean": 40000}}}})
result = simulate(plan, trials=int(sys.argv[1]), seed=1, keep="summaries", threads=2)
result.summary()
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells")
def test_memory_does_not_grow_with_the_trials():
    """Kept, the two million trials would take 1.1 GB."""
    peaks = []
    for trials in (20_000, 2_000_000):
        done = subprocess.run([sys.executable, "-c", PEAK, str(trials)], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 100
