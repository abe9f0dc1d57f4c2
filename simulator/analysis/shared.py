"""What two plans have in common, and what they have not: periods, metrics, segments, stages."""

from __future__ import annotations

from simulator.quarters import Calendar, Period
from simulator.scenario.model import Scenario
from simulator.simulation.metrics import metrics_of
from simulator.simulation.result import Result


def _days(calendar: Calendar, period: Period) -> tuple[object, ...]:
    """First days of a period's quarters: two periods of one name may be different times."""
    return tuple(calendar.first_day(quarter) for quarter in period.quarters)


def shared_periods(first: Scenario, second: Scenario) -> tuple[str, ...]:
    """Labels of the quarters, years and the horizon that mean the same days in both."""
    there = {p.label: _days(second.calendar, p) for p in second.calendar.periods}
    return tuple(p.label for p in first.calendar.periods if there.get(p.label) == _days(first.calendar, p))


def shared_metrics(first: Result, second: Result) -> tuple[str, ...]:
    """Names of the metrics that count the same thing in both; money only in one currency."""
    same_money = first.scenario.currency == second.scenario.currency
    there = {m.name: m for m in second.metrics}
    return tuple(m.name for m in first.metrics if there.get(m.name) == m and (same_money or not m.priced))


def what_is_not_shared(first: Scenario, second: Scenario) -> list[str]:
    """In words, what stands in one of two plans only and is therefore not compared."""
    notes = []
    here, there = ([p.label for p in s.calendar.periods] for s in (first, second))
    shared = set(shared_periods(first, second))
    alone = [label for label in (*here, *there) if label not in shared]
    if alone:
        words = "the plans cover different times"
        notes.append(f"{words}: not compared: {_listed(alone)}" if shared else f"{words} and share no quarter")
    for what, ours, theirs in (
        ("segments", tuple(first.segments), tuple(second.segments)),
        ("stages", first.stages, second.stages),
    ):
        only = [name for name in ours if name not in theirs], [name for name in theirs if name not in ours]
        for number, names in enumerate(only, 1):
            if names:
                notes.append(f"{what} only in {'the first' if number == 1 else 'the other'} plan: {_listed(names)}")
    if first.currency != second.currency:
        notes.append(f"money is in {first.currency} here and {second.currency} there: it is not compared")
    money = [any(s.deal_size is not None for s in plan.segments.values()) for plan in (first, second)]
    if money[0] != money[1]:
        names = [m.name for m in metrics_of((), True) if m.kind == "money"]
        notes.append(
            f"only {'the first' if money[0] else 'the other'} plan has deal sizes: not compared: {_listed(names)}"
        )
    return notes


def _listed(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
