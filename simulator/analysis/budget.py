"""What a budget can be split over: channels, the ends they may not pass, and what a split changes in the plan."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import UsageError
from simulator.scenario.faults import nearest
from simulator.scenario.model import Scenario
from simulator.scenario.uncertain import at_quarter

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    """A segment whose budget is to be found; amounts are those of the whole horizon.

    ``low`` and ``high`` are its ends, ``shares`` how its money falls on the quarters: as planned, evenly where
    nothing is.
    """

    segment: str
    now: float
    low: float
    high: float
    shares: tuple[float, ...]

    @property
    def path(self) -> str:
        return f"segments.{self.segment}.spend"

    def by_quarter(self, amount: float) -> list[float]:
        """An amount on its quarters, to the cent."""
        return [round(amount * share, 2) for share in self.shares]


@dataclass(frozen=True)
class Budget:
    """What is split: free channels, and what is fixed beside them.

    ``fixed`` has every other segment's budget, those that bring nobody included; ``left_out`` names the latter.
    """

    channels: tuple[Channel, ...]
    fixed: Mapping[str, float]
    changed: Mapping[str, float]
    left_out: tuple[str, ...]
    uncertain: tuple[str, ...]

    @property
    def lows(self) -> Floats:
        return np.array([c.low for c in self.channels])

    @property
    def highs(self) -> Floats:
        return np.array([c.high for c in self.channels])

    @property
    def now(self) -> Floats:
        return np.array([c.now for c in self.channels])

    def changes(self, scenario: Scenario, amounts: Sequence[float] | Floats) -> dict[str, Any]:
        """What to change in the plan for a split."""
        found: dict[str, Any] = {}
        for name, amount in self.changed.items():
            found[f"segments.{name}.spend"] = _written([round(amount * s, 2) for s in _shares(scenario, name)])
        for channel, amount in zip(self.channels, amounts, strict=True):
            found[channel.path] = _written(channel.by_quarter(float(amount)))
        return found

    def inside(self, amounts: Floats, total: float) -> Floats:
        """The nearest split with this total that keeps the ends: free parts are moved alike.

        >>> two = tuple(Channel(name, 0.0, low, 60.0, (1.0,)) for name, low in (("a", 0.0), ("b", 10.0)))
        >>> Budget(two, {}, {}, (), ()).inside(np.array([90.0, 0.0]), 80.0)
        array([60., 20.])
        """
        found = np.clip(amounts, self.lows, self.highs)
        for _ in range(60):
            off = total - found.sum()
            if abs(off) <= 1e-9 * max(total, 1.0):
                break
            free = found < self.highs if off > 0 else found > self.lows
            if not free.any():
                break
            found = np.where(free, found + off / free.sum(), found)
            found = np.clip(found, self.lows, self.highs)
        return found

    def with_one(self, amounts: Floats, place: int, amount: float) -> Floats:
        """One channel at an amount, the others in the same proportion, the total as it was."""
        total, low, high = amounts.sum(), self.lows.copy(), self.highs.copy()
        rest = total - amount
        others = np.delete(amounts, place)
        scaled = others * rest / others.sum() if others.sum() > 0 else np.full(others.size, rest / max(others.size, 1))
        low[place] = high[place] = amount
        pinned = Budget(
            tuple(Channel(c.segment, c.now, a, b, c.shares) for c, a, b in zip(self.channels, low, high, strict=True)),
            self.fixed, self.changed, self.left_out, self.uncertain,
        )  # fmt: skip
        return pinned.inside(np.insert(scaled, place, amount), float(total))


def _written(by_quarter: list[float]) -> Any:
    numbers = [int(x) if x.is_integer() else x for x in map(float, by_quarter)]
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _planned(scenario: Scenario, segment: str) -> list[float]:
    """A segment's budget of each quarter, at its median."""
    spend = scenario.segments[segment].spend
    if spend is None:
        return [0.0] * scenario.quarters
    return [at_quarter(spend.per_quarter, q).median() for q in range(scenario.quarters)]


def _shares(scenario: Scenario, segment: str) -> tuple[float, ...]:
    planned = _planned(scenario, segment)
    total = math.fsum(planned)
    return tuple(x / total if total else 1 / len(planned) for x in planned)


def budget_of(
    scenario: Scenario,
    *,
    budget: float | None = None,
    bounds: Mapping[str, tuple[float | None, float | None]] | None = None,
    fixed: Mapping[str, float | None] | Collection[str] = (),
) -> tuple[Budget, float]:
    """What is split, and how much of it; by default what the plan spends on it now.

    Parameters
    ----------
    budget : for the free channels and those fixed by name, over the horizon.

    Raises
    ------
    UsageError : no channel to split over, an unknown one, or ends that leave no room for the budget.
    """
    pinned = dict(fixed) if isinstance(fixed, Mapping) else dict.fromkeys(fixed)
    bounds = dict(bounds or {})
    spends = {name: s.spend for name, s in scenario.segments.items() if s.spend is not None}
    responds = [name for name, spend in spends.items() if spend.response is not None]
    if not responds:
        raise UsageError(
            f"{scenario.file or scenario.name}: no segment has a spend with a response, so no budget changes anything; "
            "add one, as: spend: {per_quarter: 20_000, response: {most: 2_000, half_at: 30_000}}"
        )
    for name in (*bounds, *pinned):
        if name not in spends:
            raise UsageError(
                f"no segment {name!r} that spends{nearest(name, list(spends)) or '; there are: ' + ', '.join(spends)}"
            )
    both = sorted(set(bounds) & set(pinned))
    if both:
        raise UsageError(f"{both[0]} has both bounds and a fixed amount; give one of them")
    planned = {name: math.fsum(_planned(scenario, name)) for name in spends}
    free = [name for name in responds if name not in pinned]
    if not free:
        raise UsageError("every segment that responds to money is fixed; there is nothing left to split")
    bounded = [name for name in bounds if name not in free]
    if bounded:
        raise UsageError(f"{bounded[0]}: its spend brings nobody (no response), so its budget is not split")
    amounts = {name: planned[name] if given is None else float(given) for name, given in pinned.items()}
    changed = {name: amount for name, amount in amounts.items() if pinned[name] is not None}
    total = math.fsum(planned[name] for name in free) if budget is None else budget - math.fsum(amounts.values())
    if not math.isfinite(total) or total < 0 or (total == 0 and budget is not None):
        taken = f", and {math.fsum(amounts.values()):,.0f} of it is fixed" if amounts else ""
        raise UsageError(f"budget: {budget:,.0f} leaves nothing to split{taken}")
    channels = []
    for name in free:
        low, high = bounds.get(name, (None, None))
        low, high = 0.0 if low is None else float(low), math.inf if high is None else float(high)
        if not 0 <= low <= high:
            raise UsageError(f"{name}: bounds {low:,.0f} to {high:,.0f} are not 0 or more, in rising order")
        channels.append(Channel(name, planned[name], low, high, _shares(scenario, name)))
    left_out = tuple(name for name in spends if name not in responds and planned[name] > 0)
    uncertain = tuple(
        name for name in (*free, *changed) if any(not number.certain for number in spends[name].per_quarter)
    )
    return Budget(
        tuple(channels), {**{n: planned[n] for n in left_out}, **amounts}, changed, left_out, uncertain
    ), total


def check_room(budget: Budget, total: float) -> None:
    """Whether the ends leave room for the total.

    Raises
    ------
    UsageError : they do not.
    """
    if budget.lows.sum() > total * (1 + 1e-12):
        raise UsageError(f"the lower bounds add up to {budget.lows.sum():,.0f}, more than the {total:,.0f} to split")
    if budget.highs.sum() < total * (1 - 1e-12):
        raise UsageError(f"the upper bounds add up to {budget.highs.sum():,.0f}, less than the {total:,.0f} to split")
