"""Sheet ChartData: what the charts draw, computed live for the target that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from simulator.export.series import Columns
from simulator.export.workbook.book import Book
from simulator.export.workbook.goals import Goal
from simulator.export.workbook.summary import FIRST
from simulator.export.workbook.twins import (
    criterion,
    edge,
    met,
    nice_formula,
    nice_step,
    parting,
    parting_formula,
    percentile,
    share,
)
from simulator.scenario.labels import label as label_of

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

BINS = 24
TAILS = (0.001, 0.999)
FAR = 1e300
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_DRIVERS = 60
SHOWN_DRIVERS = 10
SERIES = "INDEX(all_trials,0,shown_column)"


@dataclass(frozen=True)
class ChartRows:
    """Where on the sheet each chart finds its data: first and last row, from 0."""

    fan: tuple[int, int]
    histogram: tuple[int, int]
    drivers: tuple[int, int] | None


def chartdata_sheet(book: Book, sheet: Worksheet, columns: Columns, goals: Sequence[Goal]) -> ChartRows:
    """Write the sheet."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 30, 13)
    book.text(sheet, 0, 0, "What the charts on Summary are drawn from; nothing to edit here", "note")
    row = _targets(book, sheet, 2, columns, goals)
    goal = goals[0]
    row = _shown(book, sheet, row + 1, goals, columns)
    fan, row = _fan(book, sheet, row + 1, columns, goals)
    histogram, row = _histogram(book, sheet, row + 1, goal)
    drivers = _drivers(book, sheet, row + 1, columns, goal)
    return ChartRows(fan, histogram, drivers)


def _heads(book: Book, sheet: Worksheet, row: int, heads: Sequence[str]) -> None:
    for column, head in enumerate(heads):
        book.text(sheet, row, column, head, "header" if column == 0 else "header_right")


def _targets(book: Book, sheet: Worksheet, row: int, columns: Columns, goals: Sequence[Goal]) -> int:
    quarters = columns.result.quarters
    _heads(book, sheet, row, ("Target", "Column", "Test", "Misses", "From", "To", "Spread over", "Whole", *quarters))
    place = {series.name: number for number, series in enumerate(columns.all, start=1)}
    for goal in goals:
        row += 1
        book.text(sheet, row, 0, goal.name)
        book.number(sheet, row, 1, place[goal.series.name])
        book.text(sheet, row, 2, goal.test, "centre")
        book.text(sheet, row, 3, goal.inverse, "centre")
        for column, number in enumerate((*goal.needed, int(goal.count)), start=4):
            book.number(sheet, row, column, number)
        for column, series in enumerate(goal.quarterly, start=8):
            book.number(sheet, row, column, place[series.name])
    return row + 1


def _shown(book: Book, sheet: Worksheet, row: int, goals: Sequence[Goal], columns: Columns) -> int:
    goal = goals[0]
    first, last = 4, 3 + len(goals)
    place = {series.name: number for number, series in enumerate(columns.all, start=1)}
    _heads(book, sheet, row, ("The target that is shown", "Value"))
    threshold = f"=INDEX(Summary!$F${FIRST + 1}:$F${FIRST + len(goals)},shown_target)"
    lines: list[tuple[str, str, str, float | str]] = [
        ("column of Trials", "shown_column", f"=INDEX($B${first}:$B${last},shown_target)", place[goal.series.name]),
        ("test", "shown_test", f"=INDEX($C${first}:$C${last},shown_target)", goal.test),
        ("test of those that miss", "shown_misses", f"=INDEX($D${first}:$D${last},shown_target)", goal.inverse),
        ("threshold", "shown_threshold", threshold, goal.threshold),
        ("first quarter", "shown_from", f"=INDEX($E${first}:$E${last},shown_target)", goal.needed[0]),
        ("last quarter", "shown_to", f"=INDEX($F${first}:$F${last},shown_target)", goal.needed[1]),
        ("spread over", "shown_over", f"=INDEX($G${first}:$G${last},shown_target)", goal.needed[2]),
        ("whole numbers", "shown_whole", f"=INDEX($H${first}:$H${last},shown_target)", int(goal.count)),
    ]
    for label, name, formula, value in lines:
        row += 1
        book.text(sheet, row, 0, label)
        book.formula(sheet, row, 1, formula, value)
        book.define(name, sheet, (row, 1))
    return row + 1


def _fan(
    book: Book, sheet: Worksheet, row: int, columns: Columns, goals: Sequence[Goal]
) -> tuple[tuple[int, int], int]:
    goal = goals[0]
    _heads(book, sheet, row, (
        "Quarter", "P5", "P5 to P25", "P25 to P50", "P50 to P75", "P75 to P95", "Target", "P25", "P50", "P75", "P95",
    ))  # fmt: skip
    begin = row + 1
    for number, label in enumerate(columns.result.quarters, start=1):
        row += 1
        at = row + 1
        column = xl_col_to_name(7 + number)
        block = f"INDEX(all_trials,0,INDEX(${column}$4:${column}${3 + len(goals)},shown_target))"
        values = goal.quarterly[number - 1].values
        levels = [percentile(values, level) for level in LEVELS]
        book.text(sheet, row, 0, label)
        book.formula(sheet, row, 1, f"=PERCENTILE({block},{LEVELS[0]})", levels[0], "count")
        for offset, level in enumerate(LEVELS[1:], start=1):
            book.formula(sheet, row, 6 + offset, f"=PERCENTILE({block},{level})", levels[offset], "count")
            below = "B" if offset == 1 else xl_col_to_name(5 + offset)
            above = xl_col_to_name(6 + offset)
            book.formula(
                sheet, row, 1 + offset, f"={above}{at}-{below}{at}", levels[offset] - levels[offset - 1], "count"
            )
        first, last, over = goal.needed
        wanted = goal.threshold / over if first <= number <= last else float("nan")
        inside = f"AND({number}>=shown_from,{number}<=shown_to)"
        book.formula(sheet, row, 6, f"=IF({inside},shown_threshold/shown_over,NA())", wanted, "count")
    return (begin, row), row + 1


def _histogram(book: Book, sheet: Worksheet, row: int, goal: Goal) -> tuple[tuple[int, int], int]:
    values = goal.series.values
    low, high = (percentile(values, level) for level in TAILS)
    step = nice_step(low, high, BINS, goal.count)
    part = parting(goal.threshold, goal.test, step, goal.count)
    begin = part + float(np.floor((low - part) / step)) * step
    _heads(book, sheet, row, ("Histogram", "Value"))
    top = row + 2
    lines = (
        ("nearly all are above", f"=PERCENTILE({SERIES},{TAILS[0]})", low),
        ("nearly all are below", f"=PERCENTILE({SERIES},{TAILS[1]})", high),
        ("width of a bar", nice_formula(f"B{top}", f"B{top + 1}", BINS), step),
        ("a bar begins at", parting_formula(f"B{top + 2}"), part),
        ("first bar", f"=B{top + 3}+INT((B{top}-B{top + 3})/B{top + 2})*B{top + 2}", begin),
    )
    for label, formula, value in lines:
        row += 1
        book.text(sheet, row, 0, label)
        book.formula(sheet, row, 1, formula, value)
    row += 2
    _heads(book, sheet, row, ("Bar from (ends hold the rest)", "counted from", "below", "Misses", "Meets"))
    first = row + 1
    for number in range(BINS + 2):
        row += 1
        at = row + 1
        start = begin + number * step
        end = begin + (number + 1) * step
        lower = -FAR if number == 0 else FAR if start > high else start
        upper = FAR if end > high else end
        if number == 0:  # what cannot be negative is not said to begin below nothing
            first_bar = f"=IF(B{top}>=0,MAX(0,B{top + 4}),B{top + 4})"
            book.formula(sheet, row, 0, first_bar, max(0.0, start) if low >= 0 else start, "count")
        else:
            book.formula(sheet, row, 0, f"=B${top + 4}+{number}*B${top + 2}", start, "count")
        next_bar = f"B${top + 4}+{number + 1}*B${top + 2}"
        from_here = f"=-{FAR:.0E}" if number == 0 else f"=IF(A{at}>B${top + 1},{FAR:.0E},A{at})"
        book.formula(sheet, row, 1, from_here, lower, "exponent")
        book.formula(sheet, row, 2, f"=IF({next_bar}>B${top + 1},{FAR:.0E},{next_bar})", upper, "exponent")
        inside = (values >= criterion(lower)) & (values < criterion(upper))
        bounds = f'{SERIES},">="&B{at},{SERIES},"<"&C{at}'
        for column, (name, test) in enumerate((("shown_misses", goal.inverse), ("shown_test", goal.test)), start=3):
            book.formula(
                sheet, row, column, f"=COUNTIFS({bounds},{SERIES},{name}&shown_threshold)/n_trials",
                share(inside & met(values, test, goal.threshold)), "share",
            )  # fmt: skip
    return (first, row), row + 1


def _drivers(book: Book, sheet: Worksheet, row: int, columns: Columns, goal: Goal) -> tuple[int, int] | None:
    draws = columns.draws[:MOST_DRIVERS]
    if not draws:
        return None
    hit = met(goal.series.values, goal.test, goal.threshold)
    _heads(book, sheet, row, ("P(target met) in a fifth of the trials", "lowest fifth", "highest fifth", "difference"))
    begin = row + 1
    table: list[tuple[float, str, float, float]] = []
    for draw in draws:
        row += 1
        at = row + 1
        words = label_of(draw.label, columns.result.scenario.stages)
        book.text(sheet, row, 0, words)
        chances = []
        for column, (test, fifth, function) in enumerate(
            (("<=", "lowest", "SMALL"), (">=", "highest", "LARGE")), start=1
        ):
            limit = f'"{test}"&{function}({draw.name},ROUNDUP(n_trials/5,0))'
            inside = met(draw.values, test, edge(draw.values, fifth))
            chances.append(int((hit & inside).sum()) / int(inside.sum()))
            book.formula(
                sheet, row, column,
                f"=COUNTIFS({SERIES},shown_test&shown_threshold,{draw.name},{limit})/COUNTIF({draw.name},{limit})",
                chances[-1], "share",
            )  # fmt: skip
        order = abs(chances[1] - chances[0]) + 1e-9 / at
        book.formula(sheet, row, 3, f"=ABS(C{at}-B{at})+1E-9/ROW()", order, "share")
        table.append((order, words, chances[0], chances[1]))
    end = row
    table.sort(reverse=True)
    row += 2
    _heads(book, sheet, row, ("Largest first", "lowest fifth", "highest fifth"))
    first = row + 1
    block = f"{begin + 1}:$%s${end + 1}"
    for rank, (_, words, low, high) in enumerate(table[:SHOWN_DRIVERS], start=1):
        row += 1
        ordered = f"$D${block % 'D'}"
        place = f"MATCH(LARGE({ordered},{rank}),{ordered},0)"
        cells: tuple[float | str, ...] = (words, low, high)
        for column, value in enumerate(cells):
            letter = "ABC"[column]
            formula = f"=INDEX(${letter}${block % letter},{place})"
            book.formula(sheet, row, column, formula, value, "plain" if column == 0 else "share")
    return (first, row)
