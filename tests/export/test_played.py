"""Trials written as they are played are those of a result that was kept, byte for byte."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.errors import ExportError, UsageError
from simulator.export.played import export_played
from simulator.export.write import export
from simulator.scenario.load import load
from simulator.simulation import blocks
from simulator.simulation.simulate import simulate

ROOT = Path(__file__).parents[2]
NAMES = ["twenty-five-customers", "mid-market", "enterprise"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 128 trials, so that a short run has many."""
    monkeypatch.setattr(blocks, "MOST", 128)


def plan(name: str):
    return load(ROOT / "scenarios" / f"{name}.yaml")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("table", ["trials", "long"])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_bytes_as_from_kept_trials(name, table, ending, tmp_path):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    kept, played = tmp_path / f"kept{ending}", tmp_path / f"played{ending}"
    export(simulate(plan(name), trials=300, seed=3), kept, table=table)
    export_played(plan(name), played, trials=300, seed=3, table=table, threads=2)
    assert played.read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_several_scenarios_follow_each_other(ending, tmp_path):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    plans = [plan("mid-market"), plan("mid-market-more-outbound")]
    kept, played = tmp_path / f"kept{ending}", tmp_path / f"played{ending}"
    export([simulate(p, trials=200, seed=3) for p in plans], kept)
    seen = []
    export_played(plans, played, trials=200, seed=3, progress=lambda done, total: seen.append((done, total)))
    assert played.read_bytes() == kept.read_bytes()
    assert seen == [(128, 400), (200, 400), (328, 400), (400, 400)]


def test_parquet_has_a_group_of_rows_per_block(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    export_played(plan(NAMES[0]), tmp_path / "x.parquet", trials=300, seed=3)
    about = parquet.ParquetFile(tmp_path / "x.parquet").metadata
    assert [about.row_group(i).num_rows for i in range(about.num_row_groups)] == [128, 128, 44]


def test_stopped_or_failed_on_the_way_the_old_file_stays(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_played(plan(NAMES[0]), path, trials=5000, seed=3, progress=stop, threads=2)
    with pytest.raises(ExportError, match="there is no folder"):
        export_played(plan(NAMES[0]), tmp_path / "none" / "x.csv", trials=5000, seed=3)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"only \.csv and \.parquet are written as trials come"):
        export_played(plan(NAMES[0]), tmp_path / "x.json", trials=10)


PEAK = """
import sys
from simulator.scenario.load import load
from simulator.export.played import export_played
plan = load({"start": "2027-Q1", "quarters": 8, "opening": {"warm_up_quarters": 0}, "segments": {"one": {
    "volume": {"stage": "sqls", "per_quarter": 4}, "conversion": {"wins": 0.3}, "lag_weeks": {"wins": 6},
    "deal_size": {"mean": 40000}}}})
export_played(plan, sys.argv[2], trials=int(sys.argv[1]), seed=1, threads=2)
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells")
def test_memory_does_not_grow_with_the_file(tmp_path):
    """The million trials have 80 columns of 8 bytes: 0.6 GB."""
    pytest.importorskip("pyarrow")
    peaks = []
    for trials in (20_000, 1_000_000):
        args = [sys.executable, "-c", PEAK, str(trials), str(tmp_path / "x.parquet")]
        done = subprocess.run(args, capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 150
