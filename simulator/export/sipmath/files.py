"""Writing SIPmath libraries: 3.0 as JSON, 2.0 as a workbook, and plain CSV."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import ExportError
from simulator.export.names import identifier
from simulator.export.series import Columns
from simulator.export.stamp import today
from simulator.files import whole, write_text

if TYPE_CHECKING:
    from xlsxwriter import Workbook

    from simulator.simulation.result import Result

MOST_ROWS = 1_000_000
MOST_CELLS = 20_000_000


def write_json(results: Sequence[Result], path: str | os.PathLike[str], *, compact: bool = False) -> None:
    """A SIPmath 3.0 library.

    Parameters
    ----------
    compact : metalogs and a copula instead of the trials; what that costs in accuracy is in the file.
    """
    from simulator.export.sipmath.library import compact_library, exact_library

    write = compact_library if compact else exact_library
    write_text(path, write(_columns(results), _stem(path), today()))


def write_csv(results: Sequence[Result], path: str | os.PathLike[str]) -> None:
    """Names in the first row, numbers below, ASCII without quotes."""
    series = [s for one in _columns(results) for s in one.all]
    with whole(path) as temporary, open(temporary, "w", encoding="ascii", newline="\n") as file:
        file.write(",".join(s.name for s in series) + "\n")
        columns = [[repr(v) for v in s.values.tolist()] for s in series]
        file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


def write_xlsx(results: Sequence[Result], path: str | os.PathLike[str]) -> None:
    """A SIPmath 2.0 library: sheet ``Library``, a workbook-wide name for each series.

    The layout is that of ProbabilityManagement.org's PySIPmath: ``PM_Trials`` and ``PM_Lib_Provenance`` in the
    first two rows, the names of the series in row 6 from column C, trials below, their numbers in column B.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.utility import xl_range_abs

    from simulator.export.sipmath.library import about

    columns = _columns(results)
    series = [s for one in columns for s in one.all]
    trials = columns[0].result.trials
    if trials > MOST_ROWS or trials * len(series) > MOST_CELLS:
        raise ExportError(
            f"{trials:,} trials of {len(series)} series are too many for a sheet: use fewer --trials, "
            "or .sipmath.csv, .parquet or .csv"
        )
    with whole(path) as temporary:
        book = Workbook(
            str(temporary), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        book.set_properties({"title": "SIPmath library", "created": today()})
        sheet = book.add_worksheet("Library")
        bold = book.add_format({"bold": True})
        sheet.set_column(0, 0, 18)
        sheet.set_column(2, 1 + len(series), 14)
        sheet.write_string(0, 0, "PM_Trials")
        sheet.write_number(0, 1, trials)
        sheet.write_string(1, 0, "PM_Lib_Provenance")
        sheet.write_string(1, 1, " ".join(about(columns).split())[:30_000])
        for column, one in enumerate(series, start=2):
            sheet.write_string(5, column, one.name, bold)
            book.define_name(one.name, f"=Library!{xl_range_abs(6, column, 5 + trials, column)}")
        rows = zip(*(one.values.tolist() for one in series), strict=True)
        for row, values in enumerate(rows, start=6):
            sheet.write_number(row, 1, row - 5)
            for column, value in enumerate(values, start=2):
                sheet.write_number(row, column, value)
        book.define_name("PM_Trials", "=Library!$B$1")
        book.define_name("PM_Lib_Provenance", "=Library!$B$2")
        sheet.freeze_panes(6, 2)
        _close(book)


def _close(book: Workbook) -> None:
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        inner = error.args[0] if error.args else error
        raise inner if isinstance(inner, OSError) else OSError(str(error)) from error


def _columns(results: Sequence[Result]) -> list[Columns]:
    from simulator.export.names import Names

    names = Names()
    for reserved in ("PM_Trials", "PM_Lib_Provenance", "PM_Index", "PM_Meta"):
        names.take(reserved)
    return [Columns(r, names, "" if n == 1 else f"__s{n}") for n, r in enumerate(results, start=1)]


def _stem(path: str | os.PathLike[str]) -> str:
    name = Path(path).name
    for ending in (".sipmath.json", ".json"):
        name = name.removesuffix(ending)
    return identifier(name, "library")
