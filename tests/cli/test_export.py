"""``simulator export``, ``report``, ``scenario template`` and ``scenario from-sheet`` as a person calls them."""

from __future__ import annotations

import csv
import json

import pytest

from simulator.simulation.result import Result


@pytest.fixture
def played(monkeypatch):
    """Every result that a command simulated."""
    found = []
    old = Result.__init__

    def keep(self, *args, **kwargs):
        old(self, *args, **kwargs)
        found.append(self)

    monkeypatch.setattr(Result, "__init__", keep)
    return found


@pytest.mark.parametrize("ending", [".csv", ".json", ".sipmath.csv", ".sipmath.json", ".sipmath.xlsx", ".xlsx"])
def test_the_ending_says_what_is_written(call, plan, tmp_path, ending):
    done = call("export", plan, "-o", tmp_path / f"out{ending}", "--trials", 50)
    assert (done.status, done.out) == (0, "")
    assert f"Wrote {tmp_path / f'out{ending}'}" in done.err
    start = (tmp_path / f"out{ending}").read_bytes()[:2]
    assert start == {".xlsx": b"PK", ".sipmath.xlsx": b"PK", ".json": b'{"', ".sipmath.json": b"{\n"}.get(ending, start)


def test_export_holds_the_simulated_trials(call, plan, tmp_path, played):
    call("export", plan, "-o", tmp_path / "out.csv")
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["wins_2027Q4"]) for r in rows] == played[-1]["wins"][:, 3].tolist()


def test_several_scenarios_share_their_luck(call, plan, tmp_path, played):
    other = tmp_path / "other.yaml"
    other.write_text(plan.read_text().replace("seed: 5", "seed: 6"))
    done = call("export", plan, other, "-o", tmp_path / "both.xlsx")
    assert done.status == 0
    assert [r.seed for r in played] == [5, 5]


WRONG = [
    (("-o", "out.doc"), "allowed: .sipmath.json"),
    (("-o", "out.xlsx", "--compact"), "--compact is for .sipmath.json"),
    (("-o", "out.xlsx", "--table", "long"), "--table is for .csv"),
    ((), "give either -o FILE"),
    (("-o", "no/such/out.csv"), "there is no folder"),
]  # fmt: skip


@pytest.mark.parametrize("options, message", WRONG)
def test_wrong_options_are_found_before_anything_is_played(call, plan, played, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("export", plan, *options)
    assert done.status in (1, 2)
    assert message in done.err and "Traceback" not in done.err
    assert played == []


def test_too_many_trials_for_a_workbook_are_refused_at_once(call, plan, played, tmp_path):
    done = call("export", plan, "-o", tmp_path / "out.xlsx", "--trials", 100_000)
    assert done.status == 1 and "--trials 20000" in done.err and ".parquet" in done.err
    assert played == []


def test_the_scenario_itself_is_kept(call, plan):
    before = plan.read_text()
    assert call("report", plan, "-o", plan).status == 2
    assert plan.read_text() == before


def test_report(call, plan, tmp_path):
    done = call("report", plan, "-o", tmp_path / "plan.html", "--quick", "--trials", 200)
    assert (done.status, done.out) == (0, "")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "Twenty-five customers" in page


def test_template_to_scenario_to_run(call, tmp_path):
    """The whole way: a template, a scenario, a forecast."""
    pytest.importorskip("openpyxl", reason="reading workbooks is an extra")
    assert call("scenario", "template", "-o", tmp_path / "t.xlsx").status == 0
    assert call("scenario", "from-sheet", tmp_path / "t.xlsx", "-o", tmp_path / "p.yaml").status == 0
    assert call("scenario", "check", tmp_path / "p.yaml").status == 0
    done = call("run", tmp_path / "p.yaml", "--trials", 100, "--seed", 1, "--format", "json")
    assert json.loads(done.out)["targets"][0]["name"] == "wins >= 25 in 2027-Q4"


def test_from_sheet_prints_and_names_bad_cells(call, tmp_path):
    call("scenario", "template", "-o", tmp_path / "t.csv", "--stages", "mqls,sqls,wins")
    good = call("scenario", "from-sheet", tmp_path / "t.csv")
    assert good.status == 0 and good.out.startswith("# from the planning sheet t.csv\nformat: 1\n")
    text = (tmp_path / "t.csv").read_text().replace("0.4,0.3,0.48", "40,0.3,0.48")
    (tmp_path / "t.csv").write_text(text)
    bad = call("scenario", "from-sheet", tmp_path / "t.csv")
    assert bad.status == 2 and bad.out == ""
    assert "t.csv:12: I12: wins rate: 40 is not a share between 0 and 1; for 40% write 0.4" in bad.err


def test_result_to_workbook(tmp_path):
    """From Python."""
    from tests.export import plans

    result = plans.result(trials=30)
    result.to_workbook(tmp_path / "one.xlsx")
    result.to_workbook(tmp_path / "two.xlsx", result)
    assert (tmp_path / "two.xlsx").stat().st_size > (tmp_path / "one.xlsx").stat().st_size > 10_000
