"""Sheet Percentiles: metric by quarter, with the percentiles in the header to edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.export.series import Columns
from simulator.export.workbook.book import Book
from simulator.export.workbook.twins import percentile

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
HEAD = 3


def percentiles_sheet(book: Book, sheet: Worksheet, columns: Columns) -> None:
    """One row per column of Trials that is a metric."""
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 4, 14)
    sheet.set_column(5, 4 + len(LEVELS), 13)
    book.text(sheet, 0, 0, "Percentiles by quarter", "title")
    sheet.set_row(0, 26)
    book.text(sheet, 1, 0, "Change a yellow percentile in the header; 10% means one future in ten is below.", "note")
    for column, head in enumerate(("Metric", "Name of its trials", "Mean", "Standard deviation", "Median")):
        book.text(sheet, HEAD, column, head, "header" if column < 2 else "header_right")
    sheet.set_row(HEAD, 32)
    for column, level in enumerate(LEVELS, start=5):
        book.number(sheet, HEAD, column, level, "input_header")
    sheet.data_validation(
        HEAD, 5, HEAD, 4 + len(LEVELS),
        {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1,
         "input_title": "Percentile", "input_message": "Between 0% and 100%.", "error_message": "From 0% to 100%."},
    )  # fmt: skip
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.repeat_rows(HEAD)
    for row, series in enumerate(columns.metrics, start=HEAD + 1):
        values, name = series.values, series.name
        style = "count" if series.kind == "money" else "mean"
        book.text(sheet, row, 0, series.label, "wrapped")
        book.text(sheet, row, 1, name, "path")
        book.formula(sheet, row, 2, f"=AVERAGE({name})", float(np.mean(values)), style)
        spread = float(np.std(values, ddof=1)) if values.size > 1 else 0.0
        book.formula(sheet, row, 3, f"=IF(n_trials>1,STDEV({name}),0)", spread, style)
        book.formula(sheet, row, 4, f"=PERCENTILE({name},0.5)", percentile(values, 0.5), "count")
        book.define(book.names.take(f"p50_{name}"), sheet, (row, 4))
        for column, level in enumerate(LEVELS, start=5):
            head = f"{chr(ord('A') + column)}${HEAD + 1}"
            book.formula(sheet, row, column, f"=PERCENTILE({name},{head})", percentile(values, level), "count")
