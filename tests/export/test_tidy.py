"""Tidy data: every number arrives as it was simulated, and the same seed gives the same bytes."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from simulator.export.series import Columns
from simulator.export.write import export
from tests.export import plans


@pytest.fixture(scope="module")
def base():
    return plans.result(trials=120)


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_wide_csv_holds_every_trial(base, tmp_path):
    export(base, tmp_path / "plan.csv")
    rows = rows_of(tmp_path / "plan.csv")
    assert [int(r["trial"]) for r in rows] == list(range(1, 121))
    for series in Columns(base).all:
        assert np.array_equal([float(r[series.name]) for r in rows], series.values)
    cents = np.array([float(r["bookings_2027Q1"]) for r in rows]) * 100
    assert np.allclose(cents, np.round(cents), atol=1e-6)


def test_summary_csv_is_the_summary(base, tmp_path):
    export(base, tmp_path / "plan.csv", table="summary")
    rows = rows_of(tmp_path / "plan.csv")
    summary = base.summary()
    assert len(rows) == len(summary)
    for row, wanted in zip(rows, summary, strict=True):
        assert row["segment"] == (wanted["segment"] or "all")
        exact = base.metric(wanted["metric"]).kind == "count"
        for key in ("mean", "sd", "p05", "p50", "p95"):
            assert float(row[key]) == pytest.approx(wanted[key], abs=0 if exact else 0.0051)


def test_long_table_sums_to_the_total(base, tmp_path):
    export(base, tmp_path / "plan.csv", table="long")
    rows = [r for r in rows_of(tmp_path / "plan.csv") if r["metric"] == "wins" and r["quarter"] == "2027-Q2"]
    total = [float(r["value"]) for r in rows if r["segment"] == "all"]
    parts = [sum(float(r["value"]) for r in rows if r["segment"] == s and r["trial"] == "7") for s in base.segments]
    assert total == base["wins"][:, 1].tolist()
    assert sum(parts) == total[6]


@pytest.mark.parametrize("table", ["trials", "long", "summary"])
def test_parquet_holds_what_csv_holds(base, tmp_path, table):
    pytest.importorskip("pyarrow", reason="Parquet is an extra")
    polars = pytest.importorskip("polars", reason="reads it by another program's code")
    export(base, tmp_path / "plan.parquet", table=table)
    export(base, tmp_path / "plan.csv", table=table)
    frame = polars.read_parquet(tmp_path / "plan.parquet")
    rows = rows_of(tmp_path / "plan.csv")
    assert frame.columns == list(rows[0])
    for name in frame.columns:
        if frame[name].dtype.is_numeric():
            assert np.array_equal(frame[name].to_numpy(), np.array([float(r[name]) for r in rows]))
        else:
            assert frame[name].cast(polars.String).to_list() == [r[name] for r in rows]


def test_json_is_the_documented_form_with_the_trials(base, tmp_path):
    export(base, tmp_path / "plan.json")
    document = json.loads((tmp_path / "plan.json").read_text())
    series = document.pop("series")
    assert document == json.loads(json.dumps(base.to_json()))
    assert {s["name"]: s["values"] for s in series} == {s.name: s.values.tolist() for s in Columns(base).all}
    export([base, base], tmp_path / "two.json", table="summary")
    assert json.loads((tmp_path / "two.json").read_text()) == [document, document]


@pytest.mark.parametrize(
    "name, options",
    [("p.csv", {}), ("p.csv", {"table": "long"}), ("p.parquet", {}), ("p.parquet", {"table": "long"}), ("p.json", {}),
     ("p.sipmath.csv", {}), ("p.sipmath.json", {}), ("p.sipmath.json", {"compact": True}), ("p.sipmath.xlsx", {}),
     ("p.xlsx", {})],
)  # fmt: skip
def test_the_same_seed_gives_the_same_bytes(tmp_path, name, options, monkeypatch):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow", reason="Parquet is an extra")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        export(plans.result(trials=50), folder / name, **options)
    assert (first / name).read_bytes() == (second / name).read_bytes()


def test_several_scenarios_follow_each_other(base, tmp_path):
    other = plans.result(plans.scenario(name="=Other"), trials=120, lift=1.2)
    export([base, other], tmp_path / "two.csv")
    rows = rows_of(tmp_path / "two.csv")
    assert len(rows) == 240
    assert {r["scenario"] for r in rows} == {"Twenty-five customers", "'=Other"}
    assert [float(r["wins_2027Q1"]) for r in rows[120:]] == other["wins"][:, 0].tolist()
