"""Tables and a mapping to a history: joined on id, dirt counted."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.amounts import parse_amounts
from simulator.calibration.closedates import read_pushes
from simulator.calibration.dates import Dates, day_number, parse_dates
from simulator.calibration.history import Floats, History
from simulator.calibration.join import join
from simulator.calibration.labels import clean, key_of
from simulator.calibration.mapping import ROW_NUMBER, Mapping, Table, parts_of
from simulator.calibration.quality import Quality
from simulator.calibration.reading import Reading
from simulator.calibration.segments import filled_groups, read_segments
from simulator.calibration.status import classify, is_true
from simulator.calibration.tables import read_table, report_layout
from simulator.errors import DataError


def _column(frame: Any, name: str) -> list[str | None]:
    return frame.get_column(name).to_list()


def _ids(frame: Any, name: str) -> NDArray[np.object_]:
    """Identifiers; of "A | B", the first that is not empty; of a table without any, the number of the row."""
    if name == ROW_NUMBER:
        return np.array([f"row {number}" for number in range(1, frame.height + 1)], dtype=object)
    found = [""] * frame.height
    for part in parts_of(name):
        found = [old or clean(new or "") for old, new in zip(found, _column(frame, part), strict=True)]
    return np.array(found, dtype=object)


def _any(days: dict[str, Floats], name: str) -> Floats:
    """The earliest date of the columns of "A | B"."""
    first, *others = (days[part] for part in parts_of(name))
    for other in others:
        first = np.fmin(first, other)
    return first


def _parse(table: Table, names: list[str], frame: Any, latest: int | None, quality: Quality) -> dict[str, Floats]:
    """Date columns of a table; a column that no value decides follows the others of its table."""
    order = None if table.day_first is None else "day" if table.day_first else "month"
    past = {part for name in table.stages.values() for part in parts_of(name)}
    past |= {table.date, table.changed, *parts_of(table.lost)}
    parsed: dict[str, Dates] = {}
    for name in dict.fromkeys(names):
        parsed[name] = parse_dates(_column(frame, name), order=order, latest=latest if name in past else None)
    decided = {found.order for found in parsed.values()} & {"day", "month"}
    for name, found in parsed.items():
        if found.order == "unknown" and len(decided) == 1:
            other = next(key for key, item in parsed.items() if item.order in decided)
            again = parse_dates(_column(frame, name), order=decided.copy().pop())
            parsed[name] = found = Dates(again.days, again.bad, again.order, f"like {other}")
        if found.order in ("unknown", "mixed"):
            raise DataError(
                f"{table.label}: {name}: day and month cannot be told apart ({found.why}); "
                "write day_first: true (or false) in the mapping of this table"
            )
        if found.order:
            quality.add(
                "date order",
                int(np.isfinite(found.days).sum()),
                len(found.days),
                f"dates of {table.label} {name} were read {found.order} first",
                f"Reason: {found.why}",
            )
        quality.add(
            "unreadable date",
            sum(found.bad.values()),
            len(found.days),
            f"values of {table.label} {name} are no dates",
            "Counted as missing",
            found.bad,
            serious=sum(found.bad.values()) > 0.01 * len(found.days),
        )
        quality.add(
            "date that means none",
            sum(found.absurd.values()),
            len(found.days),
            f"values of {table.label} {name} are dates before 1980 or after 2099",
            "Counted as missing",
            found.absurd,
        )
    return {name: found.days for name, found in parsed.items()}


def _amounts(reading: Reading, frame: Any, quality: Quality) -> None:
    table = reading.table
    if table.amount:
        reading.amount, bad = parse_amounts(_column(frame, table.amount))
        quality.add(
            "unreadable amount",
            sum(bad.values()),
            len(reading.amount),
            f"values of {table.label} {table.amount} are no numbers",
            "Counted as missing",
            bad,
        )


def _read_wide(table: Table, mapping: Mapping, frame: Any, latest: int | None, quality: Quality) -> Reading:
    names = [*table.stages.values(), *(n for n in (table.closed, table.lost, table.expected_close) if n)]
    names = [part for name in names for part in parts_of(name)]
    days = _parse(table, names, frame, latest, quality)
    reading = Reading(table, _ids(frame, table.id))
    reading.dates = {stage: _any(days, column) for stage, column in table.stages.items()}
    status = None
    if table.status or table.won_flag:
        labels = _column(frame, table.status) if table.status else [None] * len(reading.ids)
        status = classify(labels, mapping, quality, table.label)
        if table.won_flag:
            won = np.array([is_true(v) for v in _column(frame, table.won_flag)])
            closed = (
                np.array([is_true(v) for v in _column(frame, table.closed_flag)]) if table.closed_flag else status != 0
            )
            status = np.where(won, 1, np.where(closed, -1, 0)).astype(np.int8)
    if table.closed:
        day = _any(days, table.closed)
        if status is None:
            reading.dates.setdefault(mapping.stages[-1], day)
        else:
            reading.dates[mapping.stages[-1]] = np.where(status == 1, day, np.nan)
            reading.dates["lost"] = np.where(status == -1, day, np.nan)
            odd = int((np.isfinite(day) & (status == 0)).sum()) if table.closed != table.expected_close else 0
            quality.add(
                "open with close date",
                odd,
                len(day),
                f"open rows of {table.label} carry a date in {table.closed}",
                "Counted as open",
            )
    if table.lost:
        reading.dates["lost"] = np.fmin(
            reading.dates.get("lost", np.full(len(reading.ids), np.nan)), _any(days, table.lost)
        )
    reading.status = status
    if table.expected_close:
        reading.dates["expected"] = _any(days, table.expected_close)
    _amounts(reading, frame, quality)
    return reading


def _read_events(table: Table, mapping: Mapping, frame: Any, latest: int | None, quality: Quality) -> Reading:
    days = _parse(table, [table.date], frame, latest, quality)[table.date]
    labels = [clean(v or "") for v in _column(frame, table.stage)]
    reading = Reading(table, _ids(frame, table.id))
    names = {key_of(label): stage for label, stage in table.names.items()}
    names |= {key_of(stage): stage for stage in (*mapping.stages, "lost") if key_of(stage) not in names}
    kinds = np.array([names.get(key_of(label), "") for label in labels], dtype=object)
    for stage in (*mapping.stages, "lost"):
        if (kinds == stage).any():
            reading.dates[stage] = np.where(kinds == stage, days, np.nan)
    _amounts(reading, frame, quality)
    _reopened(reading, kinds, days, mapping.stages[-1], quality)
    strange = [label for label, kind in zip(labels, kinds, strict=True) if not kind]
    quality.add(
        "unmapped step",
        len(strange),
        len(labels),
        f"rows of {table.label} name a stage that is not in the plan",
        "Left out",
        dict.fromkeys(strange),
    )
    return reading


def _reopened(reading: Reading, kinds: NDArray[np.object_], days: Floats, win: str, quality: Quality) -> None:
    """A win or loss that an open stage follows on a later day was taken back: it does not count as the end."""
    final = (kinds == win) | (kinds == "lost")
    _, owner = np.unique(reading.ids.astype(str), return_inverse=True)
    last_open = np.full(int(owner.max(initial=-1)) + 1, -np.inf)
    going = ~final & (kinds != "") & np.isfinite(days)  # an unmapped step may come after a win: onboarding, say
    np.maximum.at(last_open, owner[going], days[going])
    back = final & (days < np.floor(last_open[owner])) & (reading.ids != "")
    for stage in (win, "lost"):
        if stage in reading.dates:
            reading.dates[stage] = np.where(back, np.nan, reading.dates[stage])
    quality.add(
        "re-opened",
        int(back.sum()),
        int(final.sum()),
        f"wins and losses of {reading.table.label} were taken back: the deal was in an open stage later",
        "They count from their last decision on, or as open",
        reading.ids[back],
    )


def read_history(mapping: Mapping, *, as_of: date | str | None = None) -> History:
    """Read the tables of a mapping into one history.

    Parameters
    ----------
    as_of : the last day that counts; default: the mapping's, else the latest date of the data.

    Raises
    ------
    DataError : files or columns that are missing, dates that cannot be read one way, no usable record.
    """
    quality = Quality()
    said = as_of if as_of is not None else mapping.as_of
    latest = None if said is None else day_number(date.fromisoformat(str(said)))
    readings: list[Reading] = []
    for table in mapping.tables:
        path = mapping.path(table.file)
        own = [name for name in table.columns if name not in table.segment]
        header = read_table(path, rows=1).columns
        alike = {key_of(name) for name in header}
        own += [name for name in table.segment if key_of(name) in alike] + [look.on for look in table.lookups]
        frame = read_table(path, own)
        quality.rows[path.name] = frame.height
        if not frame.height:
            raise DataError(f"{path}: names its columns, but has no rows")
        report_layout(path, quality, frame.height)
        if table.shape == "wide":
            reading = _read_wide(table, mapping, frame, latest, quality)
        elif table.shape == "events":
            reading = _read_events(table, mapping, frame, latest, quality)
        else:
            reading = Reading(table, _ids(frame, table.id))
            dates = [n for n in (table.changed, table.expected_close) if n]
            days = _parse(table, dates, frame, None, quality)
            reading.pushes = read_pushes(table, reading.ids, days, frame, quality)
        frame = filled_groups(frame, table, reading, quality)
        read_segments(reading, mapping, frame, quality)
        readings.append(reading)
    return join(readings, mapping, latest, quality)
