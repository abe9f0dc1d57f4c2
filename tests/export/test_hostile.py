"""Names that try to be formulas, markup or cells come out as text in every format."""

from __future__ import annotations

import csv
import json
import zipfile

import pytest

from simulator.export.names import Names, identifier, is_safe
from simulator.export.series import Columns
from simulator.export.workbook import write_workbook
from simulator.export.write import export
from tests.export import engines, plans

HOSTILE = [
    "=1+1", '=HYPERLINK("http://example.com","x")', "@SUM(1)", "+1", "-1", "x" * 300, "🚀 plan 🎯", "</script><b>x</b>",
    "MQL2026", "R1C1", "TRUE", "a\"b'c", "http://example.com/x", "mailto:x@example.com", "*", "~?", "&amp;", "A1",
]  # fmt: skip


def hostile_result(name, trials=60):
    """A result with the name wherever a scenario may hold it: as a segment too, where that is allowed."""
    segment = name if name in ("+1", "-1", "🚀 plan 🎯", "MQL2026", "R1C1", "TRUE", "A1") else "-SUM A1"
    segments = (segment, "SQL2026")
    targets = [
        {"metric": "wins", "at_least": 12, "in": "2027-Q4", "segment": segment, "name": name},
        {"metric": "wins", "at_least": 25, "in": "2027-Q4", "name": f"{name} too"},
    ]
    return plans.result(plans.scenario(name=name, targets=targets, segments=segments, description=name), trials=trials)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_workbook(name, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    path = tmp_path / "plan.xlsx"
    result = hostile_result(name)
    write_workbook([result, result], path)
    written = engines.formulas(path)
    if identifier(name) != name:
        assert not any(name in formula for formula, _ in written.values() if len(name) > 2)
    book = openpyxl.load_workbook(path)
    summary, values = book["Summary"], openpyxl.load_workbook(path, data_only=True)["Summary"]
    assert summary["B1"].data_type == "s" and summary["B1"].value == name
    assert summary["B6"].data_type == "s" and summary["B6"].value == name
    assert values["G6"].value == pytest.approx(result.targets[0].value)
    assert book["Provenance"]["B4"].value == name
    assert all(is_safe(defined) for defined in book.defined_names)
    with zipfile.ZipFile(path) as file:
        assert not [n for n in file.namelist() if n.startswith("xl/worksheets/_rels")
                    and b"hyperlink" in file.read(n)]  # fmt: skip
    if HOSTILE.index(name) % 4:
        return
    found = engines.formualizer(path, written)
    assert [c for c, (_, v) in written.items() if not engines.agree(v, found[c])] == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_csv_and_json(name, tmp_path):
    result = hostile_result(name)
    export([result, result], tmp_path / "p.csv")
    export([result, result], tmp_path / "s.csv", table="summary")
    for file in ("p.csv", "s.csv"):
        with open(tmp_path / file, newline="", encoding="utf-8") as text:
            for row in csv.reader(text):
                for cell in row:
                    assert not cell.startswith(("=", "+", "@", "\t")), cell
                    assert not cell.startswith("-") or float(cell) < 0
    export(result, tmp_path / "p.json")
    assert json.loads((tmp_path / "p.json").read_text())["scenario"]["name"] == name


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_sipmath(name, tmp_path):
    result = hostile_result(name)
    for ending, options in ((".sipmath.json", {}), (".sipmath.csv", {}), (".sipmath.xlsx", {})):
        export(result, tmp_path / f"p{ending}", **options)
    raw = (tmp_path / "p.sipmath.json").read_bytes()
    assert max(raw) < 128 and max(map(len, raw.split(b"\n"))) <= 8000
    library = json.loads(raw)
    assert name in library["provenance"]
    assert all(is_safe(sip["name"]) for sip in library["sips"])
    assert max((tmp_path / "p.sipmath.csv").read_bytes()) < 128


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    polars = pytest.importorskip("polars")
    result = hostile_result("+1")
    export(result, tmp_path / "p.parquet", table="long")
    assert "+1" in polars.read_parquet(tmp_path / "p.parquet")["segment"].unique().to_list()


def test_two_names_that_differ_in_case_stay_apart():
    names = Names()
    assert [names.take(n) for n in ("wins_Q1", "WINS_q1", "A1", "a1", "R1C1", "true")] == [
        "wins_Q1", "WINS_q1_2", "A1_", "a1__2", "R1C1_", "true_",
    ]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_identifiers_are_safe(name):
    names = Names()
    for _ in range(3):
        assert is_safe(names.take(identifier(name, "x")))


def test_segments_that_look_the_same_keep_their_own_numbers():
    """``a b`` and ``a_b`` sanitise to one name; the columns must not be mixed up."""
    targets = [
        {"metric": "wins", "at_least": 10, "in": "2027-Q4", "segment": s} for s in ("a b", "a_b", "A-B")
    ]  # fmt: skip
    result = plans.result(plans.scenario(targets=targets, segments=("a b", "a_b", "A-B")), trials=80)
    columns = Columns(result)
    assert len({s.name.casefold() for s in columns.all}) == len(columns.all)
    for target, series in zip(result.targets, columns.targets, strict=True):
        assert (series.values == result["wins", target.segment][:, 3]).all()
