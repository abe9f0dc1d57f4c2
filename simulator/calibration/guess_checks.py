"""Second thoughts about a guessed mapping: what the values say of the roles that the names gave."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from simulator.calibration.dates import month_only, parse_dates
from simulator.calibration.guess_roles import SAMPLE, Note
from simulator.calibration.headers import STAGES, Column
from simulator.calibration.mapping import Table, parts_of
from simulator.calibration.status import outcome_of
from simulator.calibration.tables import read_table


def open_have_one(file: str, status: str, closed: str) -> bool:
    """Whether rows that are neither won nor lost carry a date in the column of closing dates."""
    frame = read_table(file, [status, closed])
    pairs = zip(frame.get_column(status).to_list(), frame.get_column(closed).to_list(), strict=True)
    filled = [bool(day and day.strip()) for label, day in pairs if label and outcome_of(label) == 0]
    return bool(filled) and sum(filled) > 0.5 * len(filled)


def instead(columns: list[Column]) -> str:
    """What may be the matter with a table in which no column of dates was found."""
    for column in columns:
        values = list(column.values)[:50]
        if values and sum(month_only(text) for text in values) > 0.8 * len(values):
            return f" ({column.name!r} gives months, {values[0]!r}: cycles need days)"
    if sum(bool(re.search(r"^\W*\d+([.,]\d+)?\W*$|\d{4}-\d\d-\d\d", column.name)) for column in columns) > 1:
        return f" (its first line looks like data, not like names of columns: {', '.join(c.name for c in columns[:4])})"
    return f" (its columns: {', '.join(c.name for c in columns[:8])}{', …' if len(columns) > 8 else ''})"


def leads_first(tables: list[Table], looks: dict[str, list[Column]], note: Note) -> list[Table]:
    """Two tables that both begin with a deal: the one whose records are older, or called leads, holds leads."""
    if len(tables) != 2 or any(table.shape != "wide" or set(table.stages) - {"sqls", "wins"} for table in tables):
        return tables
    if not all("sqls" in table.stages for table in tables):
        return tables
    middles = []
    for table in tables:
        columns = next(columns for file, columns in looks.items() if str(Path(file).absolute()) == table.file)
        middles.append(next(c.middle for c in columns if c.name == table.stages["sqls"]))
    called = [bool(re.search(r"lead|mql|contact", Path(table.file).stem, re.I)) for table in tables]
    first = called.index(True) if called.count(True) == 1 else int(middles[1] < middles[0])
    table = tables[first]
    stages = {("mqls" if stage == "sqls" else stage): column for stage, column in table.stages.items()}
    tables = [*tables]
    tables[first] = replace(table, stages=stages, status="", closed="", expected_close="")
    note(f"{first}.stages", 0.7, "the other table holds the deals")
    return tables


def in_order(tables: list[Table], note: Note) -> None:
    """Doubt stages of one table whose dates come in another order than the stages."""
    order = [stage for stage, _ in STAGES]
    for number, table in enumerate(tables):
        names = sorted((stage for stage in table.stages if stage in order), key=order.index)
        for before, after in pairwise(names if table.shape == "wide" else []):
            a, b = (parts_of(table.stages[stage])[0] for stage in (before, after))
            frame = read_table(table.file, [a, b], rows=SAMPLE)
            days = [parse_dates(frame.get_column(name).to_list()) for name in (a, b)]
            if any(found.order in ("unknown", "mixed") for found in days):
                continue
            both = np.isfinite(days[0].days) & np.isfinite(days[1].days)
            back = int((days[1].days[both] < np.floor(days[0].days[both])).sum())
            if back > 0.2 * both.sum():
                note(f"{number}.stages", 0.4, f"{100 * back / both.sum():.0f}% of rows have {b} before {a}")
