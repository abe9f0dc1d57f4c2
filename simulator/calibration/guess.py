"""A mapping proposed from headers and values, with how sure it is; for tables of any origin."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from simulator.calibration.crm import assemble, recognise
from simulator.calibration.dates import month_only, parse_dates
from simulator.calibration.headers import (
    BEGUN,
    CLOSED,
    EXPECTED,
    LOSS,
    MONEY,
    NAMED_ID,
    SEGMENT,
    STAGES,
    Column,
    look,
    named,
    stage_named,
    stage_of,
)
from simulator.calibration.labels import clean
from simulator.calibration.mapping import ROW_NUMBER, Mapping, Table, parts_of
from simulator.calibration.status import outcome_of
from simulator.calibration.tables import read_table
from simulator.errors import DataError

SAMPLE = 4000


@dataclass(frozen=True)
class Guess:
    """A proposed mapping. ``sureness`` per "table.role", 0 to 1; ``reasons`` in words, same keys."""

    mapping: Mapping
    sureness: dict[str, float]
    reasons: dict[str, str]

    @property
    def sure(self) -> float:
        """The least sure of the roles that matter."""
        return min(self.sureness.values(), default=0.0)

    def to_yaml(self) -> str:
        """The mapping file, with a comment on every guess."""
        from simulator.calibration.mapfile import mapping_text

        comments = {key: f"{100 * value:.0f}% sure: {self.reasons[key]}" for key, value in self.sureness.items()}
        return mapping_text(self.mapping, comments)


def guess_mapping(files: Sequence[str]) -> Guess:
    """Propose a mapping for these tables.

    Raises
    ------
    DataError : no column looks like an id, or none like a date.
    """
    if not files:
        raise DataError("give the tables to look at")
    headers = {file: read_table(file, rows=1).columns for file in files}
    exports = [(recognise(headers[file]), file, headers[file]) for file in files]
    known = [(export, file, names) for export, file, names in exports if export is not None]
    if len(known) == len(files) and len({export.crm for export, _, _ in known}) == 1:
        mapping = assemble(known)
        why = {f"{i}.file": f"the headers are those of {known[0][0].crm}" for i in range(len(files))}
        return Guess(mapping, dict.fromkeys(why, 0.95), why)
    looks = {}
    for file in files:
        frame = read_table(file, rows=SAMPLE)
        if not frame.height:
            raise DataError(f"{file}: names its columns, but has no rows")
        looks[file] = [look(name, frame.get_column(name).to_list()) for name in frame.columns]
    return _propose(list(files), looks)


def _id(columns: list[Column], others: list[list[Column]]) -> tuple[Column | None, float, str]:
    best: tuple[float, Column | None, str] = (0.0, None, "")
    for column in columns:
        named = bool(re.search(NAMED_ID, column.name, re.I))
        shared = max(
            (
                len(column.values & c.values) / max(min(len(column.values), len(c.values)), 1)
                for other in others
                for c in other
                if c.unique > 0.5
            ),
            default=0.0,
        )
        score = 0.35 * named + 0.3 * column.unique * column.filled + 0.3 * min(shared, 1.0) * (column.distinct > 5)
        score -= 0.6 * (column.dates > 0.5) + 0.3 * (column.distinct <= 5)
        if score > best[0]:
            said = [
                text
                for text, true in (
                    ("named like one", named),
                    ("every row has its own", column.unique > 0.99),
                    (f"{100 * shared:.0f}% found in the other table", shared > 0.1),
                )
                if true
            ]
            best = (score, column, ", ".join(said))
    return best[1], min(0.35 + best[0] * 0.7, 0.98), best[2]


def _propose(files: list[str], looks: dict[str, list[Column]]) -> Guess:
    tables: list[Table] = []
    sureness: dict[str, float] = {}
    reasons: dict[str, str] = {}
    lookups = []
    for file in files:
        if len(files) > 1 and not any(c.dates > 0.8 for c in looks[file]):
            lookups.append(file)  # no date at all: a list of people or products, not of deals

    def note(where: str, sure: float, why: str) -> None:
        sureness[where], reasons[where] = round(sure, 2), why or "the best there is"

    main = [file for file in files if file not in lookups]
    for number, file in enumerate(main):
        columns = looks[file]
        others = [looks[f] for f in main if f != file]
        identity, sure, why = _id(columns, others)
        if len(main) == 1 and (identity is None or not re.search(NAMED_ID, identity.name, re.I)):
            table = Table(file=str(Path(file).absolute()), id=ROW_NUMBER)
            note(f"{number}.id", 0.6, "no column is named like an id: every row counts as a deal of its own")
        elif identity is None:
            raise DataError(
                f"{file}: no column looks like the id of a lead or deal; write a mapping (the guide shows one)"
            )
        else:
            table = Table(file=str(Path(file).absolute()), id=identity.name)
            note(f"{number}.id", sure, why)
        dates = [
            c
            for c in columns
            if c.dates > 0.8 and c is not identity and not re.search(r"modif|updat|activ|synced|birth", c.name, re.I)
        ]
        status = max((c for c in columns if c.outcomes > 0.05), key=lambda c: c.outcomes, default=None)
        closing = [c for c in dates if named(CLOSED, c.name) and not named(EXPECTED, c.name)]
        if status is not None:
            table = replace(table, status=status.name)
            note(
                f"{number}.status",
                0.6 + 0.35 * status.outcomes,
                f"{100 * status.outcomes:.0f}% of its labels say won or lost",
            )
            if closing:
                table = replace(table, closed=closing[0].name)
                note(f"{number}.closed", 0.9, "named like the day of the decision")
                if _open_have_one(file, status.name, closing[0].name):
                    table = replace(table, expected_close=closing[0].name)
                    note(f"{number}.expected_close", 0.7, "open rows have one too: it must be what is expected")
                dates = [c for c in dates if c not in closing]
        table, dates = _expected(table, dates, number, note)
        if (
            len(main) == 1
            and status is not None
            and table.id != ROW_NUMBER
            and identity is not None
            and identity.unique < 0.8
            and len(dates) == 1
        ):
            used = {table.id, status.name, dates[0].name}
            table = _segment(table, [c for c in columns if c.name not in used], number, note)
            tables.append(
                _events(
                    _amount(replace(table, status=""), columns, number, note),
                    columns,
                    status,
                    dates[0],
                    number,
                    note,
                    sureness,
                )
            )
            break
        table = _stages(table, dates, number, status is not None, len(main) == 1, note)
        table = _amount(table, columns, number, note)
        used = {table.id, table.status, table.closed, *table.stages.values()}
        if number == 0 or not tables[0].segment:
            table = _segment(table, [c for c in columns if c.name not in used], number, note)
        tables.append(table)
    if not any(stage != "wins" for t in tables for stage in (*t.stages, *t.names.values())):
        raise DataError(
            f"{main[0]}: no column looks like the date on which a lead or deal came{_instead(looks[main[0]])}; write a "
            f"mapping (the guide shows one)"
        )
    tables = _leads_first(tables, looks, note)
    _in_order(tables, note)
    if len(tables) > 1 and "wins" in tables[0].stages and "wins" not in tables[1].stages:
        tables.reverse()
    return Guess(Mapping(tables=tuple(tables), stages=_order(tables, looks)), sureness, reasons)


def _events(
    table: Table,
    columns: list[Column],
    stage: Column,
    when: Column,
    number: int,
    note: Callable[[str, float, str], None],
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


def _expected(
    table: Table, dates: list[Column], number: int, note: Callable[[str, float, str], None]
) -> tuple[Table, list[Column]]:
    for column in dates:
        if named(EXPECTED, column.name):
            note(f"{number}.expected_close", 0.85, "named like an expectation")
            return replace(table, expected_close=column.name), [c for c in dates if c is not column]
    return table, dates


def _open_have_one(file: str, status: str, closed: str) -> bool:
    """Whether rows that are neither won nor lost carry a date in the column of closing dates."""
    frame = read_table(file, [status, closed])
    pairs = zip(frame.get_column(status).to_list(), frame.get_column(closed).to_list(), strict=True)
    filled = [bool(day and day.strip()) for label, day in pairs if label and outcome_of(label) == 0]
    return bool(filled) and sum(filled) > 0.5 * len(filled)


def _instead(columns: list[Column]) -> str:
    """What may be the matter with a table in which no column of dates was found."""
    for column in columns:
        values = list(column.values)[:50]
        if values and sum(month_only(text) for text in values) > 0.8 * len(values):
            return f" ({column.name!r} gives months, {values[0]!r}: cycles need days)"
    if sum(bool(re.search(r"^\W*\d+([.,]\d+)?\W*$|\d{4}-\d\d-\d\d", column.name)) for column in columns) > 1:
        return f" (its first line looks like data, not like names of columns: {', '.join(c.name for c in columns[:4])})"
    return f" (its columns: {', '.join(c.name for c in columns[:8])}{', …' if len(columns) > 8 else ''})"


def _leads_first(
    tables: list[Table], looks: dict[str, list[Column]], note: Callable[[str, float, str], None]
) -> list[Table]:
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


def _in_order(tables: list[Table], note: Callable[[str, float, str], None]) -> None:
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


def _stages(
    table: Table,
    dates: list[Column],
    number: int,
    decided: bool,
    alone: bool,
    note: Callable[[str, float, str], None],
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


def _amount(table: Table, columns: list[Column], number: int, note: Callable[[str, float, str], None]) -> Table:
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


def _segment(table: Table, columns: list[Column], number: int, note: Callable[[str, float, str], None]) -> Table:
    fitting = [c for c in columns if 2 <= c.distinct <= 40 and c.dates < 0.5 and c.numbers < 0.9 and c.filled > 0.3]
    for sure, pattern in zip((0.9, 0.8, 0.7, 0.6), SEGMENT, strict=True):
        for column in fitting:
            if named(pattern, column.name) and not re.search(r"id$|stage|status", column.name, re.I):
                note(f"{number}.segment", sure, f"{column.distinct} different values, named like a segment")
                return replace(table, segment=(column.name,))
    return table


def _order(tables: list[Table], looks: dict[str, list[Column]]) -> tuple[str, ...]:
    names = [stage for table in tables for stage in (*table.stages, *table.names.values())]
    order = [stage for stage, _ in STAGES if stage in names and stage != "wins"]
    return (*order, "wins")
