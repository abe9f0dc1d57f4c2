"""The mapping file: which column of which table says what. Checked whole; every fault is named."""

from __future__ import annotations

import difflib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from simulator.errors import DataError

ROW_NUMBER = "(row)"
"""The ``id`` of a table that has none: every row is a lead or deal of its own."""
SHAPES = ("wide", "events", "history", "field_history")


def parts_of(name: str) -> list[str]:
    """The columns of "A | B".

    >>> parts_of("Won on | Renewed on"), parts_of("")
    (['Won on', 'Renewed on'], [])
    """
    return [part.strip() for part in name.split("|") if part.strip()]


@dataclass(frozen=True)
class Lookup:
    """A second file that says more about a column's values: ``{file: teams.csv, on: sales_agent}``."""

    file: str
    on: str
    key: str = ""


@dataclass(frozen=True)
class Table:
    """One table and its columns.

    ``id`` identifies a lead or deal; ``"ConvertedOpportunityId | Id"`` takes the first that is not empty, ``"(row)"``
    makes every row one of its own. A date may be of several columns, too: of ``"Won on | Renewed on"`` the earliest.

    ``wide``: one row a lead or deal; ``stages`` gives the column with the date each stage was entered.
    ``events``: one row a step; ``stage`` and ``date`` columns, ``names`` translates labels into stages.
    ``history``: snapshots of a deal (Salesforce OpportunityHistory): ``changed`` and ``expected_close``.
    ``field_history``: one row a change: ``changed``, ``field``, ``old``, ``new``.
    """

    file: str
    id: str
    shape: str = "wide"
    segment: tuple[str, ...] = ()
    stages: AnyMapping[str, str] = field(default_factory=dict)
    status: str = ""
    won_flag: str = ""
    closed_flag: str = ""
    closed: str = ""
    lost: str = ""
    amount: str = ""
    expected_close: str = ""
    stage: str = ""
    date: str = ""
    names: AnyMapping[str, str] = field(default_factory=dict)
    changed: str = ""
    field: str = ""
    old: str = ""
    new: str = ""
    day_first: bool | None = None
    lookups: tuple[Lookup, ...] = ()

    @property
    def label(self) -> str:
        """The file's name, for messages."""
        return Path(self.file).name

    @property
    def columns(self) -> list[str]:
        """Every column the table is asked for (those of lookups too)."""
        dated = [part for name in self.stages.values() for part in parts_of(name)]
        single = (
            *(part for part in parts_of(self.id) if self.id != ROW_NUMBER),
            self.status,
            self.won_flag,
            self.closed_flag,
            *parts_of(self.closed),
            *parts_of(self.lost),
            self.amount,
            *parts_of(self.expected_close),
            self.stage,
            self.date,
            self.changed,
            self.field,
            self.old,
            self.new,
        )
        return [name for name in (*single, *self.segment, *dated) if name]


@dataclass(frozen=True)
class Mapping:
    """How CRM tables become a history.

    ``stages`` in funnel order, the last is the win. ``won`` and ``lost`` list status labels (else the words decide).
    ``history_starts`` is the first day outcomes were recorded (else found from the data); ``before_history`` says what
    became of earlier outcomes: ``absent`` (those records are not in the table) or ``unrecorded`` (they look open).
    ``keep`` largest segments stay, the rest becomes "other". ``rename`` maps segment labels.
    """

    tables: tuple[Table, ...]
    stages: tuple[str, ...] = ()
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    history_starts: str | None = None
    before_history: str | None = None
    keep: int | None = None
    rename: AnyMapping[str, str] = field(default_factory=dict)
    merge_labels: bool = True
    currency: str = ""
    as_of: str | None = None
    folder: str = ""

    def with_files(self, files: list[str]) -> Mapping:
        """The mapping read from other files: matched by name, then in the order given."""
        if not files:
            return self
        left = {Path(name).name: name for name in files}
        tables = [replace(table, file=str(Path(left.pop(Path(table.file).name, table.file)))) for table in self.tables]
        rest = list(left.values())
        given = {str(Path(name)) for name in files}
        for index, table in enumerate(tables):
            if table.file not in given and rest and (not table.file or not self.path(table.file).is_file()):
                tables[index] = replace(table, file=rest.pop(0))
        if rest:
            raise DataError(
                f"{rest[0]}: the mapping has no table for it; it names {', '.join(t.file for t in self.tables)}"
            )
        return replace(
            self,
            tables=tuple(t if t.file not in given else replace(t, file=str(Path(t.file).absolute())) for t in tables),
        )

    def path(self, file: str) -> Path:
        """Where a table lies: relative to the mapping file."""
        return Path(self.folder, file)


def _strings(value: Any, path: str, faults: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(isinstance(item, (str, int, float)) for item in items):
        faults.append(f"{path}: a column name or a list of them is needed")
        return ()
    return tuple(str(item) for item in items)


def _known(given: AnyMapping[str, Any], kind: type, path: str, faults: list[str]) -> None:
    allowed = [item.name for item in fields(kind) if item.name != "folder"]
    for key in given:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; allowed: {', '.join(allowed)}"
            faults.append(f"{path}{key}: not a key of a mapping{hint}")


def _table(given: AnyMapping[str, Any], path: str, faults: list[str]) -> Table:
    _known(given, Table, path, faults)
    values: dict[str, Any] = {}
    for key in (
        "file",
        "id",
        "shape",
        "status",
        "won_flag",
        "closed_flag",
        "closed",
        "lost",
        "amount",
        "expected_close",
        "stage",
        "date",
        "changed",
        "field",
        "old",
        "new",
    ):
        if given.get(key) is not None:
            values[key] = str(given[key])
    values.setdefault("file", "")
    if "id" not in values:
        faults.append(f"{path}id: every table needs the column that identifies a lead or deal")
        values["id"] = ""
    values["segment"] = _strings(given.get("segment"), path + "segment", faults)
    for key in ("stages", "names"):
        part = given.get(key) or {}
        if not isinstance(part, AnyMapping):
            faults.append(f"{path}{key}: pairs are needed, such as mqls: COLUMN")
            part = {}
        values[key] = {str(a): str(b) for a, b in part.items()}
    values["day_first"] = given.get("day_first")
    looks = given.get("lookups") or []
    try:
        values["lookups"] = tuple(Lookup(str(i["file"]), str(i["on"]), str(i.get("key", ""))) for i in looks)
    except (TypeError, KeyError):
        faults.append(f"{path}lookups: a list of {{file: FILE, on: COLUMN}} is needed")
    table = Table(**values)
    if table.shape not in SHAPES:
        faults.append(f"{path}shape: {table.shape!r} is none of {', '.join(SHAPES)}")
    need = {
        "wide": (),
        "events": ("stage", "date"),
        "history": ("changed", "expected_close"),
        "field_history": ("changed", "field", "old", "new"),
    }
    for key in need.get(table.shape, ()):
        if not getattr(table, key):
            faults.append(f"{path}{key}: needed for a table of shape {table.shape}")
    if table.shape == "wide" and not (table.stages or table.closed or table.lost or table.amount or table.segment):
        faults.append(f"{path}stages: nothing is read from this table")
    return table


def parse_mapping(given: AnyMapping[str, Any], *, folder: str = "", file: str = "mapping") -> Mapping:
    """Check a mapping read from YAML or JSON.

    Raises
    ------
    DataError : unknown keys, missing columns; all faults at once, one a line.
    """
    faults: list[str] = []
    if not isinstance(given, AnyMapping):
        raise DataError(f"{file}: a mapping with tables is needed")
    _known(given, Mapping, "", faults)
    raw = given.get("tables")
    tables = []
    if not isinstance(raw, list) or not raw:
        faults.append("tables: a list of at least one table is needed")
    else:
        for index, item in enumerate(raw):
            if isinstance(item, AnyMapping):
                tables.append(_table(item, f"tables.{index}.", faults))
            else:
                faults.append(f"tables.{index}: keys such as file, id and stages are needed")
    before = given.get("before_history")
    if before not in (None, "absent", "unrecorded"):
        faults.append(f"before_history: {before!r} is neither absent nor unrecorded")
    keep = given.get("keep")
    if keep is not None and (not isinstance(keep, int) or keep < 1):
        faults.append(f"keep: {keep!r} is not a number of segments")
    stages = _strings(given.get("stages"), "stages", faults) or _stages(tables)
    for table in tables:
        for name in [*table.stages, *table.names.values()]:
            if name not in stages and name != "lost":
                faults.append(
                    f"stages: {name!r} is used by {table.file or 'a table'} but not in the list {', '.join(stages)}"
                )
    if len(stages) < 2:
        faults.append("stages: at least an entry stage and the win are needed")
    if faults:
        raise DataError("\n".join(f"{file}: {fault}" for fault in faults))
    starts = given.get("history_starts")
    as_of = given.get("as_of")
    return Mapping(
        tables=tuple(tables),
        stages=stages,
        won=_strings(given.get("won"), "won", faults),
        lost=_strings(given.get("lost"), "lost", faults),
        history_starts=None if starts is None else str(starts),
        before_history=before,
        keep=keep,
        rename={str(a): str(b) for a, b in (given.get("rename") or {}).items()},
        merge_labels=bool(given.get("merge_labels", True)),
        currency=str(given.get("currency") or ""),
        as_of=None if as_of is None else str(as_of),
        folder=folder,
    )


def _stages(tables: list[Table]) -> tuple[str, ...]:
    """The stages in the order in which the tables name them; the win comes last."""
    names = [name for table in tables for name in [*table.stages, *table.names.values()] if name != "lost"]
    found = list(dict.fromkeys(names))
    if "wins" in found:
        found.remove("wins")
    return (*found, "wins")
