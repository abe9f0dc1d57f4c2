"""Which column of a table says what, judged one role at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simulator.calibration.dates import parse_dates
from simulator.calibration.headers import (
    BEGUN,
    EXPECTED,
    LOSS,
    MONEY,
    SEGMENT,
    STAGES,
    Column,
    named,
    stage_named,
    stage_of,
)
from simulator.calibration.labels import clean
from simulator.calibration.mapping import Table
from simulator.calibration.status import outcome_of
from simulator.calibration.tables import read_table

SAMPLE = 4000
"""Rows looked at."""
Note = Callable[[str, float, str], None]
"""Called with "table.role", how sure it is, and why."""


def as_events(
    table: Table,
    columns: list[Column],
    stage: Column,
    when: Column,
    number: int,
    note: Note,
    sureness: dict[str, float],
) -> Table:
    """A log with a row for every step: ids repeat, and one date says when the step was taken."""
    sureness.pop(f"{number}.status", None)
    frame = read_table(table.file, [table.id, stage.name, when.name], rows=SAMPLE)
    ids, labels = frame.get_column(table.id).to_list(), [clean(v or "") for v in frame.get_column(stage.name).to_list()]
    days = parse_dates(frame.get_column(when.name).to_list(), order=None)
    known = days.days if days.order not in ("unknown", "mixed") else np.arange(float(len(labels)))
    order = np.lexsort((np.arange(len(labels)), known))
    firsts: dict[str, str] = {}
    for row in order:
        firsts.setdefault(ids[row] or "", labels[row])
    counts = Counter(firsts.values())
    names: dict[str, str] = {}
    for label in sorted(set(labels), key=lambda text: -counts[text]):
        kind = outcome_of(label)
        found = "wins" if kind > 0 else "lost" if kind < 0 else stage_of(label)
        if found and (kind or found not in names.values()):
            names[label] = found
    begin = next((label for label, _ in counts.most_common() if outcome_of(label) == 0), "")
    if begin and not set(names.values()) - {"wins", "lost"}:
        names[begin] = "sqls"
    note(f"{number}.shape", 0.75, "ids repeat and there is one date: a row for every step")
    note(f"{number}.names", 0.6, "steps that are not listed are left out")
    return replace(table, shape="events", stage=stage.name, date=when.name, names=names)


def with_expected(table: Table, dates: list[Column], number: int, note: Note) -> tuple[Table, list[Column]]:
    for column in dates:
        if named(EXPECTED, column.name):
            note(f"{number}.expected_close", 0.85, "named like an expectation")
            return replace(table, expected_close=column.name), [c for c in dates if c is not column]
    return table, dates


def with_stages(
    table: Table,
    dates: list[Column],
    number: int,
    decided: bool,
    alone: bool,
    note: Note,
) -> Table:
    stages: dict[str, str] = {}
    lost = next((c for c in dates if named(LOSS, c.name)), None)
    if lost is not None:
        table = replace(table, lost=lost.name)
        note(f"{number}.lost", 0.85, "named like a loss")
    rest = sorted((c for c in dates if c is not lost), key=lambda c: c.middle)
    if decided and len(rest) == 1:
        stages["sqls"] = rest[0].name
        note(f"{number}.stages", 0.85, "the only other date of a table of deals")
        return replace(table, stages=stages)
    several = ""
    for column in rest:
        stage = stage_named(column.name)
        if stage == "wins" and "wins" in stages:
            stages["wins"] += f" | {column.name}"
            several = "; of several winning dates the earliest counts"
        elif stage:
            stages.setdefault(stage, column.name)
    begun = [column for column in rest if stage_named(column.name) is None and named(BEGUN, column.name)]
    if begun:
        stage = _begins(begun[0], stages, rest, "sqls" if decided or alone else "mqls")
        if stage not in stages:
            stages = {stage: begun[0].name, **stages}
    if not stages and rest:
        stages["mqls"] = rest[0].name
    if stages:
        note(f"{number}.stages", 0.8 if all(stage_of(c) for c in stages.values()) else 0.4, "by their names" + several)
    return replace(table, stages=stages)


def _begins(column: Column, stages: dict[str, str], rest: list[Column], usual: str) -> str:
    """The stage of a column that only says that a record began: the one before the first that is named, if it is
    earlier than that."""
    order = [stage for stage, _ in STAGES]
    first = min((order.index(stage) for stage in stages if stage != "wins"), default=None)
    if first is None:
        return usual
    other = next(c for c in rest if c.name == stages[order[first]])
    return order[max(first - 1, 0)] if column.middle <= other.middle else usual


def with_amount(table: Table, columns: list[Column], number: int, note: Note) -> Table:
    amounts = [c for c in columns if c.numbers > 0.8 and named(MONEY, c.name)]
    if amounts:
        chosen = max(amounts, key=lambda c: (bool(re.search(r"amount|value", c.name, re.I)), c.filled))
        table = replace(table, amount=chosen.name)
        note(
            f"{number}.amount",
            0.85 if len(amounts) == 1 else 0.6,
            "named like money"
            + ("" if len(amounts) == 1 else f"; so is {next(a.name for a in amounts if a is not chosen)}"),
        )
    return table


def with_segment(table: Table, columns: list[Column], number: int, note: Note) -> Table:
    fitting = [c for c in columns if 2 <= c.distinct <= 40 and c.dates < 0.5 and c.numbers < 0.9 and c.filled > 0.3]
    for sure, pattern in zip((0.9, 0.8, 0.7, 0.6), SEGMENT, strict=True):
        for column in fitting:
            if named(pattern, column.name) and not re.search(r"id$|stage|status", column.name, re.I):
                note(f"{number}.segment", sure, f"{column.distinct} different values, named like a segment")
                return replace(table, segment=(column.name,))
    return table
