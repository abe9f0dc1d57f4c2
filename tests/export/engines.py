"""Three spreadsheet engines that recalculate a workbook, each after edits: cell -> value."""

from __future__ import annotations

import importlib.util
import math
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

Cell = tuple[str, int, int]
"""Sheet, row and column, from 0."""


def cached(path):
    """Every cell as a reader that does not recalculate sees it; of Trials only the head."""
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl reads cached values")
    book = openpyxl.load_workbook(path, data_only=True, read_only=True)
    found = {}
    for sheet in book.worksheets:
        last = 3 if sheet.title.startswith("Trials") else None
        for r, row in enumerate(sheet.iter_rows(max_row=last, values_only=True)):
            for c, value in enumerate(row):
                found[sheet.title, r, c] = value
    book.close()
    return found


def formulas(path):
    """Cell -> (formula, cached value) of every formula in a workbook."""
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl reads formulas")
    with_formulas = openpyxl.load_workbook(path)
    with_values = openpyxl.load_workbook(path, data_only=True)
    found = {}
    for sheet in with_formulas.worksheets:
        if sheet.title.startswith("Trials"):
            continue
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.data_type == "f":
                    place = (sheet.title, cell.row - 1, cell.column - 1)
                    found[place] = (cell.value, with_values[sheet.title][cell.coordinate].value)
    return found


def formualizer(path, cells, edits=()):
    """Recalculated by Formualizer."""
    engine = pytest.importorskip("formualizer", reason="formualizer is not installed")
    book = engine.load_workbook(str(path))
    for (sheet, row, column), value in dict(edits).items():
        book.set_value(sheet, row + 1, column + 1, value)
    book.evaluate_all()
    return {(s, r, c): _plain(book.get_value(s, r + 1, c + 1)) for s, r, c in cells}


def _plain(value):
    if isinstance(value, dict):
        return "#" + str(value.get("kind", value)).strip("#").upper()
    return value


def ironcalc(path, cells, edits=()):
    """Recalculated by IronCalc."""
    engine = pytest.importorskip("ironcalc", reason="ironcalc is not installed")
    model = engine.load_from_xlsx(str(path), "en", "UTC")
    index = {sheet["name"] if isinstance(sheet, dict) else sheet.name: i
             for i, sheet in enumerate(model.get_worksheets_properties())}  # fmt: skip
    for (sheet, row, column), value in dict(edits).items():
        model.set_user_input(index[sheet], row + 1, column + 1, repr(value) if not isinstance(value, str) else value)
    model.evaluate()
    return {(s, r, c): model.get_cell_value(index[s], r + 1, c + 1) for s, r, c in cells}


PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item>
</oor:items>
"""
"""LibreOffice trusts cached values unless told to recalculate always."""


def libreoffice(path, cells, edits=(), folder=None):
    """Recalculated by LibreOffice: opened with forced recalculation, saved, and read back."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    folder = Path(folder)
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(PROFILE)
    source = folder / "edited.xlsx"
    edited(path, source, edits)
    out = folder / "out"
    subprocess.run(
        [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir",
         str(out), str(source)], check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    found = cached(out / "edited.xlsx")
    return {cell: found.get(cell, "") for cell in cells}


def edited(path, target, edits):
    """A copy of a workbook with other numbers in some cells, nothing else touched."""
    import re

    edits = dict(edits)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        names = re.findall(r'<sheet name="([^"]+)" sheetId="(\d+)"', old.read("xl/workbook.xml").decode())
        parts = {f"xl/worksheets/sheet{number}.xml": name for name, number in names}
        for item in old.infolist():
            data = old.read(item)
            for (sheet, row, column), value in edits.items():
                if parts.get(item.filename) == sheet:
                    place = f"{chr(65 + column)}{row + 1}"
                    data, count = re.subn(
                        rf'(<c r="{place}"[^>]*>)<v>[^<]*</v>'.encode(),
                        rb"\g<1><v>" + repr(value).encode() + b"</v>",
                        data,
                    )
                    assert count == 1, place
            new.writestr(item, data)


def agree(one, other, tolerance=1e-9):
    """Whether two cell values are the same: text as text, numbers to a relative tolerance."""
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return _text(one) == _text(other)


def _text(value):
    text = "" if value is None else str(value)
    return "#N/A" if text.upper().strip("#") in ("N/A", "NA") else text


def installed(name):
    """Whether a package is there."""
    return importlib.util.find_spec(name) is not None
