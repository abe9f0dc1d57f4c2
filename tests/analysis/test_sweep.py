"""Sweeps: the rows are those of single runs, whatever plays them and however often they are interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.analysis.checkpoint import Checkpoint
from simulator.analysis.sweep import sweep
from simulator.analysis.sweep_work import Work
from simulator.analysis.vary import points_of, varied
from simulator.errors import ScenarioError, SimulatorError, UsageError
from simulator.simulation.simulate import simulate
from tests.analysis.plans import plan

VOLUME, RATE = "segments.inbound.volume", "segments.inbound.conversion.wins"


def test_rows_are_those_of_single_runs() -> None:
    base = plan()
    found = sweep(base, {VOLUME: "80:120:3", RATE: [0.3, "+10%"]}, trials=200, seed=5, threads=2)
    assert [(row[VOLUME], row[RATE]) for row in found.rows] == [
        (v, r) for v in (80, 100, 120) for r in (0.3, "+10%")
    ]  # fmt: skip
    for row in found.rows:
        result = simulate(base.with_changes({VOLUME: row[VOLUME], RATE: row[RATE]}), trials=200, seed=5)
        assert row["probability"] == result.targets[0].value
        assert row["standard_error"] == result.targets[0].standard_error
        assert row["mean: wins"] == result.values("wins", "2027-Q2").mean()
        assert row["target"] == "wins >= 20 in 2027-Q2"


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_row(threads: int) -> None:
    found = sweep(plan(), {VOLUME: "80:120:5"}, trials=700, seed=5, threads=threads)
    assert found.rows == sweep(plan(), {VOLUME: "80:120:5"}, trials=700, seed=5, threads=1).rows


def test_more_volume_in_the_same_luck_is_never_less_likely() -> None:
    p = sweep(plan(), {VOLUME: "60:140:9"}, trials=1000, seed=5).column("probability")
    assert (p[1:] >= p[:-1]).all() and p[0] < p[-1]


def test_both_ends_of_a_range_are_visited_and_points_are_equally_spaced() -> None:
    (vary,) = varied(plan(), {RATE: "0.3:0.5:5"})
    assert vary.grid() == (0.3, 0.35, 0.4, 0.45, 0.5)
    (vary,) = varied(plan(), {VOLUME: "-20%:+20%:5"})
    assert vary.grid() == ("-20%", "-10%", "+0%", "+10%", "+20%")
    (vary,) = varied(plan(), {"segments.inbound.slips.limit": "1:5:3"})
    assert vary.grid() == (1, 3, 5)


@pytest.mark.parametrize("design", ["lhs", "sobol"])
def test_designs_fill_the_ranges_and_follow_the_seed(design: Any) -> None:
    varies = varied(plan(), {VOLUME: "80:120", RATE: "0.3:0.5"})
    points = points_of(varies, design, 64, 5)
    assert points == points_of(varies, design, 64, 5) != points_of(varies, design, 64, 6)
    for axis, (low, high) in enumerate(((80, 120), (0.3, 0.5))):
        cells = sorted(int(64 * (float(p[axis]) - low) / (high - low)) for p in points)
        assert cells == list(range(64))  # one point in each of 64 slices: both designs promise it


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        ({"segments.inbound.volum": "1:2:3"}, "did you mean 'volume'"),
        ({RATE: "0.2:1.3:3"}, "1.3 is impossible there"),
        ({RATE: "0.2:0.3"}, "say how many points"),
        ({RATE: "0.2:0.3:1"}, "2 or more"),
        ({RATE: "0.2:0.2:3"}, "two different"),
        ({RATE: "a:0.2:3"}, "a is not a number"),
        ({RATE: "-5%:0.2:3"}, "both in the same way"),
        ({RATE: "0.1:0.2:3:4"}, "A:B:N"),
        ({RATE: "0.1,,0.2"}, "give values"),
        ({RATE: "0.1,x"}, "x"),
        ({RATE: "0.1-0.2"}, "a range is written with colons"),
        ({RATE: "0.1..0.2"}, "a range is written with colons"),
        ({RATE: "+200%"}, "not in [0, 1]"),
        ({RATE: []}, "no values"),
        ({"segments.inbound.slips.limit": "1:4:3"}, "whole numbers"),
        ({"segments.inbound.slips.limit": "1.5:4.5:4"}, "whole numbers"),
        ({}, "nothing to vary"),
    ],
)
def test_impossible_ranges_say_why(vary: dict[str, Any], words: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        sweep(plan(), vary, trials=50, seed=1)
    assert isinstance(caught.value, (UsageError, ScenarioError)) and words in str(caught.value)


def test_designs_refuse_what_they_cannot_use() -> None:
    for vary, more, words in (
        ({RATE: "0.2:0.3"}, {"design": "lhs"}, "needs --samples"),
        ({RATE: "0.2:0.3:4"}, {"design": "sobol", "samples": 4}, "chooses the points itself"),
        ({RATE: "0.2:0.3:4"}, {"samples": 4}, "grid visits every"),
        ({RATE: "0.2:0.3:2000", VOLUME: "1:9:2000"}, {}, "4,000,000 variants"),
    ):
        with pytest.raises(UsageError, match=words):
            sweep(plan(), vary, trials=50, seed=1, **more)  # type: ignore[arg-type]


class Interrupt(Exception):
    pass


def stop_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    played = Work.play
    calls = []

    def play(self: Any, number: int, threads: int, progress: Any) -> Any:
        if len(calls) == count:
            raise Interrupt
        calls.append(number)
        return played(self, number, threads, progress)

    monkeypatch.setattr(Work, "play", play)


def test_a_sweep_stopped_midway_goes_on_and_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sweep(plan(), {VOLUME: "80:120:6"}, trials=150, seed=5)
    kept = tmp_path / "rows.partial"
    with monkeypatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(Interrupt):
            sweep(plan(), {VOLUME: "80:120:6"}, trials=150, seed=5, threads=1, checkpoint=kept)
    assert len(kept.read_text().splitlines()) == 4
    with open(kept, "a") as file:
        file.write("[4, [[1")  # killed while it wrote
    played = Work.play
    numbers = []

    def play(self: Any, number: int, threads: int, progress: Any) -> Any:
        numbers.append(number)
        return played(self, number, threads, progress)

    monkeypatch.setattr(Work, "play", play)
    # no seed given: that of the sweep that is gone on with
    found = sweep(plan(), {VOLUME: "80:120:6"}, trials=150, threads=1, checkpoint=kept)
    assert numbers == [3, 4, 5]
    assert found.rows == whole.rows and found.seed == 5
    assert len(kept.read_text().splitlines()) == 7


def test_rows_of_another_sweep_are_refused_with_the_reason(tmp_path: Path) -> None:
    kept = tmp_path / "rows.partial"
    before = {VOLUME: "80:120:3"}
    sweep(plan(), before, trials=60, seed=5, checkpoint=kept)
    content = kept.read_bytes()
    for words, scenario, vary, more in (
        ("the seed was 5, now it is 6", plan(), before, {"seed": 6}),
        ("60 trials each, now 70", plan(), before, {"seed": 5, "trials": 70}),
        ("the plan was another one", plan(volume=101), before, {"seed": 5}),
        ("the values visited were others", plan(), {VOLUME: "80:121:3"}, {"seed": 5}),
        ("it varied segments.inbound.volume, now", plan(), {RATE: "0.2,0.3"}, {"seed": 5}),
    ):
        arguments: dict[str, Any] = {"trials": 60} | more
        with pytest.raises(UsageError, match=words):
            sweep(scenario, vary, checkpoint=kept, **arguments)
        assert kept.read_bytes() == content
    found = sweep(plan(), before, trials=60, seed=6, checkpoint=kept, restart=True)
    assert found.seed == 6 and Checkpoint.seed_of(kept) == 6
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="not an unfinished sweep"):
        sweep(plan(), before, trials=60, seed=5, checkpoint=tmp_path / "other.csv")
    assert (tmp_path / "other.csv").read_text() == "a,b\n1,2\n"


def test_a_plan_without_targets_has_means_only() -> None:
    found = sweep(plan(targets=[]), {VOLUME: "80:120:2"}, trials=60, seed=5)
    assert found.rows[0]["probability"] is None and found.rows[0]["mean: mqls"] < found.rows[1]["mean: mqls"]
    with pytest.raises(UsageError, match="no targets"):
        sweep(plan(targets=[]), {VOLUME: "80:120:2"}, target="all", trials=60)
    with pytest.raises(UsageError, match="did you mean"):
        sweep(plan(), {VOLUME: "80:120:2"}, target="wins >= 20 in 2027-Q3", trials=60)


def test_progress_is_told_and_ends_at_the_end() -> None:
    told: list[tuple[int, int]] = []
    sweep(plan(), {VOLUME: "80:120:5"}, trials=600, seed=5, threads=2, progress=lambda d, t: told.append((d, t)))
    shares = [done / total for done, total in told]
    assert shares == sorted(shares) and shares[-1] == 1


def test_the_json_is_a_list_of_rows() -> None:
    found = sweep(plan(), {VOLUME: "80:120:2"}, trials=60, seed=5)
    rows = json.loads(json.dumps(found.to_json()))
    assert list(rows[0])[:4] == [VOLUME, "target", "probability", "standard_error"]
    assert any(name.startswith("mean: ") for name in rows[0])


def test_the_overhead_of_a_variant_is_small() -> None:
    """Making a variant costs less than reading the plan did (a third of it, when this was written).

    Processor time of this thread, by turns, and the least of each: neither the machine's speed nor its load matters.
    """
    import time

    from simulator.scenario.load import load
    from simulator.simulation.lower import lower
    from tests.docs.examples import ROOT

    base = load(ROOT / "scenarios" / "mid-market.yaml")
    lower(base.with_changes({"segments.*.conversion.wins": "+1%"}))
    reading, changing = [], []
    for number in range(20):
        start = time.thread_time()
        load(ROOT / "scenarios" / "mid-market.yaml")
        between = time.thread_time()
        lower(base.with_changes({"segments.*.conversion.wins": f"+{number}%"}))
        reading.append(between - start)
        changing.append(time.thread_time() - between)
    assert min(changing) < min(reading)
