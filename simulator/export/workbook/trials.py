"""Sheet Trials: every trial a row, every series a column, each under a workbook-wide name."""

from __future__ import annotations

from simulator.errors import ExportError
from simulator.export.series import Columns
from simulator.export.workbook.book import Book

MOST_TRIALS = 20_000
MOST_CELLS = 3_000_000
PRINTED_ROWS, PRINTED_COLUMNS = 50, 12
"""What comes out of a printer: a sample, and not 1,700 pages."""


def check_size(trials: int, columns: int, scenarios: int = 1) -> None:
    """Refuse what would make a workbook too slow to work with.

    Raises
    ------
    ExportError : more than 20,000 trials or 3 million cells; the message says what to do instead.
    """
    instead = "use --trials 20000 or fewer for the workbook, or export all trials to .parquet or .csv"
    if trials > MOST_TRIALS:
        raise ExportError(f"{trials:,} trials are too many for a workbook (at most {MOST_TRIALS:,}): {instead}")
    if trials * columns > MOST_CELLS:
        what = f"{trials:,} trials of {columns} series" + (f" in {scenarios} scenarios" if scenarios > 1 else "")
        raise ExportError(f"{what} are too many cells for a workbook (at most {MOST_CELLS:,}): {instead}")


def trials_sheet(book: Book, columns: Columns, number: int = 1) -> None:
    """Write the sheet of one scenario; the first one's columns are those the other sheets look up by number."""
    sheet = book.sheet("Trials" if number == 1 else f"Trials {number}", fit=False)
    series = columns.all
    last = columns.result.trials
    heads = ["trial", *(s.name for s in series)]
    numbers = range(1, last + 1)
    for row in numbers:
        book.number(sheet, row, 0, row, "count")
    write, styles = sheet.write_number, {k: book.style("count") for k in ("count", "money")}
    for column, one in enumerate(series, start=1):
        style = styles.get(one.kind, book.style("number"))
        for row, value in enumerate(one.values.tolist(), start=1):
            if write(row, column, value, style):
                raise ExportError(f"{one.name}: trial {row} is beyond what a sheet holds")
        book.define(one.name, sheet, (1, column), (last, column))
    sheet.add_table(
        0, 0, last, len(series),
        {
            "name": "tblTrials" if number == 1 else f"tblTrials{number}",
            "columns": [{"header": head, "header_format": book.style("header")} for head in heads],
            "style": "Table Style Light 1",
        },
    )  # fmt: skip
    sheet.set_row(0, 34)
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, len(series), 15)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, min(PRINTED_ROWS, last), min(PRINTED_COLUMNS, len(series)))
    sheet.fit_to_pages(1, 0)
    if number == 1:
        book.define("trial_number", sheet, (1, 0), (last, 0))
        book.define("all_trials", sheet, (1, 1), (last, len(series)))
        book.define("trial_names", sheet, (0, 1), (0, len(series)))
