"""Our sheets in a planner's workbook: which they are, and what of the planner's would be lost with them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import ExportError
from simulator.export.workbook import OURS

if TYPE_CHECKING:
    from simulator.export.update.package import Package

MARKS = {
    "Summary": ("B5", "Target"), "Compare": ("A1", "Scenarios compared"), "Percentiles": ("A1", "Percentiles by"),
    "Inputs": ("A1", "Assumptions"), "ChartData": ("A1", "What the charts on Summary"), "Trials": ("A1", "trial"),
    "Provenance": ("A1", "Where these numbers come from"),
}  # fmt: skip
"""A cell by which each of our sheets is known."""

CARRIED = {
    "comments": "comments", "threadedComment": "comments", "pivotTable": "a pivot table", "image": "a picture",
    "slicer": "a slicer", "oleObject": "an embedded object", "control": "a control", "hyperlink": "a link",
}  # fmt: skip
"""What a planner may have put on a sheet of ours, and would lose."""


@contextmanager
def opened(path: Path, values: bool = True) -> Iterator[Any]:
    """The workbook for looking at a few cells; it is never saved."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts openpyxl does not know, which we do not touch
        try:
            book = load_workbook(path, read_only=True, data_only=values)
        except (KeyError, ValueError, TypeError) as error:
            raise ExportError(f"{path}: cannot be read as an .xlsx workbook ({error}); nothing was changed") from None
        try:
            yield book
        finally:
            book.close()


def is_ours(name: str) -> bool:
    """Whether a sheet has a name that we give."""
    return name in OURS or bool(re.fullmatch(r"Trials \d+", name))


def check_sheets(path: Path, package: Package) -> None:
    from simulator.export.update.package import OFFICE

    present = [name for name in package.sheets if is_ours(name)]
    twins = [name for name in package.sheets if name not in present and name.casefold() in {o.casefold() for o in OURS}]
    with opened(path) as book:
        for name in present:
            cell, begins = MARKS[name.split(" ")[0]]
            if not str(book[name][cell].value or "").startswith(begins):
                twins.append(name)
    if twins:
        raise ExportError(
            f"{path}: the sheet {twins[0]!r} has the name of one of ours but is not one (or cell "
            f"{MARKS.get(twins[0].split(' ')[0], ('A1', ''))[0]} was changed); rename it. Nothing was changed"
        )
    lost = []
    for name in present:
        for _, kind, target in package.relations(package.sheets[name]):
            what = CARRIED.get(kind.rpartition("/")[2])
            if what is not None:
                lost.append(f"{name} has {what}")
            if kind == f"{OFFICE}/drawing":
                charts = package.parts.get(target, b"").count(b"<c:chart ")
                shapes = sum(
                    package.parts.get(target, b"").count(tag) for tag in (b"<xdr:sp ", b"<xdr:sp>", b"<xdr:pic>")
                )
                if name != "Summary" or charts > 3 or shapes:
                    lost.append(f"{name} has charts or shapes that are not ours")
    lost += _typed(path, package, present)
    if lost:
        raise ExportError(
            f"{path}: our sheets are replaced whole, and something of yours on them would be lost: {'; '.join(lost)}. "
            "Move it to a sheet of your own and link to ours by name. Nothing was changed"
        )


WIDTH = {"Summary": 12, "Inputs": 5, "Percentiles": 12}
"""Columns of our sheets that do not depend on the plan."""


def _typed(path: Path, package: Package, present: Sequence[str]) -> list[str]:
    """Cells beside our columns that hold something."""
    from openpyxl.utils import get_column_letter

    found = []
    names = {name.get("name") for name in package.defined_names}
    with opened(path, values=False) as book:
        for name in present:
            sheet = book[name]
            sheet.reset_dimensions()  # the size that is written in the file need not be true
            width, last = WIDTH.get(name), None
            if name.startswith("Trials"):
                heads = next(sheet.iter_rows(max_row=1, values_only=True), ())
                width, last = sum(head == "trial" or head in names for head in heads), 60
            if width is None:
                continue
            for number, row in enumerate(sheet.iter_rows(min_col=width + 1, max_row=last, values_only=True), start=1):
                filled = next((c for c, value in enumerate(row) if value is not None), None)
                if filled is not None:
                    found.append(f"{name}!{get_column_letter(width + 1 + filled)}{number} is filled in")
                    break
    return found
