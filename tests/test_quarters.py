"""Quarters, weeks and fiscal years, by counting days: everything else takes its dates from here, the twins too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from simulator.quarters import Calendar


def _month_before(day: date, months: int) -> tuple[int, int]:
    count = 12 * day.year + day.month - 1 - months
    return count // 12, count % 12


@pytest.mark.parametrize("starts", [1, 2, 7, 12])
def test_every_day_of_two_years_falls_in_its_quarter_and_week(starts):
    calendar = Calendar("2027-Q1", 8, fiscal_year_starts=starts)
    day, last = calendar.first_day(0), calendar.first_day(8)
    assert (day.month, day.day) == (starts, 1)
    number, into = 0, 0  # of the quarter, and days since its first
    seen = set()
    while day < last:
        year, month = _month_before(day, starts - 1)  # months of the fiscal year, from 0
        assert calendar.label(number) == f"{year}-Q{month // 3 + 1}"
        assert calendar.quarter_of(day) == number
        week = min(12, into // 7)  # the 92nd day belongs to the thirteenth week
        assert calendar.week_of(day) == 13 * number + week
        seen.add(calendar.week_of(day))
        day += timedelta(days=1)
        into += 1
        if day.day == 1 and (day.month - starts) % 3 == 0:
            number, into = number + 1, 0
    assert seen == set(range(8 * 13))


def test_days_before_the_start_have_negative_weeks():
    calendar = Calendar("2027-Q1", 1)
    assert [calendar.week_of(date(2026, 12, d)) for d in (31, 25, 24, 23)] == [-1, -1, -1, -2]
    assert calendar.quarter_of(date(2026, 9, 30)) == -2
    assert calendar.week_of(date(2026, 10, 1)) == -13


def test_blocks_from_a_date_are_thirteen_whole_weeks():
    calendar = Calendar("2027-01-04", 4)
    assert calendar.labels == ("P1", "P2", "P3", "P4") and not calendar.years
    days = [date(2027, 1, 4) + timedelta(days=n) for n in range(-91, 364)]
    assert [calendar.week_of(day) for day in days] == [n // 7 for n in range(-91, 364)]


def test_a_year_of_which_the_horizon_has_a_part_is_partial():
    assert Calendar("2027-Q2", 4).period("2027").partial and Calendar("2027-Q2", 4).period("2027").quarters == (0, 1, 2)
    assert not Calendar("2027-Q1", 4).period("2027").partial
