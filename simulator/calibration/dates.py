"""Columns of written dates to day numbers; the order of day and month is decided per column, on evidence."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

EPOCH = date(1970, 1, 1)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan ene gen", "feb fev", "mar mrz mrt maa", "apr avr abr", "may mai mag mei maj", "jun juin giu",
            "jul juil lug", "aug aou ago", "sep set", "oct okt out ott", "nov", "dec dez dic",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
"""Months as English, German, French, Spanish, Portuguese, Italian, Dutch and Swedish begin them, without accents."""
PLAUSIBLE = (3_652, 47_482)
"""1980 to 2099, as day numbers. What lies outside stands for "none": 1900-01-01, 9999-12-31, the zero of a clock."""
MISSING = {"", "-", "--", "n/a", "na", "nan", "nat", "none", "null", "(blank)", "0000-00-00", "#n/a"}

_YMD = re.compile(r"(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_AB_Y = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)")
_D_MON = re.compile(
    r"(?:[^\W\d_]{2,10}\.?,?\s*)?(\d{1,2})(?:st|nd|rd|th|er|º)?[-\s./]*(?:de\s+)?([^\W\d_]{3,10})\.?[-\s./,]*(?:del?\s+)?"
    r"(\d{4}|\d{2})(?!\d)"
)
_MON_D = re.compile(r"(?:[^\W\d_]{3,9},\s*)?([^\W\d_]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T|$)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([AaPp])?\.?[Mm]?")


@dataclass(frozen=True)
class Dates:
    """A parsed column. ``days`` : float64 (row,), days since 1970-01-01 with the time of day, NaN where missing
    or unreadable. ``bad`` : the texts that are no dates. ``order`` : ``"day"``, ``"month"`` (which comes first),
    ``"mixed"``, ``"unknown"`` (no value decides) or None where no order is needed. ``why`` says what decided.
    ``absurd`` : dates that stand for none (1900-01-01, 9999-12-31), missing in ``days``."""

    days: NDArray[np.float64]
    bad: dict[str, int]
    order: str | None
    why: str = ""
    absurd: dict[str, int] = field(default_factory=dict)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: float) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number // 1))


def _make(written: str, month: int, day: int) -> int | None:
    year = int(written)
    if len(written) == 2:
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
    """Excel serials (1982 to 2064), Unix seconds, milliseconds, microseconds and nanoseconds."""
    if 30_000 <= value < 60_000:
        return value - 25_569
    if 3e8 <= value < 4e9:
        return value / 86_400
    for unit in (1e3, 1e6, 1e9):
        if 3e8 <= value / unit < 4e9:
            return value / unit / 86_400
    return None


def month_named(text: str) -> int | None:
    """1 to 12 for the name of a month in one of the languages CRMs are mostly used in, or None.

    >>> [month_named(text) for text in ("Feb", "févr", "juillet", "Dezember", "Montag")]
    [2, 2, 7, 12, None]
    """
    name = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    return MONTHS.get(name[:4]) or MONTHS.get(name[:3])


def month_only(text: str) -> bool:
    """Whether a text gives a month and no day: "Mar 2025", "2025-03"."""
    found = re.fullmatch(r"([^\W\d_]{3,10})\.?[-\s'/]*(?:\d{4}|\d{2})", text.strip())
    return bool(found and month_named(found[1])) or bool(
        re.fullmatch(r"(19|20)\d\d[-/.](0?[1-9]|1[0-2])", text.strip())
    )


def _read_plain(text: str) -> float | None:
    """A date whose reading needs no decision."""
    if found := _YMD.match(text):
        day = _make(found[1], int(found[2]), int(found[3]))
    elif (found := _D_MON.match(text)) and (month := month_named(found[2])):
        day = _make(found[3], month, int(found[1]))
    elif (found := _MON_D.match(text)) and (month := month_named(found[1])):
        day = _make(found[3], month, int(found[2]))
    elif _NUMBER.match(text) and (number := _number(float(text))) is not None:
        return number
    elif found := _PACKED.match(text):
        day = _make(found[1], int(found[2]), int(found[3]))
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
        first, second, year = int(found[1]), int(found[2]), found[3]
        month_first = order == "month" or (order == "mixed" and second > 12)
        made = _make(year, *((first, second) if month_first else (second, first)))
        if made is None:
            bad[text] = counts[index]
        else:
            days[index] = made + _clock(text[found.end() :])
    with np.errstate(invalid="ignore"):
        outside = (days < PLAUSIBLE[0]) | (days > PLAUSIBLE[1])
    absurd = {text: counts[index] for text, index in unique.items() if outside[index]}
    days[outside] = np.nan
    return Dates(days[where] if len(values) else np.empty(0), bad, order if undecided else None, why, absurd)


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
            a, b, year = int(found[1]), int(found[2]), found[3]
            beyond["day"] += (_make(year, b, a) or 0) > latest
            beyond["month"] += (_make(year, a, b) or 0) > latest
        if beyond["day"] and not beyond["month"]:
            return "month", f"day first would put {beyond['day']} values in the future"
        if beyond["month"] and not beyond["day"]:
            return "day", f"month first would put {beyond['month']} values in the future"
    if "." in undecided[0][1][:3]:
        return "day", "dates written with dots put the day first"
    return "unknown", "no value says which is the day"
