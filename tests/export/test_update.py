"""Refreshing a planner's workbook: our sheets are new, everything of theirs is there byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import numpy as np
import pytest

from simulator.errors import ExportError
from tests.export import engines, plans

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
pytest.importorskip("lxml", reason="updating workbooks is an extra")
pytest.importorskip("openpyxl", reason="updating workbooks is an extra")

from simulator.export.update import check_updatable, is_ours, update_workbook  # noqa: E402


def planners_own(path):
    """A workbook with what openpyxl would lose or change: charts, a picture's worth of shapes, notes, rules, tables."""
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(str(path))
    bold = book.add_format({"bold": True, "bg_color": "#FFEE00", "num_format": '0.00 "EUR"'})
    sheet = book.add_worksheet("Board pack")
    sheet.write("A1", "Our targets", bold)
    for row, value in enumerate((3, 5, 8, 13)):
        sheet.write_number(row + 1, 0, value, bold)
    sheet.write_formula("B2", "=SUM(A2:A5)*1.1", bold, 31.9)
    sheet.write_comment("A1", "agreed with finance")
    sheet.conditional_format("A2:A5", {"type": "data_bar"})
    sheet.data_validation("C2", {"validate": "list", "source": ["a", "b"]})
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "='Board pack'!$A$2:$A$5"})
    sheet.insert_chart("E2", chart)
    sheet.insert_textbox("E20", "a note in a box")
    sheet.add_table("G1:H3", {"name": "tblPlanner", "data": [[1, 2], [3, 4]]})
    sheet.print_area("A1:H20")
    book.define_name("my_rate", "='Board pack'!$A$2")
    book.add_worksheet("Second").write("A1", "=my_rate")
    book.close()


def with_links(path):
    """The planner's second sheet uses our names, as they would type it."""
    with zipfile.ZipFile(path) as file:
        parts = {item.filename: file.read(item) for item in file.infolist()}
    name = next(n for n, data in parts.items() if n.startswith("xl/worksheets/sheet") and b"my_rate" in data)
    cells = (
        b'<row r="2"><c r="A2"><f>p_joint*100</f><v>0</v></c>'
        b'<c r="B2"><f>COUNTIF(wins_2027Q4,"&gt;="&amp;20)/n_trials</f><v>0</v></c></row></sheetData>'
    )
    parts[name] = parts[name].replace(b"</sheetData>", cells)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for part, data in parts.items():
            file.writestr(part, data)


SHARED = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml",
          "[Content_Types].xml", "xl/calcChain.xml")  # fmt: skip


def parts_of(path):
    with zipfile.ZipFile(path) as file:
        return {item.filename: file.read(item) for item in file.infolist()}


def own_parts(path):
    """Every part but the shared ones and those of our sheets."""
    from simulator.export.update.package import Package

    package = Package(path)
    ours = set()
    for name, part in package.sheets.items():
        if is_ours(name):
            ours |= {p for q in package.reachable(part) for p in (q, package.rels_of(q))}
    return {n: d for n, d in package.parts.items() if n not in ours and n not in SHARED}


@pytest.fixture
def theirs(tmp_path):
    path = tmp_path / "planning.xlsx"
    planners_own(path)
    return path


@pytest.fixture
def first():
    return plans.result(trials=90)


@pytest.fixture
def second():
    return plans.result(trials=120, seed=11, lift=1.05)


def check_values(path, result, tmp_path, engine="formualizer", links=True):
    """Every formula of ours recalculates to its cached value, and the planner's links give the new numbers."""
    written = {c: fv for c, fv in engines.formulas(path).items() if is_ours(c[0])}
    assert len(written) > 150
    extra = [("Second", 1, 0), ("Second", 1, 1), ("Board pack", 1, 1)] if links else []
    cells = [*written, *extra]
    found = engines.libreoffice(path, cells, (), tmp_path) if engine == "libreoffice" \
        else getattr(engines, engine)(path, cells)  # fmt: skip
    bad = {c: (f, v, found[c]) for c, (f, v) in written.items() if not engines.agree(v, found[c])}
    assert bad == {}
    if links:
        assert engines.agree(found["Second", 1, 0], 100 * result.all_targets.value)
        assert engines.agree(found["Second", 1, 1], float((result["wins"][:, 3] >= 20).mean()))
        assert engines.agree(found["Board pack", 1, 1], 31.9)


@pytest.mark.parametrize("engine", ["formualizer", "ironcalc", pytest.param("libreoffice", marks=pytest.mark.slow)])
def test_our_sheets_are_added_then_refreshed_and_theirs_stay(theirs, first, second, tmp_path, engine):
    before = own_parts(theirs)
    assert (
        any("chart" in n for n in before) and any("comments" in n for n in before) and any("vml" in n for n in before)
    )
    update_workbook([first], theirs)
    with_links(theirs)
    linked = own_parts(theirs)
    assert {n for n in before if linked.get(n) != before[n]} == {"xl/worksheets/sheet2.xml"}
    check_values(theirs, first, tmp_path, engine)
    assert update_workbook([second], theirs) == []
    after = own_parts(theirs)
    assert after == linked
    check_values(theirs, second, tmp_path, engine)


def test_refreshing_twice_changes_nothing(theirs, first):
    update_workbook([first], theirs)
    once = parts_of(theirs)
    update_workbook([first], theirs)
    twice = parts_of(theirs)
    types = [sorted(re.findall(rb"<Override[^>]*>", parts.pop("[Content_Types].xml"))) for parts in (once, twice)]
    assert types[0] == types[1]
    assert once == twice


def test_styles_and_names_of_theirs_keep_their_numbers(theirs, first):
    from openpyxl import load_workbook

    update_workbook([first], theirs)
    book = load_workbook(theirs)
    cell = book["Board pack"]["A2"]
    assert (cell.font.b, cell.fill.fgColor.rgb, cell.number_format) == (True, "FFFFEE00", '0.00 "EUR"')
    assert book["Board pack"]["A1"].value == "Our targets"
    assert book.defined_names["my_rate"].attr_text == "'Board pack'!$A$2"
    assert book["Board pack"].print_area == "'Board pack'!$A$1:$H$20"
    assert book["Summary"]["F6"].fill.fgColor.rgb == "FFFFF2CC"
    assert book["Summary"]["G6"].number_format == "0.0%"
    assert "tblPlanner" in book["Board pack"].tables and "tblTrials" in book["Trials"].tables
    ids = [t.id for sheet in book for t in sheet.tables.values()]
    assert len(set(ids)) == len(ids)


def test_a_workbook_saved_by_another_program(theirs, first, second, tmp_path):
    """LibreOffice rewrites every part its own way; ours are found and replaced all the same."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    update_workbook([first], theirs)
    with_links(theirs)
    profile = (tmp_path / "lo").as_uri()
    subprocess.run(
        [program, f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir",
         str(tmp_path / "saved"), str(theirs)], check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    saved = tmp_path / "saved" / "planning.xlsx"
    before = own_parts(saved)
    update_workbook([second], saved)
    after = own_parts(saved)
    assert {n: d for n, d in before.items() if n in after} == after
    assert {n for n in before if n not in after} == set()
    check_values(saved, second, tmp_path)


def refused(path, results, message):
    """The update fails with a message, and the file is as it was."""
    before = path.read_bytes()
    with pytest.raises(ExportError, match=message):
        update_workbook(results, path)
    assert path.read_bytes() == before


def test_a_name_that_is_gone_but_used_is_refused(theirs, first):
    """The horizon moves on and a linked quarter disappears: better no update than #NAME? on the board's page."""
    update_workbook([first], theirs)
    with_links(theirs)
    later = plans.result(plans.scenario(start="2028-Q1", targets=()), trials=90)
    refused(theirs, [later], "'Second' uses (wins_2027Q4|p_joint), which these scenarios no longer have")


def test_sheets_of_theirs_with_our_names_are_refused(tmp_path, first):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "planning.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Inputs").write("A1", "FX rates")
    book.close()
    refused(path, [first], "'Inputs' has the name of one of ours but is not one")


@pytest.mark.parametrize("place, sheet", [("N7", "Summary"), ("H2", "Inputs")])
def test_cells_of_theirs_on_our_sheets_are_refused(theirs, first, place, sheet):
    update_workbook([first], theirs)
    from simulator.export.update.package import Package

    package = Package(theirs)
    part = package.sheets[sheet]
    row = re.search(r"\d+", place)[0].encode()
    data, count = re.subn(
        rb'(<row r="' + row + rb'"[^>]*>.*?)</row>',
        rb'\g<1><c r="' + place.encode() + rb'"><v>1</v></c></row>', package.parts[part], count=1, flags=re.S,
    )  # fmt: skip
    assert count == 1
    package.parts[part] = data
    package.save(theirs)
    refused(theirs, [first], f"{sheet}!{place} is filled in")


def test_a_comment_on_our_sheet_is_refused(theirs, first):
    update_workbook([first], theirs)
    from openpyxl import load_workbook
    from openpyxl.comments import Comment

    book = load_workbook(theirs)
    book["Inputs"]["A1"].comment = Comment("mind the gap", "me")
    book.save(theirs)
    refused(theirs, [first], "Inputs has comments")


def test_another_number_of_scenarios_is_refused(theirs, first):
    update_workbook([first, first], theirs)
    refused(theirs, [first], "give as many scenarios")


def test_a_name_of_theirs_that_is_ours_is_refused(tmp_path, first):
    xlsxwriter = pytest.importorskip("xlsxwriter")
    path = tmp_path / "planning.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Mine").write("A1", 1)
    book.define_name("N_Trials", "=Mine!$A$1")
    book.close()
    refused(path, [first], "'N_Trials' is yours and one of ours")


def test_links_by_address_are_told(theirs, first):
    update_workbook([first], theirs)
    with_links(theirs)
    from simulator.export.update.package import Package

    package = Package(theirs)
    part = package.sheets["Second"]
    package.parts[part] = package.parts[part].replace(b"<f>p_joint*100</f>", b"<f>Summary!G6*100</f>")
    package.save(theirs)
    said = update_workbook([first], theirs)
    assert len(said) == 1 and "'Second' refers to our cells by address" in said[0]


def test_files_that_are_no_workbook(tmp_path, first):
    path = tmp_path / "planning.xlsx"
    with pytest.raises(ExportError, match="no such workbook"):
        check_updatable(path)
    path.write_bytes(b"not a zip")
    refused(path, [first], "cannot be read")


def test_a_full_disk_leaves_the_workbook(theirs, first, monkeypatch):
    """The disk fills while the new package is written."""
    from simulator.export.update.package import Package

    def full(self, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Package, "save", full)
    refused(theirs, [first], "No space left")
    assert [p.name for p in theirs.parent.iterdir()] == ["planning.xlsx"]


def test_numbers_in_trials_are_the_new_ones(theirs, first, second):
    from openpyxl import load_workbook

    update_workbook([first], theirs)
    update_workbook([second], theirs)
    sheet = load_workbook(theirs, data_only=True, read_only=True)["Trials"]
    rows = list(sheet.iter_rows(values_only=True))
    column = rows[0].index("wins_2027Q4")
    assert np.array_equal([r[column] for r in rows[1:]], second["wins"][:, 3])
