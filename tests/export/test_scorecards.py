"""Scorecards in the workbook and in comparisons: the numbers are those of ``run``."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from simulator.analysis.compare import compare
from simulator.export.workbook import write_workbook
from simulator.report.tables_compare import compare_table
from simulator.scenario.load import load
from simulator.simulation.scorecards import scorecards
from simulator.simulation.simulate import simulate
from tests.docs.examples import ROOT
from tests.export import engines

CHANNELS = ROOT / "scenarios" / "three-channels.yaml"
ROWS = {"search ads": 4, "events": 5, "podcast": 6}


@pytest.fixture(scope="module")
def result():
    return simulate(load(CHANNELS), trials=300, seed=7)


@pytest.fixture(scope="module")
def book(result, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_workbook(result, path)
    return path


def test_the_sheet_says_what_run_says(result, book):
    cells = engines.cached(book)
    for score in scorecards(result):
        row, metric = ROWS[score.segment], score.kpi.metric
        assert cells["Scorecards", row, 0] == score.segment
        assert cells["Scorecards", row, 5] == pytest.approx(score.kpi.value, abs=1e-12)
        for column, key in ((6, "p10"), (7, "p50"), (8, "p90")):
            assert cells["Scorecards", row, column] == pytest.approx(score.summary[key], rel=1e-9), (metric, key)
        assert cells["Scorecards", row, 9] == pytest.approx(score.spend.value, rel=1e-9)
        if score.cost_of_each is not None:
            assert cells["Scorecards", row, 10] == pytest.approx(score.cost_of_each.value, rel=1e-9)


@pytest.mark.parametrize("engine", ["formualizer", "ironcalc"])
def test_every_formula_agrees_with_numpy(engine, book):
    written = {cell: value for cell, value in engines.formulas(book).items() if cell[0] == "Scorecards"}
    assert len(written) == 3 * 5 + 2
    found = getattr(engines, engine)(book, written)
    for cell, (formula, cached) in written.items():
        assert engines.agree(cached, found[cell]), (cell, formula, cached, found[cell])


def test_an_edited_threshold_moves_its_chance(result, book):
    target = ("Scorecards", ROWS["events"], 5)
    found = engines.formualizer(book, [target], {("Scorecards", ROWS["events"], 4): 40})[target]
    assert found == pytest.approx(np.mean(result.values("sqls", "2027", "events") >= 40))


def test_a_plan_without_kpis_has_no_such_sheet(tmp_path):
    path = tmp_path / "plan.xlsx"
    write_workbook(simulate(load(ROOT / "scenarios" / "twenty-five-customers.yaml"), trials=50, seed=7), path)
    assert not any(cell[0] == "Scorecards" for cell in engines.cached(path))


def test_what_is_undefined_at_times_is_left_to_run(tmp_path):
    segment = {
        "volume": 4,
        "conversion": {"wins": 0.4},
        "spend": 100,
        "kpi": {"metric": "cac", "at_most": 90, "in": "2027"},
    }
    plan = load({"start": "2027-Q1", "quarters": 1, "stages": ["sqls", "wins"], "segments": {"a": segment}})
    result = simulate(plan, trials=100, seed=1)
    assert np.isnan(result.values("cac", "2027", "a")).any()
    write_workbook(result, tmp_path / "plan.xlsx")
    assert "undefined in some trials" in engines.cached(tmp_path / "plan.xlsx")["Scorecards", 4, 5]


def test_compare_sets_scorecards_side_by_side():
    """Against the definition: shares of trials, and their paired difference."""
    plan = load(CHANNELS)
    document = plan.with_changes({"segments.events.spend": 40_000}).document
    del document["segments"]["podcast"]["kpi"]
    other = load(document)
    found = compare(plan, other, trials=300, seed=7)
    rows = {row.name: row for row in found.scorecards}
    assert list(rows) == [kpi.name for kpi in plan.kpis]
    row = rows["sqls >= 25 in 2027 for events"]
    a, b = (r.values("sqls", "2027", "events") >= 25 for r in found.results)
    assert [p.value for p in row.probabilities] == [a.mean(), b.mean()]
    assert row.difference.value == pytest.approx(b.mean() - a.mean()) and row.difference.value < -0.2
    assert rows["visitors >= 2000 in each quarter for podcast"].probabilities[1] is None
    assert [r["name"] for r in found.to_json()["scorecards"]] == list(rows)
    text = io.StringIO()
    Console(file=text, width=100).print(compare_table(found))
    assert "Scorecards: each segment against what it is judged on" in text.getvalue()
    without = compare(*(load(ROOT / "scenarios" / "twenty-five-customers.yaml"),) * 2, trials=20, seed=7)
    assert not without.scorecards and "scorecards" not in without.to_json()
