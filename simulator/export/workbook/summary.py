"""Sheet Summary: the targets, how likely each is, all together, what-if-we-knew, and the charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from simulator.export.series import Columns, Series
from simulator.export.workbook.book import AMBER, GREEN, RED, Book
from simulator.export.workbook.goals import Goal
from simulator.export.workbook.twins import (
    criterion,
    met,
    percent_formula,
    percent_text,
    safe_formula,
    safe_target,
    share,
)
from simulator.statistics.intervals import Z95, wilson

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

HEADS = (
    "#", "Target", "In", "Segment", "Test", "Threshold", "Probability", "Standard error", "Low", "High",
    "Count it in? (1 or 0)", "Safe target",
)  # fmt: skip
FIRST = 5
CONFIDENCE = 0.8
FEW = 100


def summary_sheet(book: Book, sheet: Worksheet, columns: Columns, goals: Sequence[Goal]) -> int:
    """Write the sheet; returns the row at which the charts begin."""
    _frame(book, sheet, columns)
    for place, goal in enumerate(goals):
        _goal_row(book, sheet, FIRST + place, place, goal)
    last = FIRST + len(goals) - 1
    for rule in (
        {"criteria": ">=", "value": 0.8, "format": book.fill(GREEN)},
        {"criteria": "between", "minimum": 0.5, "maximum": 0.8, "format": book.fill(AMBER)},
        {"criteria": "<", "value": 0.5, "format": book.fill(RED)},
    ):
        sheet.conditional_format(FIRST, 6, last + 2, 6, {"type": "cell", "stop_if_true": True, **rule})
    hits = [met(goal.series.values, goal.test, goal.threshold) for goal in goals]
    joint = share(np.logical_and.reduce(hits))
    _together(book, sheet, last + 1, goals, hits, joint)
    trials = columns.result.trials
    sentence = (
        f'=IF(SUM({_tick(0)}:{_tick(len(goals) - 1)})=1,"The ticked target is met in ","The "&SUM({_tick(0)}:'
        f'{_tick(len(goals) - 1)})&" ticked targets are all met in ")&{percent_formula("p_joint")}'
        '&" of "&n_trials&" simulated futures."'
    )
    subject = "The ticked target is met in " if len(goals) == 1 else f"The {len(goals)} ticked targets are all met in "
    book.formula(sheet, 1, 1, sentence, f"{subject}{percent_text(joint)} of {trials} simulated futures.", "answer")
    row = _settings(book, sheet, last + 5, trials, len(goals))
    return _known(book, sheet, row + 1, columns, goals[0]) + 1


def _tick(place: int) -> str:
    return f"K{FIRST + place + 1}"


def _frame(book: Book, sheet: Worksheet, columns: Columns) -> None:
    for first, last, width in (
        (0, 0, 4), (1, 1, 46), (2, 2, 17), (3, 3, 17), (4, 4, 7), (5, 5, 15), (6, 6, 13), (7, 9, 11), (10, 10, 12),
        (11, 11, 15),
    ):  # fmt: skip
        sheet.set_column(first, last, width)
    sheet.set_row(0, 26)
    sheet.set_row(1, 20)
    book.text(sheet, 0, 1, columns.result.scenario.name, "title")
    book.text(sheet, 3, 1, "Edit a yellow cell and everything follows: probabilities, percentiles and charts.", "note")
    sheet.set_row(FIRST - 1, 32)
    for column, head in enumerate(HEADS):
        book.text(sheet, FIRST - 1, column, head, "header" if column < 5 else "header_right")
    sheet.freeze_panes(FIRST, 0)


def _goal_row(book: Book, sheet: Worksheet, row: int, place: int, goal: Goal) -> None:
    values, at = goal.series.values, row + 1
    book.number(sheet, row, 0, place + 1, "centre")
    for column, text in enumerate((goal.name, goal.when, goal.segment, goal.test), start=1):
        book.text(sheet, row, column, text, "centre" if column == 4 else "wrapped")
    book.number(sheet, row, 5, goal.threshold, "input_count" if goal.threshold.is_integer() else "input_number")
    what = "money" if goal.series.kind == "money" else "a number"
    sheet.data_validation(
        row, 5, row, 5,
        {"validate": "decimal", "criteria": "between", "minimum": -1e15, "maximum": 1e15,
         "input_title": "Threshold", "input_message": f"Type {what}: the probability follows.",
         "error_title": "Threshold", "error_message": "A number, please."},
    )  # fmt: skip
    probability = share(met(values, goal.test, goal.threshold))
    trials = values.size
    low, high = wilson(round(probability * trials), trials)
    book.formula(sheet, row, 6, f"=COUNTIF({goal.series.name},E{at}&F{at})/n_trials", probability, "share")
    book.formula(
        sheet, row, 7, f"=SQRT(G{at}*(1-G{at})/n_trials)", math.sqrt(probability * (1 - probability) / trials), "share"
    )
    z2 = f"{Z95}^2"
    root = f"{Z95}*SQRT(G{at}*(1-G{at})/n_trials+{z2}/(4*n_trials^2))"
    scale = f"(1+{z2}/n_trials)"
    book.formula(sheet, row, 8, f"=MAX(0,(G{at}+{z2}/(2*n_trials)-{root})/{scale})", low, "share")
    book.formula(sheet, row, 9, f"=MIN(1,(G{at}+{z2}/(2*n_trials)+{root})/{scale})", high, "share")
    book.number(sheet, row, 10, 1, "input_tick")
    sheet.data_validation(
        row, 10, row, 10,
        {"validate": "list", "source": ["1", "0"], "input_title": "All targets together",
         "input_message": "1 counts this target in, 0 leaves it out."},
    )  # fmt: skip
    safe = safe_target(values, CONFIDENCE, goal.test, goal.count)
    book.formula(sheet, row, 11, safe_formula(goal.series.name, goal.test, goal.count), safe, "count")
    book.define(f"target_{goal.id}", sheet, (row, 5))
    book.define(f"p_hit_{goal.id}", sheet, (row, 6))


def _together(
    book: Book, sheet: Worksheet, row: int, goals: Sequence[Goal], hits: Sequence[np.ndarray], joint: float
) -> None:
    for column in range(12):
        sheet.write_blank(row, column, None, book.style("strong_line"))
    book.text(sheet, row, 1, "All ticked targets in the same trial", "strong_line")
    far = {">=": "-1E+300", "<=": "1E+300"}
    pairs = ",".join(
        f"{goal.series.name},E{FIRST + i + 1}&IF({_tick(i)}=1,F{FIRST + i + 1},{far[goal.test]})"
        for i, goal in enumerate(goals)
    )
    book.formula(sheet, row, 6, f"=COUNTIFS({pairs})/n_trials", joint, "strong_share")
    book.define("p_joint", sheet, (row, 6))
    book.text(sheet, row + 1, 1, "The same if the targets had nothing to do with each other")
    product = "*".join(f"IF({_tick(i)}=1,G{FIRST + i + 1},1)" for i in range(len(goals)))
    alone = reduce(lambda total, hit: total * share(hit), hits, 1.0)
    book.formula(sheet, row + 1, 6, f"={product}", alone, "share")
    book.define("p_independent", sheet, (row + 1, 6))
    book.text(sheet, row + 2, 1, "Low and High: 95% interval of the simulation's own error, not of the plan.", "note")


def _settings(book: Book, sheet: Worksheet, row: int, trials: int, goals: int) -> int:
    book.text(sheet, row, 1, "Settings", "section")
    book.text(sheet, row + 1, 1, "Trials")
    book.formula(sheet, row + 1, 2, "=COUNT(trial_number)", trials, "count")
    book.define("n_trials", sheet, (row + 1, 2))
    book.text(sheet, row + 2, 1, "Confidence of the safe targets")
    book.number(sheet, row + 2, 2, CONFIDENCE, "input_share")
    book.define("conf_level", sheet, (row + 2, 2))
    sheet.data_validation(
        row + 2, 2, row + 2, 2,
        {"validate": "decimal", "criteria": "between", "minimum": 0.001, "maximum": 0.999,
         "input_title": "Confidence", "input_message": "80%: the safe target is met in 80% of the trials.",
         "error_message": "A share between 0.1% and 99.9%."},
    )  # fmt: skip
    book.text(sheet, row + 3, 1, "Target shown in the charts and below (its number)")
    book.number(sheet, row + 3, 2, 1, "input_count")
    book.define("shown_target", sheet, (row + 3, 2))
    sheet.data_validation(
        row + 3, 2, row + 3, 2,
        {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": goals,
         "input_title": "Target shown", "input_message": f"1 to {goals}, as numbered in the table above.",
         "error_message": f"A whole number from 1 to {goals}."},
    )  # fmt: skip
    return row + 4


def conditions(columns: Columns, goal: Goal) -> list[tuple[Series, str, float]]:
    """What one may come to know: the win rate where it is uncertain, then how the funnel has gone so far."""
    wins = columns.result.scenario.stages[-1]
    draws = [d for d in columns.draws if d.path is not None and d.path.endswith(f"conversion.{wins}")]
    draws += [d for d in columns.draws if d not in draws]
    first = columns.result.quarters[0]
    stages = columns.result.scenario.stages
    seen = [columns.quarter(stage, first) for stage in (stages[-2], stages[-1])]
    chosen = [*draws[:1], *(s for s in seen if s is not goal.series)][:3]
    found = []
    for series in chosen:
        middle = float(f"{float(np.median(series.values)):.3g}")
        found.append((series, ">=", middle))
    return found


def _known(book: Book, sheet: Worksheet, row: int, columns: Columns, goal: Goal) -> int:
    book.text(sheet, row, 1, "What if we knew …?  Choose a column of Trials, a test and a value", "section")
    for column, head in ((4, "Test"), (5, "Value"), (6, "P(target met)"), (7, "Trials")):
        book.text(sheet, row, column, head, "header" if column == 4 else "header_right")
    hit = met(goal.series.values, goal.test, goal.threshold)
    rows = conditions(columns, goal)
    for place, (series, test, value) in enumerate(rows, start=1):
        at = row + place + 1
        chosen = f"INDEX(all_trials,0,MATCH(B{at},trial_names,0))"
        book.text(sheet, row + place, 1, series.name, "input_text")
        book.text(sheet, row + place, 4, test, "input_tick")
        book.number(sheet, row + place, 5, criterion(value), "input_number")
        sheet.data_validation(row + place, 1, row + place, 1, {"validate": "list", "source": "=trial_names"})
        sheet.data_validation(row + place, 4, row + place, 4, {"validate": "list", "source": [">=", "<="]})
        known = met(series.values, test, value)
        count = int(known.sum())
        shown = f"COUNTIFS(INDEX(all_trials,0,shown_column),shown_test&shown_threshold,{chosen},E{at}&F{at})"
        book.formula(
            sheet, row + place, 6, f'=IF(H{at}=0,"no such trial",{shown}/H{at})',
            float((hit & known).sum() / count) if count else "no such trial", "share",
        )  # fmt: skip
        book.formula(sheet, row + place, 7, f"=COUNTIF({chosen},E{at}&F{at})", count, "count")
        book.formula(
            sheet, row + place, 8, f'=IF(H{at}<{FEW},"too few trials to trust","")',
            "too few trials to trust" if count < FEW else "", "note",
        )  # fmt: skip
    return row + len(rows) + 1
