"""Sheet Scorecards: each segment against what it is judged on, the thresholds to edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.export.series import Columns, Series
from simulator.export.workbook.book import AMBER, GREEN, RED, Book
from simulator.export.workbook.twins import criterion, met, percentile, share
from simulator.simulation.metrics import SPEND

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

    from simulator.simulation.result import TargetEstimate

HEADS = ("Segment", "Judged on", "In", "Test", "Threshold", "Chance", "P10", "Median", "P90")
MONEY_HEADS = ("Spend, mean", "Each costs, mean")
FIRST = 4
UNDEFINED = "undefined in some trials, as nothing was won: simulator run has its chance"


@dataclass(frozen=True)
class Card:
    """A KPI with the columns of Trials that it takes; ``shown`` is what its percentiles are of."""

    kpi: TargetEstimate
    series: Series | None
    shown: Series | None
    spend: Series | None


def scorecard_columns(columns: Columns) -> tuple[Card, ...]:
    """The KPIs of a scenario's segments; makes the columns that they need."""
    result = columns.result
    found = []
    for kpi, series in zip(result.kpis, columns.kpis, strict=True):
        shown = columns.flow(kpi.metric, kpi) if series is not None and kpi.period.each else series
        money = SPEND in result and kpi.metric != SPEND
        found.append(Card(kpi, series, shown, columns.flow(SPEND, kpi) if money else None))
    return tuple(found)


def scorecards_sheet(book: Book, sheet: Worksheet, columns: Columns, cards: Sequence[Card]) -> None:
    """One row per KPI."""
    money = SPEND in columns.result
    for first, last, width in ((0, 0, 22), (1, 1, 30), (2, 2, 15), (3, 3, 7), (4, 4, 14), (5, 10, 13)):
        sheet.set_column(first, last, width)
    sheet.set_row(0, 26)
    book.text(sheet, 0, 0, "Scorecards: each segment against what it is judged on", "title")
    note = "An initiative is judged at the stage where it belongs. Change a yellow threshold and its chance follows."
    book.text(sheet, 1, 0, note, "note")
    sheet.set_row(FIRST - 1, 32)
    for column, head in enumerate((*HEADS, *(MONEY_HEADS if money else ()))):
        book.text(sheet, FIRST - 1, column, head, "header" if column < 4 else "header_right")
    for row, card in enumerate(cards, start=FIRST):
        _card(book, sheet, row, columns, card)
    last = FIRST + len(cards) - 1
    for rule in (
        {"criteria": ">=", "value": 0.8, "format": book.fill(GREEN)},
        {"criteria": "between", "minimum": 0.5, "maximum": 0.8, "format": book.fill(AMBER)},
        {"criteria": "<", "value": 0.5, "format": book.fill(RED)},
    ):
        sheet.conditional_format(FIRST, 5, last, 5, {"type": "cell", "stop_if_true": True, **rule})
    if any(card.kpi.period.each for card in cards):
        text = "In every quarter: the chance is that of the worst quarter, percentiles and money are over the horizon."
        book.text(sheet, last + 2, 0, text, "note")
    sheet.freeze_panes(FIRST, 1)


def _card(book: Book, sheet: Worksheet, row: int, columns: Columns, card: Card) -> None:
    kpi, at = card.kpi, row + 1
    metric = columns.result.metric(kpi.metric)
    threshold = kpi.at_least if kpi.at_least is not None else kpi.at_most
    assert threshold is not None and isinstance(kpi.segment, str)
    test, threshold = ">=" if kpi.at_least is not None else "<=", criterion(threshold)
    book.text(sheet, row, 0, kpi.segment, "wrapped")
    usual = kpi.name.startswith((f"{kpi.metric} >= ", f"{kpi.metric} <= "))
    label = metric.label[:1].upper() + metric.label[1:]
    book.text(sheet, row, 1, label if usual else f"{kpi.name}: {metric.label}", "wrapped")
    book.text(sheet, row, 2, kpi.period.label, "wrapped")
    book.text(sheet, row, 3, test, "centre")
    book.number(sheet, row, 4, threshold, "input_count" if float(threshold).is_integer() else "input_number")
    if card.series is None or card.shown is None:
        book.text(sheet, row, 5, UNDEFINED, "note")
        return
    chance = share(met(card.series.values, test, threshold))
    book.formula(sheet, row, 5, f"=COUNTIF({card.series.name},D{at}&E{at})/n_trials", chance, "share")
    style = "count" if metric.priced or metric.kind == "count" else "number"
    for column, level in ((6, 0.1), (7, 0.5), (8, 0.9)):
        value = percentile(card.shown.values, level)
        book.formula(sheet, row, column, f"=PERCENTILE({card.shown.name},{level})", value, style)
    if card.spend is None:
        return
    gone, came = card.spend.values, card.shown.values
    book.formula(sheet, row, 9, f"=AVERAGE({card.spend.name})", float(np.mean(gone)), "count")
    if metric.kind == "count" and (came > 0).any():
        each = float(np.mean(gone[came > 0] / came[came > 0]))
        name = card.shown.name
        formula = f'=SUMPRODUCT(({name}>0)*{card.spend.name}/({name}+({name}<=0)))/COUNTIF({name},">0")'
        book.formula(sheet, row, 10, formula, each, "error" if each < 100 else "count")
