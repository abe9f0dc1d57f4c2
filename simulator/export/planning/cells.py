"""The cells of a sheet, with their addresses, from .xlsx or .csv."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from simulator.errors import DataError
from simulator.export.planning.grammar import BLOCKS, SHEET


@dataclass(frozen=True)
class Cell:
    """A value and where it is: ``Plan!C14``, or ``C14`` of a CSV."""

    value: Any
    address: str
    line: int | None = None

    @property
    def text(self) -> str:
        """As text, without spaces around it."""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        if isinstance(self.value, (datetime, date)):
            return self.value.strftime("%Y-%m-%d")
        return "" if self.value is None else str(self.value).strip()

    @property
    def empty(self) -> bool:
        return self.text == ""


@dataclass(frozen=True)
class Grid:
    """All rows of a sheet; ``comma`` is the decimal sign of numbers that are text."""

    rows: list[list[Cell]]
    comma: bool = False


def letters(column: int) -> str:
    """A column as spreadsheets name it.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def read_cells(path: str | os.PathLike[str], sheet: str | None = None) -> Grid:
    """The cells of a planning sheet.

    Raises
    ------
    DataError : it cannot be read, has no such sheet, or is neither .xlsx nor .csv.
    """
    name = os.fspath(path)
    ending = os.path.splitext(name)[1].lower()
    if ending not in (".xlsx", ".xlsm", ".csv"):
        raise DataError(f"{name}: a planning sheet is .xlsx or .csv")
    try:
        return _from_csv(name) if ending == ".csv" else _from_xlsx(name, sheet)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None


def _from_csv(name: str) -> Grid:
    with open(name, "rb") as file:
        raw = file.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if "\0" in text:
        raise DataError(f"{name}: is not a CSV file; save the sheet as CSV (UTF-8)")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = [
        [Cell(value, f"{letters(c)}{r}", r) for c, value in enumerate(row)]
        for r, row in enumerate(csv.reader(io.StringIO(text), delimiter=delimiter), start=1)
    ]
    return Grid(rows, comma=delimiter == ";")


def _from_xlsx(name: str, sheet: str | None) -> Grid:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise DataError(
            f"{name}: reading a workbook needs openpyxl: pip install 'pipeline-simulator[xlsx]'; "
            "or save the sheet as CSV"
        ) from None
    from zipfile import BadZipFile

    try:
        values = load_workbook(name, data_only=True)
        formulas = load_workbook(name)
    except (BadZipFile, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{name}: is not an Excel workbook ({error}); save it as .xlsx or .csv") from None
    chosen = _choose(name, values, sheet)
    rows = []
    for row in values[chosen].iter_rows():
        cells = []
        for cell in row:
            value = cell.value
            if value is None and formulas[chosen][cell.coordinate].data_type == "f":
                value = Uncalculated()
            cells.append(Cell(value, f"{chosen}!{cell.coordinate}"))
        rows.append(cells)
    return Grid(rows)


class Uncalculated:
    """A formula whose value was never computed, because no spreadsheet has saved the file since."""

    def __str__(self) -> str:
        return "a formula without a value (open the file in a spreadsheet and save it)"


def _choose(name: str, book: Any, sheet: str | None) -> str:
    """The sheet asked for, the one named Plan, or the first that looks like one."""
    if sheet is not None:
        if sheet not in book.sheetnames:
            raise DataError(f"{name}: has no sheet {sheet!r}; it has {', '.join(map(repr, book.sheetnames))}")
        return sheet
    if SHEET in book.sheetnames:
        return SHEET
    for candidate in book.worksheets:
        for (cell,) in candidate.iter_rows(max_col=1, max_row=50):
            if str(cell.value).strip().lower() in BLOCKS:
                return str(candidate.title)
    raise DataError(f"{name}: no sheet is named {SHEET!r} or begins with {', '.join(BLOCKS)}; give --sheet")
