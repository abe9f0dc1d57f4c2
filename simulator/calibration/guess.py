"""A mapping proposed from headers and values, with how sure it is; for tables of any origin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from simulator.calibration.amounts import parse_amounts
from simulator.calibration.crm import assemble, recognise
from simulator.calibration.dates import MISSING, parse_dates
from simulator.calibration.labels import clean
from simulator.calibration.mapping import Mapping, Table
from simulator.calibration.status import outcome_of
from simulator.calibration.tables import read_table
from simulator.errors import DataError

SAMPLE = 4000
STAGES = (
    ("visitors", r"visit|session|click|impression"),
    ("engagements", r"engag|subscri|sign.?up|registr|download|trial"),
    ("mqls", r"mql|marketing.?qualif|lead|contact|inquir|enquir|first"),
    ("sqls", r"sql|sales.?qualif|sal\b|opportunit|opp\b|deal|creat|open|added|add.?time|start|demo|meeting"),
    ("wins", r"won|win\b|wins\b|customer|sign(ed|ature)|contract|purchase|order"),
)
SEGMENT = (
    r"segment",
    r"lead.?source|origin|source|channel|campaign",
    r"region|territory|country|market",
    r"product|pipeline|team|industry|type|business",
)


@dataclass
class Column:
    """What the values of a column look like. Shares are of the non-empty ones."""

    name: str
    filled: float
    unique: float
    distinct: int
    dates: float
    numbers: float
    outcomes: float
    middle: float
    values: set[str] = field(repr=False, default_factory=set)


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


def look(name: str, texts: Sequence[str | None]) -> Column:
    """Describe a column by a sample of its values."""
    values = [clean(t) for t in texts if t and clean(t).casefold() not in MISSING]
    distinct = set(values)
    few = list(distinct)[:300]
    if not few:
        return Column(name, 0.0, 0.0, 0, 0.0, 0.0, 0.0, float("nan"))
    parsed = parse_dates(few, order=None)
    read = parsed.days if parsed.order not in ("unknown", "mixed") else parse_dates(few, order="day").days
    plain = np.array([bool(re.fullmatch(r"\d+([.,]\d+)?", text)) for text in few])
    written = np.isfinite(read) & ~plain
    numbers = np.isfinite(parse_amounts(few)[0]) & np.array([bool(re.search(r"\d", t)) for t in few]) & ~written
    serial = np.isfinite(read) & plain & bool(re.search(r"date|time|_at$|\bon$", name, re.I))
    dated = written | serial
    outcomes = sum(outcome_of(t) != 0 for t in values) / len(values) if len(distinct) <= 40 else 0.0
    middle = float(np.nanmedian(read[dated])) if dated.any() else float("nan")
    return Column(
        name,
        len(values) / max(len(texts), 1),
        len(distinct) / len(values),
        len(distinct),
        float(dated.mean()),
        float(numbers.mean()),
        outcomes,
        middle,
        distinct,
    )


def _stage_of(name: str) -> str | None:
    words = re.sub(r"[_\-]+", " ", name)
    hits = [stage for stage, pattern in STAGES if re.search(pattern, words, re.I)]
    return hits[-1] if "wins" in hits[-1:] else hits[0] if hits else None


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
        looks[file] = [look(name, frame.get_column(name).to_list()) for name in frame.columns]
    return _propose(list(files), looks)


def _id(columns: list[Column], others: list[list[Column]]) -> tuple[Column | None, float, str]:
    best: tuple[float, Column | None, str] = (0.0, None, "")
    for column in columns:
        named = bool(re.search(r"(^|[_\s.-])id$|^id|_id\b|key|number|guid|uuid", column.name, re.I))
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
        if identity is None:
            raise DataError(
                f"{file}: no column looks like the id of a lead or deal; write a mapping (the guide shows one)"
            )
        table = Table(file=str(Path(file).absolute()), id=identity.name)
        note(f"{number}.id", sure, why)
        dates = [
            c
            for c in columns
            if c.dates > 0.8 and c is not identity and not re.search(r"modif|updat|activ|synced|birth", c.name, re.I)
        ]
        status = max((c for c in columns if c.outcomes > 0.05), key=lambda c: c.outcomes, default=None)
        closing = [
            c
            for c in dates
            if re.search(r"clos|decid|decis|outcome|ended|resol", c.name, re.I)
            and not re.search(r"expect|due|forecast", c.name, re.I)
        ]
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
                if closing[0].filled > 0.97:
                    table = replace(table, expected_close=closing[0].name)
                    note(f"{number}.expected_close", 0.7, "open rows have one too: it must be what is expected")
                dates = [c for c in dates if c not in closing]
        table, dates = _expected(table, dates, number, note)
        table = _stages(table, dates, number, status is not None, note)
        amounts = [
            c
            for c in columns
            if c.numbers > 0.8
            and re.search(r"amount|value|revenue|price|mrr|arr|acv|tcv|size|worth|betrag|valor", c.name, re.I)
        ]
        if amounts:
            chosen = max(amounts, key=lambda c: (bool(re.search(r"amount|value", c.name, re.I)), c.filled))
            table = replace(table, amount=chosen.name)
            note(
                f"{number}.amount",
                0.85 if len(amounts) == 1 else 0.6,
                "named like money"
                + ("" if len(amounts) == 1 else f"; so is {next(a.name for a in amounts if a is not chosen)}"),
            )
        used = {table.id, table.status, table.closed, *table.stages.values()}
        if number == 0 or not tables[0].segment:
            table = _segment(table, [c for c in columns if c.name not in used], number, note)
        tables.append(table)
    if not any(stage != "wins" for t in tables for stage in t.stages):
        raise DataError(
            f"{main[0]}: no column looks like the date on which a lead or deal came; write a mapping (the guide "
            f"shows one)"
        )
    if len(tables) > 1 and "wins" in tables[0].stages and "wins" not in tables[1].stages:
        tables.reverse()
    return Guess(Mapping(tables=tuple(tables), stages=_order(tables, looks)), sureness, reasons)


def _expected(table: Table, dates: list[Column], number: int, note: object) -> tuple[Table, list[Column]]:
    assert callable(note)
    for column in dates:
        if re.search(r"expect|due|forecast|target|estimated", column.name, re.I):
            note(f"{number}.expected_close", 0.85, "named like an expectation")
            return replace(table, expected_close=column.name), [c for c in dates if c is not column]
    return table, dates


def _stages(table: Table, dates: list[Column], number: int, decided: bool, note: object) -> Table:
    assert callable(note)
    stages: dict[str, str] = {}
    lost = next((c for c in dates if re.search(r"lost|disqualif|reject", c.name, re.I)), None)
    if lost is not None:
        table = replace(table, lost=lost.name)
        note(f"{number}.lost", 0.85, "named like a loss")
    rest = sorted((c for c in dates if c is not lost), key=lambda c: c.middle)
    if decided and len(rest) == 1:
        stages["sqls"] = rest[0].name
        note(f"{number}.stages", 0.85, "the only other date of a table of deals")
        return replace(table, stages=stages)
    for column in rest:
        stage = _stage_of(column.name)
        if stage and stage not in stages:
            stages[stage] = column.name
    if not stages and rest:
        stages["mqls"] = rest[0].name
    if stages:
        note(f"{number}.stages", 0.8 if all(_stage_of(c) for c in stages.values()) else 0.4, "by their names")
    return replace(table, stages=stages)


def _segment(table: Table, columns: list[Column], number: int, note: object) -> Table:
    assert callable(note)
    fitting = [c for c in columns if 2 <= c.distinct <= 40 and c.dates < 0.5 and c.numbers < 0.9 and c.filled > 0.3]
    for sure, pattern in zip((0.9, 0.8, 0.7, 0.6), SEGMENT, strict=True):
        for column in fitting:
            if re.search(pattern, column.name, re.I) and not re.search(r"id$|stage|status", column.name, re.I):
                note(f"{number}.segment", sure, f"{column.distinct} different values, named like a segment")
                return replace(table, segment=(column.name,))
    return table


def _order(tables: list[Table], looks: dict[str, list[Column]]) -> tuple[str, ...]:
    names = [stage for table in tables for stage in table.stages]
    order = [stage for stage, _ in STAGES if stage in names and stage != "wins"]
    return (*order, "wins")
