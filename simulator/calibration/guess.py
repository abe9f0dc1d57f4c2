"""A mapping proposed from headers and values, with how sure it is; for tables of any origin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.calibration.crm import assemble, recognise
from simulator.calibration.guess_checks import in_order, instead, leads_first, open_have_one
from simulator.calibration.guess_roles import SAMPLE, as_events, with_amount, with_expected, with_segment, with_stages
from simulator.calibration.headers import (
    CLOSED,
    EXPECTED,
    NAMED_ID,
    STAGES,
    Column,
    look,
    named,
)
from simulator.calibration.mapping import ROW_NUMBER, Mapping, Table
from simulator.calibration.tables import read_table
from simulator.errors import DataError


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
                if open_have_one(file, status.name, closing[0].name):
                    table = replace(table, expected_close=closing[0].name)
                    note(f"{number}.expected_close", 0.7, "open rows have one too: it must be what is expected")
                dates = [c for c in dates if c not in closing]
        table, dates = with_expected(table, dates, number, note)
        if (
            len(main) == 1
            and status is not None
            and table.id != ROW_NUMBER
            and identity is not None
            and identity.unique < 0.8
            and len(dates) == 1
        ):
            used = {table.id, status.name, dates[0].name}
            table = with_segment(table, [c for c in columns if c.name not in used], number, note)
            tables.append(
                as_events(
                    with_amount(replace(table, status=""), columns, number, note),
                    columns,
                    status,
                    dates[0],
                    number,
                    note,
                    sureness,
                )
            )
            break
        table = with_stages(table, dates, number, status is not None, len(main) == 1, note)
        table = with_amount(table, columns, number, note)
        used = {table.id, table.status, table.closed, *table.stages.values()}
        if number == 0 or not tables[0].segment:
            table = with_segment(table, [c for c in columns if c.name not in used], number, note)
        tables.append(table)
    if not any(stage != "wins" for t in tables for stage in (*t.stages, *t.names.values())):
        raise DataError(
            f"{main[0]}: no column looks like the date on which a lead or deal came{instead(looks[main[0]])}; write a "
            f"mapping (the guide shows one)"
        )
    tables = leads_first(tables, looks, note)
    in_order(tables, note)
    if len(tables) > 1 and "wins" in tables[0].stages and "wins" not in tables[1].stages:
        tables.reverse()
    return Guess(Mapping(tables=tuple(tables), stages=_order(tables, looks)), sureness, reasons)


def _order(tables: list[Table], looks: dict[str, list[Column]]) -> tuple[str, ...]:
    names = [stage for table in tables for stage in (*table.stages, *table.names.values())]
    order = [stage for stage, _ in STAGES if stage in names and stage != "wins"]
    return (*order, "wins")
