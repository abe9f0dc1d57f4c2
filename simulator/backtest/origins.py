"""As-of dates and horizons of a backtest."""

from __future__ import annotations

import re
from datetime import date, timedelta

from simulator.calibration.dates import day_number, day_of
from simulator.errors import UsageError


def horizon_weeks(text: str) -> int:
    """``4w`` is 4 weeks, ``1q`` a quarter of 13.

    >>> horizon_weeks("4w"), horizon_weeks("2q")
    (4, 26)
    """
    found = re.fullmatch(r"(\d+)([wq])", text.strip())
    if not found or not 1 <= int(found[1]) * (13 if found[2] == "q" else 1) <= 104:
        raise UsageError(f"--horizon {text!r} is no horizon; allowed: 1w to 104w, 1q to 8q")
    return int(found[1]) * (13 if found[2] == "q" else 1)


def origins(kind: str, first: int, as_of: int, horizon: int) -> list[int]:
    """Days on which to stand, oldest first: every week back from the last with a complete window, or month ends.

    ``first`` and ``as_of`` are day numbers, ``horizon`` weeks.
    """
    last = as_of - 7 * horizon
    if kind == "weekly":
        return [day for day in range(last - 7 * ((last - first) // 7), last + 1, 7) if day >= first]
    if kind != "monthly":
        raise UsageError(f"--origins {kind!r}; allowed: weekly, monthly")
    found: list[int] = []
    day = day_of(first)
    while True:
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        end = day_number(following - timedelta(days=1))
        if end > last:
            return found
        if end >= first:
            found.append(end)
        day = following
