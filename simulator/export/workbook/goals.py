"""What the workbook looks at: the scenario's targets, or one to start from where it has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.export.series import Columns, Series
from simulator.export.workbook.book import Book
from simulator.export.workbook.twins import criterion
from simulator.quarters import Period

MOST = 100
"""Excel counts over at most 127 conditions at once."""


@dataclass(frozen=True)
class Goal:
    """One target: its column in the trials and its threshold.

    ``quarterly`` are the columns of its metric by quarter, ``needed`` the quarters (first, last, and over
    how many the threshold is spread) in which a chart shows it.
    """

    name: str
    id: str
    series: Series
    test: str
    threshold: float
    quarterly: tuple[Series, ...]
    needed: tuple[int, int, int]
    when: str
    segment: str

    @property
    def inverse(self) -> str:
        """The test of those that miss."""
        return "<" if self.test == ">=" else ">"

    @property
    def count(self) -> bool:
        """Whether whole numbers are meant."""
        return self.series.kind == "count"


def goals_of(book: Book, columns: Columns) -> tuple[Goal, ...]:
    """The targets of a scenario as goals; without any, the median of the last quarter's wins."""
    result = columns.result
    found = []
    for target, series in zip(result.targets, columns.targets, strict=True):
        threshold = target.at_least if target.at_least is not None else target.at_most
        assert threshold is not None
        found.append(_goal(book, columns, target.name, series, target.period, target.at_least is not None, threshold))
    if not found:
        wins, last = result.scenario.stages[-1], result.quarters[-1]
        series = columns.quarter(wins, last)
        median = float(np.floor(np.median(series.values)))
        name = f"{wins} >= {median:.0f} in {last} (an example: the scenario has no targets)"
        found.append(_goal(book, columns, name, series, result.calendar.period(last), True, median))
    return tuple(found)


def _goal(
    book: Book, columns: Columns, name: str, series: Series, period: Period, least: bool, threshold: float
) -> Goal:
    assert series.metric is not None
    result = columns.result
    flow = result.metric(series.metric).combine == "sum"
    first, last = period.quarters[0], period.quarters[-1]
    if period.each:
        needed = (first + 1, last + 1, 1)
    elif flow:
        needed = (first + 1, last + 1, len(period.quarters))
    else:
        needed = (last + 1, last + 1, 1)
    segment = "all" if series.segment is None else series.segment
    return Goal(
        name=name,
        id=_id(book, series.name),
        series=series,
        test=">=" if least else "<=",
        threshold=criterion(threshold),
        quarterly=tuple(columns.quarter(series.metric, label, series.segment) for label in result.quarters),
        needed=needed,
        when=period.label,
        segment=segment if isinstance(segment, str) else " + ".join(segment),
    )


def _id(book: Book, name: str) -> str:
    """What ``target_…`` and ``p_hit_…`` end in: the column's name, numbered where two targets share it."""
    number = 1
    while True:
        found = name if number == 1 else f"{name}_{number}"
        if book.names.free(f"p_hit_{found}", f"target_{found}"):
            book.names.take(f"p_hit_{found}")
            book.names.take(f"target_{found}")
            return found
        number += 1
