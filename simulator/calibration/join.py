"""What several tables say of the same leads and deals, joined on id."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.dates import day_number, day_of
from simulator.calibration.history import Floats, History, Pushes
from simulator.calibration.identity import matched
from simulator.calibration.labels import UNKNOWN, key_of
from simulator.calibration.mapping import Mapping
from simulator.calibration.quality import Quality
from simulator.calibration.reading import Reading
from simulator.calibration.segments import name_segments
from simulator.errors import DataError


def join(readings: list[Reading], mapping: Mapping, latest: int | None, quality: Quality) -> History:
    """One history from what all tables say, the table of leads first."""
    stages = mapping.stages
    main = [r for r in readings if r.pushes is None]
    if not main:
        raise DataError("the mapping has close-date history only; a table of leads or deals is needed too")
    for reading in readings:
        empty = int((reading.ids == "").sum())
        quality.add(
            "no id",
            empty,
            len(reading.ids),
            f"rows of {reading.table.label} have no {reading.table.id}",
            "Left out",
            serious=empty > 0,
        )
    _same_ids(main, readings, quality)
    every = np.concatenate([r.ids for r in main])
    ids, inverse = np.unique(every[every != ""].astype(str), return_inverse=True)
    if not len(ids):
        raise DataError(f"{main[0].table.file}: no row with an id in {main[0].table.id!r}")
    n = len(ids)
    dates = np.full((n, len(stages)), np.nan)
    lost, expected, amount = (np.full(n, np.nan) for _ in range(3))
    status = np.zeros(n, dtype=np.int8)
    labels: dict[str, list[str | None]] = {}
    first = np.zeros(n, dtype=bool)
    start = 0
    for number, reading in enumerate(main):
        fine = reading.ids != ""
        rows = inverse[start : start + int(fine.sum())]
        start += int(fine.sum())
        if reading.table.shape == "wide":
            repeated = len(rows) - len(np.unique(rows))
            quality.add(
                "duplicate id",
                repeated,
                len(rows),
                f"rows of {reading.table.label} repeat an id",
                "Taken as one record: earliest dates, last amount and segment",
            )
        if number and mapping.tables[0].shape == "wide":
            strangers = np.unique(rows[~first[rows]])
            quality.add(
                "no match",
                len(strangers),
                len(np.unique(rows)),
                f"ids of {reading.table.label} are not in the tables before it",
                "Kept with the dates they have",
                ids[strangers],
                serious=True,
            )
        before = first.copy()
        first[rows] = True
        for stage, days in reading.dates.items():
            target = lost if stage == "lost" else expected if stage == "expected" else dates[:, stages.index(stage)]
            np.fmin.at(target, rows, days[fine])
        if reading.amount is not None:
            values = reading.amount[fine]
            amount[rows[np.isfinite(values)]] = values[np.isfinite(values)]
        if reading.status is not None:
            status[rows] = reading.status[fine]
        for name, column in zip(reading.table.segment, reading.segment, strict=True):
            key = key_of(name)
            again = key in labels
            place = labels.setdefault(key, [None] * n)
            for row, text in zip(rows, (t for t, ok in zip(column, fine, strict=True) if ok), strict=True):
                # What an earlier table says of its records stays: a later one knows only those that got so far, and a
                # segment that tells who got so far would foretell it.
                if not (again and before[row]):
                    place[row] = text
            quality.add(
                "segment known late",
                0 if again else int((before & ~np.isin(np.arange(n), rows)).sum()),
                n,
                f"records are not in {reading.table.label}, which gives their {name}",
                f"Kept as {UNKNOWN!r}: rates of earlier steps then mean nothing; take segments from the first table",
                serious=True,
            )
    return _finish(readings, mapping, latest, quality, ids, dates, lost, expected, amount, status, [*labels.values()])


def _same_ids(main: list[Reading], readings: list[Reading], quality: Quality) -> None:
    """Write the ids of later tables, and of close-date histories, as the first tables do."""
    known = set(main[0].ids)
    for reading in [*main[1:], *(r for r in readings if r.pushes is not None)]:
        own = reading.ids if reading.pushes is None else reading.pushes[0]
        found, changed, form = matched(known, own)
        quality.add(
            "ids written differently",
            changed,
            len(own),
            f"ids of {reading.table.label} differ from those of the other tables by {form}",
            "Taken as the same",
            own[own != found],
        )
        if reading.pushes is None:
            reading.ids = found
            known.update(found)
        else:
            reading.pushes = (found, reading.pushes[1])


def _finish(
    readings: list[Reading],
    mapping: Mapping,
    latest: int | None,
    quality: Quality,
    ids: NDArray[Any],
    dates: Floats,
    lost: Floats,
    expected: Floats,
    amount: Floats,
    status: NDArray[np.int8],
    labels: list[list[str | None]],
) -> History:
    some: NDArray[np.bool_] = np.asarray(np.isfinite(dates).any(axis=1))
    quality.add(
        "no date",
        int((~some).sum()),
        len(ids),
        "records have no date of any stage",
        "Left out (the last lines of a report look so, too)",
        ids[~some],
        serious=bool((~some).sum() > 0.02 * len(ids)),
    )
    if not some.any():
        raise DataError("no readable date in any stage column; see the mapping")
    if not some.all():
        labels = [[text for text, keep in zip(column, some, strict=True) if keep] for column in labels]
        ids, dates, status = ids[some], dates[some], status[some]
        lost, expected, amount = lost[some], expected[some], amount[some]
    n = len(ids)
    both = np.isfinite(dates[:, -1]) & np.isfinite(lost)
    quality.add(
        "won and lost", int(both.sum()), n, "records are won and lost", "The later of the two counts", ids[both]
    )
    lost = np.where(both & (dates[:, -1] >= lost), np.nan, lost)
    dates[:, -1] = np.where(both & (lost > dates[:, -1]), np.nan, dates[:, -1])
    undated = np.where(np.isnan(dates[:, -1]) & np.isnan(lost), status, 0).astype(np.int8)
    quality.add(
        "closed without date",
        int((undated != 0).sum()),
        n,
        "records are won or lost on a day that is missing",
        "Their outcome counts, their time does not",
        ids[undated != 0],
        serious=True,
    )
    latest_known = np.nanmax(np.r_[dates.ravel(), lost])
    pushes_at = max(
        (float(np.nanmax(r.pushes[1].day)) for r in readings if r.pushes and len(r.pushes[1].day)), default=0.0
    )
    known = latest if latest is not None else _latest(dates, lost, pushes_at)
    future = (dates >= known + 1).any(axis=1) | (lost >= known + 1)
    quality.add(
        "after the as-of date",
        int(future.sum()),
        n,
        f"records carry dates after {day_of(known)}",
        "Those dates count as not yet known",
        ids[future],
    )
    segment, names = name_segments(labels, mapping, n, quality)
    has_losses = bool(np.isfinite(lost).any() or (undated < 0).any())
    pushes = _join_pushes(readings, ids, quality)
    bad = amount <= 0
    won = np.isfinite(dates[:, -1]) | (undated > 0)
    quality.add(
        "zero amount",
        int((bad & won).sum()),
        int(won.sum()),
        "wins have an amount of zero or less",
        "Left out of deal sizes",
    )
    quality.add(
        "missing amount",
        int((np.isnan(amount) & won).sum()),
        int(won.sum()),
        "wins have no amount",
        "Left out of deal sizes",
    )
    amount = np.where(bad, np.nan, amount)
    still = np.isnan(dates[:, -1]) & np.isnan(lost) & (undated == 0)
    history = History(
        stages=mapping.stages,
        segments=names,
        ids=ids.astype(object),
        segment=segment,
        dates=dates,
        lost=lost,
        undated=undated,
        amount=amount,
        expected_close=np.floor(expected),
        pushes=pushes,
        as_of=max(known, int(latest_known)),
        history_starts=None
        if mapping.history_starts is None
        else day_number(date.fromisoformat(mapping.history_starts)),
        before_history=mapping.before_history,
        has_losses=has_losses,
        quality=quality,
        open_amounts=bool(np.isfinite(amount[still]).mean() > 0.5) if still.any() else False,
    )
    seen = history.known_at(known)
    if not len(seen):
        raise DataError(f"no record is dated on or before {day_of(known)}")
    object.__setattr__(seen, "quality", quality)
    return seen


def _latest(dates: Floats, lost: Floats, pushes_at: float) -> int:
    """The last day of which something is known: neither in the future nor a lone typing error of a far year."""
    days = np.concatenate([dates.ravel(), lost])
    days = days[np.isfinite(days)]
    limit = min(float(np.quantile(days, 0.99)) + 120, day_number(date.today()) + 1.0)
    inside = days[days < limit]
    last = float(inside.max()) if len(inside) else float(days.min())
    return int(max(last, pushes_at if last < pushes_at < min(last + 366, limit) else 0))


def _join_pushes(readings: list[Reading], ids: NDArray[Any], quality: Quality) -> Pushes:
    parts = [r.pushes for r in readings if r.pushes is not None]
    if not parts:
        return Pushes.none()
    owners = np.concatenate([owner for owner, _ in parts]).astype(str)
    place = np.searchsorted(ids, owners)
    place[place == len(ids)] = 0
    fine = ids[place] == owners if len(owners) else np.empty(0, dtype=bool)
    quality.add(
        "unknown deal",
        int((~fine).sum()),
        len(owners),
        "close-date changes belong to no deal of the table",
        "Left out",
        owners[~fine],
    )
    found = [p for _, p in parts]
    return Pushes(
        place[fine].astype(np.int64),
        *(np.concatenate([getattr(p, name) for p in found])[fine] for name in ("day", "old", "new")),
    )
