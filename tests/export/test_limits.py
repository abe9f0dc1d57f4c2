"""Limits, speed, and files that are written whole or not at all."""

from __future__ import annotations

import errno
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from simulator.errors import ExportError, UsageError
from simulator.export.workbook import write_workbook
from simulator.export.workbook.trials import check_size
from simulator.export.write import ENDINGS, export
from tests.export import plans

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def small():
    return plans.result(trials=20)


def test_too_many_trials_are_refused_with_what_to_do_instead(tmp_path):
    result = plans.result(trials=20_001)
    with pytest.raises(ExportError, match=r"20,001 trials are too many .*--trials 20000 .*\.parquet or \.csv"):
        write_workbook(result, tmp_path / "plan.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_size():
    check_size(20_000, 150)
    with pytest.raises(ExportError, match="100,000 trials"):
        check_size(100_000, 5)
    with pytest.raises(ExportError, match="3,000,000"):
        check_size(20_000, 151)


def test_unknown_endings_and_options_are_refused(small, tmp_path):
    with pytest.raises(UsageError, match=r"\.sipmath\.json"):
        export(small, tmp_path / "plan.xls")
    with pytest.raises(UsageError, match="--compact"):
        export(small, tmp_path / "plan.xlsx", compact=True)
    with pytest.raises(UsageError, match="--table"):
        export(small, tmp_path / "plan.xlsx", table="long")
    assert list(tmp_path.iterdir()) == []


def test_unequal_luck_is_refused(small, tmp_path):
    with pytest.raises(ExportError, match="same luck"):
        export([small, plans.result(trials=20, seed=8)], tmp_path / "two.xlsx")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_leaves_the_old_file_whole(ending, small, tmp_path, monkeypatch):
    """Every writer fails midway with ENOSPC; the file that was there is unchanged and nothing else is left."""
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"plan{ending}"
    path.write_bytes(b"old")
    real = open

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    if ending.endswith(".xlsx"):
        monkeypatch.setattr("zipfile.ZipFile.write", full)
        monkeypatch.setattr("zipfile.ZipFile.writestr", full)
    elif ending == ".parquet":
        monkeypatch.setattr("pyarrow.parquet.ParquetWriter.write_table", full)
    else:
        monkeypatch.setattr("os.replace", full)
    with pytest.raises(ExportError, match="No space left"):
        export(small, path)
    monkeypatch.undo()
    assert real is open
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_missing(small, tmp_path):
    with pytest.raises(ExportError, match="there is no folder"):
        export(small, tmp_path / "none" / "plan.xlsx")


def test_a_failure_inside_leaves_nothing(tmp_path, small, monkeypatch):
    """An error of our own, not the disk's, must not leave half a file either."""
    monkeypatch.setattr("simulator.export.workbook.inputs.assumptions", lambda plan: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_workbook(small, tmp_path / "plan.xlsx")
    assert list(tmp_path.iterdir()) == []


CHILD = """
import resource, sys, time
import numpy, scipy.special, pyarrow.parquet, xlsxwriter
from tests.export import plans
from simulator.export.workbook import write_workbook
result = plans.result(plans.scenario(targets=plans.TARGETS[:1]), trials=10_000)
n = len(result.metrics) * 4 + len(result.assumptions)
def rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
before, start = rss(), time.process_time()
write_workbook(result, sys.argv[1])
print(n, time.process_time() - start, rss() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="asks Unix for its memory")
def test_ten_thousand_trials_in_eight_seconds_and_200_mib(tmp_path):
    """51 columns of 10,000 trials; processor seconds of a machine of 2020, 4 of which it took then.

    Slow ones only: how long it takes is the machine's affair, and no reason to refuse a change.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path / "plan.xlsx")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    columns, seconds, mebibytes = map(float, done.stdout.split())
    assert columns >= 40
    assert seconds < 8, f"{seconds:.1f} s"
    assert mebibytes < 200, f"{mebibytes:.0f} MiB"


def test_a_scenario_of_many_quarters_is_still_a_workbook(tmp_path):
    """16 quarters: all charts and names still fit."""
    plan = plans.scenario(targets=[{"metric": "wins", "at_least": 25, "in": "each quarter"}], quarters=16)
    write_workbook(plans.result(plan, trials=50), tmp_path / "plan.xlsx")
    assert (tmp_path / "plan.xlsx").stat().st_size > 20_000
