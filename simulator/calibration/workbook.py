"""Sheets of an Excel workbook, read row by row: no cell is kept that is not asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from simulator.calibration.layout import LOOK, Layout, distinct, header_row
from simulator.errors import DataError

OLD = b"\xd0\xcf\x11\xe0"
"""How the format of Excel 97 to 2003 begins."""


@contextmanager
def _sheets(path: Path) -> Iterator[dict[str, Any]]:
    """The sheets by their titles, open for reading."""
    from openpyxl import load_workbook

    with path.open("rb") as file:  # an open file: openpyxl goes by a path's ending, which exports often get wrong
        begin = file.read(512)
        if begin.startswith(OLD):
            raise DataError(f"{path}: an Excel workbook of the old kind; open it and save it as .xlsx or CSV")
        if b"<" in begin and not begin.startswith(b"PK"):
            raise DataError(
                f"{path}: a web page under the name of a workbook, as some CRMs export; open it in Excel and save it "
                f"as .xlsx or CSV"
            )
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # programs that write workbooks often state a size of one cell
            yield {sheet.title: sheet for sheet in book.worksheets}
        finally:
            book.close()


def _rows(sheet: Any) -> Iterator[list[str | None]]:
    """Rows as text, those without any cell left out."""
    for row in sheet.iter_rows(values_only=True):
        if any(cell is not None for cell in row):
            yield [_written(cell) for cell in row]


def _written(cell: Any) -> str | None:
    """A cell as text; days without a time of day as days."""
    if cell is None:
        return None
    return str(cell).removesuffix(" 00:00:00") if hasattr(cell, "isoformat") else str(cell)


@lru_cache(maxsize=64)
def _layout(path: str, size: int, changed: int) -> Layout:
    with _sheets(Path(path)) as sheets:
        name = (
            max(sheets, key=lambda title: _cells(sheets[title]), default="") if len(sheets) > 1 else next(iter(sheets))
        )
        rows = list(islice(_rows(sheets[name]), LOOK))
    if not rows:
        raise DataError(f"{path}: the file is empty; its first row should name the columns")
    width = max(len(row) for row in rows)
    skip = header_row(rows, width)
    names, repeated = distinct([cell or "" for cell in rows[skip] + [None] * (width - len(rows[skip]))])
    header = tuple(cell or "" for cell in rows[skip] + [None] * (width - len(rows[skip])))
    return Layout(names, header, skip=skip, repeated=repeated, sheet=name, sheets=len(sheets))


def _cells(sheet: Any) -> int:
    return sum(sum(cell is not None for cell in row) for row in sheet.iter_rows(values_only=True))


def workbook_layout(path: Path) -> Layout:
    """The layout of the sheet with the most cells.

    Raises
    ------
    DataError : not a workbook of today, or nothing in it.
    """
    about = path.stat()
    return _layout(str(path), about.st_size, about.st_mtime_ns)


def sheet_columns(path: Path, layout: Layout, places: Sequence[int], rows: int | None) -> list[list[str | None]]:
    """The columns at these places, below the header; at most so many ``rows``. Repetitions of the header are left
    out."""
    found: list[list[str | None]] = [[] for _ in places]
    header = [layout.header[place] for place in places]
    with _sheets(path) as sheets:
        for row in islice(
            _rows(sheets[layout.sheet]), layout.skip + 1, None if rows is None else layout.skip + 1 + rows
        ):
            cells = [row[place] if place < len(row) else None for place in places]
            if [cell or "" for cell in cells] == header:
                continue
            for column, cell in zip(found, cells, strict=True):
                column.append(cell)
    return found
