"""What a plan spends, trial by trial: worked out from budgets and counts when the trials are played."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.kernels.plan import Plan
from simulator.kernels.response import BUDGET, HALF_AT, LAG, MOST, STEEPNESS
from simulator.kernels.uncertain import draw_assumptions

if TYPE_CHECKING:
    from simulator.scenario.model import Scenario
    from simulator.scenario.spreads import Spread
    from simulator.scenario.uncertain import Number, Numbers

_CHUNK = 5000  # trials whose assumptions are looked at together


class _Slots(Protocol):
    def constant(self, value: float) -> int: ...
    def slot(self, path: str, number: Number) -> int: ...
    def by_quarter(self, path: str, numbers: Numbers, labels: Any) -> list[int]: ...


class _Spreads(Protocol):
    def by_quarter(self, path: str, spread: Spread) -> list[int]: ...


@dataclass(frozen=True)
class SpendSlots:
    """Where the numbers of what is spent lie.

    Attributes
    ----------
    budget, per_arrival : int64 (segment, quarter) slots
    margin, months : slots of what a won deal pays back
    response : int64 (segment, 5, quarter) for the kernels; (0, 5, 0) where spending brings nobody
    """

    budget: NDArray[np.int64]
    per_arrival: NDArray[np.int64]
    margin: int
    months: int
    response: NDArray[np.int64]


NO_RESPONSE: NDArray[np.int64] = np.zeros((0, 5, 0), np.int64)


def brings_arrivals(scenario: Scenario) -> bool:
    """Whether any segment's spending brings arrivals: their weekly means then follow its response."""
    return any(s.spend is not None and s.spend.response is not None for s in scenario.segments.values())


def lower_spend(scenario: Scenario, numbers: _Slots, spreads: _Spreads) -> SpendSlots | None:
    """Slots of everything that is spent; None for a plan that spends nothing."""
    segments = scenario.segments
    if all(segment.spend is None for segment in segments.values()):
        return None
    labels, zero = scenario.calendar.labels, numbers.constant(0.0)
    budget, per_arrival = (np.full((len(segments), len(labels)), zero) for _ in range(2))
    response = np.full((len(segments), 5, len(labels)), zero)
    response[:, LAG] = -1
    for s, (name, segment) in enumerate(segments.items()):
        if segment.spend is None:
            continue
        path, spend = f"segments.{name}.spend", segment.spend
        budget[s] = response[s, BUDGET] = numbers.by_quarter(path, spend.per_quarter, labels)
        per_arrival[s] = numbers.by_quarter(f"{path}.per_arrival", spend.per_arrival, labels)
        if spend.response is not None:
            for row, key in ((MOST, "most"), (HALF_AT, "half_at"), (STEEPNESS, "steepness")):
                response[s, row] = numbers.by_quarter(f"{path}.response.{key}", getattr(spend.response, key), labels)
            response[s, LAG] = spreads.by_quarter(f"{path}.lag_weeks", spend.lag_weeks)
    payback = scenario.payback
    return SpendSlots(
        budget.astype(np.int64), per_arrival.astype(np.int64),
        numbers.slot("payback.gross_margin", payback.gross_margin),
        numbers.slot("payback.deal_months", payback.deal_months),
        response.astype(np.int64) if brings_arrivals(scenario) else NO_RESPONSE,
    )  # fmt: skip


class Slots:
    """What trials have in the plan's slots, a few thousand trials at a time."""

    def __init__(self, plan: Plan, seeds: NDArray[np.uint64], first_trial: int, trials: int):
        self._plan, self._seeds, self._first, self._trials = plan, seeds, first_trial, trials
        self._leaf = {int(slot): leaf for leaf, slot in enumerate(plan.numbers.leaf_slot)}

    def vary(self, *slots: NDArray[np.int64] | int) -> bool:
        """Whether any of the slots differs between trials."""
        return any(int(slot) in self._leaf for some in slots for slot in np.unique(some))

    def chunks(self, *slots: NDArray[np.int64] | int) -> Iterator[tuple[slice, Any]]:
        """Which trials, and a function that gives a slot's value in them: (trial,), or a number where certain."""
        certain = self._plan.numbers.slot_value
        if not self.vary(*slots):
            yield slice(0, self._trials), lambda slot: float(certain[slot])
            return
        numbers = self._plan.numbers
        for start in range(0, self._trials, _CHUNK):
            stop = min(start + _CHUNK, self._trials)
            drawn = np.empty((stop - start, numbers.kind.size))
            room = np.empty(numbers.normal_name.size)
            draw_assumptions(numbers, self._plan.shape.at_median, self._seeds, self._first + start, room, drawn)
            yield (
                slice(start, stop),
                lambda slot, drawn=drawn: drawn[:, self._leaf[slot]] if slot in self._leaf else float(certain[slot]),
            )


def fill_spend(
    spend: SpendSlots, slots: Slots, entry: NDArray[np.int64], counts: NDArray[np.int32], cents: NDArray[np.float64]
) -> None:
    """Work out what is spent, in whole cents: budgets evenly over the weeks, the cost of each arrival as they come.

    Weeks are rounded so that those of a quarter add up to the quarter.

    Parameters
    ----------
    entry : int64 (segment,) the row of ``counts`` that holds its arrivals
    counts : int32 (segment, count metric, trial, column)
    cents : float64 (segment, trial, column), filled
    """
    segments, quarters = spend.budget.shape
    per = counts.shape[3] // quarters
    for chosen, value in slots.chunks(spend.budget, spend.per_arrival):
        for s in range(segments):
            for q in range(quarters):
                columns = slice(per * q, per * (q + 1))
                came = np.cumsum(counts[s, entry[s], chosen, columns], axis=1, dtype=np.float64)
                budget, each = (np.atleast_1d(value(int(x[s, q])))[:, None] for x in (spend.budget, spend.per_arrival))
                gone = np.arange(1, per + 1) / per
                total = np.rint(100.0 * (budget * gone + each * came)) + 0.0
                cents[s, chosen, columns] = np.diff(total, axis=1, prepend=0.0)


def monthly_margin(spend: SpendSlots, slots: Slots, trials: int) -> NDArray[np.float64]:
    """What a unit of bookings earns per month after serving it.

    Returns
    -------
    float64 (trial, 1)
    """
    found = np.empty((trials, 1))
    for chosen, value in slots.chunks(spend.margin, spend.months):
        found[chosen, 0] = value(spend.margin) / value(spend.months)
    return found
