"""Tables and a mapping to a history: joined on id, dirt counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.amounts import parse_amounts
from simulator.calibration.closedates import read_pushes
from simulator.calibration.dates import Dates, day_number, day_of, parse_dates
from simulator.calibration.history import Floats, History, Pushes
from simulator.calibration.labels import UNKNOWN, clean, is_placeholder, key_of, same_labels
from simulator.calibration.mapping import Mapping, Table
from simulator.calibration.quality import Quality
from simulator.calibration.status import classify, is_true
from simulator.calibration.tables import read_table
from simulator.errors import DataError


@dataclass
class _Reading:
    """One table, parsed: per row an id and what it says."""

    table: Table
    ids: NDArray[np.object_]
    dates: dict[str, Floats] = field(default_factory=dict)
    segment: list[list[str | None]] = field(default_factory=list)
    amount: Floats | None = None
    status: NDArray[np.int8] | None = None
    pushes: tuple[NDArray[np.object_], Pushes] | None = None


def _column(frame: Any, name: str) -> list[str | None]:
    return frame.get_column(name).to_list()


def _ids(frame: Any, name: str) -> NDArray[np.object_]:
    """Identifiers; of "A | B", the first that is not empty."""
    found = [""] * frame.height
    for part in name.split("|"):
        found = [old or clean(new or "") for old, new in zip(found, _column(frame, part.strip()), strict=True)]
    return np.array(found, dtype=object)


def _parse(table: Table, names: list[str], frame: Any, latest: int | None, quality: Quality) -> dict[str, Floats]:
    """Date columns of a table; a column that no value decides follows the others of its table."""
    order = None if table.day_first is None else "day" if table.day_first else "month"
    past = set(table.stages.values()) | {table.date, table.changed, table.lost}
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
                f"{table.file}: {name}: day and month cannot be told apart ({found.why}); "
                "write day_first: true (or false) in the mapping of this table"
            )
        if found.order:
            quality.add("date order", int(np.isfinite(found.days).sum()), len(found.days),
                        f"dates of {table.file} {name} were read {found.order} first", f"Reason: {found.why}")  # fmt: skip
        quality.add("unreadable date", sum(found.bad.values()), len(found.days), f"values of {table.file} {name} are no dates",
                    "Counted as missing", found.bad, serious=sum(found.bad.values()) > 0.01 * len(found.days))  # fmt: skip
    return {name: found.days for name, found in parsed.items()}


def _read_wide(table: Table, mapping: Mapping, frame: Any, latest: int | None, quality: Quality) -> _Reading:
    names = [*table.stages.values(), *(n for n in (table.closed, table.lost, table.expected_close) if n)]
    days = _parse(table, names, frame, latest, quality)
    reading = _Reading(table, _ids(frame, table.id))
    reading.dates = {stage: days[column] for stage, column in table.stages.items()}
    status = None
    if table.status or table.won_flag:
        labels = _column(frame, table.status) if table.status else [None] * len(reading.ids)
        status = classify(labels, mapping, quality, table.file)
        if table.won_flag:
            won = np.array([is_true(v) for v in _column(frame, table.won_flag)])
            closed = np.array([is_true(v) for v in _column(frame, table.closed_flag)]) if table.closed_flag else status != 0
            status = np.where(won, 1, np.where(closed, -1, 0)).astype(np.int8)
    if table.closed:
        day = days[table.closed]
        if status is None:
            reading.dates.setdefault(mapping.stages[-1], day)
        else:
            reading.dates[mapping.stages[-1]] = np.where(status == 1, day, np.nan)
            reading.dates["lost"] = np.where(status == -1, day, np.nan)
            odd = int((np.isfinite(day) & (status == 0)).sum()) if table.closed != table.expected_close else 0
            quality.add("open with close date", odd, len(day), f"open rows of {table.file} carry a date in {table.closed}",
                        "Counted as open")  # fmt: skip
    if table.lost:
        reading.dates["lost"] = np.fmin(reading.dates.get("lost", np.full(len(reading.ids), np.nan)), days[table.lost])
    reading.status = status
    if table.expected_close:
        reading.dates["expected"] = days[table.expected_close]
    if table.amount:
        reading.amount, bad = parse_amounts(_column(frame, table.amount))
        quality.add("unreadable amount", sum(bad.values()), len(reading.amount), f"values of {table.file} {table.amount} are no numbers",
                    "Counted as missing", bad)  # fmt: skip
    return reading


def _read_events(table: Table, mapping: Mapping, frame: Any, latest: int | None, quality: Quality) -> _Reading:
    days = _parse(table, [table.date], frame, latest, quality)[table.date]
    labels = [clean(v or "") for v in _column(frame, table.stage)]
    reading = _Reading(table, _ids(frame, table.id))
    names = {key_of(label): stage for label, stage in table.names.items()}
    names |= {key_of(stage): stage for stage in (*mapping.stages, "lost") if key_of(stage) not in names}
    kinds = np.array([names.get(key_of(label), "") for label in labels], dtype=object)
    for stage in (*mapping.stages, "lost"):
        if (kinds == stage).any():
            reading.dates[stage] = np.where(kinds == stage, days, np.nan)
    strange = [label for label, kind in zip(labels, kinds, strict=True) if not kind]
    quality.add("unmapped step", len(strange), len(labels), f"rows of {table.file} name a stage that is not in the plan",
                "Left out", dict.fromkeys(strange))  # fmt: skip
    return reading


def _segments(reading: _Reading, mapping: Mapping, frame: Any, quality: Quality) -> None:
    """The columns that make up the segment, from the table itself or from a lookup."""
    table = reading.table
    for name in table.segment:
        if name in frame.columns:
            reading.segment.append([clean(v) if v is not None else None for v in _column(frame, name)])
            continue
        for look in table.lookups:
            path = mapping.path(look.file)
            if name in read_table(path, rows=1).columns:
                other = read_table(path, [look.key or look.on, name])
                quality.rows[look.file] = other.height
                pairs = {key_of(k or ""): v for k, v in zip(_column(other, look.key or look.on), _column(other, name), strict=True)}
                keys = _column(frame, look.on)
                reading.segment.append([pairs.get(key_of(k or "")) for k in keys])
                missing = [k for k in keys if key_of(k or "") not in pairs]
                quality.add("no match in lookup", len(missing), len(keys), f"rows of {table.file} have a {look.on} that {look.file} does not list",
                            f"Their {name} is {UNKNOWN}", dict.fromkeys(missing))  # fmt: skip
                break
        else:
            raise DataError(f"{table.file}: segment: no column {name!r} in the table or its lookups")


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
    readings: list[_Reading] = []
    for table in mapping.tables:
        path = mapping.path(table.file)
        own = [name for name in table.columns if name not in table.segment]
        header = read_table(path, rows=1).columns
        own += [name for name in table.segment if name in header] + [look.on for look in table.lookups]
        frame = read_table(path, own)
        quality.rows[path.name] = frame.height
        if table.shape == "wide":
            reading = _read_wide(table, mapping, frame, latest, quality)
        elif table.shape == "events":
            reading = _read_events(table, mapping, frame, latest, quality)
        else:
            reading = _Reading(table, _ids(frame, table.id))
            dates = [n for n in (table.changed, table.expected_close) if n]
            days = _parse(table, dates, frame, None, quality)
            reading.pushes = read_pushes(table, reading.ids, days, frame, quality)
        _segments(reading, mapping, frame, quality)
        readings.append(reading)
    return _join(readings, mapping, latest, quality)


def _join(readings: list[_Reading], mapping: Mapping, latest: int | None, quality: Quality) -> History:
    stages = mapping.stages
    main = [r for r in readings if r.pushes is None]
    if not main:
        raise DataError("the mapping has close-date history only; a table of leads or deals is needed too")
    for reading in readings:
        empty = int((reading.ids == "").sum())
        quality.add("no id", empty, len(reading.ids), f"rows of {reading.table.file} have no {reading.table.id}", "Left out", serious=empty > 0)
    every = np.concatenate([r.ids for r in main])
    ids, inverse = np.unique(every[every != ""].astype(str), return_inverse=True)
    if not len(ids):
        raise DataError(f"{main[0].table.file}: no row with an id in {main[0].table.id!r}")
    n = len(ids)
    dates = np.full((n, len(stages)), np.nan)
    lost, expected, amount = (np.full(n, np.nan) for _ in range(3))
    status = np.zeros(n, dtype=np.int8)
    labels: list[list[str | None]] = []
    first = np.zeros(n, dtype=bool)
    start = 0
    for number, reading in enumerate(main):
        fine = reading.ids != ""
        rows = inverse[start : start + int(fine.sum())]
        start += int(fine.sum())
        if reading.table.shape == "wide":
            repeated = len(rows) - len(np.unique(rows))
            quality.add("duplicate id", repeated, len(rows), f"rows of {reading.table.file} repeat an id",
                        "Taken as one record: earliest dates, last amount and segment")  # fmt: skip
        if number and mapping.tables[0].shape == "wide":
            strangers = np.unique(rows[~first[rows]])
            quality.add("no match", len(strangers), len(np.unique(rows)), f"ids of {reading.table.file} are not in the tables before it",
                        "Kept with the dates they have", ids[strangers], serious=True)  # fmt: skip
        first[rows] = True
        for stage, days in reading.dates.items():
            target = lost if stage == "lost" else expected if stage == "expected" else dates[:, stages.index(stage)]
            np.fmin.at(target, rows, days[fine])
        if reading.amount is not None:
            values = reading.amount[fine]
            amount[rows[np.isfinite(values)]] = values[np.isfinite(values)]
        if reading.status is not None:
            status[rows] = reading.status[fine]
        for column in reading.segment:
            place: list[str | None] = [None] * n
            for row, text in zip(rows, (t for t, ok in zip(column, fine, strict=True) if ok), strict=True):
                place[row] = text
            labels.append(place)
    return _finish(readings, mapping, latest, quality, ids, dates, lost, expected, amount, status, labels)


def _finish(
    readings: list[_Reading], mapping: Mapping, latest: int | None, quality: Quality, ids: NDArray[Any], dates: Floats,
    lost: Floats, expected: Floats, amount: Floats, status: NDArray[np.int8], labels: list[list[str | None]],
) -> History:  # fmt: skip
    n = len(ids)
    both = np.isfinite(dates[:, -1]) & np.isfinite(lost)
    quality.add("won and lost", int(both.sum()), n, "records are won and lost", "The later of the two counts", ids[both])
    lost = np.where(both & (dates[:, -1] >= lost), np.nan, lost)
    dates[:, -1] = np.where(both & (lost > dates[:, -1]), np.nan, dates[:, -1])
    undated = np.where(np.isnan(dates[:, -1]) & np.isnan(lost), status, 0).astype(np.int8)
    quality.add("closed without date", int((undated != 0).sum()), n, "records are won or lost on a day that is missing",
                "Their outcome counts, their time does not", ids[undated != 0], serious=True)  # fmt: skip
    latest_known = np.nanmax(np.r_[dates.ravel(), lost]) if np.isfinite(dates).any() else np.nan
    if np.isnan(latest_known):
        raise DataError("no readable date in any stage column; see the mapping")
    pushes_at = max((float(np.nanmax(r.pushes[1].day)) for r in readings if r.pushes and len(r.pushes[1].day)), default=0.0)
    known = latest if latest is not None else int(max(latest_known, pushes_at if pushes_at < latest_known + 366 else 0))
    future = (dates >= known + 1).any(axis=1) | (lost >= known + 1)
    quality.add("after the as-of date", int(future.sum()), n, f"records carry dates after {day_of(known)}",
                "Those dates count as not yet known", ids[future])  # fmt: skip
    segment, names = _name_segments(labels, mapping, n, quality)
    has_losses = bool(np.isfinite(lost).any() or (undated < 0).any())
    pushes = _join_pushes(readings, ids, quality)
    bad = amount <= 0
    won = np.isfinite(dates[:, -1]) | (undated > 0)
    quality.add("zero amount", int((bad & won).sum()), int(won.sum()), "wins have an amount of zero or less", "Left out of deal sizes")
    quality.add("missing amount", int((np.isnan(amount) & won).sum()), int(won.sum()), "wins have no amount", "Left out of deal sizes")
    amount = np.where(bad, np.nan, amount)
    still = np.isnan(dates[:, -1]) & np.isnan(lost) & (undated == 0)
    history = History(
        stages=mapping.stages, segments=names, ids=ids.astype(object), segment=segment, dates=dates, lost=lost, undated=undated,
        amount=amount, expected_close=np.floor(expected), pushes=pushes, as_of=max(known, int(latest_known)),
        history_starts=None if mapping.history_starts is None else day_number(date.fromisoformat(mapping.history_starts)),
        before_history=mapping.before_history, has_losses=has_losses, quality=quality,
        open_amounts=bool(np.isfinite(amount[still]).mean() > 0.5) if still.any() else False,
    )  # fmt: skip
    seen = history.known_at(known)
    if not len(seen):
        raise DataError(f"no record is dated on or before {day_of(known)}")
    object.__setattr__(seen, "quality", quality)
    return seen


def _name_segments(labels: list[list[str | None]], mapping: Mapping, n: int, quality: Quality) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if not labels:
        return np.zeros(n, dtype=np.int64), ("all",)
    columns: list[list[str]] = []
    for column in labels:
        blank = [is_placeholder(text) for text in column]
        quality.add("missing segment", sum(blank), n, "records have no segment, or one that says nothing", f"Kept as {UNKNOWN!r}",
                    dict.fromkeys(repr(t) for t, b in zip(column, blank, strict=True) if b), serious=sum(blank) > 0.2 * n)  # fmt: skip
        texts = [UNKNOWN if b else mapping.rename.get(t or "", t or "") for t, b in zip(column, blank, strict=True)]
        same, said = same_labels(texts)
        quality.add("same label", len(said), 0, "labels differ only by spaces, capitals or hyphens",
                    "Taken as one (merge_labels: false keeps them apart)" if mapping.merge_labels else "Kept apart", said)  # fmt: skip
        columns.append([same[t] for t in texts] if mapping.merge_labels else texts)
    joined = np.array([" ".join(parts) for parts in zip(*columns, strict=True)] if len(columns) > 1 else columns[0])
    names, index, counts = np.unique(joined, return_inverse=True, return_counts=True)
    if mapping.keep is not None and len(names) > mapping.keep:
        kept = set(names[np.argsort(-counts, kind="stable")[: mapping.keep]])
        small = [name for name in names if name not in kept]
        quality.add("small segments", len(small), len(names), f"segments are smaller than the {mapping.keep} largest", "Together: 'other'", small)
        joined = np.array([name if name in kept else "other" for name in joined])
        names, index = np.unique(joined, return_inverse=True)
    return index.astype(np.int64), tuple(str(name) for name in names)


def _join_pushes(readings: list[_Reading], ids: NDArray[Any], quality: Quality) -> Pushes:
    parts = [r.pushes for r in readings if r.pushes is not None]
    if not parts:
        return Pushes.none()
    owners = np.concatenate([owner for owner, _ in parts]).astype(str)
    place = np.searchsorted(ids, owners)
    place[place == len(ids)] = 0
    fine = ids[place] == owners if len(owners) else np.empty(0, dtype=bool)
    quality.add("unknown deal", int((~fine).sum()), len(owners), "close-date changes belong to no deal of the table", "Left out", owners[~fine])
    found = [p for _, p in parts]
    return Pushes(
        place[fine].astype(np.int64), *(np.concatenate([getattr(p, name) for p in found])[fine] for name in ("day", "old", "new"))
    )
