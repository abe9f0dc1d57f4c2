"""Columns of written dates to day numbers; the order of day and month is decided per column, on evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep sept", "oct okt", "nov", "dec dez"), 1
    )
    for name in names.split()
}
MISSING = {"", "-", "--", "n/a", "na", "nan", "nat", "none", "null", "(blank)", "0000-00-00", "#n/a"}

_YMD = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_AB_Y = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_D_MON = re.compile(
    r"(?:[^\W\d_]{2,10}\.?,\s*)?(\d{1,2})(?:st|nd|rd|th)?[-\s./]*([^\W\d_]{3,9})\.?[-\s./,]*(\d{4}|\d{2})(?!\d)"
)
_MON_D = re.compile(r"(?:[^\W\d_]{3,9},\s*)?([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T|$)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([AaPp])?\.?[Mm]?")


@dataclass(frozen=True)
class Dates:
    """A parsed column. ``days`` : float64 (row,), days since 1970-01-01 with the time of day, NaN where missing
    or unreadable. ``bad`` : the texts that are no dates. ``order`` : ``"day"``, ``"month"`` (which comes first),
    ``"mixed"``, ``"unknown"`` (no value decides) or None where no order is needed. ``why`` says what decided."""

    days: NDArray[np.float64]
    bad: dict[str, int]
    order: str | None
    why: str = ""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: float) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number // 1))


def _make(year: int, month: int, day: int) -> int | None:
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        return day_number(date(year, month, day))
    except ValueError:
        return None


def _clock(rest: str) -> float:
    found = _CLOCK.search(rest)
    if not found:
        return 0.0
    hour = int(found[1]) % 12 + (12 if found[4] in "Pp" else 0) if found[4] else int(found[1])
    return min((hour * 3600 + int(found[2]) * 60 + int(found[3] or 0)) / 86400, 0.99999)


def _number(value: float) -> float | None:
    """Excel serials (1982 to 2064), Unix seconds and milliseconds."""
    if 30_000 <= value < 60_000:
        return value - 25_569
    if 3e8 <= value < 4e9:
        return value / 86_400
    if 3e11 <= value < 4e12:
        return value / 86_400_000
    return None


def _read_plain(text: str) -> float | None:
    """A date whose reading needs no decision."""
    if found := _YMD.match(text):
        day = _make(int(found[1]), int(found[2]), int(found[3]))
    elif (found := _D_MON.match(text)) and found[2].casefold()[:3] in MONTHS:
        day = _make(int(found[3]), MONTHS[found[2].casefold()[:3]], int(found[1]))
    elif (found := _MON_D.match(text)) and found[1].casefold()[:3] in MONTHS:
        day = _make(int(found[3]), MONTHS[found[1].casefold()[:3]], int(found[2]))
    elif _NUMBER.match(text) and (number := _number(float(text))) is not None:
        return number
    elif found := _PACKED.match(text):
        day = _make(int(found[1]), int(found[2]), int(found[3]))
    else:
        return None
    return None if day is None else day + _clock(text[found.end() :])


def parse_dates(values: Sequence[str | None], *, order: str | None = None, latest: float | None = None) -> Dates:
    """Read a column of written dates.

    ``order`` forces ``"day"`` or ``"month"`` first. ``latest`` : for columns that cannot lie in the future
    (a won date), a reading that goes beyond it is ruled out.

    Examples
    --------
    >>> parse_dates(["03/04/2024", "25/12/2023"]).order
    'day'
    >>> day_of(parse_dates(["2024-02-29 18:00"]).days[0])
    datetime.date(2024, 2, 29)
    """
    unique: dict[str, int] = {}
    where = np.empty(len(values), dtype=np.int64)
    counts: list[int] = []
    for row, value in enumerate(values):
        key = value.strip() if value else ""
        index = unique.setdefault(key, len(unique))
        where[row] = index
        if index == len(counts):
            counts.append(0)
        counts[index] += 1
    days = np.full(len(unique), np.nan)
    bad: dict[str, int] = {}
    undecided: list[tuple[int, str, re.Match[str]]] = []
    for text, index in unique.items():
        if text.casefold() in MISSING:
            continue
        if found := _AB_Y.match(text):
            undecided.append((index, text, found))
        elif (day := _read_plain(text)) is not None:
            days[index] = day
        else:
            bad[text] = counts[index]
    why = "said in the mapping" if order else ""
    if undecided and order is None:
        order, why = _decide(undecided, counts, latest)
    for index, text, found in undecided:
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        month_first = order == "month" or (order == "mixed" and second > 12)
        made = _make(year, *((first, second) if month_first else (second, first)))
        if made is None:
            bad[text] = counts[index]
        else:
            days[index] = made + _clock(text[found.end() :])
    return Dates(days[where] if len(values) else np.empty(0), bad, order if undecided else None, why)


def _decide(
    undecided: list[tuple[int, str, re.Match[str]]], counts: list[int], latest: float | None
) -> tuple[str, str]:
    """Which of day and month comes first, and what says so."""
    day_only = {text: counts[i] for i, text, found in undecided if int(found[1]) > 12 >= int(found[2])}
    month_only = {text: counts[i] for i, text, found in undecided if int(found[2]) > 12 >= int(found[1])}
    if day_only and month_only:
        few, many = sorted((sum(day_only.values()), sum(month_only.values())))
        if few <= 0.02 * many:  # a handful of typing errors among thousands: they end up unreadable, and counted
            order = "day" if sum(day_only.values()) == many else "month"
            return order, f"{many} values allow only this, {few} only the other"
        return "mixed", f"{next(iter(day_only))} and {next(iter(month_only))} exclude each other"
    if day_only:
        return "day", f"{(text := next(iter(day_only)))} has no month {text[:2]}"
    if month_only:
        return "month", f"{(text := next(iter(month_only)))} has no month {re.split('[-/.]', text)[1]}"
    if all(found[1] == found[2] for _, _, found in undecided):
        return "day", "day and month are equal wherever they occur"
    if latest is not None:
        beyond = {"day": 0, "month": 0}
        for _, _, found in undecided:
            a, b, year = int(found[1]), int(found[2]), int(found[3])
            beyond["day"] += (_make(year, b, a) or 0) > latest
            beyond["month"] += (_make(year, a, b) or 0) > latest
        if beyond["day"] and not beyond["month"]:
            return "month", f"day first would put {beyond['day']} values in the future"
        if beyond["month"] and not beyond["day"]:
            return "day", f"month first would put {beyond['month']} values in the future"
    if "." in undecided[0][1][:3]:
        return "day", "dates written with dots put the day first"
    return "unknown", "no value says which is the day"
