"""Quarters, fiscal years, periods and weeks: all the arithmetic of time, in one place.

Weeks are counted from the first day of the horizon, 13 to a quarter; earlier weeks are negative.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 13
"""Weeks in a quarter."""

_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class Period:
    """A stretch of the horizon that a target or a summary speaks of.

    ``quarters`` are indices from 0. With ``each`` the period is met when every quarter is met.
    ``partial`` marks a fiscal year of which only a part lies inside the horizon.
    """

    label: str
    quarters: tuple[int, ...]
    each: bool = False
    partial: bool = False


def is_start(text: str) -> bool:
    """Whether ``text`` can be the ``start`` of a scenario: ``2027-Q1`` or ``2027-01-04``."""
    if _QUARTER.fullmatch(text):
        return True
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


@dataclass(frozen=True)
class Calendar:
    """The horizon of a plan.

    Parameters
    ----------
    start : the first quarter (``"2027-Q1"``), or a date (``"2027-01-04"``): the periods are then
        blocks of 91 days named ``P1``, ``P2``, …
    quarters : how many.
    fiscal_year_starts : month (1-12) in which the fiscal year starts; a fiscal quarter is named
        by the calendar year in which its fiscal year starts.

    Examples
    --------
    >>> calendar = Calendar("2027-Q3", 4)
    >>> calendar.labels
    ('2027-Q3', '2027-Q4', '2028-Q1', '2028-Q2')
    >>> calendar.period("2028").quarters
    (2, 3)
    >>> calendar.week_of(date(2027, 7, 9))
    1
    """

    start: str
    quarters: int
    fiscal_year_starts: int = 1

    def __post_init__(self) -> None:
        if not is_start(self.start):
            raise ValueError(f"{self.start!r} is neither a quarter (2027-Q1) nor a date (2027-01-04)")

    @property
    def by_date(self) -> bool:
        """Whether the periods are 13-week blocks from a date, not calendar quarters."""
        return _QUARTER.fullmatch(self.start) is None

    def _year_and_number(self, index: int) -> tuple[int, int]:
        match = _QUARTER.fullmatch(self.start)
        assert match
        count = int(match[1]) * 4 + int(match[2]) - 1 + index
        return count // 4, count % 4 + 1

    def label(self, index: int) -> str:
        """Name of quarter ``index``; negative ones are before the start."""
        if self.by_date:
            return f"P{index + 1}"
        year, number = self._year_and_number(index)
        return f"{year}-Q{number}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the quarters of the horizon."""
        return tuple(self.label(index) for index in range(self.quarters))

    def first_day(self, index: int) -> date:
        """First day of quarter ``index`` (may be negative, or ``quarters`` for the end)."""
        if self.by_date:
            return date.fromisoformat(self.start) + timedelta(days=7 * WEEKS * index)
        year, number = self._year_and_number(index)
        month = self.fiscal_year_starts - 1 + 3 * (number - 1)
        return date(year + month // 12, month % 12 + 1, 1)

    def quarter_of(self, day: date) -> int:
        """Index of the quarter a day falls in; negative before the start."""
        index = (day - self.first_day(0)).days // 91
        while day < self.first_day(index):
            index -= 1
        while day >= self.first_day(index + 1):
            index += 1
        return index

    def week_of(self, day: date) -> int:
        """Week a day falls in: ``13 * quarter + min(12, days since its first day // 7)``."""
        index = self.quarter_of(day)
        return WEEKS * index + min(WEEKS - 1, (day - self.first_day(index)).days // 7)

    @property
    def years(self) -> dict[str, tuple[int, ...]]:
        """Fiscal years touched by the horizon, each with its quarters inside; none for blocks."""
        found: dict[str, list[int]] = {}
        if not self.by_date:
            for index in range(self.quarters):
                found.setdefault(str(self._year_and_number(index)[0]), []).append(index)
        return {year: tuple(indices) for year, indices in found.items()}

    @property
    def periods(self) -> tuple[Period, ...]:
        """What summaries list: every quarter, every (part of a) fiscal year, the horizon."""
        quarters = [Period(label, (index,)) for index, label in enumerate(self.labels)]
        years = [self.period(year) for year in self.years]
        return (*quarters, *years, self.period("horizon"))

    def period(self, text: str) -> Period:
        """Read the ``in:`` of a target.

        Raises
        ------
        ValueError : not a period of this horizon; the message says what is allowed.
        """
        text = text.strip()
        everything = tuple(range(self.quarters))
        if text == "horizon":
            return Period(text, everything)
        if text == "each quarter":
            return Period(text, everything, each=True)
        labels = self.labels
        if text in labels:
            return Period(text, (labels.index(text),))
        if text in self.years:
            inside = self.years[text]
            return Period(text, inside, partial=len(inside) < 4)
        first, dots, last = (part.strip() for part in text.partition(".."))
        if dots and first in labels and last in labels:
            low, high = labels.index(first), labels.index(last)
            if low > high:
                raise ValueError(f"{text!r} ends before it starts")
            return Period(f"{first}..{last}", tuple(range(low, high + 1)))
        if _QUARTER.fullmatch(text) or re.fullmatch(r"\d{4}|P\d+", text) or dots:
            raise ValueError(f"{text!r} is outside the horizon ({labels[0]} to {labels[-1]})")
        raise ValueError(
            f"{text!r} is not a period; allowed: a quarter ({labels[0]} to {labels[-1]}), a fiscal year, "
            f"{labels[0]}..{labels[-1]}, each quarter, horizon"
        )
