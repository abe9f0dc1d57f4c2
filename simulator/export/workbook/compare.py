"""Sheet Compare: several scenarios in the same luck, trial by trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simulator.export.series import Columns, Series
from simulator.export.workbook.book import Book
from simulator.export.workbook.goals import Goal
from simulator.export.workbook.twins import met, share

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

WIDTH = 6


def compare_sheet(book: Book, sheet: Worksheet, columns: Sequence[Columns], goals: Sequence[Goal]) -> None:
    """Targets of the first scenario in each of them, then metrics by quarter against the first."""
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 15)
    sheet.set_column(2, 1 + WIDTH * len(columns), 13)
    sheet.set_row(0, 26)
    book.text(sheet, 0, 0, "Scenarios compared in the same luck", "title")
    note = "Row k of every Trials sheet is the same luck, so differences are paired and far more exact than two runs."
    book.text(sheet, 1, 0, note, "note")
    row = 3
    for number, one in enumerate(columns, start=1):
        book.text(
            sheet, row, 0, f"Scenario {number}" + (" (the base)" if number == 1 else f" (names end in __s{number})")
        )
        book.text(sheet, row, 1, one.result.scenario.name, "strong")
        row += 1
    row = _targets(book, sheet, row + 1, columns, goals)
    _metrics(book, sheet, row + 1, columns)
    sheet.freeze_panes(0, 1)


def _same(other: Columns, series: Series) -> Series | None:
    """The column of another scenario that holds the same thing."""
    for candidate in other.metrics:
        if (candidate.metric, candidate.period, candidate.segment) == (series.metric, series.period, series.segment):
            return candidate
    return None


def _heads(book: Book, sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    sheet.set_row(row, 32)
    for column, head in enumerate(heads):
        book.text(sheet, row, column, head, "header" if column == 0 else "header_right")


def _targets(book: Book, sheet: Worksheet, row: int, columns: Sequence[Columns], goals: Sequence[Goal]) -> int:
    heads = ["Target (thresholds from Summary)", "Threshold", "P in scenario 1"]
    for number in range(2, len(columns) + 1):
        heads += [f"P in scenario {number}", "Difference", "Standard error"]
    _heads(book, sheet, row, heads)
    for goal in goals:
        row += 1
        at = row + 1
        base = goal.series
        book.text(sheet, row, 0, goal.name, "wrapped")
        book.formula(sheet, row, 1, f"=target_{goal.id}", goal.threshold, "count")
        book.formula(sheet, row, 2, f"=p_hit_{goal.id}", share(met(base.values, goal.test, goal.threshold)), "share")
        hit = met(base.values, goal.test, goal.threshold)
        for other, column in zip(columns[1:], range(3, 3 + 3 * len(columns), 3), strict=False):
            series = _same(other, base)
            if series is None:
                book.text(sheet, row, column, "not in it", "note")
                continue
            theirs = met(series.values, goal.test, goal.threshold)
            count = f'COUNTIF({series.name},"{goal.test}"&B{at})'
            book.formula(sheet, row, column, f"={count}/n_trials", share(theirs), "share")
            cell = _letter(column)
            book.formula(sheet, row, column + 1, f"={cell}{at}-C{at}", share(theirs) - share(hit), "points")
            gained = f'COUNTIFS({base.name},"{goal.inverse}"&B{at},{series.name},"{goal.test}"&B{at})'
            lost = f'COUNTIFS({base.name},"{goal.test}"&B{at},{series.name},"{goal.inverse}"&B{at})'
            changed = share(theirs & ~hit) + share(hit & ~theirs)
            difference = share(theirs) - share(hit)
            error = math.sqrt(max(0.0, changed - difference**2) / hit.size)
            book.formula(
                sheet, row, column + 2,
                f"=SQRT(MAX(0,({gained}+{lost})/n_trials-{_letter(column + 1)}{at}^2)/n_trials)", error, "share",
            )  # fmt: skip
    return row + 1


def _metrics(book: Book, sheet: Worksheet, row: int, columns: Sequence[Columns]) -> None:
    heads = ["Metric", "Mean in scenario 1"]
    for number in range(2, len(columns) + 1):
        heads += [f"Mean in scenario {number}", "Mean difference", "Standard error", "ahead", "level", "behind"]
    book.text(
        sheet, row, 0, "How often each scenario ends ahead of scenario 1, level or behind, in the same luck", "section"
    )
    row += 1
    _heads(book, sheet, row, heads)
    first = columns[0]
    for base in first.metrics:
        if base.segment is not None:
            continue
        row += 1
        book.text(sheet, row, 0, base.label)
        style = "count" if base.kind == "money" else "mean"
        book.formula(sheet, row, 1, f"=AVERAGE({base.name})", float(np.mean(base.values)), style)
        for index, other in enumerate(columns[1:]):
            column = 2 + WIDTH * index
            series = _same(other, base)
            if series is None:
                book.text(sheet, row, column, "not in it", "note")
                continue
            _pair(book, sheet, row, column, base, series, style)


def _pair(book: Book, sheet: Worksheet, row: int, column: int, base: Series, series: Series, style: str) -> None:
    a, b = base.values, series.values
    difference = b - a
    n = a.size
    mean = float(np.mean(b)) - float(np.mean(a))
    error = float(np.std(difference, ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    variance = f"SUMPRODUCT(({series.name}-{base.name})^2)/n_trials-{_letter(column + 1)}{row + 1}^2"
    lines = (
        (f"=AVERAGE({series.name})", float(np.mean(b)), style),
        (f"={_letter(column)}{row + 1}-$B{row + 1}", mean, style),
        (f"=IF(n_trials>1,SQRT(MAX(0,{variance})/(n_trials-1)),0)", error, "error" if style == "mean" else style),
        (f"=SUMPRODUCT(--({series.name}>{base.name}))/n_trials", share(b > a), "share"),
        (f"=SUMPRODUCT(--({series.name}={base.name}))/n_trials", share(b == a), "share"),
        (f"=SUMPRODUCT(--({series.name}<{base.name}))/n_trials", share(b < a), "share"),
    )
    for offset, (formula, value, look) in enumerate(lines):
        book.formula(sheet, row, column + offset, formula, value, look)


def _letter(column: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
